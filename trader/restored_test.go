package trader

import (
	"testing"
	"testing/synctest"
	"time"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
)

// TestEveryRestorationReconcilesBeforeTheNextOrder: a 1102 whose 1100 got lost, and a repeated one, mean
// that something may have happened unseen.
func TestEveryRestorationReconcilesBeforeTheNextOrder(t *testing.T) {
	for _, code := range []int{1101, 1102} {
		inBubble(t, func(r *rig) {
			l := r.start()
			synctest.Wait()
			r.w.mu.Lock()
			r.w.execute(&worldOrder{Order: broker.Order{
				Action: broker.Sell, Quantity: d("10"),
				Contract: broker.Contract{Symbol: "AAPL", ConID: r.w.conID("AAPL")},
			}}, d("10")) // unseen
			r.w.mu.Unlock()
			r.w.say(broker.StateChange{State: broker.Ready, Code: code})
			r.w.fall(true)
			r.later(time.Minute)
			if r.w.count() != 1 || r.w.lowest() != "0" {
				t.Errorf("%d: %d orders, lowest %s", code, r.w.count(), r.w.lowest())
			}
			r.wantCode(l.stop(), exit.OK)
		})
	}
}
