package fakegateway

import (
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ibsoak/fakegateway/fault"
)

// The kernel gives nobody a port that is bound without a listener, unless he asks for this one
// port and says that he shares it.
func TestClosedPortStaysBound(t *testing.T) {
	s := startServer(t, Config{})
	if err := s.Restart(fault.Downtime{Refused: fault.Duration(time.Hour)}, fault.FIN); err != nil {
		t.Fatal(err)
	}
	alone := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) {
			_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 0)
		})
	}}
	ln, err := alone.Listen(t.Context(), "tcp", s.Addr())
	if err == nil {
		_ = ln.Close()
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("listen on the closed port: %v, want that it is in use", err)
	}
}
