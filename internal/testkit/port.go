package testkit

import (
	"net"
	"net/netip"
	"os"
)

// ClosedPort is a port of 127.0.0.1 that refuses connects until the end of the test. It belongs to the
// client's end of a connection meanwhile: a port that was merely closed goes to whoever listens next,
// another test perhaps.
func ClosedPort(t T) netip.AddrPort {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("reserve a port: %v", err)
	}
	defer ln.Close()
	held, err := net.Dial("tcp4", ln.Addr().String())
	if err != nil {
		t.Fatalf("reserve a port: %v", err)
	}
	t.Cleanup(func() { held.Close() })
	other, err := ln.Accept()
	if err != nil {
		t.Fatalf("reserve a port: %v", err)
	}
	t.Cleanup(func() { other.Close() })
	return held.LocalAddr().(*net.TCPAddr).AddrPort()
}

// WantPlainTCP dials ports with Multipath TCP, and they must fall back to TCP, whose sockets the kernel's table has.
func WantPlainTCP(t interface {
	T
	Skipf(format string, args ...any)
}, port func() string, moves ...func() error,
) {
	t.Helper()
	if on, err := os.ReadFile("/proc/sys/net/mptcp/enabled"); err != nil || on[0] != '1' {
		t.Skipf("this kernel has no Multipath TCP: %q, %v", on, err)
	}
	var dialer net.Dialer
	dialer.SetMultipathTCP(true)
	for i, move := range append([]func() error{func() error { return nil }}, moves...) {
		if err := move(); err != nil {
			t.Fatalf("move %d of the port: %v", i, err)
		}
		conn, err := dialer.Dial("tcp", port())
		if err != nil {
			t.Fatalf("dial: %v", err)
		}
		if multipath, err := conn.(*net.TCPConn).MultipathTCP(); err != nil || multipath {
			t.Errorf("after move %d of the port: Multipath TCP %t, %v", i, multipath, err)
		}
		_ = conn.Close()
	}
}
