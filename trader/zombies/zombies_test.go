package zombies

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"ibsoak/internal/sockets"
)

// plenty is for tests on a busy machine; the limit itself is tested on its own.
const plenty = 5 * time.Second

func TestCountsBothSidesAndOpensNoConnection(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the kernel's table is read exactly only on Linux")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	port := ln.Addr().(*net.TCPAddr).Port
	if c, err := Check(t.Context(), "127.0.0.1", port, plenty); err != nil || len(c.Gateway)+len(c.Client) > 0 {
		t.Fatalf("on a clean port: %v, %v", c, err)
	}
	const zombies = 3
	for range zombies { // the peer closes, the Gateway does not: one CLOSE_WAIT each
		client, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		gateway, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = gateway.Close() }()
		if err := client.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := gateway.Read(make([]byte, 1)); err == nil { // the FIN is here
			t.Fatal("read something")
		}
	}
	c, err := Check(t.Context(), "localhost", port, plenty)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Gateway) != zombies || len(c.Client) != 0 {
		t.Errorf("counted %d and %d, want %d and 0: %s", len(c.Gateway), len(c.Client), zombies, c)
	}
	if !strings.HasPrefix(c.String(), "3 sockets in CLOSE_WAIT held by the Gateway (127.0.0.1:") {
		t.Errorf("says %q", c)
	}
	if err := ln.(*net.TCPListener).SetDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	if conn, err := ln.Accept(); err == nil {
		t.Errorf("the check connected from %s", conn.RemoteAddr())
	}
}

func TestUnknownIsAnErrorAndNeverNone(t *testing.T) {
	expired, cancel := context.WithCancel(t.Context())
	cancel()
	for name, check := range map[string]func() (Count, error){
		"no time":      func() (Count, error) { return Check(expired, "127.0.0.1", 4002, 0) },
		"another host": func() (Count, error) { return Check(t.Context(), "192.0.2.1", 4002, 0) },
		"no such port": func() (Count, error) { return Check(t.Context(), "127.0.0.1", 70000, 0) },
		"no such name": func() (Count, error) { return Check(t.Context(), "gateway.invalid", 4002, 0) },
	} {
		begin := time.Now()
		if c, err := check(); err == nil {
			t.Errorf("%s: counted %s", name, c)
		}
		if took := time.Since(begin); took > time.Second {
			t.Errorf("%s: took %s", name, took)
		}
	}
	if _, err := Check(t.Context(), "192.0.2.1", 4002, plenty); !errors.Is(err, ErrRemote) {
		t.Errorf("another host: %v is not ErrRemote", err)
	}
}

func TestMessageNamesAFewSockets(t *testing.T) {
	var many []sockets.Socket
	for range 7 {
		many = append(many, sockets.Socket{
			Local: netip.MustParseAddrPort("127.0.0.1:4002"), Remote: netip.MustParseAddrPort("127.0.0.1:9"),
			PID: 812,
		})
	}
	got := Count{Gateway: many, Client: many[:1]}.String()
	if n := strings.Count(got, "pid 812"); n != named+1 || !strings.Contains(got, "7 sockets") {
		t.Errorf("says %q", got)
	}
	if got := (Count{}).String(); got != "no sockets in CLOSE_WAIT" {
		t.Errorf("says %q", got)
	}
}
