package trader

import (
	"testing"
	"testing/synctest"
	"time"

	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

// TestAListedOrderLivesWhateverItsStatusWord: an order that is among the open orders can fill. Its
// intent is not released by a word (Inactive for a locate or a session that has not begun; Cancelled
// by mistake), no second order follows, it is cancelled and its end is waited for. Found as eight
// shares for a target of one.
func TestAListedOrderLivesWhateverItsStatusWord(t *testing.T) {
	for _, word := range []string{"Inactive", "Cancelled", "ApiCancelled", "Filled"} {
		t.Run(word, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.w.answers = []answer{acknowledge}
				r.w.word, r.w.stubborn = word, true
				l := r.start()
				r.later(10 * time.Minute)
				if n := r.w.count(); n != 1 {
					t.Fatalf("%d orders while the first one is listed", n)
				}
				if r.w.cancelled() == 0 && word != "Filled" { // whose executions may still come
					t.Error("nobody asked to cancel it")
				}
				if r.w.cancelled() > 12 {
					t.Errorf("%d cancels in ten minutes", r.w.cancelled())
				}
				r.w.mu.Lock()
				r.w.word = ""
				x := r.w.execute(r.w.orders[0], d("10")) // after all
				r.w.session.say(x)
				r.w.mu.Unlock()
				r.later(2 * time.Minute)
				r.wantCode(l.stop(), exit.OK)
				r.wantBooks(journal.Filled)
			})
		})
	}
}

// TestACancelThatCannotBeIsAskedAfterOnce: 161, 10147 and 10148 say that the order is not what the
// journal says. The broker's books are asked then, in place of the same cancel in every cycle.
func TestACancelThatCannotBeIsAskedAfterOnce(t *testing.T) {
	for _, code := range []int{161, 10148} {
		inBubble(t, func(r *rig) {
			r.w.answers = []answer{acknowledge}
			l := r.start()
			r.later(time.Second)
			r.w.mu.Lock()
			r.w.orders[0].status, r.w.stubborn, r.w.refuseCancel = "Cancelled", true, code // nobody told us
			r.w.mu.Unlock()
			r.later(orderTTL + 5*time.Minute)
			synctest.Wait()
			r.wantCode(l.stop(), exit.OK)
			if r.w.cancelled() != 0 { // reconciling found it out before its time was over
				t.Errorf("%d: %d cancels", code, r.w.cancelled())
			}
			r.wantBooks(journal.Cancelled, journal.Filled)
		})
		inBubble(t, func(r *rig) { // nor is it among the completed orders
			r.w.answers = []answer{acknowledge}
			l := r.start()
			r.later(orderTTL - time.Minute)
			r.w.mu.Lock()
			r.w.orders[0].status, r.w.stubborn, r.w.refuseCancel = "Cancelled", true, code
			r.w.orders[0].forgotten = true
			r.w.mu.Unlock()
			r.later(6 * time.Minute)
			r.wantCode(l.stop(), exit.OK)
			if r.w.cancelled() != 1 {
				t.Errorf("%d: %d cancels", code, r.w.cancelled())
			}
			r.wantBooks(journal.Cancelled, journal.Filled)
		})
	}
}
