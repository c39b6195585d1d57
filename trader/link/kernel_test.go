package link_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/scmhub/ibapi"

	"ibsoak/internal/sockets"
	"ibsoak/internal/wire"
	"ibsoak/trader/link"
)

// victimEnv makes this test binary a process to be killed: "link HOST:PORT" or "stock HOST:PORT".
const victimEnv = "LINK_VICTIM"

// victim connects, says so, and waits for its end.
func victim(how string) {
	quiet()
	kind, addr, _ := strings.Cut(how, " ")
	defer os.Exit(1)
	if kind == "stock" {
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			return
		}
		n, err := strconv.Atoi(port)
		if err != nil {
			return
		}
		ready := make(chan struct{})
		c := ibapi.NewEClient(&stockWrapper{onID: func() { close(ready) }})
		if c.Connect(host, n, 1) != nil {
			return
		}
		<-ready
		_, _ = fmt.Fprintln(os.Stdout, "ready")
		never()
	}
	l, err := link.Connect(context.Background(), link.Config{Addr: addr}) //nolint:forbidigo // no test's context here
	if err != nil {
		return
	}
	w := &wrapper{link: l}
	if l.Attach(context.Background(), ibapi.NewEClient(w)) != nil { //nolint:forbidigo // as above
		return
	}
	_, _ = fmt.Fprintln(os.Stdout, "ready")
	never()
}

// neverCloses is a Gateway that keeps every socket, whatever the client does.
func neverCloses(then func(*peer)) func(*peer) {
	return func(p *peer) {
		then(p)
		<-p.t.Context().Done()
	}
}

// closeWaits counts the Gateway's sockets in CLOSE_WAIT.
func closeWaits(t *testing.T, g *toy) int {
	t.Helper()
	gateway, client, err := sockets.CloseWait(t.Context(), netip.MustParseAddrPort(g.addr()).Port())
	if err != nil {
		t.Fatal(err)
	}
	if len(client) > 0 {
		t.Errorf("client sockets in CLOSE_WAIT: %v", client)
	}
	return len(gateway)
}

// TestKillLeavesNoCloseWait kills processes with SIGKILL against a Gateway that never closes. A
// stock client leaves the Gateway a socket in CLOSE_WAIT, for ever; the link leaves none, because
// its socket was armed before it was connected.
func TestKillLeavesNoCloseWait(t *testing.T) {
	phases := map[string]func(p *peer, reached chan<- struct{}){
		"before the version reply": func(p *peer, reached chan<- struct{}) {
			_, _ = wire.ReadPreamble(p.conn)
			close(reached)
		},
		"before the accounts": func(p *peer, reached chan<- struct{}) {
			p.greet(225)
			p.expect(wire.StartAPI)
			close(reached)
		},
		"in the session": nil,
	}
	for name, script := range phases {
		for kind, want := range map[string]int{"link": 0, "stock": 1} {
			t.Run(kind+" "+name, func(t *testing.T) {
				reached := make(chan struct{})
				g := startToy(t, neverCloses(func(p *peer) {
					if script != nil {
						script(p, reached)
					} else {
						p.ready(225)
					}
				}))
				kill(t, kind+" "+g.addr(), script == nil, reached)
				if got := closeWaits(t, g); got != want {
					t.Errorf("%d sockets of the Gateway in CLOSE_WAIT, want %d", got, want)
				}
			})
		}
	}
}

// kill starts a victim and kills it once it has said that it is ready, or the Gateway has.
func kill(t *testing.T, victim string, itSays bool, reached <-chan struct{}) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), victimEnv+"="+victim)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if itSays {
		if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
			t.Fatalf("victim said %q: %v", line, err)
		}
	} else {
		within(t, "the phase", reached)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // its error is the signal; when it returns, the kernel has closed the socket
}

// TestCloseLeavesNoCloseWait closes in good order, against a Gateway that never does.
func TestCloseLeavesNoCloseWait(t *testing.T) {
	g := startToy(t, neverCloses(func(p *peer) { p.ready(225) }))
	for range 3 {
		l, _ := attach(t, link.Config{Addr: g.addr()}, &wrapper{})
		closeLink(t, l)
	}
	if n := closeWaits(t, g); n != 0 {
		t.Errorf("%d sockets of the Gateway in CLOSE_WAIT", n)
	}
	wantNoSocket(t, g)
}

// TestAFailedHandshakeLeavesNothingOnEitherSide ends a real TCP connection behind each byte of the
// handshake, by FIN and by RST.
func TestAFailedHandshakeLeavesNothingOnEitherSide(t *testing.T) {
	hello, bootstrap := handshakeBytes(225)
	for n := range len(hello) + len(bootstrap) {
		for _, end := range []struct {
			do   func(*peer)
			want link.Reason
		}{
			{func(p *peer) { _ = p.conn.(*net.TCPConn).CloseWrite(); p.expect(0) }, link.Closed},
			{(*peer).reset, link.Reset},
		} {
			g := startToy(t, cutAt(hello, bootstrap, n, end.do))
			_, err := link.Connect(t.Context(), link.Config{Addr: g.addr()})
			if link.ReasonOf(err) != end.want {
				t.Errorf("byte %d: %v, want %s", n, err, end.want)
			}
			wantNoSocket(t, g)
			if c := closeWaits(t, g); c != 0 {
				t.Errorf("byte %d: %d sockets of the Gateway in CLOSE_WAIT", n, c)
			}
			g.stop()
		}
	}
}

// TestAStrangerIsNotServed connects to the loopback port before the client does, in each way that a
// stranger may, and once more after it.
func TestAStrangerIsNotServed(t *testing.T) {
	quiet()
	g := startToy(t, healthy(225))
	var ln net.Listener
	strangers := []string{
		"", "GET / HTTP/1.1\r\n\r\n",
		string(wire.AppendPreamble(nil, wire.Preamble{Min: 100, Max: 225})),
		string(wire.AppendPreamble(nil, wire.Preamble{Min: 100, Max: 225, Options: "00000000"})),
	}
	var conns []net.Conn
	cfg := link.Config{Addr: g.addr(), Listen: func() (net.Listener, error) {
		var err error
		if ln, err = net.Listen("tcp4", "127.0.0.1:0"); err != nil {
			return nil, err
		}
		for _, says := range strangers {
			conn, err := net.Dial("tcp4", ln.Addr().String())
			if err != nil {
				return nil, err
			}
			if _, err := conn.Write([]byte(says)); err != nil {
				return nil, err
			}
			conns = append(conns, conn)
		}
		return ln, conns[0].(*net.TCPConn).CloseWrite()
	}}
	l, client := attach(t, cfg, &wrapper{})
	for i, conn := range conns {
		if n, err := conn.Read(make([]byte, 64)); n > 0 || err == nil {
			t.Errorf("stranger %d was told %d bytes", i, n)
		}
		_ = conn.Close()
	}
	if conn, err := net.Dial("tcp4", ln.Addr().String()); err == nil {
		_ = conn.Close()
		t.Error("the loopback port is still open")
	}
	if _, err := l.Submit(t.Context(), client.ReqCurrentTime); err != nil {
		t.Error(err)
	}
	closeLink(t, l)
}
