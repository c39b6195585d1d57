// Package serve is the Gateway's half of one connection of a TWS API client: the handshake, whole
// frames in, frames out through a bounded queue, and an end in good order.
package serve
