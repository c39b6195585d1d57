package trader

import (
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"

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

// TestTheEquityShownIsTheOneThatHalts, when the account's portfolio knows a newer price than the last bar.
func TestTheEquityShownIsTheOneThatHalts(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.cfg.Board = status.NewBoard(status.Snapshot{})
		r.w.marks = map[string]decimal.Decimal{"AAPL": d("97")}
		l := r.start()
		r.later(5 * time.Minute)
		s := r.cfg.Board.Load()
		r.wantCode(l.stop(), exit.OK)
		b, err := journal.ReadBooks(r.t.Context(), r.dir)
		if err != nil || b.Accounts[0].Risk == nil || len(s.Positions) != 1 {
			t.Fatalf("%+v, %v; holds %+v", b, err, s.Positions)
		}
		if halts := b.Accounts[0].Risk.Equity; s.Money.Equity.Cmp(halts) != 0 {
			t.Errorf("the equity shown is %s, limits are measured by %s", s.Money.Equity, halts)
		}
		if sum, err := s.Money.Cash.Add(s.Positions[0].Value); err != nil || sum.Cmp(s.Money.Equity) != 0 {
			t.Errorf("cash %s and shares for %s are not %s", s.Money.Cash, s.Positions[0].Value, s.Money.Equity)
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
