package trader

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
	"ibsoak/trader/market"
	"ibsoak/trader/risk"
)

// meanwhile runs do once, when the named request is about to be answered.
func (r *rig) meanwhile(what string, do func()) {
	done := false
	r.w.ask = func(_ context.Context, asked string) error {
		if asked == what && !done {
			done = true
			do()
		}
		return nil
	}
}

// wantRefused wants no order at the broker, and the gate's rule in the journal as the reason.
func (r *rig) wantRefused(rule string) {
	r.t.Helper()
	if n := r.w.count(); n != 0 {
		r.t.Errorf("%s: %d orders were sent", rule, n)
	}
	r.journal(func(j *journal.Journal) {
		intents, err := j.Intents(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		for _, in := range intents {
			if in.State != journal.NotSent || !strings.Contains(in.Reason, "order gate: "+rule+": ") {
				r.t.Errorf("%s: the intent is %s: %s", rule, in.State, in.Reason)
			}
		}
		decisions, err := j.Decisions(r.t.Context(), "AAPL")
		if err != nil || len(decisions) == 0 {
			r.t.Fatal(decisions, err)
		}
		if last := decisions[len(decisions)-1]; last.Outcome != outcomeRefused || len(intents) == 0 ||
			!strings.Contains(last.Reason, rule) {
			r.t.Errorf("%s: %d intents, and the decision was %s: %s", rule, len(intents), last.Outcome, last.Reason)
		}
	})
}

// TestTheGateAtTheWire: what changes between the decision and the wire is judged at the wire. Each order
// is refused, journalled with the rule, and made anew by the next life.
func TestTheGateAtTheWire(t *testing.T) {
	for rule, c := range map[string]struct {
		change func(r *rig)
		code   exit.Code
	}{
		"session":    {func(r *rig) { r.w.say(broker.StateChange{State: broker.Degraded, Code: 1100}) }, exit.Incomplete},
		"generation": {func(r *rig) { r.w.say(broker.StateChange{State: broker.Ready, Code: 1102}) }, exit.Incomplete},
		"reconciled": {func(r *rig) { r.w.byHand(broker.Buy, "KO", "1", true) }, exit.Incomplete},
		"decision-age": {
			func(r *rig) { r.later(DefaultMaxDecisionAge + time.Millisecond) }, exit.Incomplete,
		},
		"round-trip": {func(r *rig) {
			r.cfg.MaxDecisionAge = time.Hour
			r.later(DefaultMaxRoundTrip + time.Millisecond)
		}, exit.Incomplete},
		"price-age": {func(r *rig) { r.later(DefaultMaxBarAge + time.Millisecond) }, exit.Incomplete},
		"quiet-window": {
			func(r *rig) { r.later(2 * time.Minute) }, exit.Incomplete,
		},
		"market-hours": {
			func(r *rig) { r.later(2 * time.Minute) }, exit.Incomplete,
		},
		"kill-switch": {func(r *rig) {
			err := journal.Switch(context.WithoutCancel(r.t.Context()), r.dir, func(j *journal.Journal) error {
				_, err := j.Halt(r.t.Context(), journal.ByPerson, "a person", false)
				return err
			})
			if err != nil {
				r.t.Error(err)
			}
		}, exit.Interlock},
	} {
		t.Run(rule, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				switch rule { // of which the earlier ones would refuse before
				case "round-trip":
					r.cfg.MaxDecisionAge = time.Hour
				case "price-age", "quiet-window", "market-hours":
					r.cfg.MaxDecisionAge, r.cfg.MaxRoundTrip, r.cfg.RequestTimeout = time.Hour, time.Hour, time.Hour
				}
				switch rule {
				case "quiet-window": // the bubble begins at 19:00 in New York
					r.cfg.Quiet = windows(t, "19:01-19:30")
				case "market-hours": // and the contract's hours end a minute later
					r.w.hours = "20000101:CLOSED;19991231:0930-19991231:1901"
				}
				r.cfg.RequestTimeout = time.Hour
				r.meanwhile("place", func() { c.change(r); synctest.Wait() })
				r.wantCode(r.once(), c.code)
				r.wantRefused(rule)
			})
		})
	}
}

func windows(t *testing.T, text string) market.Windows {
	t.Helper()
	w, err := market.ParseWindows(text)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestARefusedDecisionIsMadeAnew on the same bar, when what refused it is over.
func TestARefusedDecisionIsMadeAnew(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.meanwhile("place", func() { r.later(DefaultMaxDecisionAge + time.Second) })
		l := r.start()
		r.later(time.Minute)
		r.wantCode(l.stop(), exit.OK)
		r.wantBooks(journal.NotSent, journal.Filled)
	})
}

// TestMomentsOfAHostThatSleeps: the monotonic clock stands still then, the wall clock does not, and
// either may be what is wrong.
func TestMomentsOfAHostThatSleeps(t *testing.T) {
	now := time.Now()
	at := func(mono, wall time.Duration) moment { return moment{now.Add(mono), now.Round(0).Add(wall)} }
	for name, c := range map[string]struct {
		later moment
		want  time.Duration
		known bool
	}{
		"awake":     {at(time.Second, time.Second), time.Second, true},
		"slept":     {at(time.Second, time.Hour), time.Hour, true},
		"stopped":   {at(time.Hour, time.Hour), time.Hour, true},
		"set back":  {at(time.Minute, -time.Hour), time.Minute, false},
		"a bit off": {at(time.Minute, time.Minute-time.Second), time.Minute, true},
	} {
		if got, known := at(0, 0).until(c.later); got != c.want || known != c.known {
			t.Errorf("%s: %s, %v", name, got, known)
		}
	}
	if err := within("it was decided", at(0, time.Hour), time.Minute); err == nil {
		t.Error("a decision of the future passes")
	}
}

// TestWhatTheGateLetsThrough is its table, from outside: each rule against each purpose.
func TestWhatTheGateLetsThrough(t *testing.T) {
	want := map[string][3]bool{ // enters, reduces, protects are held by the rule
		"session": {true, true, true}, "generation": {true, true, true}, "reconciled": {true, true, true}, "decision-age": {true, true, true},
		"round-trip": {true, true, true}, "price-age": {true, true, false}, "quiet-window": {true, true, false},
		"market-hours": {true, true, false}, "kill-switch": {true, false, false}, "risk": {true, true, false},
	}
	for _, r := range gateRules {
		held, ok := want[r.name]
		if !ok {
			t.Errorf("rule %s is in no test", r.name)
		}
		for i, p := range []purpose{enters, reduces, protects} {
			if held[i] != (p <= r.upTo) {
				t.Errorf("%s holds purpose %d: %v", r.name, p, p <= r.upTo)
			}
		}
		delete(want, r.name)
	}
	for name := range want {
		t.Errorf("there is no rule %s", name)
	}
	page, err := os.ReadFile("../docs/risk.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range gateRules {
		row := "| `" + r.name + "` |"
		for _, p := range []purpose{enters, reduces, protects} {
			row += map[bool]string{true: " x |", false: " |"}[p <= r.upTo]
		}
		if !strings.Contains(string(page), row) {
			t.Errorf("docs/risk.md has no row %q", row)
		}
	}
}

// TestProtectionPassesWhereEntriesDoNot: halted, in a quiet window, outside the market's hours.
func TestProtectionPassesWhereEntriesDoNot(t *testing.T) {
	inBubble(t, func(r *rig) {
		l := r.start()
		r.later(time.Second)
		if _, err := l.j.Halt(r.t.Context(), journal.ByPerson, "enough", false); err != nil {
			r.t.Fatal(err)
		}
		s := newSession(l.engine, r.w.session)
		s.setDirty(false)
		s.reconciled, s.answered = true, momentNow()
		s.e.cfg.Quiet = windows(t, "00:00-23:59")
		i := instrument{hours: market.Hours{Zone: time.UTC}}
		if err := s.gate(r.t.Context(), s.protection(i)); err != nil {
			t.Errorf("protection: %v", err)
		}
		late := s.protection(i)
		r.later(DefaultMaxDecisionAge + time.Millisecond)
		for what, p := range map[string]passage{
			"protection that waited": late,
			"an entry":               {purpose: enters, decided: momentNow(), now: time.Now(), told: momentNow()},
		} {
			if err := s.gate(r.t.Context(), p); err == nil {
				t.Errorf("%s passes", what)
			}
		}
		r.wantCode(l.stop(), exit.OK)
	})
}

// TestAStopIsNoFaultOfTheJournal: one that comes while the gate reads is not taken for a broken disk, which would
// end the trader with 26.
func TestAStopIsNoFaultOfTheJournal(t *testing.T) {
	inBubble(t, func(r *rig) {
		l := r.start()
		r.later(time.Second)
		s := newSession(l.engine, r.w.session)
		ctx, cancel := context.WithCancel(r.t.Context())
		cancel()
		for name, reads := range map[string]func(context.Context, passage) error{
			"kill-switch": s.notHalted, "risk": s.withinLimits,
		} {
			if err := reads(ctx, passage{}); isState(err) {
				t.Errorf("%s: %v", name, err)
			}
		}
		r.wantCode(l.stop(), exit.OK)
	})
}

// TestAHaltStopsEntriesAndNoExits, over restarts, until a person resumes.
func TestAHaltStopsEntriesAndNoExits(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.wantCode(r.once(), exit.OK)
		r.journal(func(j *journal.Journal) {
			if _, err := j.Halt(r.t.Context(), journal.ByPerson, "enough", false); err != nil {
				r.t.Fatal(err)
			}
		})
		r.w.fall(true)
		r.later(time.Minute)
		r.wantCode(r.once(), exit.OK) // sells
		r.w.fall(false)
		for range 3 {
			r.later(24 * time.Hour)
			r.wantCode(r.once(), exit.Interlock)
		}
		r.wantBooks(journal.Filled, journal.Filled)
		r.journal(func(j *journal.Journal) {
			if _, err := j.Resume(r.t.Context(), "go on", false); err != nil {
				r.t.Fatal(err)
			}
		})
		r.wantCode(r.once(), exit.OK)
		r.wantBooks(journal.Filled, journal.Filled, journal.Filled)
	})
}

// TestAHaltCancelsWhatIsBeingBought: a working order would buy after it. A sale goes on.
func TestAHaltCancelsWhatIsBeingBought(t *testing.T) {
	for name, selling := range map[string]bool{"buying": false, "selling": true} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.cfg.OrderDeadline = time.Second
				if selling {
					r.wantCode(r.once(), exit.OK)
					r.cfg.Once = false
					r.w.fall(true)
					r.later(time.Minute)
				}
				r.w.answers = []answer{acknowledge}
				l := r.start()
				r.later(5 * time.Second)
				if _, err := l.j.Halt(r.t.Context(), journal.ByPerson, "enough", false); err != nil {
					r.t.Fatal(err)
				}
				r.later(DefaultInterval)
				if got := r.w.cancelled() > 0; got == selling {
					t.Errorf("%d cancels while %s", r.w.cancelled(), name)
				}
				r.wantCode(l.stop(), exit.OK)
			})
		})
	}
}

// haltedBy is the cause of the halt in the rig's journal, "" for none.
func (r *rig) haltedBy() (cause string) {
	r.t.Helper()
	r.journal(func(j *journal.Journal) {
		h, err := j.Halted(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		if h.Halted {
			cause = h.Cause
		}
	})
	return cause
}

// TestALossHalts: the prices fall by a tenth of what is held. It ends with no restart and no new day, and
// the shares can be sold.
func TestALossHalts(t *testing.T) {
	for cause, limit := range map[string]func(l *risk.Limits){
		journal.DailyLoss: func(l *risk.Limits) { l.MaxDailyLoss = d("90") },
		journal.Drawdown:  func(l *risk.Limits) { l.MaxDrawdown = d("90") },
	} {
		t.Run(cause, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				limit(&r.cfg.Limits)
				r.wantCode(r.once(), exit.OK)
				if got := r.haltedBy(); got != "" {
					t.Errorf("halted by %s before the loss", got)
				}
				r.w.scale = d("0.9")
				r.later(time.Minute)
				r.cfg.Limits.MaxPriceMove = d("0.5")
				r.cfg.AdoptPositions = true // of which the new prices are one
				r.wantCode(r.once(), exit.OK)
				r.cfg.AdoptPositions = false
				if got := r.haltedBy(); got != cause {
					t.Fatalf("halted by %q", got)
				}
				r.w.fall(true)
				r.later(time.Minute)
				r.wantCode(r.once(), exit.OK)
				r.w.fall(false)
				r.later(48 * time.Hour)
				r.wantCode(r.once(), exit.Interlock)
				r.journal(func(j *journal.Journal) {
					if _, err := j.Resume(r.t.Context(), "seen", true); err != nil {
						r.t.Fatal(err)
					}
				})
				r.wantCode(r.once(), exit.OK)
				r.wantBooks(journal.Filled, journal.Filled, journal.Filled)
			})
		})
	}
}

func TestRejectsInARowHalt(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.cfg.Limits.MaxRejects = 3
		r.w.answers = []answer{refuse, refuse, refuse, refuse, refuse, refuse}
		l := r.start()
		r.later(15 * time.Minute)
		r.wantCode(l.stop(), exit.OK)
		if got := r.haltedBy(); got != "max-rejects" || len(r.w.answers) != 3 {
			t.Errorf("halted by %q, with %d of 6 refusals left", got, len(r.w.answers))
		}
	})
}

// TestCashThatMovesByItself: a difference that lasts is booked, and a large one halts. One that goes away,
// and one beside a stranger's trade, is none.
func TestCashThatMovesByItself(t *testing.T) {
	for name, c := range map[string]struct {
		by     string
		undo   bool
		hand   bool
		often  bool
		booked int
		halted string
	}{
		"dividend":   {by: "12.34", booked: 1},
		"rounding":   {by: "0.01"},
		"deposit":    {by: "1000.01", booked: 1, halted: "max-unexplained"},
		"withdrawal": {by: "-5000", booked: 1, halted: "max-unexplained"},
		"for a while": {
			by: "5000", undo: true,
		},
		"for a while, looked at often": {by: "5000", undo: true, often: true},
		"a stranger's trade":           {by: "5000", hand: true},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				l := r.start()
				r.later(10 * time.Minute)
				move := func(by string) {
					r.w.mu.Lock()
					defer r.w.mu.Unlock()
					r.w.cash, _ = r.w.cash.Add(d(by))
				}
				if c.hand {
					r.w.byHand(broker.Buy, "KO", "50", true)
				}
				move(c.by)
				if c.often {
					for range 3 {
						r.w.say(broker.StateChange{State: broker.Ready, Code: 1102})
						r.later(askAccountEvery + DefaultInterval)
					}
				} else {
					r.later(reconcileEvery)
				}
				if c.undo {
					move(d(c.by).Neg().String())
				}
				r.later(4 * reconcileEvery)
				r.wantCode(l.stop(), exit.OK)
				if got := r.haltedBy(); got != c.halted {
					t.Errorf("halted by %q, want %q", got, c.halted)
				}
				b, err := journal.ReadBooks(r.t.Context(), r.dir)
				if err != nil || len(b.Accounts[0].Unexplained) != c.booked {
					t.Errorf("booked %+v, %v, want %d", b.Accounts[0].Unexplained, err, c.booked)
				}
			})
		})
	}
}

// TestBarsThatTheAccountContradicts: another contract's, whole and fresh, and no known close to compare
// them with. The account's own price of the shares that it holds tells.
func TestBarsThatTheAccountContradicts(t *testing.T) {
	for name, mark := range map[string]string{"agrees": "101", "contradicts": "441"} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.w.positions["AAPL"] = d("10") // somebody's, and the journal is new
				r.w.marks = map[string]decimal.Decimal{"AAPL": d(mark)}
				r.wantCode(r.once(), exit.OK)
				if got := r.w.count() == 1; got != (name == "agrees") {
					t.Errorf("%d orders at a mark of %s", r.w.count(), mark)
				}
			})
		})
	}
}

// TestAccountValuesThatAreRefused because other clients follow another account stop nothing; a missing
// answer does.
func TestAccountValuesThatAreRefused(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.w.ask = func(_ context.Context, what string) error {
			if what == "account values" {
				return &broker.Error{Code: codeOtherAccount, Message: "clients are subscribed to another account"}
			}
			return nil
		}
		r.wantCode(r.once(), exit.OK)
		r.wantBooks(journal.Filled)
	})
	inBubble(t, func(r *rig) {
		r.w.ask = hang("account values")
		err := r.once()
		r.wantCode(err, exit.Incomplete)
		if r.w.count() != 0 || !errors.Is(err, broker.ErrIncomplete) {
			t.Errorf("%d orders, %v", r.w.count(), err)
		}
	})
}

// TestANewSessionLosesNothing: prices rose far above what was paid, and the first prices of what is held
// are still to come when another symbol is bought. What was paid must not pass for a loss.
func TestANewSessionLosesNothing(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.w.ask = func(_ context.Context, what string) error {
			if what == "account values" {
				return &broker.Error{Code: codeOtherAccount}
			}
			return nil
		}
		r.cfg.Limits.MaxDrawdown, r.cfg.Limits.MaxPriceMove = d("90"), d("0.5")
		r.wantCode(r.once(), exit.OK)
		r.w.scale = d("1.2")
		r.later(time.Minute)
		r.cfg.AdoptPositions = true // of which the new prices are one
		r.wantCode(r.once(), exit.OK)
		r.cfg.Symbols = []string{"KO", "AAPL"}
		r.later(time.Minute)
		r.wantCode(r.once(), exit.OK)
		if got := r.haltedBy(); got != "" || r.w.count() != 2 {
			t.Errorf("halted by %q, %d orders", got, r.w.count())
		}
	})
}
