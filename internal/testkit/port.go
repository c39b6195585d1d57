package testkit

import (
	"net"
	"net/netip"
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
