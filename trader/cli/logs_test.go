package cli

import (
	"errors"
	"testing"

	"ibsoak/trader/status"
)

// failing is a writer whose disk is full while err is set.
type failing struct{ err error }

func (f *failing) Write(p []byte) (int, error) { return len(p), f.err }

// TestLostLinesAreCountedAndRepaired: the count stays, and the board says whether lines are written again.
func TestLostLinesAreCountedAndRepaired(t *testing.T) {
	board := status.NewBoard(status.Snapshot{})
	disk := &failing{errors.New("no space left")}
	out := counted{disk, "audit", board}
	for _, c := range []struct {
		err      error
		count    int64
		repaired bool
	}{{disk.err, 1, false}, {disk.err, 2, false}, {nil, 2, true}, {nil, 2, true}, {disk.err, 3, false}} {
		disk.err = c.err
		if _, err := out.Write([]byte("line\n")); !errors.Is(err, c.err) {
			t.Errorf("wrote with %v, want %v", err, c.err)
		}
		s := board.Load()
		if loss := s.Lost["audit"]; s.Losses["audit"] != c.count || loss.Repaired != c.repaired || loss.At.IsZero() {
			t.Errorf("%d lines lost, %+v, want %+v", s.Losses["audit"], loss, c)
		}
	}
}
