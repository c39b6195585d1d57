// Package pool decides what passes between a client that comes and goes and the session that the
// Gateway has with its client id: what is forwarded, what is dropped, what the next client is told.
// It is pure: no sockets, no clocks, no goroutines. One user at a time.
package pool
