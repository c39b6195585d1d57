package sockets_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"ibsoak/internal/sockets"
)

// patience bounds every wait for the kernel; on loopback nothing comes near it.
const patience = 10 * time.Second

func open(t testing.TB) *sockets.Table {
	t.Helper()
	table, err := sockets.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := table.Close(); err != nil {
			t.Error(err)
		}
	})
	return table
}

func listen(t testing.TB, network, address string) *net.TCPListener {
	t.Helper()
	ln, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return ln.(*net.TCPListener)
}

func dial(t testing.TB, address string) *net.TCPConn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn.(*net.TCPConn)
}

func accept(t testing.TB, ln net.Listener) *net.TCPConn {
	t.Helper()
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn.(*net.TCPConn)
}

func connect(t testing.TB, ln net.Listener) (client, server *net.TCPConn) {
	t.Helper()
	client = dial(t, ln.Addr().String())
	return client, accept(t, ln)
}

// addr is the address as the table writes it.
func addr(a net.Addr) netip.AddrPort {
	p := a.(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(p.Addr().Unmap().WithZone(""), p.Port())
}

func portOf(ln net.Listener) uint16 { return addr(ln.Addr()).Port() }

// readEOF awaits the peer's FIN.
func readEOF(t testing.TB, conn net.Conn) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if n, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Fatalf("read gave %d bytes and %v, want EOF", n, err)
	}
}

// await looks until the condition holds; what a failure prints is the last that was seen.
func await(t testing.TB, what string, look func() (seen string, ok bool)) {
	t.Helper()
	limit := time.Now().Add(patience)
	for {
		seen, ok := look()
		if ok {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("%s not seen within %s; last seen: %s", what, patience, seen)
		}
		runtime.Gosched()
	}
}

// awaitState awaits one state of one exact connection, and gives its row.
func awaitState(t testing.TB, table *sockets.Table, conn net.Conn, want sockets.State) sockets.Socket {
	t.Helper()
	return awaitStateOf(t, table, addr(conn.LocalAddr()), addr(conn.RemoteAddr()), want)
}

func awaitStateOf(t testing.TB, table *sockets.Table, local, remote netip.AddrPort,
	want sockets.State,
) (row sockets.Socket) {
	t.Helper()
	await(t, want.String(), func() (string, bool) {
		var ok bool
		var err error
		row, ok, err = table.Lookup(local, remote)
		if err != nil {
			t.Fatal(err)
		}
		return row.String(), ok && row.State == want
	})
	if row.Local != local || row.Remote != remote {
		t.Fatalf("looked up %s -> %s and got %s", local, remote, row)
	}
	return row
}

// live is every socket of a port, in every state, but for the TIME_WAIT of earlier tests: the kernel
// gives an ephemeral port out again while a connection of its last user is not yet forgotten.
func live(t testing.TB, table *sockets.Table, port uint16) []sockets.Socket {
	t.Helper()
	rows, err := table.Port(port)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(rows, func(s sockets.Socket) bool { return s.State == sockets.StateTimeWait })
}

func texts(rows []sockets.Socket) string {
	lines := make([]string, len(rows))
	for i, row := range rows {
		lines[i] = row.String()
	}
	return "[" + strings.Join(lines, "; ") + "]"
}

func TestEstablishedAndListenOnEveryFamily(t *testing.T) {
	table := open(t)
	for name, network := range map[string]struct{ network, listen, host string }{
		"v4":        {"tcp4", "127.0.0.1:0", "127.0.0.1"},
		"v6":        {"tcp6", "[::1]:0", "::1"},
		"v4-mapped": {"tcp", ":0", "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "v4" {
				needIPv6(t)
			}
			ln := listen(t, network.network, network.listen)
			_, port, err := net.SplitHostPort(ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			client := dial(t, net.JoinHostPort(network.host, port))
			server := accept(t, ln)
			for _, end := range []net.Conn{client, server} {
				row := awaitState(t, table, end, sockets.StateEstablished)
				if owns, err := sockets.Owns(os.Getpid(), row); err != nil || !owns {
					t.Errorf("our own socket %s: owned %t, error %v", row, owns, err)
				}
			}
			rows := live(t, table, portOf(ln))
			states := map[sockets.State]int{}
			for _, row := range rows {
				states[row.State]++
				if row.Local.Addr().Is4In6() || row.Remote.Addr().Is4In6() {
					t.Errorf("address is still mapped: %s", row)
				}
			}
			if len(rows) != 3 || states[sockets.StateListen] != 1 || states[sockets.StateEstablished] != 2 {
				t.Errorf("port %s has %s, want a listener and two ends", port, texts(rows))
			}
		})
	}
}

func needIPv6(t *testing.T) {
	t.Helper()
	ln, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skipf("this host has no IPv6 loopback: %v", err)
	}
	_ = ln.Close()
}

// A detector once searched lines of text for the port's digits (an address, a longer port or the
// other end's port matched as well), and counted the outbound connections of the same process.
func TestDecoysAreNeverCounted(t *testing.T) {
	table := open(t)
	target, decoys := listenersSharingDigits(t)
	port := portOf(target)

	zombies := make(map[netip.AddrPort]bool)
	for range 3 {
		client, server := connect(t, target)
		_ = client.Close()
		readEOF(t, server)
		zombies[addr(server.RemoteAddr())] = true
	}
	for _, decoy := range decoys {
		client, server := connect(t, decoy) // outbound, same process, another port
		_ = client.CloseWrite()
		readEOF(t, server)
		awaitState(t, table, server, sockets.StateCloseWait)
	}

	rows, err := table.Port(port, sockets.StateCloseWait)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.Local != addr(target.Addr()) || !zombies[row.Remote] {
			t.Errorf("counted a decoy: %s", row)
		}
	}
	if len(rows) != len(zombies) {
		t.Errorf("port %d has %s in CLOSE_WAIT, want %d", port, texts(rows), len(zombies))
	}
	gateway, client, err := sockets.CloseWait(t.Context(), port)
	if err != nil || len(gateway) != len(zombies) || len(client) != 0 {
		t.Errorf("CloseWait says %s and %s, %v; want %d on the Gateway's side and none on the client's",
			texts(gateway), texts(client), err, len(zombies))
	}
}

// listenersSharingDigits listens on a port, on that port with a digit after it, and on one with a
// digit before it.
func listenersSharingDigits(t *testing.T) (*net.TCPListener, []*net.TCPListener) {
	t.Helper()
	const lowest, highest = 2100, 2999 // times ten and plus 60,000 or 10,000 are still ports
	for port := lowest; port <= highest; port++ {
		wanted := []int{port, port*10 + 1, port + 10000, port + 60000}
		var got []*net.TCPListener
		for _, p := range wanted {
			ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: p})
			if err != nil {
				break
			}
			got = append(got, ln)
		}
		if len(got) == len(wanted) {
			for _, ln := range got {
				t.Cleanup(func() { _ = ln.Close() })
			}
			return got[0], got[1:]
		}
		for _, ln := range got {
			_ = ln.Close()
		}
	}
	t.Fatalf("no free set of ports that share digits with one of %d..%d", lowest, highest)
	return nil, nil
}

func TestCloseWaitTellsTheSidesApart(t *testing.T) {
	ln := listen(t, "tcp", "127.0.0.1:0")
	client, server := connect(t, ln)
	_ = server.CloseWrite()
	readEOF(t, client)
	gateway, trader, err := sockets.CloseWait(t.Context(), portOf(ln))
	if err != nil || len(gateway) != 0 || len(trader) != 1 {
		t.Fatalf("Gateway's side %s, client's side %s, error %v; want none and one",
			texts(gateway), texts(trader), err)
	}
	if trader[0].Local != addr(client.LocalAddr()) || trader[0].State != sockets.StateCloseWait {
		t.Errorf("the client in CLOSE_WAIT is %s, want local address %s", trader[0], client.LocalAddr())
	}
}

func TestWhatIsNotThere(t *testing.T) {
	table := open(t)
	ln := listen(t, "tcp", "127.0.0.1:0")
	nobody := netip.MustParseAddrPort("127.0.0.1:1")
	// The listener would take such a connection, and the kernel offers it as an answer.
	if row, ok, err := table.Lookup(addr(ln.Addr()), nobody); ok || err != nil {
		t.Errorf("found %s, %t, %v for a connection that does not exist", row, ok, err)
	}
	port := portOf(ln)
	_ = ln.Close()
	await(t, "a port without sockets", func() (string, bool) {
		rows := live(t, table, port)
		return texts(rows), len(rows) == 0
	})
}

func TestBadQuestions(t *testing.T) {
	table := open(t)
	if rows, err := table.Port(1, sockets.State(12)); err == nil || errors.Is(err, sockets.ErrUnknown) {
		t.Errorf("state 12 gave %s and %v, want an error about the state", texts(rows), err)
	}
	if _, _, err := table.Lookup(netip.AddrPort{}, netip.AddrPort{}); err == nil {
		t.Error("looking up no address at all gave no error")
	}
}

func TestWhatCannotBeReadIsUnknown(t *testing.T) {
	table := open(t)
	_ = table.Close()
	if _, err := table.Port(1); !errors.Is(err, sockets.ErrUnknown) {
		t.Errorf("a closed table says %v, want ErrUnknown", err)
	}
	here := netip.MustParseAddrPort("127.0.0.1:1")
	if _, _, err := table.Lookup(here, here); !errors.Is(err, sockets.ErrUnknown) {
		t.Errorf("a closed table says %v, want ErrUnknown", err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := sockets.CloseWait(canceled, 1); !errors.Is(err, sockets.ErrUnknown) ||
		!errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled count says %v, want ErrUnknown and the cause", err)
	}
}
