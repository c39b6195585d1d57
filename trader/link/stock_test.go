package link_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scmhub/ibapi"

	"ibsoak/internal/sockets"
	"ibsoak/internal/wire"
)

// A demonstration of a defect of the stock client runs in a child process: this test binary with
// demoEnv set. The defects leak goroutines and sockets, deadlock, and race; the child takes all of
// that with it, and the race detector's reports of it are not ours to fail on.
const demoEnv = "LINK_STOCK_DEMO"

// standsStill is how long a demonstration waits before it says that something does not happen.
// Only demonstrations of the stock client wait; nothing is asserted of the link this way.
const standsStill = 400 * time.Millisecond

func TestMain(m *testing.M) {
	if name := os.Getenv(demoEnv); name != "" {
		quiet()
		demos[name](&demo{name: name})
		os.Exit(0)
	}
	if addr := os.Getenv(victimEnv); addr != "" {
		victim(addr)
	}
	os.Exit(m.Run())
}

// demo is a demonstration in progress, in the child.
type demo struct{ name string }

// say reports one observation to the parent.
func (d *demo) say(what string, value any) {
	_, _ = fmt.Fprintf(os.Stdout, "%s=%v\n", what, value)
}

// stock runs a demonstration and returns its observations.
func stock(t *testing.T, name string) map[string]string {
	t.Helper()
	if testing.Short() {
		t.Skip("demonstrations of the stock client take seconds")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), demoEnv+"="+name, "GORACE=halt_on_error=0 exitcode=0 atexit_sleep_ms=0")
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		t.Fatalf("demonstration %s: %v\n%s%s", name, err, out.String(), errOut.String())
	}
	seen := make(map[string]string)
	for line := range strings.Lines(out.String()) {
		if what, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok {
			seen[what] = value
		}
	}
	t.Logf("stock client: %v", seen)
	return seen
}

// wantSeen compares observations of the stock client with what is known of it.
func wantSeen(t *testing.T, seen map[string]string, want map[string]string) {
	t.Helper()
	for what, value := range want {
		if seen[what] != value {
			t.Errorf("stock client: %s = %q, known as %q: has the defect gone?", what, seen[what], value)
		}
	}
}

// stockWrapper counts callbacks of a stock client.
type stockWrapper struct {
	ibapi.Wrapper
	errors, closed, times atomic.Int64
	lastCode              atomic.Int64
	onID                  func()
	onTime                func()
}

func (w *stockWrapper) Error(_, _, code int64, _, _ string) {
	w.errors.Add(1)
	w.lastCode.Store(code)
}

func (w *stockWrapper) ConnectionClosed() { w.closed.Add(1) }

func (w *stockWrapper) NextValidID(int64) {
	if w.onID != nil {
		w.onID()
	}
}

func (w *stockWrapper) CurrentTime(int64) {
	w.times.Add(1)
	if w.onTime != nil {
		w.onTime()
	}
}

func (w *stockWrapper) ManagedAccounts([]string) {}
func (w *stockWrapper) ConnectAck()              {}

// childGateway is the toy Gateway inside a demonstration. It lives as long as the child.
type childGateway struct {
	ln    net.Listener
	mu    sync.Mutex
	first [][]byte // the first bytes of each connection
	conns []net.Conn
	more  chan struct{}
}

// gateway listens and runs scripts, one for each connection; the last serves all later ones.
func (d *demo) gateway(scripts ...func(*peer)) *childGateway {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	d.must(err)
	g := &childGateway{ln: ln, more: make(chan struct{}, 16)}
	go func() {
		for n := 0; ; n++ {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			g.mu.Lock()
			g.conns = append(g.conns, conn)
			g.mu.Unlock()
			in := bufio.NewReader(conn)
			go func() {
				head, _ := in.Peek(4)
				g.mu.Lock()
				g.first = append(g.first, bytes.Clone(head))
				g.mu.Unlock()
				g.more <- struct{}{}
				p := &peer{conn: &peeked{Conn: conn, in: in}, frames: wire.NewFrameReader(in)}
				scripts[min(n, len(scripts)-1)](p)
			}()
		}
	}()
	return g
}

// peeked reads through the buffer that the first bytes were looked at in.
type peeked struct {
	net.Conn
	in *bufio.Reader
}

func (p *peeked) Read(b []byte) (int, error) { return p.in.Read(b) }

// SetLinger reaches the TCP connection.
func (p *peeked) SetLinger(sec int) error { return p.Conn.(*net.TCPConn).SetLinger(sec) }

func (g *childGateway) port() int { return g.ln.Addr().(*net.TCPAddr).Port }

func (g *childGateway) firstBytes(n int) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n >= len(g.first) {
		return ""
	}
	return fmt.Sprintf("% x", g.first[n])
}

func (g *childGateway) await(connections int) bool {
	deadline := time.After(5 * time.Second)
	for range connections {
		select {
		case <-g.more:
		case <-deadline:
			return false
		}
	}
	return true
}

func (d *demo) must(err error) {
	if err != nil {
		_, _ = fmt.Fprintf(os.Stderr, "demonstration %s: %v\n", d.name, err)
		os.Exit(1)
	}
}

// returns says whether f comes back by itself. It may leave a goroutine behind: that is the point.
func returns(f func()) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
		return true
	case <-time.After(standsStill):
		return false
	}
}

// connectAndAwait brings a stock client up until its NextValidID callback.
func (d *demo) connectAndAwait(g *childGateway, w *stockWrapper) *ibapi.EClient {
	ready := make(chan struct{}, 1)
	then := w.onID
	w.onID = func() {
		ready <- struct{}{}
		if then != nil {
			then()
		}
	}
	c := ibapi.NewEClient(w)
	d.must(c.Connect("127.0.0.1", g.port(), 1))
	<-ready
	return c
}

// clientSockets counts this process's sockets to the Gateway in a state.
func (d *demo) clientSockets(g *childGateway, state sockets.State) int {
	table, err := sockets.Open()
	d.must(err)
	defer func() { _ = table.Close() }()
	all, err := table.Port(uint16(g.port()), state)
	d.must(err)
	n := 0
	for _, s := range all {
		if int(s.Remote.Port()) == g.port() {
			n++
		}
	}
	return n
}

// never blocks for ever.
func never() { <-make(chan struct{}) }

// alive keeps clients from the garbage collector, whose finalizers would hide a leak.
func alive(clients ...*ibapi.EClient) { runtime.KeepAlive(clients) }
