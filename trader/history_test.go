package trader

import (
	"fmt"
	"testing"
	"time"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
)

// symbols makes so many of them, whose contracts differ.
func symbols(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("%c%d", 'A'+i%26, i))
	}
	return out
}

// TestHistoryStaysWithinTheLimits: 60 requests in ten minutes and none identical within 15 s, with cycles
// as fast as they are allowed, and with a hundred symbols.
func TestHistoryStaysWithinTheLimits(t *testing.T) {
	for _, n := range []int{1, 6, 7, 50, 100} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.cfg.Symbols, r.cfg.Interval = symbols(n), 5*time.Second
				if n > 7 {
					r.cfg.Interval = time.Minute // a hundred decisions a cycle cost the test its time
				}
				l := r.start()
				r.later(13 * time.Minute)
				r.wantCode(l.stop(), exit.OK)
				h := r.w.requests
				for i := range h {
					inWindow, identical := 0, 0
					for _, other := range h[i:] {
						if other.at.Sub(h[i].at) < historyWindow {
							inWindow++
						}
						if other.symbol == h[i].symbol && other.at.Sub(h[i].at) < historyApart {
							identical++
						}
					}
					if inWindow > historyMost || identical > 1 {
						t.Fatalf("from %s on %d requests in %s, %d for %s in %s", h[i].at, inWindow,
							historyWindow, identical, h[i].symbol, historyApart)
					}
				}
				if want := min(n, historyStreams+10); r.w.count() < want {
					t.Errorf("%d of %d symbols were traded", r.w.count(), n)
				}
			})
		})
	}
}

// TestSubscriptionsAreMadeOnce, once more after a 1101 and not after a 1102, and anew when they bring
// nothing.
func TestSubscriptionsAreMadeOnce(t *testing.T) {
	const n = 7
	inBubble(t, func(r *rig) {
		r.cfg.Symbols = symbols(n)
		l := r.start()
		step := func(what string, wait time.Duration, want int) {
			t.Helper()
			r.later(wait)
			if r.w.subscribed != want {
				t.Errorf("%s: %d subscriptions, want %d", what, r.w.subscribed, want)
			}
		}
		step("at first", 8*time.Minute, n)
		r.w.fall(true)
		step("the bars come by themselves", 2*time.Minute, n)
		if r.w.count() != 2*n {
			t.Errorf("%d orders, want %d: what is decided on must be new", r.w.count(), 2*n)
		}
		r.w.say(broker.StateChange{State: broker.Ready, Code: 1102})
		step("1102", 2*time.Minute, n)
		r.w.say(broker.StateChange{State: broker.Ready, Code: 1101, Resubscribe: true})
		step("1101", 2*time.Minute, 2*n)
		r.w.mu.Lock()
		r.w.silent = int64(r.w.subscribed)
		r.w.mu.Unlock()
		step("silence", 20*time.Minute, 3*n)
		if r.w.unsubscribed != n {
			t.Errorf("%d were cancelled, want the %d silent ones", r.w.unsubscribed, n)
		}
		r.wantCode(l.stop(), exit.OK)
		if r.w.unsubscribed != 2*n {
			t.Errorf("%d were cancelled in all, want the %d that lived at the end as well", r.w.unsubscribed, n)
		}
	})
}

// TestARefusedSubscriptionIsAskedFor, and no more often than the limits allow; so is one that an error
// ends later.
func TestARefusedSubscriptionIsAskedFor(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.cfg.Interval = 2 * time.Second
		r.w.mu.Lock()
		r.w.refuseStream = 420
		r.w.mu.Unlock()
		l := r.start()
		r.later(5 * time.Minute)
		if n := len(r.w.requests); r.w.subscribed != 0 || n < 15 || n > 20 || r.w.count() != 1 {
			t.Errorf("%d subscriptions, %d requests, %d orders in five minutes: want 0, 20 at most, 1",
				r.w.subscribed, n, r.w.count())
		}
		r.w.mu.Lock()
		r.w.refuseStream = 0
		r.w.mu.Unlock()
		r.later(7 * time.Minute)
		if r.w.subscribed != 1 {
			t.Errorf("%d subscriptions, want one when the refusal is old", r.w.subscribed)
		}
		before := len(r.w.requests)
		r.w.say(broker.Notice{ID: 1<<30 + 1, Code: 162, Class: broker.ClassRequest, Message: "query ended"})
		r.later(2 * time.Minute)
		if n := len(r.w.requests) - before; r.w.subscribed != 1 || n < 6 || n > 9 {
			t.Errorf("%d subscriptions and %d requests after the stream had ended", r.w.subscribed, n)
		}
		r.wantCode(l.stop(), exit.OK)
	})
}
