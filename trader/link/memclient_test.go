package link_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	pb "github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/memnet"
	"ibsoak/internal/wire"
	"ibsoak/trader/link"
)

// memClient is the least API client that a link takes, over memnet: what EClient does, without its
// defects. Callbacks run on one goroutine.
type memClient struct {
	t       testing.TB
	ln      *memnet.Listener
	link    *link.Link
	options string
	version wire.Version
	conn    net.Conn
	wg      sync.WaitGroup

	// onMessage is the callback; the link's sentinels do not reach it.
	onMessage func(wire.Message)
}

func (c *memClient) SetConnectionOptions(options string) { c.options = options }

func (c *memClient) Connect(_ string, _ int, clientID int64) error {
	conn, err := c.ln.Dial(context.WithoutCancel(c.t.Context()))
	if err != nil {
		return err
	}
	c.conn = conn
	if _, err := conn.Write(wire.AppendPreamble(nil, wire.Preamble{
		Min: 100, Max: 225, Options: c.options,
	})); err != nil {
		return err
	}
	frames := wire.NewFrameReader(bufio.NewReader(conn))
	payload, err := frames.Next()
	if err != nil {
		return err
	}
	hello, err := wire.ParseHello(payload)
	if err != nil {
		return err
	}
	c.version = hello.Version
	id := int32(clientID)
	c.send(wire.Message{Kind: wire.StartAPI, Body: &pb.StartApiRequest{ClientId: &id}})
	c.wg.Go(func() { c.read(frames) })
	return nil
}

func (c *memClient) SetServerLogLevel(level int64) {
	l := int32(level)
	c.send(wire.Message{Kind: wire.SetServerLogLevel, Body: &pb.SetServerLogLevelRequest{LogLevel: &l}})
}

func (c *memClient) send(m wire.Message) {
	frame, err := wire.Append(nil, m, c.version)
	if err != nil {
		c.t.Errorf("test client: %v", err)
		return
	}
	_, _ = c.conn.Write(frame) // its end is the link's to report
}

func (c *memClient) reqCurrentTime() {
	c.send(wire.Message{Kind: wire.ReqCurrentTime, Body: &pb.CurrentTimeRequest{}})
}

// placeOrder sends an order whose reference is so many bytes long.
func (c *memClient) placeOrder(id int32, refBytes int) {
	ref := strings.Repeat("x", refBytes)
	c.send(wire.Message{Kind: wire.PlaceOrder, Body: &pb.PlaceOrderRequest{
		OrderId: &id, Contract: &pb.Contract{}, Order: &pb.Order{OrderRef: &ref},
	}})
}

func (c *memClient) read(frames *wire.FrameReader) {
	defer c.link.ClientClosed()
	defer func() { _ = c.conn.Close() }()
	for {
		payload, err := frames.Next()
		if err != nil {
			return
		}
		m, err := wire.Decode(wire.FromServer, payload, c.version)
		if err != nil {
			c.t.Errorf("test client got what the link must not deliver: %v", err)
			return
		}
		if e, ok := m.Body.(*pb.ErrorMessage); ok &&
			c.link.Sentinel(int64(e.GetErrorCode()), e.GetErrorMsg()) {
			continue
		}
		if c.onMessage != nil {
			c.onMessage(m)
		}
	}
}

// memConfig is a link's configuration over memnet.
func memConfig(gateway *memnet.Listener, client *memnet.Listener) link.Config {
	return link.Config{
		Addr: "10.0.0.1:4002", ClientID: 7,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			if gateway == nil {
				<-ctx.Done() // SYN into a black hole
				return nil, ctx.Err()
			}
			return gateway.Dial(ctx)
		},
		Listen: func() (net.Listener, error) { return client, nil },
	}
}

// memSession connects a link to a scripted Gateway in memory, and attaches a client.
func memSession(t testing.TB, tune func(*link.Config), client *memClient, script func(*peer)) (*link.Link, *toy) {
	t.Helper()
	g, gateway := memToy(t, script)
	client.t, client.ln = t, memnet.Listen("127.0.0.1:40000")
	cfg := memConfig(gateway, client.ln)
	if tune != nil {
		tune(&cfg)
	}
	l, err := link.Connect(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	client.link = l
	if err := l.Attach(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	return l, g
}

// bubble runs a test in virtual time.
func bubble(t *testing.T, name string, body func(*testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, body) })
}

// reasonAndTime connects, and says what came of it and how long it took.
func reasonAndTime(t testing.TB, cfg link.Config) (link.Reason, *link.Error, time.Duration) {
	t.Helper()
	began := time.Now()
	l, err := link.Connect(t.Context(), cfg)
	took := time.Since(began)
	if err == nil {
		closeLink(t, l)
		return "", nil, took
	}
	e := (*link.Error)(nil)
	if !errors.As(err, &e) {
		t.Fatalf("error %v is no *link.Error", err)
	}
	return e.Reason, e, took
}

func closeLink(t testing.TB, l *link.Link) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	if err := l.Close(ctx); err != nil {
		t.Error(err)
	}
}
