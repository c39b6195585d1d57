package trader

import (
	"testing"
	"testing/synctest"
	"time"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

// byHand trades in the account without the API, as a person in TWS does: the execution names no
// client and no reference. tell says whether the running session hears of it.
func (w *world) byHand(action, symbol, shares string, tell bool) broker.Execution {
	w.mu.Lock()
	defer w.mu.Unlock()
	o := &worldOrder{Order: broker.Order{
		Action: action, Quantity: d(shares), Contract: broker.Contract{Symbol: symbol, ConID: w.conID(symbol)},
	}, permID: 1}
	x := w.execute(o, o.Quantity)
	if tell {
		w.session.say(x)
	}
	return x
}

// lowest is the smallest position that the account ever had in AAPL.
func (w *world) lowest() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	at, low := d("0"), d("0")
	for _, x := range w.executions {
		shares := x.Shares
		if x.Side == "SLD" {
			shares = shares.Neg()
		}
		at, _ = at.Add(shares)
		low = low.Min(at)
	}
	return low.String()
}

// TestSharesThatSomebodySoldAreNotSoldAgain: own shares are bounded by what the account holds, in a
// living session and over a restart. Found on accounts that went short after a liquidation by hand.
func TestSharesThatSomebodySoldAreNotSoldAgain(t *testing.T) {
	for name, restart := range map[string]bool{"living session": false, "restart": true} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				l := r.start()
				r.later(time.Second)
				if restart {
					r.wantCode(l.stop(), exit.OK)
				}
				r.w.byHand(broker.Sell, "AAPL", "10", !restart)
				if restart {
					l = r.start()
				}
				r.w.fall(true)
				r.later(2 * time.Minute)
				if r.w.lowest() != "0" || r.w.count() != 1 {
					t.Errorf("the account went down to %s, after %d orders", r.w.lowest(), r.w.count())
				}
				r.w.fall(false) // and what is wanted next is bought in full, not one short
				r.later(2 * time.Minute)
				r.wantCode(l.stop(), exit.OK)
				if held := r.w.held(); held.Cmp(d("10")) != 0 {
					t.Errorf("holds %s, want 10", held)
				}
			})
		})
	}
}

// TestSharesOfOthersAreNotTakenForOnesThatWereSold: once ours are gone they stay gone, whatever
// others buy later.
func TestSharesOfOthersAreNotTakenForOnesThatWereSold(t *testing.T) {
	inBubble(t, func(r *rig) {
		l := r.start()
		r.later(time.Second)
		r.w.byHand(broker.Sell, "AAPL", "10", true)
		r.w.fall(true)
		r.later(time.Minute)
		r.w.byHand(broker.Buy, "AAPL", "25", true)
		r.later(2 * time.Minute)
		r.wantCode(l.stop(), exit.OK)
		if held := r.w.held(); held.Cmp(d("25")) != 0 {
			t.Errorf("holds %s, want the 25 of somebody else", held)
		}
	})
}

// TestPositionsAreComparedInALivingSession: a change that no execution tells of is noticed by the
// streamed positions, or else within reconcileEvery.
func TestPositionsAreComparedInALivingSession(t *testing.T) {
	for name, streamed := range map[string]bool{"streamed": true, "by time": false} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				l := r.start()
				r.later(time.Second)
				r.w.mu.Lock()
				r.w.positions["AAPL"] = d("0") // an assignment, a transfer: nothing of it is an execution
				if streamed {
					r.w.session.say(broker.Position{Account: paper, Contract: broker.Contract{
						Symbol: "AAPL", ConID: r.w.conID("AAPL"),
					}})
				}
				r.w.mu.Unlock()
				if !streamed {
					r.later(reconcileEvery)
				}
				r.w.fall(true)
				r.later(time.Minute)
				if r.w.count() != 1 {
					t.Errorf("%d orders, want none for shares that are not there", r.w.count()-1)
				}
				r.wantCode(l.stop(), exit.OK)
			})
		})
	}
}

// TestASellThatSomebodyElsePledgedIsNotSent: another's working sell order of the same shares and ours
// would together sell what is not there.
func TestASellThatSomebodyElsePledgedIsNotSent(t *testing.T) {
	inBubble(t, func(r *rig) {
		l := r.start()
		r.later(time.Second)
		r.w.mu.Lock()
		r.w.orders = append(r.w.orders, &worldOrder{permID: 2, status: "PreSubmitted", Order: broker.Order{
			Action: broker.Sell, Quantity: d("10"), Type: broker.Stop, IntentID: "by hand",
			Contract: broker.Contract{Symbol: "AAPL", ConID: r.w.conID("AAPL")},
		}})
		r.w.session.say(broker.StateChange{State: broker.Ready, Code: 1102})
		r.w.mu.Unlock()
		r.w.fall(true)
		r.later(2 * time.Minute)
		r.wantCode(l.stop(), exit.OK)
		if n := r.w.count(); n != 2 {
			t.Errorf("%d orders, want ours and the stop", n)
		}
		synctest.Wait()
		r.wantBooks(journal.Filled)
	})
}
