package trader

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

// outcomes are the decisions on AAPL in this state directory, oldest first, with their reasons.
func (r *rig) reasons() (all []string) {
	r.t.Helper()
	r.journal(func(j *journal.Journal) {
		ds, err := j.Decisions(r.t.Context(), "AAPL")
		if err != nil {
			r.t.Fatal(err)
		}
		for _, d := range ds {
			all = append(all, d.Outcome+": "+d.Reason)
		}
	})
	return all
}

// TestAGatewayWhoseClockStandsBackIsNotBelieved: bars and clock are fifty minutes old together, so by
// the Gateway's clock alone they are fresh.
func TestAGatewayWhoseClockStandsBackIsNotBelieved(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.w.behind = 50 * time.Minute
		l := r.start()
		r.later(5 * time.Minute)
		if r.w.count() != 0 {
			t.Errorf("%d orders on bars of fifty minutes ago", r.w.count())
		}
		r.w.mu.Lock()
		r.w.behind = 0
		r.w.mu.Unlock()
		r.later(2 * time.Minute)
		r.wantCode(l.stop(), exit.OK)
		if r.w.count() != 1 {
			t.Errorf("%d orders after the clock was set", r.w.count())
		}
		if got := r.reasons()[0]; !strings.Contains(got, "50m") || !strings.Contains(got, "behind this host's") {
			t.Errorf("the reason is %q", got)
		}
	})
}

// TestBarsOfAnotherContractAreNotTradedOn: the answer is whole, fresh and consistent in itself, and
// carries no name. What it says of minutes that are known already gives it away, in a session and over
// a restart, and over a night too.
func TestBarsOfAnotherContractAreNotTradedOn(t *testing.T) {
	for name, pause := range map[string]time.Duration{"session": 0, "restart": time.Minute, "night": 17 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				l := r.start()
				synctest.Wait()
				if pause > 0 {
					r.wantCode(l.stop(), exit.OK)
					r.later(pause)
				}
				r.w.mu.Lock()
				r.w.scale, r.w.falling = d("1.02"), true // too near for any bound on the price
				r.w.mu.Unlock()
				if pause > 0 {
					l = r.start()
				}
				r.later(3 * time.Minute)
				if r.w.count() != 1 {
					t.Errorf("%d orders on another contract's bars", r.w.count()-1)
				}
				r.w.mu.Lock()
				r.w.scale = decimal.One
				r.w.mu.Unlock()
				r.later(2 * time.Minute)
				if r.w.count() != 2 {
					t.Errorf("%d orders after the right bars came again", r.w.count()-1)
				}
				r.wantCode(l.stop(), exit.OK)
			})
		})
	}
}

// TestASplitIsTakenOverByAPerson: history is written anew, and so is the position.
func TestASplitIsTakenOverByAPerson(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.wantCode(r.once(), exit.OK)
		r.w.scale = d("0.25")
		r.w.positions["AAPL"] = d("40")
		r.later(time.Minute)
		if err := r.once(); err == nil {
			t.Error("nobody noticed the split")
		}
		r.cfg.AdoptPositions = true
		r.later(time.Minute)
		r.wantCode(r.once(), exit.OK)
		if got := r.reasons(); !strings.HasPrefix(got[len(got)-1], outcomeHold) {
			t.Errorf("after taking it over: %s", got)
		}
	})
}
