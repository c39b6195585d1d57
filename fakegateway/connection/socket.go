package connection

import (
	"fmt"
	"net"
	"net/netip"
	"syscall"
)

// Socket is what TCP can do beyond net.Conn; *net.TCPConn and *memnet.Conn can.
type Socket interface {
	net.Conn
	CloseWrite() error
	SetLinger(seconds int) error
}

var _ Socket = (*net.TCPConn)(nil)

// Kernel numbers of TCP states (include/net/tcp_states.h).
const (
	tcpEstablished = 1
	tcpClose       = 7
	tcpCloseWait   = 8
)

// AddrPort reads the address of a TCP or memnet end; the zero value for any other.
func AddrPort(a net.Addr) netip.AddrPort {
	if a, ok := a.(interface{ AddrPort() netip.AddrPort }); ok {
		ap := a.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	return netip.AddrPort{}
}

// finMismatch says why a FIN that was just sent did not go out as one; "" when it did, or when the
// platform cannot tell.
func finMismatch(c Socket, err error) string {
	if err != nil {
		return fmt.Sprintf("no FIN went out: %v", err)
	}
	raw, ok := c.(syscall.Conn)
	if !ok {
		return ""
	}
	switch state, known := tcpState(raw); {
	case !known:
		return ""
	case state == tcpEstablished, state == tcpCloseWait:
		return fmt.Sprintf("the socket is still in TCP state %d: no FIN went out", state)
	default:
		return ""
	}
}
