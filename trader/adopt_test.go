package trader

import (
	"testing"
	"time"

	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

// TestALostStateDirectoryBuysNothingAgain: the broker's record carries our references, so the orders of
// a life whose journal is gone are taken over with their fills.
func TestALostStateDirectoryBuysNothingAgain(t *testing.T) {
	for name, how := range map[string]answer{"filled": fill, "in part": cancelInPart, "working": acknowledge} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.w.answers = []answer{how}
				r.wantCode(r.once(), exit.OK)
				r.dir = r.t.TempDir()
				r.later(time.Minute)
				r.wantCode(r.once(), exit.OK)
				want := 1
				if how == cancelInPart {
					want = 2 // the other half, and no more
				}
				if r.w.count() != want {
					t.Errorf("%d orders, want %d", r.w.count(), want)
				}
				r.w.fall(true) // and what is ours can be sold
				r.later(time.Minute)
				r.wantCode(r.once(), exit.OK)
				if held := r.w.held(); !held.IsZero() {
					t.Errorf("holds %s, want nothing", held)
				}
			})
		})
	}
}

// TestOrdersOfAnotherClientAreNotTakenOver, whatever their reference looks like.
func TestOrdersOfAnotherClientAreNotTakenOver(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.wantCode(r.once(), exit.OK)
		r.w.mu.Lock()
		r.w.orders[0].client, r.w.executions[0].ClientID = 9, 9
		r.w.mu.Unlock()
		r.dir = r.t.TempDir()
		r.later(time.Minute)
		r.wantCode(r.once(), exit.OK)
		if held := r.w.held(); held.Cmp(d("20")) != 0 {
			t.Errorf("holds %s, want ten of another client and ten of ours", held)
		}
		r.journal(func(j *journal.Journal) {
			p, err := j.Position(r.t.Context(), paper, r.w.conID("AAPL"))
			if err != nil || p.Own.Cmp(d("10")) != 0 {
				t.Errorf("own is %s, %v", p.Own, err)
			}
		})
	})
}

// TestAnotherAccountIsRefused: the login switched to another paper account. Its journal's account has
// our shares; trading on would abandon them.
func TestAnotherAccountIsRefused(t *testing.T) {
	inBubble(t, func(r *rig) {
		l := r.start()
		r.later(time.Second)
		r.w.mu.Lock()
		r.w.account = "DU9000002"
		r.w.mu.Unlock()
		r.w.drop()
		r.later(time.Minute)
		r.wantCode(l.wait(), exit.WrongAccount)
		if r.w.count() != 1 {
			t.Errorf("%d orders", r.w.count())
		}
		r.wantCode(r.once(), exit.WrongAccount)
	})
}
