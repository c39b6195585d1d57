// Package connection owns one socket of a Gateway: its reader, its writer, the loop that hands messages to
// the session, the handshake, how it ends, and what faults do to all of that. It must not know the
// listener, the Gateway's settings file or the control API: what it needs of the whole Gateway is Owner.
package connection
