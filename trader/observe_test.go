package trader

import (
	"strings"
	"testing"
	"time"

	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
	"ibsoak/trader/status"
)

// TestPatienceCoversTheConnector: one that may take longer than usual is no reason to call the engine stuck.
func TestPatienceCoversTheConnector(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.cfg.ConnectWithin = 10 * time.Minute
		r.cfg.Board = status.NewBoard(status.Snapshot{})
		l := r.start()
		r.later(time.Minute)
		r.wantCode(l.stop(), exit.OK)
		if got := r.cfg.Board.Load().Patience; got < 10*time.Minute {
			t.Errorf("the engine is stuck after %s, while its connector may take 10m", got)
		}
	})
}

// TestWhatIsShownOfAHaltNamesNoAccount, whatever a person wrote.
func TestWhatIsShownOfAHaltNamesNoAccount(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.journal(func(j *journal.Journal) {
			if _, err := j.Halt(r.t.Context(), journal.ByPerson, "IBKR called about "+paper, false); err != nil {
				r.t.Fatal(err)
			}
		})
		r.cfg.Board = status.NewBoard(status.Snapshot{})
		r.wantCode(r.once(), exit.Interlock)
		if got := r.cfg.Board.Load().Halted; !strings.Contains(got, "IBKR called about") || strings.Contains(got, paper) {
			t.Errorf("shown: %q", got)
		}
	})
}
