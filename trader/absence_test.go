package trader

import (
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

// aDayLater lets a day pass at the broker: its executions and completed orders are no longer told.
func (r *rig) aDayLater() {
	r.later(24 * time.Hour)
	r.w.mu.Lock()
	r.w.forgets = true
	r.w.mu.Unlock()
}

// TestAFillOfYesterdayIsTakenFromThePosition: the order filled while the trader was down, and the
// Gateway tells executions and completed orders of the day only. The change of position equals the
// unknown intent, so it is its fill. Found as 20 shares for a wanted 10, as the log had advised.
func TestAFillOfYesterdayIsTakenFromThePosition(t *testing.T) {
	for name, adopt := range map[string]bool{"alone": false, "with --adopt-positions": true} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.w.answers = []answer{fillAndDrop}
				r.wantCode(r.once(), exit.SessionLost)
				r.aDayLater()
				r.cfg.AdoptPositions, r.cfg.Once = adopt, false
				l := r.start()
				r.later(10 * time.Minute)
				r.wantCode(l.stop(), exit.OK)
				if r.w.count() != 1 {
					t.Errorf("%d orders for a target that was filled yesterday", r.w.count())
				}
				r.wantBooks(journal.Filled)
			})
		})
	}
}

// TestAnAssumedFillIsReplacedByTheExecution, when that comes after all: nothing counts twice.
func TestAnAssumedFillIsReplacedByTheExecution(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.w.answers = []answer{fillAndDrop}
		r.wantCode(r.once(), exit.SessionLost)
		r.aDayLater()
		r.wantCode(r.once(), exit.OK)
		r.w.forgets = false // a Gateway that can tell the last days
		r.later(time.Minute)
		r.wantCode(r.once(), exit.OK)
		r.wantBooks(journal.Filled)
		r.journal(func(j *journal.Journal) {
			if cash, err := j.Cash(r.t.Context(), paper); err != nil || cash.Cmp(d("-1001")) != 0 {
				t.Errorf("cash is %s, %v, want what the execution says", cash, err)
			}
		})
	})
}

// TestAdoptingNeverAddsToWhatIsUnknown: the change is not the intent's, so whether that filled stays
// unknown, and a person says so by name.
func TestAdoptingNeverAddsToWhatIsUnknown(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.w.answers = []answer{fillAndDrop}
		r.wantCode(r.once(), exit.SessionLost)
		r.aDayLater()
		r.w.positions["AAPL"] = d("17")
		r.cfg.AdoptPositions = true
		err := r.once()
		if r.w.count() != 1 {
			t.Fatalf("%d orders while an intent is unknown", r.w.count())
		}
		if line := exit.Line(err); !strings.Contains(line, "trader resolve AAPL-") {
			t.Errorf("the line does not say how to resolve it: %s", line)
		}
		r.journal(func(j *journal.Journal) {
			in, err := j.Intents(r.t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := j.Resolve(r.t.Context(), in[0].ID, true, in[0].ReferencePrice, "seen in TWS"); err != nil {
				t.Fatal(err)
			}
		})
		r.wantCode(r.once(), exit.OK) // now the seven are adopted, and ours are ours
		r.w.fall(true)
		r.later(time.Minute)
		r.wantCode(r.once(), exit.OK)
		if held := r.w.held(); held.Cmp(d("7")) != 0 {
			t.Errorf("holds %s, want the seven that are not ours", held)
		}
		r.wantBooks(journal.Filled, journal.Filled)
	})
}

// TestAnOrderThatNoAnswerNamesIsNotGivenUpWithinItsDay: a Gateway that was restarted may not know
// yet. Found as 20 shares for a wanted 10.
func TestAnOrderThatNoAnswerNamesIsNotGivenUpWithinItsDay(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.later(15 * time.Hour) // ten in the morning in New York
		r.w.answers = []answer{withhold}
		r.w.stubborn, r.w.refuseCancel = true, codeCancelNotFound
		r.cfg.Interval = 5 * time.Minute
		l := r.start()
		r.later(time.Second)
		r.w.orders[0].forgotten = true
		r.w.drop()
		r.later(2 * time.Hour)
		if r.w.count() != 1 {
			t.Fatalf("%d orders, and the first one lives", r.w.count())
		}
		r.w.mu.Lock()
		r.w.orders[0].forgotten = false
		r.w.execute(r.w.orders[0], d("10"))
		r.w.mu.Unlock()
		r.later(10 * time.Minute)
		r.wantCode(l.stop(), exit.OK)
		r.wantBooks(journal.Filled)
	})
}

// TestAnOrderOfYesterdayThatNeverWasIsGivenUp: its day is over, nothing names it, positions agree.
func TestAnOrderOfYesterdayThatNeverWasIsGivenUp(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.w.answers = []answer{swallow}
		r.cfg.Interval = 10 * time.Minute
		l := r.start()
		r.later(time.Hour)
		if r.w.count() != 0 {
			t.Fatalf("%d orders within the day of an unknown one", r.w.count())
		}
		if r.w.cancelled() == 0 {
			t.Error("nobody asked to cancel it in case it lives")
		}
		r.later(24 * time.Hour)
		r.wantCode(l.stop(), exit.OK)
		r.wantBooks(journal.Absent, journal.Filled)
	})
}

// TestAPersonReleasesWhatIsUnknown, with the reason in the journal.
func TestAPersonReleasesWhatIsUnknown(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.w.answers = []answer{swallow}
		r.wantCode(r.once(), exit.OrderUnknown)
		r.journal(func(j *journal.Journal) {
			in, _ := j.Intents(r.t.Context())
			if err := j.Resolve(r.t.Context(), in[0].ID, false, in[0].ReferencePrice, "IBKR's desk says so"); err != nil {
				t.Fatal(err)
			}
			in, _ = j.Intents(r.t.Context())
			if !strings.Contains(in[0].Reason, "IBKR's desk says so") {
				t.Errorf("reason %q", in[0].Reason)
			}
			if err := j.Resolve(r.t.Context(), in[0].ID, true, in[0].ReferencePrice, "again"); err == nil {
				t.Error("a closed intent was resolved again")
			}
		})
		r.later(time.Minute)
		r.wantCode(r.once(), exit.OK)
		r.wantBooks(journal.Absent, journal.Filled)
	})
}

// TestExecutedInFullIsFilled: what an order's executions add up to settles it, whatever state its intent is left in.
func TestExecutedInFullIsFilled(t *testing.T) {
	five := decimal.MustNew(5, 0)
	in := journal.Intent{ID: "a", State: journal.Unknown, Quantity: five, Executed: five}
	done := broker.CompletedOrder{OpenOrder: broker.OpenOrder{IntentID: "a", Status: "Filled"}}
	state, why, err := (&session{}).judge(in, evidence{completed: []broker.CompletedOrder{done}})
	if err != nil || state != journal.Filled {
		t.Errorf("%q (%s), %v: want filled", state, why, err)
	}
}
