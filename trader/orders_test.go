package trader

import (
	"testing"
	"testing/synctest"
	"time"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

func TestOnceFillsAndBooks(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.wantCode(r.once(), exit.OK)
		r.wantBooks(journal.Filled)
		r.journal(func(j *journal.Journal) {
			in, err := j.Intents(r.t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if age := time.Since(in[0].BarEnd); age < 0 || age > time.Minute {
				t.Errorf("decided on a bar that ended %s ago, want the newest closed one", age)
			}
			cash, err := j.Cash(r.t.Context(), paper)
			if err != nil || cash.Cmp(d("-1001")) != 0 {
				t.Errorf("cash is %s, %v, want -1001: ten at 100 and 1 commission", cash, err)
			}
		})
		if r.w.live != 0 {
			t.Errorf("%d sessions are still open", r.w.live)
		}
	})
}

func TestSecondRunOnTheSameBarSendsNothing(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.wantCode(r.once(), exit.OK)
		r.w.fall(true) // would sell, on the very bar that it bought on
		r.wantCode(r.once(), exit.OK)
		if r.w.count() != 1 {
			t.Errorf("%d orders on one bar", r.w.count())
		}
	})
}

// TestKillBetweenJournalAndSend is a life that ended with an intent on the disk and nothing sent.
// It must never be sent later, and the symbol stays blocked until the broker's complete answers
// have not known it for long enough.
func TestKillBetweenJournalAndSend(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.journal(func(j *journal.Journal) {
			if err := j.Prepare(r.t.Context(), journal.Intent{
				ID: "killed", Account: paper, Symbol: "AAPL", ConID: r.w.conID("AAPL"), ClientID: 1,
				OrderID: 40, Action: journal.Buy, Quantity: d("10"), Type: "MKT",
				BarEnd: time.Now().Add(-time.Hour), Day: "2000-01-01",
			}); err != nil {
				t.Fatal(err)
			}
		})
		r.wantCode(r.once(), exit.OrderUnknown)
		r.wantBooks(journal.Unknown)
		if r.w.count() != 0 {
			t.Fatal("something was sent while an intent was unknown")
		}
		r.cfg.AbsenceWait, r.cfg.Once = time.Minute, false
		l := r.start()
		r.later(2 * time.Minute)
		r.wantCode(l.stop(), exit.OK)
		r.wantBooks(journal.Absent, journal.Filled)
		if id := r.w.orders[0].ID; id <= 40 {
			t.Errorf("order id %d is not above the 40 of the earlier life", id)
		}
	})
}

// TestKillBetweenSendAndAck is a life that ended after the order had left.
func TestKillBetweenSendAndAck(t *testing.T) {
	for _, how := range []answer{withhold, fillSilently} {
		inBubble(t, func(r *rig) {
			r.cfg.OrderDeadline = time.Hour
			r.w.answers = []answer{how}
			l := r.start()
			synctest.Wait() // the order is at the broker, and not a word came back
			if r.w.count() != 1 {
				t.Fatalf("%d orders were sent, want 1", r.w.count())
			}
			r.wantCode(l.stop(), exit.OrderUnknown)
			err := r.once()
			if how == fillSilently {
				r.wantCode(err, exit.OK)
				r.wantBooks(journal.Filled)
				return
			}
			r.wantCode(err, exit.OK) // working and known: the symbol waits for it
			r.wantBooks(journal.Unknown)
		})
	}
}

func TestAckWithheldThenDrop(t *testing.T) {
	for _, how := range []answer{withholdAndDrop, fillAndDrop} {
		inBubble(t, func(r *rig) {
			r.w.answers = []answer{how}
			r.wantCode(r.once(), exit.SessionLost)
			r.wantCode(r.once(), exit.OK)
			if r.w.count() != 1 {
				t.Errorf("%d orders for one decision", r.w.count())
			}
			r.w.fall(true)
			r.later(time.Minute)
			if how == fillAndDrop {
				r.wantBooks(journal.Filled)
				r.wantCode(r.once(), exit.OK) // the fill is known, so there is something to sell
				r.wantBooks(journal.Filled, journal.Filled)
			}
		})
	}
}

// TestLastWordsOfASession: what the session said before it ended counts, however fast it ended.
func TestLastWordsOfASession(t *testing.T) {
	for range 10 { // the end and the last event race
		inBubble(t, func(r *rig) {
			r.w.answers = []answer{fillAndSayAndDrop}
			r.wantCode(r.once(), exit.OK)
			r.wantBooks(journal.Filled)
		})
	}
}

// TestAStopWaitsAMomentForTheOrderJustSent: what the Gateway answers within it is not unknown.
func TestAStopWaitsAMomentForTheOrderJustSent(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.w.answers = []answer{fillLate}
		l := r.start()
		synctest.Wait()
		r.wantCode(l.stop(), exit.OK)
		r.wantBooks(journal.Filled)
	})
}

// TestLostOrderIsGivenUpOnTheSameSession: nothing but time and the broker's complete answers
// settles an order that the Gateway swallowed, and then trading goes on.
func TestLostOrderIsGivenUpOnTheSameSession(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.w.answers = []answer{swallow}
		r.cfg.AbsenceWait = time.Minute
		l := r.start()
		r.later(DefaultOrderDeadline + time.Minute - time.Second)
		if r.w.count() != 0 {
			t.Error("went on before the wait was over")
		}
		r.later(2 * time.Minute)
		r.wantCode(l.stop(), exit.OK)
		r.wantBooks(journal.Absent, journal.Filled)
		if len(r.w.dials) != 1 {
			t.Errorf("%d dials", len(r.w.dials))
		}
	})
}

func TestAckWithheldOnALiveSessionIsFoundOut(t *testing.T) {
	for how, want := range map[answer]struct {
		code  exit.Code
		state journal.State
	}{
		withhold:     {exit.OK, journal.Unknown}, // working; the session's end leaves it unwatched
		fillSilently: {exit.OK, journal.Filled},
		doubt:        {exit.OK, journal.Unknown},
		swallow:      {exit.OrderUnknown, journal.Unknown},
	} {
		inBubble(t, func(r *rig) {
			r.w.answers = []answer{how}
			r.wantCode(r.once(), want.code)
			r.wantBooks(want.state)
		})
	}
}

func TestUnknownIntentBlocksItsSymbolOnly(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.cfg.Symbols = []string{"AAPL", "NVDA"}
		r.w.answers = []answer{swallow}
		r.cfg.AbsenceWait = time.Hour
		r.wantCode(r.once(), exit.OrderUnknown)
		if r.w.count() != 1 || r.w.orders[0].Contract.Symbol != "NVDA" {
			t.Fatalf("orders: %+v, want one of NVDA", r.w.orders)
		}
		for range 5 {
			r.later(time.Minute)
			r.wantCode(r.once(), exit.OrderUnknown)
		}
		if r.w.count() != 1 {
			t.Errorf("%d orders while the intent was unknown", r.w.count())
		}
	})
}

func TestNotSentIsClosedAndTriedAgainWithANewIntent(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.w.answers = []answer{leave}
		r.wantCode(r.once(), exit.Incomplete)
		r.wantBooks(journal.NotSent)
		r.wantCode(r.once(), exit.OK)
		r.wantBooks(journal.NotSent, journal.Filled)
	})
}

func TestRefusedOrder(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.w.answers = []answer{refuse}
		r.wantCode(r.once(), exit.Incomplete)
		r.wantBooks(journal.Rejected)
		r.wantCode(r.once(), exit.OK)
		if r.w.count() != 0 {
			t.Error("the refused order was sent again on the same bar")
		}
	})
}

// TestCancelledOrderThatFilledInPart: the cancel is told, the fill is not.
func TestCancelledOrderThatFilledInPart(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.w.answers = []answer{cancelInPart}
		r.wantCode(r.once(), exit.OK)
		r.wantBooks(journal.Cancelled)
		r.later(time.Minute)
		r.wantCode(r.once(), exit.OK)
		r.wantBooks(journal.Cancelled, journal.Filled)
		if held := r.w.held(); held.Cmp(d("10")) != 0 {
			t.Errorf("holds %s after buying what was missing, want 10", held)
		}
	})
}

func TestReplaysAndCorrections(t *testing.T) {
	inBubble(t, func(r *rig) {
		l := r.start()
		synctest.Wait()
		x := r.w.executions[0]
		for range 3 {
			r.w.say(x)
		}
		r.w.say(broker.Commission{ExecID: x.ExecID, Amount: d("1"), Currency: "USD"})
		corrected := x
		corrected.ExecID, corrected.Price = "0001.1.02", d("99")
		r.w.say(corrected)
		r.w.say(x)
		r.w.executions[0] = corrected
		synctest.Wait()
		r.wantCode(l.stop(), exit.OK)
		r.wantBooks(journal.Filled)
		r.journal(func(j *journal.Journal) {
			if cash, _ := j.Cash(r.t.Context(), paper); cash.Cmp(d("-991")) != 0 {
				t.Errorf("cash is %s, want -991: ten at the corrected 99 and 1 commission", cash)
			}
		})
	})
}

func TestEventsOfAnotherGenerationAreDropped(t *testing.T) {
	inBubble(t, func(r *rig) {
		l := r.start()
		synctest.Wait()
		x := r.w.executions[0]
		x.ExecID = "0002.1.01"
		r.w.session.events <- broker.Event{Generation: 77, Body: x}
		synctest.Wait()
		r.wantCode(l.stop(), exit.OK)
		r.wantBooks(journal.Filled)
	})
}

func TestOrderIDsNeverGoBack(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.w.rollback = true
		for i := range 4 {
			r.w.falling = i%2 == 1
			r.wantCode(r.once(), exit.OK)
			r.later(time.Minute)
		}
		for i := 1; i < len(r.w.orders); i++ {
			if r.w.orders[i].ID <= r.w.orders[i-1].ID {
				t.Errorf("order id %d follows %d", r.w.orders[i].ID, r.w.orders[i-1].ID)
			}
		}
		if len(r.w.orders) != 4 {
			t.Errorf("%d orders, want 4", len(r.w.orders))
		}
	})
}

func TestAnOrderThatDoesNotFillIsCancelled(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.w.answers = []answer{acknowledge}
		l := r.start()
		r.later(orderTTL + 2*DefaultInterval)
		synctest.Wait()
		if got := r.w.orders[0].status; got != "Cancelled" {
			t.Errorf("order is %s", got)
		}
		r.wantCode(l.stop(), exit.OK)
	})
}

func TestLimitPriceStaysMarketableAndOnTheTick(t *testing.T) {
	for _, c := range []struct {
		action              journal.Action
		price, offset, want string
	}{
		{journal.Buy, "100", "0.005", "100.5"},
		{journal.Sell, "100", "0.005", "99.5"},
		{journal.Buy, "33.33", "0.005", "33.5"},
		{journal.Sell, "33.33", "0.005", "33.15"},
	} {
		got, err := limitPrice(c.action, d(c.price), d(c.offset), d("0.05"))
		if err != nil || got.Cmp(d(c.want)) != 0 {
			t.Errorf("%s at %s: %s, %v, want %s", c.action, c.price, got, err, c.want)
		}
	}
}
