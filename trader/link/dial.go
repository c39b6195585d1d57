package link

import (
	"context"
	"net"
	"syscall"
	"time"
)

// Keepalive and, on Linux, TCP_USER_TIMEOUT notice a host that is gone while nothing is being
// written. They are the kernel's backstop; the link's own liveness probe is sooner.
const (
	keepAliveIdle     = 15 * time.Second
	keepAliveInterval = 5 * time.Second
	keepAliveCount    = 3
	userTimeout       = 30 * time.Second
)

// UnixPrefix begins an address that is the path of a socket.
const UnixPrefix = "unix:"

// dialArmed dials TCP with SO_LINGER{on, 0} set before connect. From its first instant the socket
// is one that the kernel closes by RST, even after kill -9, so a Gateway that never closes cannot
// be left with a socket in CLOSE_WAIT.
func dialArmed(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{
		// Addresses of a name are tried one after the other: a race would open two connections,
		// and the loser would be a connection without a preamble.
		FallbackDelay: -1,
		KeepAliveConfig: net.KeepAliveConfig{
			Enable: true, Idle: keepAliveIdle, Interval: keepAliveInterval, Count: keepAliveCount,
		},
		Control: func(network, _ string, raw syscall.RawConn) error {
			if network == "unix" {
				return nil // the kernel keeps no socket of it in CLOSE_WAIT
			}
			var armErr error
			if err := raw.Control(func(fd uintptr) { armErr = arm(fd) }); err != nil {
				return err
			}
			return armErr
		},
	}
	return d.DialContext(ctx, network, addr)
}

// listenLoopback makes the listener for the API client, which speaks IPv4 only.
func listenLoopback() (net.Listener, error) {
	return net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
}

// hangUp ends a connection: FIN, then what still arrives until the peer's FIN or the grace is
// over, then close, which is an RST if the peer has not closed by then.
func hangUp(conn net.Conn, grace time.Duration) {
	if grace > 0 && closeWrite(conn) == nil {
		discard(conn, time.Now().Add(grace))
	}
	_ = conn.Close() // there is nobody left to tell
}

// closeWrite sends FIN, if the connection can.
func closeWrite(conn net.Conn) error {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return net.ErrClosed
}

func discard(conn net.Conn, until time.Time) {
	if conn.SetReadDeadline(until) != nil {
		return
	}
	var scratch [4096]byte
	for {
		if _, err := conn.Read(scratch[:]); err != nil {
			return
		}
	}
}
