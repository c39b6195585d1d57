package mutants

import (
	"net"

	"golang.org/x/sys/unix"
)

// cork keeps the last bytes that are written until the socket is closed: they go out in one segment
// with the FIN. Without it, which a socket that works does not lead to, the two would race.
func cork(c net.Conn) {
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_CORK, 1)
	})
}
