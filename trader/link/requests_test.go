package link_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/memnet"
	"ibsoak/internal/wire"
	"ibsoak/trader/link"
)

// TestPacing submits far more than a Gateway takes. In no second do more than 50 leave, START_API
// included, and none is lost.
func TestPacing(t *testing.T) {
	const flood, limit = 600, 50
	synctest.Test(t, func(t *testing.T) {
		var sent []time.Time
		client := &memClient{}
		l, _ := memSession(t, func(c *link.Config) {
			c.Transcript = func(f link.Frame) {
				if f.Direction == wire.FromClient {
					sent = append(sent, f.At)
				}
			}
		}, client, healthy(225))
		var last *link.Request
		for range flood {
			r, err := l.Submit(t.Context(), client.reqCurrentTime)
			if err != nil {
				t.Fatal(err)
			}
			last = r
		}
		<-last.Done()
		if len(sent) != flood+1 {
			t.Fatalf("%d messages, want %d and START_API", len(sent), flood)
		}
		worst, from := 0, 0
		for to := range sent {
			for sent[to].Sub(sent[from]) >= time.Second {
				from++
			}
			worst = max(worst, to-from+1)
		}
		if worst > limit || worst < limit-5 {
			t.Errorf("%d messages in the worst second, want close to %d and not above", worst, limit)
		}
		closeLink(t, l)
	})
}

// TestOrdersLeaveFirst: with as many requests waiting as there are places, an order and its cancel take a
// place of their own, leave next, in their order, and the requests follow in theirs.
func TestOrdersLeaveFirst(t *testing.T) {
	const places = 256
	synctest.Test(t, func(t *testing.T) {
		var sent []wire.Kind
		var at []time.Time
		client := &memClient{}
		l, _ := memSession(t, func(c *link.Config) {
			c.Transcript = func(f link.Frame) {
				if f.Direction == wire.FromClient && f.Kind != wire.StartAPI {
					sent, at = append(sent, f.Kind), append(at, f.At)
				}
			}
		}, client, healthy(225))
		var last *link.Request
		for range places {
			r, err := l.Submit(t.Context(), client.reqCurrentTime)
			if err != nil {
				t.Fatal(err)
			}
			last = r
		}
		before := time.Now()
		for _, m := range []wire.Message{
			{Kind: wire.PlaceOrder, Body: &pb.PlaceOrderRequest{OrderId: proto.Int32(7)}},
			{Kind: wire.CancelOrder, Body: &pb.CancelOrderRequest{OrderId: proto.Int32(7)}},
		} {
			if _, err := l.SubmitOrder(t.Context(), nil, func() { client.send(m) }); err != nil {
				t.Fatal(err)
			}
		}
		<-last.Done()
		first := slices.Index(sent, wire.PlaceOrder)
		if len(sent) != places+2 || first < 0 || sent[first+1] != wire.CancelOrder {
			t.Fatalf("%d messages, the order is number %d, then %v", len(sent), first, sent[first+1])
		}
		if waited := at[first].Sub(before); waited > 50*time.Millisecond {
			t.Errorf("the order waited %s behind %d requests, of %s in all", waited, places, at[len(at)-1].Sub(before))
		}
		closeLink(t, l)
	})
}

// TestWithdraw takes back what still waits for its turn, and nothing of it leaves.
func TestWithdraw(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &memClient{}
		l, _ := memSession(t, func(c *link.Config) { c.MessagesPerSecond = 1 }, client, healthy(225))
		submit := func() *link.Request {
			r, err := l.Submit(t.Context(), client.reqCurrentTime)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		for range link.PaceBurst {
			<-submit().Done()
		}
		first, second := submit(), submit()
		if !first.Withdraw() || first.Fate() != link.NotSent || first.Withdraw() {
			t.Errorf("withdrawn request is %s", first.Fate())
		}
		<-second.Done()
		if second.Withdraw() || second.Fate() != link.Sent {
			t.Errorf("request behind it is %s", second.Fate())
		}
		waiting := submit()
		closeLink(t, l)
		if waiting.Fate() != link.NotSent || link.ReasonOf(waiting.Err()) != link.LocalClose {
			t.Errorf("request at the close is %s: %v", waiting.Fate(), waiting.Err())
		}
	})
}

// TestAPermitIsAskedAtTheWire, when everything before the request has left, and not when it is queued.
func TestAPermitIsAskedAtTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &memClient{}
		var sent, asked, before atomic.Int64
		l, _ := memSession(t, func(c *link.Config) {
			c.MessagesPerSecond = 1
			c.Transcript = func(f link.Frame) {
				if f.Direction == wire.FromClient {
					sent.Add(1)
				}
			}
		}, client, healthy(225))
		submit := func(permit func() error) *link.Request {
			r, err := l.SubmitOrder(t.Context(), permit, client.reqCurrentTime)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		for range link.PaceBurst {
			<-submit(nil).Done()
		}
		shut := errors.New("shut")
		ahead := submit(nil)
		refused := submit(func() error { asked.Add(1); before.Store(sent.Load()); return shut })
		granted := submit(func() error { asked.Add(1); return nil })
		synctest.Wait()
		if asked.Load() != 0 {
			t.Error("asked while it waits behind the pace")
		}
		<-granted.Done()
		if asked.Load() != 2 || before.Load() != 2+link.PaceBurst || ahead.Fate() != link.Sent { // with START_API
			t.Errorf("asked %d times, first behind %d messages, the one ahead is %s", asked.Load(), before.Load(), ahead.Fate())
		}
		if refused.Fate() != link.NotSent || !errors.Is(refused.Err(), shut) || granted.Fate() != link.Sent ||
			sent.Load() != 3+link.PaceBurst {
			t.Errorf("refused is %s (%v), granted %s, of %d messages", refused.Fate(), refused.Err(), granted.Fate(), sent.Load())
		}
		closeLink(t, l)
	})
}

// TestStalled is a Gateway that stops reading. The order that was cut by the deadline is unknown,
// the one behind it is not sent.
func TestStalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &memClient{}
		l, _ := memSession(t, nil, client, func(p *peer) { p.ready(225); <-t.Context().Done() })
		submit := func(payloadBytes int) *link.Request {
			r, err := l.Submit(t.Context(), func() { client.placeOrder(5, payloadBytes) })
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		fits, cut := submit(1), submit(2*memnet.BufferBytes)
		behind := submit(1)
		began := time.Now()
		<-l.Done()
		if fits.Fate() != link.Sent || cut.Fate() != link.Unknown || behind.Fate() != link.NotSent {
			t.Errorf("fates %s, %s, %s", fits.Fate(), cut.Fate(), behind.Fate())
		}
		if link.ReasonOf(l.Err()) != link.Stalled || !errors.Is(cut.Err(), os.ErrDeadlineExceeded) {
			t.Errorf("ended for %v, the order's error is %v", l.Err(), cut.Err())
		}
		if took := time.Since(began); took < link.DefaultWriteTimeout {
			t.Errorf("gave up after %s", took)
		}
		if _, err := l.Submit(t.Context(), client.reqCurrentTime); link.ReasonOf(err) != link.Stalled {
			t.Errorf("submit after it: %v", err)
		}
	})
}

// TestSubmitWaitsNoLongerThanItsContext for a place in a full queue.
func TestSubmitWaitsNoLongerThanItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &memClient{}
		l, _ := memSession(t, func(c *link.Config) { c.MessagesPerSecond = 1; c.LivenessIdle = -1 }, client,
			healthy(225))
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute/2)
		defer cancel()
		accepted := 0
		for {
			if _, err := l.Submit(ctx, client.reqCurrentTime); err != nil {
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
				break
			}
			accepted++
		}
		if took := time.Since(began); took != time.Minute/2 || accepted < 256 {
			t.Errorf("gave up after %s with %d accepted", took, accepted)
		}
		closeLink(t, l)
	})
}

// TestARequestThatIsNone is a request function that made no message.
func TestARequestThatIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &memClient{}
		l, _ := memSession(t, nil, client, healthy(225))
		if _, err := l.Submit(t.Context(), func() {}); !errors.Is(err, link.ErrNoRequest) {
			t.Errorf("submit of nothing: %v", err)
		}
		if _, err := l.Submit(t.Context(), client.reqCurrentTime); err != nil {
			t.Errorf("the next one: %v", err)
		}
		closeLink(t, l)
	})
}

// TestEveryPlaceHoldsAnyRequest: requests of one kind in all places, those for orders too, are sent like
// others. One beyond waits, and is not sent when its sender gives up.
func TestEveryPlaceHoldsAnyRequest(t *testing.T) {
	const places, forOrders = 256, 64
	synctest.Test(t, func(t *testing.T) {
		client := &memClient{}
		l, _ := memSession(t, nil, client, healthy(225))
		began := time.Now()
		var all []*link.Request
		for n := range link.PaceBurst + places + forOrders {
			submit := l.Submit
			if n >= link.PaceBurst+places {
				submit = func(ctx context.Context, request func()) (*link.Request, error) {
					return l.SubmitOrder(ctx, nil, request)
				}
			}
			r, err := submit(t.Context(), client.reqCurrentTime)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, r)
			if n < link.PaceBurst {
				<-r.Done() // from then on the writer waits for the pace
			}
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("the last place was free after %s", took)
		}
		given, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := l.SubmitOrder(given, nil, client.reqCurrentTime); err == nil {
			t.Error("there is a place beyond the last")
		}
		for n, r := range all {
			<-r.Done()
			if r.Fate() != link.Sent {
				t.Errorf("request %d: %s", n, r.Fate())
			}
		}
		closeLink(t, l)
	})
}

// TestADirectCallIsRelayed is a client called outside Submit: its frames still go through.
func TestADirectCallIsRelayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got messages
		client := &memClient{onMessage: got.add}
		l, _ := memSession(t, nil, client, healthy(225))
		client.reqCurrentTime()
		synctest.Wait()
		if got.times() != 1 {
			t.Error("no answer")
		}
		closeLink(t, l)
	})
}

// TestTheClientGoesDownByItself ends the session; a submission then says so.
func TestTheClientGoesDownByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &memClient{}
		l, _ := memSession(t, nil, client, healthy(225))
		_ = client.conn.Close()
		<-l.Done()
		if link.ReasonOf(l.Err()) != link.ClientFailed {
			t.Errorf("ended for %v", l.Err())
		}
		if _, err := l.Submit(t.Context(), client.reqCurrentTime); link.ReasonOf(err) != link.ClientFailed {
			t.Errorf("submit: %v", err)
		}
		client.wg.Wait()
	})
}
