package link_test

import (
	"bufio"
	"context"
	"net"
	"sync"
	"testing"
	"time"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/memnet"
	"ibsoak/internal/wire"
)

// toy is a Gateway under full control: a listener, and one script for each connection in order.
// It does nothing by itself; the scripts say what happens byte by byte.
type toy struct {
	t       testing.TB
	ln      net.Listener
	scripts []func(*peer)
	wg      sync.WaitGroup

	mu    sync.Mutex
	peers []*peer
}

// peer is the Gateway's end of one connection.
type peer struct {
	*toy
	conn    net.Conn
	frames  *wire.FrameReader
	version wire.Version
}

// startToy listens on loopback and runs the scripts, one for each accepted connection; the last
// one serves all later connections too.
func startToy(t testing.TB, scripts ...func(*peer)) *toy {
	t.Helper()
	ln, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	return serveToy(t, ln, scripts...)
}

// memToy is startToy in memory, for virtual time.
func memToy(t testing.TB, scripts ...func(*peer)) (*toy, *memnet.Listener) {
	t.Helper()
	ln := memnet.Listen("10.0.0.1:4002")
	return serveToy(t, ln, scripts...), ln
}

func serveToy(t testing.TB, ln net.Listener, scripts ...func(*peer)) *toy {
	g := &toy{t: t, ln: ln, scripts: scripts}
	g.wg.Go(g.accept)
	t.Cleanup(g.stop)
	return g
}

func (g *toy) addr() string { return g.ln.Addr().String() }

func (g *toy) accept() {
	for {
		conn, err := g.ln.Accept()
		if err != nil {
			return
		}
		p := &peer{toy: g, conn: conn, frames: wire.NewFrameReader(bufio.NewReader(conn))}
		g.mu.Lock()
		script := g.scripts[min(len(g.peers), len(g.scripts)-1)]
		g.peers = append(g.peers, p)
		g.mu.Unlock()
		g.wg.Go(func() { script(p) })
	}
}

func (g *toy) accepted() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.peers)
}

func (g *toy) stop() {
	_ = g.ln.Close()
	g.mu.Lock()
	for _, p := range g.peers {
		_ = p.conn.Close()
	}
	g.mu.Unlock()
	g.wg.Wait()
}

// greet reads the preamble and answers it.
func (p *peer) greet(serverMax wire.Version) bool {
	pre, err := wire.ReadPreamble(p.conn)
	if err != nil {
		return false
	}
	p.version = wire.Negotiate(serverMax, pre)
	_, err = p.conn.Write(wire.AppendHello(nil, wire.Hello{Version: p.version, Time: "20260824 22:27:38 CET"}))
	return err == nil
}

// ready does the whole handshake of a healthy paper Gateway.
func (p *peer) ready(serverMax wire.Version) bool {
	if !p.greet(serverMax) {
		return false
	}
	return p.expect(wire.StartAPI) && p.bootstrap()
}

func (p *peer) bootstrap() bool {
	return p.send(accounts("DU9000001")) && p.send(nextID()) &&
		p.send(systemMessage(2104, "Market data farm connection is OK:usfarm"))
}

func (p *peer) send(m wire.Message) bool {
	frame, err := wire.Append(nil, m, p.version)
	if err != nil {
		p.t.Errorf("toy Gateway: %v", err)
		return false
	}
	_, err = p.conn.Write(frame)
	return err == nil
}

// read takes the next message; false at the end of the stream.
func (p *peer) read() (wire.Message, bool) {
	payload, err := p.frames.Next()
	if err != nil {
		return wire.Message{}, false
	}
	m, err := wire.Decode(wire.FromClient, payload, p.version)
	if err != nil {
		p.t.Errorf("toy Gateway: %v", err)
		return wire.Message{}, false
	}
	return m, true
}

// expect reads up to a message of the kind, skipping others; false at the end of the stream. Kind 0
// never comes.
func (p *peer) expect(kind wire.Kind) bool {
	for {
		m, ok := p.read()
		if !ok || m.Kind == kind {
			return ok
		}
	}
}

// serve answers the current time until the client's FIN, then closes.
func (p *peer) serve() {
	for {
		m, ok := p.read()
		if !ok {
			_ = p.conn.Close()
			return
		}
		if m.Kind == wire.ReqCurrentTime {
			p.send(currentTime(1_700_000_000))
		}
	}
}

// healthy is a whole session: handshake, current time, close when the client does.
func healthy(serverMax wire.Version) func(*peer) {
	return func(p *peer) {
		if p.ready(serverMax) {
			p.serve()
		}
	}
}

// reset closes by RST.
func (p *peer) reset() {
	if c, ok := p.conn.(interface{ SetLinger(sec int) error }); ok {
		_ = c.SetLinger(0)
	}
	_ = p.conn.Close()
}

func accounts(list string) wire.Message {
	return wire.Message{Kind: wire.ManagedAccounts, Body: &pb.ManagedAccounts{AccountsList: &list}}
}

func nextID() wire.Message {
	return wire.Message{Kind: wire.NextValidID, Body: &pb.NextValidId{OrderId: proto.Int32(1)}}
}

func currentTime(at int64) wire.Message {
	return wire.Message{Kind: wire.CurrentTime, Body: &pb.CurrentTime{CurrentTime: &at}}
}

func systemMessage(code int32, text string) wire.Message {
	return wire.Message{Kind: wire.ErrorMessage, Body: &pb.ErrorMessage{
		Id: proto.Int32(-1), ErrorCode: &code, ErrorMsg: &text,
	}}
}

// within waits for an event under a deadline that only a broken program reaches.
func within(t testing.TB, what string, event <-chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	select {
	case <-event:
	case <-ctx.Done():
		t.Fatalf("%s did not happen within 20 s", what)
	}
}
