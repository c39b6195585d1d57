// Package control owns the Gateway's HTTP interface: which request does what, and how it is refused. It
// must not know how any of it is done: it has a Gateway.
package control
