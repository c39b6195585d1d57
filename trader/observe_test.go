package trader

import (
	"testing"
	"time"

	"ibsoak/trader/exit"
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
