package trader

import (
	"testing"
	"time"

	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

// bust takes an execution back, as an exchange does: the next revision has no shares.
func (w *world) bust(i int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	x := w.executions[i]
	shares := x.Shares
	if x.Side == "BOT" {
		shares = shares.Neg()
	}
	w.positions[x.Symbol], _ = w.positions[x.Symbol].Add(shares)
	x.ExecID, x.Shares, x.Commission = x.ExecID[:len(x.ExecID)-2]+"02", d("0"), nil
	w.executions[i] = x
	w.session.say(x)
}

// TestABustedExecutionIsReversed: it used to end the trader with exit 26 for good. What it leaves is
// brought back to what is wanted, and a short that comes of it is bought back first.
func TestABustedExecutionIsReversed(t *testing.T) {
	t.Run("held", func(t *testing.T) {
		inBubble(t, func(r *rig) {
			l := r.start()
			r.later(time.Second)
			r.w.bust(0)
			r.later(2 * time.Minute)
			r.wantCode(l.stop(), exit.OK)
			if held := r.w.held(); held.Cmp(d("10")) != 0 {
				t.Errorf("holds %s, want 10", held)
			}
			r.wantBooks(journal.Cancelled, journal.Filled)
		})
	})
	t.Run("sold before", func(t *testing.T) {
		inBubble(t, func(r *rig) {
			l := r.start()
			r.later(time.Second)
			r.w.fall(true)
			r.later(2 * time.Minute)
			r.w.bust(0) // of the buy: the account is short by ten
			r.later(2 * time.Minute)
			if held := r.w.held(); !held.IsZero() {
				t.Errorf("holds %s, want nothing", held)
			}
			r.wantCode(l.stop(), exit.OK)
			r.wantBooks(journal.Cancelled, journal.Filled, journal.Filled)
		})
	})
	t.Run("while the trader is down", func(t *testing.T) {
		inBubble(t, func(r *rig) {
			r.wantCode(r.once(), exit.OK)
			r.w.bust(0)
			r.later(time.Minute)
			r.wantCode(r.once(), exit.OK)
			r.wantBooks(journal.Cancelled, journal.Filled)
		})
	})
}
