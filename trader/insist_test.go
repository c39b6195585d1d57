package trader

import (
	"context"
	"testing"
	"time"

	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

// TestAQuestionThatIsNeverAnsweredEndsTheSession after its repetition: on a live session that answers
// everything else the trader stayed connected, "well" and idle for ever.
func TestAQuestionThatIsNeverAnsweredEndsTheSession(t *testing.T) {
	for _, what := range []string{"open orders", "executions", "completed orders", "positions", "time"} {
		t.Run(what, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.w.ask = hang(what)
				l := r.start()
				r.later(2*DefaultRequestTimeout + 5*time.Second)
				if len(r.w.dials) < 2 {
					t.Errorf("%d dials after two deadlines", len(r.w.dials))
				}
				r.w.mu.Lock()
				r.w.ask = nil
				r.w.mu.Unlock()
				r.later(2 * time.Minute)
				r.wantCode(l.stop(), exit.OK)
				r.wantBooks(journal.Filled)
			})
		})
	}
}

// TestOneLostAnswerCostsOneDeadline: the repetition is answered, on the same session.
func TestOneLostAnswerCostsOneDeadline(t *testing.T) {
	inBubble(t, func(r *rig) {
		lost := false
		r.w.ask = func(ctx context.Context, what string) error {
			if what == "positions" && !lost {
				lost = true
				return hang(what)(ctx, what)
			}
			return nil
		}
		l := r.start()
		r.later(DefaultRequestTimeout + time.Second)
		if r.w.count() != 1 || len(r.w.dials) != 1 {
			t.Errorf("%d orders, %d dials", r.w.count(), len(r.w.dials))
		}
		r.wantCode(l.stop(), exit.OK)
	})
}
