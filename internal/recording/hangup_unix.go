//go:build unix

package recording

import (
	"net"

	"golang.org/x/sys/unix"
)

// hungUp reports whether the peer has reset the connection.
func hungUp(c *net.TCPConn) bool {
	raw, err := c.SyscallConn()
	if err != nil {
		return true
	}
	gone := false
	err = raw.Control(func(fd uintptr) {
		poll := []unix.PollFd{{Fd: int32(fd), Events: 0}} // the kernel always reports errors and hang-ups
		n, err := unix.Poll(poll, 0)
		gone = err == nil && n > 0 && poll[0].Revents&unix.POLLERR != 0
	})
	return gone || err != nil
}
