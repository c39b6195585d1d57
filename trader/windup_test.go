package trader

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

// TestAStopBetweenAnyTwoStepsIsClean: a stop that arrived while the journal was read ended the trader
// with "state unusable". Found in 12 of 150 stops during a reconcile.
func TestAStopBetweenAnyTwoStepsIsClean(t *testing.T) {
	for _, what := range requests {
		inBubble(t, func(r *rig) {
			var l *life
			started := make(chan struct{})
			r.w.ask = func(_ context.Context, asked string) error {
				if asked == what {
					<-started
					l.cancel()
				}
				return nil
			}
			l = r.start()
			close(started)
			synctest.Wait()
			if err := l.stop(); err != nil {
				t.Errorf("stopped at %q: %v", what, err)
			}
		})
	}
}

// TestWhatAStopDoesWithOrdersAndShares: each policy, with an order that works and with shares.
func TestWhatAStopDoesWithOrdersAndShares(t *testing.T) {
	for _, c := range []struct {
		policy string
		answer answer
		order  string // the status of the first order afterwards
		held   string
		states []journal.State
	}{
		{"", acknowledge, "Submitted", "0", []journal.State{journal.Unknown}},
		{LeaveAtStop, acknowledge, "Submitted", "0", []journal.State{journal.Unknown}},
		{CancelAtStop, acknowledge, "Cancelled", "0", []journal.State{journal.Cancelled}},
		{FlattenAtStop, acknowledge, "Cancelled", "0", []journal.State{journal.Cancelled}},
		{LeaveAtStop, fill, "Filled", "10", []journal.State{journal.Filled}},
		{CancelAtStop, fill, "Filled", "10", []journal.State{journal.Filled}},
		{FlattenAtStop, fill, "Filled", "0", []journal.State{journal.Filled, journal.Filled}},
	} {
		inBubble(t, func(r *rig) {
			r.w.answers = []answer{c.answer}
			r.w.positions["KO"] = d("3")
			r.cfg.AtStop = c.policy
			l := r.start()
			r.later(time.Minute)
			l.cancel()
			r.wantCode(l.wait(), exit.OK)
			if got := r.w.orders[0].status; got != c.order {
				t.Errorf("%s: the order is %s, want %s", c.policy, got, c.order)
			}
			if held := r.w.held(); held.Cmp(d(c.held)) != 0 {
				t.Errorf("%s: holds %s, want %s", c.policy, held, c.held)
			}
			r.wantBooks(c.states...)
		})
	}
}
