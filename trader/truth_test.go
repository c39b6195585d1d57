package trader

import (
	"context"
	"strings"
	"testing"
	"time"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/status"
)

// TestReadyTellsTheTruth within its time of the truth, whatever a trader is blind for, and while its log and
// its heartbeats go on. One that called itself healthy was blind for days.
func TestReadyTellsTheTruth(t *testing.T) {
	// The bars that it has are fresh for a while.
	const stale = DefaultBlindAfter + DefaultMaxBarAge + 90*time.Second
	for name, c := range map[string]struct {
		begin  func(w *world)
		within time.Duration // until it is not ready
		why    string
		end    func(w *world)
	}{
		"no Gateway": {
			func(w *world) { w.dial = func(context.Context) error { return errRefused }; w.session.end(errDropped) },
			time.Second, "session is waiting", func(w *world) { w.dial = nil },
		},
		"IBKR away": {
			func(w *world) { w.session.say(broker.StateChange{State: broker.Degraded, Code: 1100}) },
			time.Second, "session is degraded", func(w *world) { w.session.say(broker.StateChange{State: broker.Ready, Code: 1102}) },
		},
		"connected, not synced": {
			func(w *world) { w.ask = hang("positions"); w.session.end(errDropped) },
			10 * time.Second, "not reconciled", func(w *world) { w.ask = nil },
		},
		"stale data, heartbeats alive": {
			func(w *world) { w.frozen = true },
			stale, "AAPL: not decided on for 5m", func(w *world) { w.frozen = false },
		},
		"no bars, heartbeats alive": {
			func(w *world) { w.ask, w.frozen = hang("bars"), true },
			stale, "AAPL: not decided on for 5m", func(w *world) { w.ask, w.frozen = nil, false },
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.cfg.Board = status.NewBoard(status.Snapshot{})
				ready := func() (bool, string) { return r.cfg.Board.Load().Ready(time.Now()) }
				change := func(f func(w *world)) {
					r.w.mu.Lock()
					defer r.w.mu.Unlock()
					f(r.w)
				}
				l := r.start()
				if ok, _ := ready(); ok {
					t.Error("ready before anything was decided on")
				}
				r.later(time.Minute)
				if ok, why := ready(); !ok {
					t.Fatalf("after a good minute: %s", why)
				}
				change(c.begin)
				r.later(c.within)
				if ok, why := ready(); ok || !strings.Contains(why, c.why) {
					t.Errorf("ready %v (%s) %s after it began, want %q", ok, why, c.within, c.why)
				}
				if ok, why := r.cfg.Board.Load().Alive(time.Now()); !ok {
					t.Errorf("not alive: %s", why)
				}
				r.later(time.Hour)
				if ok, _ := ready(); ok {
					t.Error("ready after an hour of it")
				}
				change(c.end)
				r.later(3 * time.Minute)
				if ok, why := ready(); !ok {
					t.Errorf("after it was over: %s", why)
				}
				r.wantCode(l.stop(), exit.OK)
				if ok, why := r.cfg.Board.Load().Alive(time.Now()); ok || !strings.Contains(why, "ended: exit 0, ok") {
					t.Errorf("alive %v after its end: %s", ok, why)
				}
			})
		})
	}
}

// TestAnEngineThatHangsIsNotAlive, although its process answers: its last snapshot, which says that all is
// well, grows old.
func TestAnEngineThatHangsIsNotAlive(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.cfg.Board = status.NewBoard(status.Snapshot{})
		l := r.start()
		r.later(time.Minute)
		release := make(chan struct{})
		r.w.mu.Lock()
		r.w.ask = func(context.Context, string) error { <-release; return nil } // whatever its context says
		r.w.mu.Unlock()
		r.later(r.cfg.Board.Load().Patience + 2*DefaultInterval)
		if ok, why := r.cfg.Board.Load().Alive(time.Now()); ok || !strings.Contains(why, "no step for") {
			t.Errorf("alive %v: %s", ok, why)
		}
		close(release)
		r.wantCode(l.stop(), exit.OK)
	})
}

// TestDryRunSendsNothing and journals what it would have sent, once a bar.
func TestDryRunSendsNothing(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.cfg.DryRun = true
		sent := map[string]int{}
		r.cfg.Audit = func(kind string, what any) {
			if s, ok := what.(sentOrder); ok && strings.Contains(s.Error, "dry run") {
				sent[kind]++
			}
		}
		l := r.start()
		r.later(10*time.Minute + 10*time.Second)
		r.wantCode(l.stop(), exit.OK)
		if n := r.w.count(); n != 0 || r.w.cancelled() != 0 {
			t.Errorf("%d orders and %d cancels were sent", n, r.w.cancelled())
		}
		if sent["place"] < 9 || sent["place"] > 12 {
			t.Errorf("%d orders were held back in ten bars", sent["place"])
		}
	})
	inBubble(t, func(r *rig) { // and does not cancel what an earlier life left
		r.w.answers = []answer{acknowledge}
		l := r.start()
		r.later(time.Minute)
		_ = l.stop() // the order is working
		r.cfg.DryRun, r.cfg.AtStop = true, FlattenAtStop
		l = r.start()
		r.later(2 * orderTTL)
		l.cancel()
		_ = l.wait() // which takes windUpTime: the order does not end
		if n := r.w.count(); n != 1 || r.w.cancelled() != 0 {
			t.Errorf("%d orders and %d cancels were sent", n, r.w.cancelled())
		}
	})
}

// TestSnapshotIsTheBooks: what is shown agrees with the broker's truth.
func TestSnapshotIsTheBooks(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.cfg.Board = status.NewBoard(status.Snapshot{})
		r.w.answers = []answer{refuse}
		l := r.start()
		r.later(5 * time.Minute)
		s := r.cfg.Board.Load()
		if len(s.Positions) != 1 || s.Positions[0].Own.Cmp(r.w.held()) != 0 || s.Positions[0].Symbol != "AAPL" {
			t.Errorf("positions %+v, the broker has %s", s.Positions, r.w.held())
		}
		value, _ := s.Symbols[0].Close.Mul(r.w.held())
		if want, _ := value.Sub(d("1001")); s.Money.Equity.Cmp(want) != 0 || s.Money.Cash.Cmp(d("-1001")) != 0 {
			t.Errorf("money %+v, want equity %s: 10 bought at 100 for a commission of 1", s.Money, want)
		}
		if s.Rejects[201] != 1 || s.RoundTrips.Count() == 0 || s.Session.State != status.Synced || s.Session.Generation != 1 {
			t.Errorf("%+v", s)
		}
		for _, text := range []string{s.Account, s.Symbols[0].Reason} {
			if strings.Contains(text, paper) {
				t.Errorf("the account is shown: %s", text)
			}
		}
		r.wantCode(l.stop(), exit.OK)
	})
}
