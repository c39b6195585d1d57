package link_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/memnet"
	"ibsoak/internal/wire"
	"ibsoak/trader/link"
)

// relayed connects a link with Relay to a Gateway that reads nothing behind the handshake until read is
// closed. All that it reads then goes to got.
func relayed(t *testing.T, read <-chan struct{}, got chan<- wire.Message, tune func(*link.Config)) *link.Link {
	t.Helper()
	_, gateway := memToy(t, func(p *peer) {
		if !p.ready(225) {
			return
		}
		defer close(got)
		<-read
		for {
			m, ok := p.read()
			if !ok {
				_ = p.conn.Close()
				return
			}
			got <- m
		}
	})
	cfg := memConfig(gateway, nil)
	cfg.Relay, cfg.MessagesPerSecond, cfg.LivenessIdle = func(wire.Kind, []byte) {}, -1, -1
	if tune != nil {
		tune(&cfg)
	}
	l, err := link.Connect(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// mixed is the n-th request of a client that orders, subscribes and cancels.
func mixed(n int32) wire.Message {
	switch n % 4 {
	case 0:
		return wire.Message{Kind: wire.ReqMktData, Body: &pb.MarketDataRequest{ReqId: &n, Contract: &pb.Contract{}}}
	case 1:
		return wire.Message{Kind: wire.PlaceOrder, Body: &pb.PlaceOrderRequest{OrderId: &n, Contract: &pb.Contract{}, Order: &pb.Order{}}}
	case 2:
		return wire.Message{Kind: wire.CancelMktData, Body: &pb.CancelMarketData{ReqId: &n}}
	default:
		return wire.Message{Kind: wire.CancelOrder, Body: &pb.CancelOrderRequest{OrderId: &n}}
	}
}

// TestARelayKeepsTheOrder: whoever relays has decided what goes first. With the Gateway's socket blocked,
// and as many requests waiting as there are places, what is sent is written in that order; one request
// beyond the places waits, and is not sent when its sender gives up.
func TestARelayKeepsTheOrder(t *testing.T) {
	const places = 256
	synctest.Test(t, func(t *testing.T) {
		read, got := make(chan struct{}), make(chan wire.Message, places+1)
		l := relayed(t, read, got, nil)
		send := func(ctx context.Context, m wire.Message) error {
			payload, err := wire.Payload(m, 225)
			if err != nil {
				t.Fatal(err)
			}
			_, err = l.Send(ctx, m.Kind, payload)
			return err
		}
		blocks := wire.Message{Kind: wire.PlaceOrder, Body: &pb.PlaceOrderRequest{
			OrderId: proto.Int32(0), Contract: &pb.Contract{}, Order: &pb.Order{OrderRef: proto.String(strings.Repeat("x", 1<<20))},
		}}
		want := []wire.Kind{blocks.Kind}
		if err := send(t.Context(), blocks); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // it is being written: its place is free
		for n := range int32(places) {
			if !l.Room() {
				t.Fatalf("no room for request %d", n)
			}
			m := mixed(n)
			want = append(want, m.Kind)
			if err := send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		beyond, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if l.Room() || send(beyond, mixed(places)) == nil {
			t.Error("there is room beyond the places")
		}
		close(read)
		var came []wire.Kind
		for range want {
			came = append(came, (<-got).Kind)
		}
		if !slices.Equal(came, want) {
			t.Errorf("came %v", came)
		}
		closeLink(t, l)
		for m := range got {
			t.Errorf("more than was sent: %v", m.Kind)
		}
	})
}

// TestTheFatesOfABatch: of requests that are written at once, of which the kernel takes a part, those that
// it took whole are sent, the one that it took in part is unknown, and no byte of the others left.
func TestTheFatesOfABatch(t *testing.T) {
	const requests = 100
	synctest.Test(t, func(t *testing.T) {
		read, got := make(chan struct{}), make(chan wire.Message, 1+requests)
		gate := make(chan struct{})
		l := relayed(t, read, got, func(c *link.Config) {
			c.Transcript = func(f link.Frame) {
				if f.Kind == wire.PlaceOrder {
					<-gate // everything else is queued behind it meanwhile
				}
			}
		})
		var all []*link.Request
		send := func(m wire.Message) {
			payload, err := wire.Payload(m, 225)
			if err != nil {
				t.Fatal(err)
			}
			r, err := l.Send(t.Context(), m.Kind, payload)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, r)
		}
		send(wire.Message{Kind: wire.PlaceOrder, Body: &pb.PlaceOrderRequest{
			OrderId: proto.Int32(0), Contract: &pb.Contract{},
			Order: &pb.Order{OrderRef: proto.String(strings.Repeat("x", memnet.BufferBytes-1000))},
		}})
		for n := range int32(requests) {
			symbol := strings.Repeat("y", 100)
			send(wire.Message{Kind: wire.ReqMktData, Body: &pb.MarketDataRequest{ReqId: &n, Contract: &pb.Contract{Symbol: &symbol}}})
		}
		close(gate)
		synctest.Wait() // the Gateway's buffer is full
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			_ = l.Close(t.Context()) // it cannot write all of it
		}()
		sent, want := 0, link.Sent
		for n, r := range all {
			<-r.Done()
			if r.Fate() == link.Sent {
				sent++
			} else if want == link.Sent {
				want = link.Unknown
			} else {
				want = link.NotSent
			}
			if r.Fate() != want {
				t.Errorf("request %d: %s, want %s: %v", n, r.Fate(), want, r.Err())
			}
		}
		close(read)
		came := 0
		for range got {
			came++
		}
		<-closed
		if came != sent || sent < 2 || sent == len(all) {
			t.Errorf("%d of %d were sent, and %d came", sent, len(all), came)
		}
		if n := l.Stats().FramesOut; n != uint64(sent) {
			t.Errorf("%d frames are counted", n)
		}
	})
}
