package trader

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
	"ibsoak/trader/link"
)

// requests are what a cycle asks for, in order, when there is something to buy.
var requests = []string{
	"open orders", "executions", "completed orders", "positions", "account values", "contract", "time", "bars", "place",
}

func TestReconcilesBeforeTheFirstOrderOfEverySession(t *testing.T) {
	inBubble(t, func(r *rig) {
		var asked []string
		r.w.ask = func(_ context.Context, what string) error { asked = append(asked, what); return nil }
		l := r.start()
		synctest.Wait()
		if !slices.Equal(asked, requests) {
			t.Errorf("first session asked %v, want %v", asked, requests)
		}
		asked = nil
		r.w.fall(true)
		r.w.drop()
		r.later(2 * time.Minute)
		if len(asked) < 9 || !slices.Equal(asked[:5], requests[:5]) || !slices.Contains(asked, "place") {
			t.Errorf("second session asked %v", asked)
		}
		r.wantCode(l.stop(), exit.OK)
		r.wantBooks(journal.Filled, journal.Filled)
	})
}

func TestMissingAnswerIsNeverEmpty(t *testing.T) {
	for _, what := range requests[:7] {
		inBubble(t, func(r *rig) {
			r.w.ask = hang(what)
			r.wantCode(r.once(), exit.Incomplete)
			if r.w.count() != 0 {
				t.Errorf("without an answer to %q an order was sent", what)
			}
			r.w.ask = func(_ context.Context, asked string) error {
				if asked == what {
					return &broker.Error{Code: 321, Message: "read-only"}
				}
				return nil
			}
			r.wantCode(r.once(), exit.Incomplete)
			if r.w.count() != 0 {
				t.Errorf("with an error for %q an order was sent", what)
			}
			r.w.ask = nil
			r.wantCode(r.once(), exit.OK)
			r.wantBooks(journal.Filled)
		})
	}
}

func TestAHangingRequestKeepsEntriesClosedWhileItHangs(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.w.ask = hang("open orders")
		l := r.start()
		r.later(75 * time.Minute)
		if n := len(r.w.dials); r.w.count() != 0 || n < 40 || n > 75 {
			t.Errorf("%d orders, %d dials while open orders hung", r.w.count(), n)
		}
		r.w.mu.Lock()
		r.w.ask = nil
		r.w.mu.Unlock()
		r.later(2 * time.Minute)
		r.wantCode(l.stop(), exit.OK)
		r.wantBooks(journal.Filled)
	})
}

func TestDegradedSendsNothingAndDialsNothing(t *testing.T) {
	inBubble(t, func(r *rig) {
		l := r.start()
		synctest.Wait()
		r.w.say(broker.StateChange{State: broker.Degraded, Code: 1100})
		r.w.fall(true)
		r.later(30 * time.Minute)
		if r.w.count() != 1 || len(r.w.dials) != 1 {
			t.Fatalf("%d orders and %d dials while IBKR was away", r.w.count(), len(r.w.dials))
		}
		var asked []string
		r.w.ask = func(_ context.Context, what string) error { asked = append(asked, what); return nil }
		r.w.say(broker.StateChange{State: broker.Ready, Code: 1102})
		r.later(time.Minute)
		asked = slices.DeleteFunc(asked, func(what string) bool { return what == "bars" }) // which are sent
		if len(asked) < 7 || !slices.Equal(asked[:4], requests[:4]) {
			t.Errorf("after 1102 it asked %v", asked)
		}
		if r.w.count() != 2 || len(r.w.dials) != 1 {
			t.Errorf("%d orders and %d dials after 1102, want 2 and 1", r.w.count(), len(r.w.dials))
		}
		r.wantCode(l.stop(), exit.OK)
	})
}

// TestDegradedBetweenDecisionAndSend: IBKR goes away after the intent is on the disk.
func TestDegradedBetweenDecisionAndSend(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.w.ask = func(_ context.Context, what string) error {
			if what == "bars" {
				r.w.say(broker.StateChange{State: broker.Degraded, Code: 1100})
			}
			return nil
		}
		r.wantCode(r.once(), exit.Incomplete)
		r.wantBooks(journal.NotSent)
	})
}

func TestFillDuringDisconnectionIsFoundAtReconcile(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.w.answers = []answer{acknowledge}
		l := r.start()
		synctest.Wait()
		r.w.drop()
		synctest.Wait()
		r.w.mu.Lock()
		r.w.execute(r.w.orders[0], r.w.orders[0].Quantity)
		r.w.mu.Unlock()
		r.later(time.Minute)
		r.wantCode(l.stop(), exit.OK)
		r.wantBooks(journal.Filled)
	})
}

func TestOneConnectionForManyCycles(t *testing.T) {
	inBubble(t, func(r *rig) {
		l := r.start()
		r.later(20 * time.Minute)
		if n := l.engine.Cycles(); n < 39 || n > 41 {
			t.Errorf("%d cycles in 20 minutes of one every 30 s", n)
		}
		r.wantCode(l.stop(), exit.OK)
		if len(r.w.dials) != 1 || r.w.mostLive != 1 {
			t.Errorf("%d dials, %d at once", len(r.w.dials), r.w.mostLive)
		}
	})
}

// gaps are the times between dials.
func (w *world) gaps() []time.Duration {
	var out []time.Duration
	for i := 1; i < len(w.dials); i++ {
		out = append(out, w.dials[i].Sub(w.dials[i-1]))
	}
	return out
}

var errRefused = &link.Error{Reason: link.Refused, Phase: link.PhaseDial, Addr: "gw:4002"}

func TestReconnectScheduleDoublesToItsCap(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.w.dial = func(context.Context) error { return errRefused }
		r.cfg.Backoff.Seed = 7
		l := r.start()
		r.later(time.Hour)
		r.wantCode(l.stop(), exit.OK)
		for i, gap := range r.w.gaps() {
			nominal := min(DefaultReconnectBase<<min(i, 10), DefaultReconnectCap)
			low, high := nominal*8/10, nominal*12/10
			if gap < low || gap > high {
				t.Errorf("wait %d is %s, want %s to %s", i+1, gap, low, high)
			}
		}
		if n := len(r.w.dials); n < 55 || n > 75 {
			t.Errorf("%d dials in an hour against a closed port", n)
		}
		if slices.Compact(slices.Clone(r.w.gaps()[10:]))[0] == r.w.gaps()[11] {
			t.Error("no jitter")
		}
	})
}

func TestTheSameSeedGivesTheSameSchedule(t *testing.T) {
	draw := func(seed uint64) (out []time.Duration) {
		s := newSchedule(Backoff{Seed: seed}.effective())
		for i := range 20 {
			out = append(out, s.delay(i+1))
		}
		return out
	}
	if !slices.Equal(draw(1), draw(1)) || slices.Equal(draw(1), draw(2)) {
		t.Error("the schedule does not follow its seed")
	}
}

// TestAcceptAndDropIsBackedOffFrom: a session that never completes a cycle is a failed attempt.
func TestAcceptAndDropIsBackedOffFrom(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.w.ask = func(context.Context, string) error { r.w.drop(); return broker.ErrOver }
		l := r.start()
		r.later(time.Hour)
		r.wantCode(l.stop(), exit.OK)
		if n := len(r.w.dials); n > 75 {
			t.Errorf("%d dials in an hour", n)
		}
	})
}

func TestScheduleBeginsAgainAfterAUsefulSession(t *testing.T) {
	inBubble(t, func(r *rig) {
		l := r.start()
		for range 5 {
			r.later(3 * time.Minute)
			r.w.drop()
			synctest.Wait()
		}
		r.later(time.Minute)
		r.wantCode(l.stop(), exit.OK)
		for i, gap := range r.w.gaps() {
			if wait := gap - 3*time.Minute; i > 0 && wait > 2*DefaultReconnectBase {
				t.Errorf("reconnect %d waited %s", i+1, wait)
			}
		}
		if len(r.w.dials) != 6 || r.w.mostLive != 1 {
			t.Errorf("%d dials, %d at once, want 6 and 1", len(r.w.dials), r.w.mostLive)
		}
	})
}

func TestReconnectsAreBounded(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.cfg.MaxReconnects = 4
		r.w.dial = func(context.Context) error { return errRefused }
		err := r.start().wait()
		r.wantCode(err, exit.Exhausted)
		if len(r.w.dials) != 4 || !strings.Contains(err.Error(), "refused") {
			t.Errorf("%d dials, %v", len(r.w.dials), err)
		}
	})
}

func TestConnectFailuresHaveTheirCodes(t *testing.T) {
	for reason, want := range connectCodes {
		inBubble(t, func(r *rig) {
			r.w.dial = func(context.Context) error { return &link.Error{Reason: reason} }
			r.wantCode(r.once(), want)
		})
	}
	for _, final := range []link.Reason{link.UnsupportedVersion, link.WrongAccount} {
		inBubble(t, func(r *rig) {
			r.w.dial = func(context.Context) error { return &link.Error{Reason: final} }
			r.wantCode(r.start().wait(), connectCodes[final])
			if len(r.w.dials) != 1 {
				t.Errorf("%d dials after %q", len(r.w.dials), final)
			}
		})
	}
}

// TestStopInEveryPhase cancels a life at each point; stop checks the three seconds.
func TestStopInEveryPhase(t *testing.T) {
	stopAt := func(prepare func(r *rig), codes ...exit.Code) {
		inBubble(t, func(r *rig) {
			prepare(r)
			l := r.start()
			r.later(5 * time.Second)
			err := l.stop()
			if code, ok := exit.Of(err); !ok || !slices.Contains(codes, code) {
				t.Errorf("ended with %d (%v), want one of %d", code, err, codes)
			}
			if r.w.live != 0 {
				t.Errorf("%d sessions were left open", r.w.live)
			}
		})
	}
	stopAt(func(r *rig) { // dialling and handshaking are one call to the engine
		r.w.dial = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	}, exit.OK)
	for _, what := range requests[:7] {
		stopAt(func(r *rig) { r.w.ask = hang(what) }, exit.OK)
	}
	stopAt(func(r *rig) { // mid-send: whether it left is not known
		r.w.ask = func(ctx context.Context, what string) error {
			if what != "place" {
				return nil
			}
			<-ctx.Done()
			return errors.Join(broker.ErrUnknown, ctx.Err())
		}
	}, exit.OrderUnknown)
	stopAt(func(r *rig) { r.w.answers = []answer{withhold} }, exit.OrderUnknown)
	stopAt(func(r *rig) { r.w.answers = []answer{acknowledge} }, exit.OK)
	stopAt(func(*rig) {}, exit.OK) // between cycles
	stopAt(func(r *rig) {          // in the reconnect's wait
		r.cfg.Backoff.Base = time.Hour
		r.w.dial = func(context.Context) error { return errRefused }
	}, exit.OK)
	stopAt(func(r *rig) { // IBKR is away
		r.w.ask = func(_ context.Context, what string) error {
			if what == "bars" {
				r.w.say(broker.StateChange{State: broker.Degraded, Code: 1100})
			}
			return nil
		}
	}, exit.OK)
}

func TestSessionLostDuringTheCycle(t *testing.T) {
	for _, what := range requests {
		inBubble(t, func(r *rig) {
			r.w.ask = func(_ context.Context, asked string) error {
				if asked == what {
					r.w.drop()
				}
				return nil
			}
			err := r.once()
			r.wantCode(err, exit.SessionLost)
			if !errors.Is(err, errDropped) {
				t.Errorf("at %q: %v does not say why the session ended", what, err)
			}
		})
	}
}
