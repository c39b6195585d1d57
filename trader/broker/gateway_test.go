package broker_test

import (
	"bufio"
	"net"
	"sync"
	"testing"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// script is a Gateway that says what a test tells it to, at version 225 unless told otherwise.
// handle gets every message behind the bootstrap.
type script struct {
	t      testing.TB
	ln     net.Listener
	handle func(*talk, wire.Message)

	version wire.Version
	turn    sync.Mutex // handle is called by one connection at a time
	wg      sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
}

// talk is one connection of a script.
type talk struct {
	*script
	conn net.Conn
	n    int // from 1
}

func startScript(t testing.TB, handle func(*talk, wire.Message)) *script {
	t.Helper()
	return startScriptAt(t, 225, handle)
}

func startScriptAt(t testing.TB, v wire.Version, handle func(*talk, wire.Message)) *script {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &script{t: t, ln: ln, handle: handle, version: v}
	g.wg.Go(g.accept)
	t.Cleanup(func() {
		_ = ln.Close()
		g.mu.Lock()
		for _, c := range g.conns {
			_ = c.Close()
		}
		g.mu.Unlock()
		g.wg.Wait()
	})
	return g
}

func (g *script) addr() string { return g.ln.Addr().String() }

func (g *script) accept() {
	for n := 1; ; n++ {
		conn, err := g.ln.Accept()
		if err != nil {
			return
		}
		g.mu.Lock()
		g.conns = append(g.conns, conn)
		g.mu.Unlock()
		g.wg.Go(func() { (&talk{script: g, conn: conn, n: n}).run() })
	}
}

func (c *talk) run() {
	defer func() { _ = c.conn.Close() }()
	if _, err := wire.ReadPreamble(c.conn); err != nil {
		return
	}
	_, _ = c.conn.Write(wire.AppendHello(nil, wire.Hello{Version: c.version, Time: "20260824 22:27:38 CET"}))
	frames := wire.NewFrameReader(bufio.NewReader(c.conn))
	for {
		payload, err := frames.Next()
		if err != nil {
			return
		}
		m, err := wire.Decode(wire.FromClient, payload, c.version)
		if err != nil {
			c.t.Errorf("script: %v", err)
			return
		}
		if m.Kind == wire.StartAPI {
			c.send(wire.ManagedAccounts, &pb.ManagedAccounts{AccountsList: proto.String("DU9000001")})
			c.send(wire.NextValidID, &pb.NextValidId{OrderId: proto.Int32(10)})
			continue
		}
		c.turn.Lock()
		c.handle(c, m)
		c.turn.Unlock()
	}
}

func (c *talk) send(kind wire.Kind, body proto.Message) {
	frame, err := wire.Append(nil, wire.Message{Kind: kind, Body: body}, c.version)
	if err != nil {
		c.t.Errorf("script: %v", err)
		return
	}
	_, _ = c.conn.Write(frame) // its failure is what the test is about, or nothing
}

// complain sends an error message.
func (c *talk) complain(id int32, code int32, text string) {
	c.send(wire.ErrorMessage, &pb.ErrorMessage{Id: &id, ErrorCode: &code, ErrorMsg: &text})
}

// contract sends one match of reqContractDetails.
func (c *talk) contract(id int32, symbol string) {
	c.send(wire.ContractData, &pb.ContractData{
		ReqId:           &id,
		Contract:        &pb.Contract{Symbol: &symbol, ConId: proto.Int32(1)},
		ContractDetails: &pb.ContractDetails{TimeZoneId: proto.String("US/Eastern")},
	})
}

func (c *talk) contractEnd(id int32) {
	c.send(wire.ContractDataEnd, &pb.ContractDataEnd{ReqId: &id})
}

// reset closes by RST.
func (c *talk) reset() {
	if tcp, ok := c.conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.conn.Close()
}
