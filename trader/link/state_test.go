package link_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"ibsoak/trader/link"
)

// TestDegraded is 1100, 1102, 1101 and 2110 as the link takes them.
func TestDegraded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		say := make(chan int32)
		client := &memClient{}
		l, g := memSession(t, nil, client, func(p *peer) {
			p.ready(225)
			for code := range say {
				p.send(systemMessage(code, "connectivity"))
			}
		})
		place := func() (link.Fate, error) {
			r, err := l.Submit(t.Context(), func() { client.placeOrder(5, 1) })
			if err != nil {
				t.Fatal(err)
			}
			<-r.Done()
			return r.Fate(), r.Err()
		}
		for _, step := range []struct {
			code int32
			want link.State
		}{{1100, link.Degraded}, {1102, link.Ready}, {2110, link.Degraded}, {1101, link.Ready}} {
			say <- step.code
			synctest.Wait()
			if l.State() != step.want {
				t.Errorf("after %d: %s", step.code, l.State())
			}
			fate, err := place()
			if step.want == link.Ready && fate != link.Sent {
				t.Errorf("after %d: order %s: %v", step.code, fate, err)
			}
			if step.want == link.Degraded && (fate != link.NotSent || !errors.Is(err, link.ErrDegraded)) {
				t.Errorf("after %d: order %s: %v", step.code, fate, err)
			}
		}
		say <- 1100
		<-time.After(24 * time.Hour) // nobody answers probes: degraded is no reason to reconnect
		if err := l.Err(); err != nil || g.accepted() != 1 {
			t.Errorf("a day of 1100: %v, %d connections", err, g.accepted())
		}
		if refused := l.Stats().RefusedOrders; refused != 2 {
			t.Errorf("%d orders refused", refused)
		}
		close(say)
		closeLink(t, l)
	})
}

// TestConnectivity is the state machine by itself, 1101 told once.
func TestConnectivity(t *testing.T) {
	var c link.Connectivity
	for i, step := range []struct {
		code                 int
		changed, resubscribe bool
	}{
		{2104, false, false},
		{1100, true, false},
		{1100, false, false},
		{1101, true, true},
		{1101, false, false}, // repeated
		{1100, true, false},
		{1101, true, true},
		{1102, false, false},
		{1101, false, true}, // without a 1100: the subscriptions are gone all the same
	} {
		changed, resubscribe := c.Apply(step.code)
		if changed != step.changed || resubscribe != step.resubscribe {
			t.Errorf("step %d, %d: changed %v, resubscribe %v", i, step.code, changed, resubscribe)
		}
	}
}
