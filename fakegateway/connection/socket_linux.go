package connection

import (
	"encoding/binary"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// tcpState is the kernel's state of our end.
func tcpState(c syscall.Conn) (state uint8, known bool) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, false
	}
	var info int // the beginning of a tcp_info, whose first byte is the state
	if ctlErr := raw.Control(func(fd uintptr) {
		info, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	}); ctlErr != nil || err != nil {
		return 0, false
	}
	return binary.NativeEndian.AppendUint32(nil, uint32(info))[0], true
}

// awaitGone returns when a connection whose peer has sent FIN is gone altogether: true after the
// peer's RST, false when it was closed here. The runtime's poller wakes it, nothing is polled.
func awaitGone(c net.Conn, over <-chan struct{}) bool {
	tcp, ok := c.(syscall.Conn)
	if !ok {
		return awaitGoneByProbe(c, over)
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return false
	}
	gone := false
	err = raw.Read(func(fd uintptr) bool {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		gone = err == nil && info.State == tcpClose
		return gone || err != nil
	})
	return err == nil && gone
}
