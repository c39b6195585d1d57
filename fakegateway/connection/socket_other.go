//go:build !linux

package connection

import (
	"net"
	"syscall"
)

// tcpState is not read on this platform: a FIN's receipt relies on CloseWrite's own error.
func tcpState(syscall.Conn) (state uint8, known bool) { return 0, false }

// awaitGone returns when a connection whose peer has sent FIN is gone altogether. This platform
// has no portable event for it, so the socket is probed.
func awaitGone(c net.Conn, over <-chan struct{}) bool { return awaitGoneByProbe(c, over) }
