package journal

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"

	"ibsoak/trader/market"
)

func halted(t *testing.T, j *Journal) Halt {
	t.Helper()
	h, err := j.Halted(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestTheKillSwitchOutlivesTheProcess, and what closed it decides what opens it.
func TestTheKillSwitchOutlivesTheProcess(t *testing.T) {
	j := open(t, t.TempDir())
	if h := halted(t, j); h.Halted {
		t.Fatalf("a new journal is halted: %+v", h)
	}
	step := func(what string, changed bool, err error, want bool) {
		t.Helper()
		if err != nil || changed != want {
			t.Fatalf("%s: changed %v, %v, want %v", what, changed, err, want)
		}
		j = reopen(t, j)
	}
	changed, err := j.Halt(t.Context(), ByPerson, "a look at it", false)
	step("halt", changed, err, true)
	changed, err = j.Halt(t.Context(), "max-rejects", "five", false)
	step("halt of what is halted", changed, err, false)
	if h := halted(t, j); !h.Halted || h.Cause != ByPerson || h.Reason != "a look at it" || h.At.IsZero() {
		t.Errorf("got %+v", h)
	}
	changed, err = j.Halt(t.Context(), DailyLoss, "1,000", true)
	step("a loss on top of it", changed, err, true)
	changed, err = j.Halt(t.Context(), Drawdown, "5,000", true)
	step("another loss", changed, err, false)
	if _, err := j.Resume(t.Context(), "go on", false); !errors.Is(err, ErrLoss) || !halted(t, j).Halted {
		t.Errorf("a loss is lifted without being accepted: %v", err)
	}
	changed, err = j.Resume(t.Context(), "go on", true)
	step("resume", changed, err, true)
	changed, err = j.Resume(t.Context(), "go on", false)
	step("resume of what goes on", changed, err, false)
	if h := halted(t, j); h.Halted || h.Reason != "go on" {
		t.Errorf("got %+v", h)
	}
}

// TestTheSwitchIsTurnedBesideARunningTrader, who sees it in its next read.
func TestTheSwitchIsTurnedBesideARunningTrader(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	for _, want := range []bool{true, false} {
		err := Switch(t.Context(), dir, func(beside *Journal) error {
			var err error
			if want {
				_, err = beside.Halt(t.Context(), ByPerson, "x", false)
			} else {
				_, err = beside.Resume(t.Context(), "x", false)
			}
			return err
		})
		if err != nil || halted(t, j).Halted != want {
			t.Errorf("halted %v, %v, want %v", halted(t, j).Halted, err, want)
		}
	}
	if _, err := Open(t.Context(), dir); !errors.Is(err, ErrLocked) {
		t.Errorf("the switch gave the trader's lock away: %v", err)
	}
	if _, err := j.db.ExecContext(t.Context(), "PRAGMA user_version = 3"); err != nil {
		t.Fatal(err)
	}
	if err := Switch(t.Context(), dir, func(*Journal) error { return nil }); err == nil {
		t.Error("another program's journal was written")
	}
	none := t.TempDir()
	if err := Switch(t.Context(), none, func(*Journal) error { return nil }); !errors.Is(err, ErrNone) {
		t.Errorf("without a journal: %v", err)
	}
	if made, err := os.ReadDir(none); err != nil || len(made) > 0 {
		t.Errorf("it made %v, %v", made, err)
	}
	again := t.TempDir()
	if err := open(t, again).Close(); err != nil {
		t.Fatal(err)
	}
	if err := Switch(t.Context(), again, func(beside *Journal) error {
		_, err := beside.Halt(t.Context(), ByPerson, "between two lives", false)
		return err
	}); err != nil {
		t.Errorf("without a trader: %v", err)
	}
}

func worth(t *testing.T, j *Journal, day, equity string) RiskDay {
	t.Helper()
	r, err := j.Value(t.Context(), account, day, d(equity))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheDayRollsOnceAndOnlyForward(t *testing.T) {
	j := open(t, t.TempDir())
	for _, c := range []struct{ day, equity, wantDay, start, peak string }{
		{"2026-03-06", "0", "2026-03-06", "0", "0"},
		{"2026-03-06", "-40", "2026-03-06", "0", "0"},
		{"2026-03-09", "-90", "2026-03-09", "-40", "0"}, // what fell over the weekend belongs to Monday
		{"2026-03-06", "-95", "2026-03-09", "-40", "0"}, // a clock that stands back
		{"2026-03-09", "120", "2026-03-09", "-40", "120"},
		{"2026-03-10", "100", "2026-03-10", "120", "120"},
	} {
		r := worth(t, j, c.day, c.equity)
		want := RiskDay{c.wantDay, d(c.start), d(c.peak), d(c.equity)}
		if r != want {
			t.Errorf("%s %s: got %+v, want %+v", c.day, c.equity, r, want)
		}
		j = reopen(t, j)
	}
	if _, err := j.Resume(t.Context(), "accepted", true); err != nil {
		t.Fatal(err)
	}
	j = reopen(t, j)
	if r := worth(t, j, "2026-03-10", "60"); r != (RiskDay{"2026-03-10", d("60"), d("60"), d("60")}) {
		t.Errorf("after the loss was accepted: %+v", r)
	}
	if r := worth(t, j, "2026-03-10", "50"); r.Start != d("60") || r.Peak != d("60") {
		t.Errorf("the loss was accepted for good: %+v", r)
	}
}

// fewChecks is for properties that sync to the disk: rapid's default of 100 checks is for memory.
func fewChecks(t *testing.T) {
	t.Helper()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := f.Value.Set("10"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNoRestartsAllowMoreLoss: whatever the order of instants (over both changes of summer time), of
// equities and of restarts, the day is that of the latest instant in New York, it begins with the last
// equity of the day before, and nothing but a later date changes what it began with.
func TestNoRestartsAllowMoreLoss(t *testing.T) {
	fewChecks(t)
	rapid.Check(t, func(rt *rapid.T) {
		j := open(t, t.TempDir())
		at := time.Date(2026, 3, 6, 12, 0, 0, 0, time.UTC)
		if rapid.Bool().Draw(rt, "autumn") {
			at = time.Date(2026, 10, 30, 12, 0, 0, 0, time.UTC)
		}
		var day string
		var start, last, peak decimal.Decimal
		for i := range rapid.IntRange(1, 30).Draw(rt, "steps") {
			at = at.Add(time.Duration(rapid.IntRange(-120, 900).Draw(rt, "minutes")) * time.Minute)
			equity := decimal.MustNew(rapid.Int64Range(-100_000, 100_000).Draw(rt, "equity"), 2)
			today := market.Day(at, nil)
			switch {
			case i == 0:
				day, start, peak = today, equity, equity
			case today > day:
				day, start = today, last
			}
			last, peak = equity, peak.Max(equity)
			r, err := j.Value(t.Context(), account, today, equity)
			if err != nil {
				rt.Fatal(err)
			}
			if want := (RiskDay{day, start, peak, equity}); r != want {
				rt.Fatalf("at %s: got %+v, want %+v", at, r, want)
			}
			if rapid.Bool().Draw(rt, "restart") {
				j = reopen(t, j)
			}
		}
	})
}

func TestUsage(t *testing.T) {
	j := open(t, t.TempDir())
	now := time.Date(2026, 1, 5, 15, 0, 0, 0, time.UTC)
	j.now = func() time.Time { return now }
	old := intent("old", 1)
	old.Day = "2026-01-02"
	prepare(t, j, old)
	if err := j.Advance(t.Context(), "old", Cancelled, ""); err != nil {
		t.Fatal(err)
	}
	now = now.Add(2 * time.Minute)
	prepare(t, j, intent("a", 2))
	prepare(t, j, intent("not sent", 3))
	if err := j.Advance(t.Context(), "not sent", NotSent, ""); err != nil {
		t.Fatal(err)
	}
	other := intent("b", 4)
	other.ConID, other.Symbol, other.ReferencePrice = 1, "KO", d("40.5")
	prepare(t, j, other)
	sell := intent("c", 5)
	sell.Action = Sell
	prepare(t, j, sell)
	prepare(t, j, intent("itself", 6))
	u, err := j.Usage(t.Context(), account, apple, "2026-01-05", now.Add(-time.Minute), "itself")
	if err != nil {
		t.Fatal(err)
	}
	if u.SymbolOrders != 2 || u.MinuteOrders != 3 || u.Positions != 1 || u.DayNotional.Cmp(d("1405")) != 0 {
		t.Errorf("got %+v, want two orders of the symbol, three in the minute, one other position, 1405", u)
	}
	book(t, j, fill("X.1.01", "b", Bought, "10", "40"), true)
	u, err = j.Usage(t.Context(), account, 1, "2026-01-05", now, "")
	if err != nil || u.MinuteOrders != 0 || u.Positions != 1 {
		t.Errorf("got %+v, %v", u, err)
	}
}

func TestRejectsInARow(t *testing.T) {
	j := open(t, t.TempDir())
	now := time.Date(2026, 1, 5, 15, 0, 0, 0, time.UTC)
	j.now = func() time.Time { now = now.Add(time.Second); return now }
	count := func(since time.Time, want int) {
		t.Helper()
		if n, err := j.RejectsInARow(t.Context(), account, since); err != nil || n != want {
			t.Errorf("%d in a row, %v, want %d", n, err, want)
		}
	}
	var resumed time.Time
	for i, c := range []struct {
		state State
		want  int
	}{
		{Rejected, 1},
		{Rejected, 2},
		{Unknown, 2},
		{NotSent, 2},
		{Cancelled, 0},
		{Rejected, 1},
		{Filled, 0},
		{Rejected, 1},
		{Rejected, 2},
	} {
		id := fmt.Sprint(i)
		prepare(t, j, intent(id, int64(i+1)))
		if err := j.Advance(t.Context(), id, c.state, ""); err != nil {
			t.Fatal(err)
		}
		count(time.Time{}, c.want)
		if i == 7 {
			resumed = now
		}
	}
	count(resumed, 1)
}

// TestCashThatNobodyExplains: our fills explain it, others' make it unknowable.
func TestCashThatNobodyExplains(t *testing.T) {
	j := open(t, t.TempDir())
	prepare(t, j, intent("a", 1))
	look := func(cash, want string, known bool) {
		t.Helper()
		amount, k, err := j.CashBeside(t.Context(), account, "USD", d(cash))
		if err != nil || k != known || amount.Cmp(d(want)) != 0 {
			t.Errorf("%s: %s, known %v, %v, want %s, %v", cash, amount, k, err, want, known)
		}
	}
	look("5000", "0", false)
	set := func(cash, difference string) {
		t.Helper()
		if err := j.SetCash(t.Context(), account, "USD", d(cash), d(difference), "why"); err != nil {
			t.Fatal(err)
		}
	}
	set("5000", "0")
	look("5000", "0", true)
	book(t, j, fill("X.1.01", "a", Bought, "10", "100"), true)
	look("4000", "0", true)
	look("3999", "-1", true) // its commission has not come
	if err := j.Commission(t.Context(), Commission{ExecID: "X.1.01", Amount: d("1"), Currency: "USD"}); err != nil {
		t.Fatal(err)
	}
	j = reopen(t, j)
	look("3999", "0", true)
	look("4011.5", "12.5", true)
	set("4011.5", "12.5")
	look("4011.5", "0", true)
	book(t, j, fill("X.2.01", "", Sold, "10", "100"), true)
	look("5011.5", "0", false)
	b, err := ReadBooks(t.Context(), j.dir)
	if err != nil || len(b.Accounts) != 1 || len(b.Accounts[0].Unexplained) != 1 ||
		b.Accounts[0].Unexplained[0].Amount.Cmp(d("12.5")) != 0 {
		t.Errorf("books %+v, %v", b.Accounts, err)
	}
}

// TestCededSharesKeepTheirWorth: what somebody else sold is no loss of the trader's but at that price.
func TestCededSharesKeepTheirWorth(t *testing.T) {
	j := open(t, t.TempDir())
	prepare(t, j, intent("a", 1))
	book(t, j, fill("X.1.01", "a", Bought, "10", "100"), true)
	hand := fill("X.2.01", "", Sold, "4", "110")
	hand.At = time.Unix(2, 0)
	book(t, j, hand, true)
	if lost, err := j.Cede(t.Context(), account); err != nil || len(lost) != 1 {
		t.Fatalf("%v, %v", lost, err)
	}
	equity, err := j.Equity(t.Context(), account, map[int64]decimal.Decimal{apple: d("120")})
	if err != nil || equity.Cmp(d("160")) != 0 { // 4 x 10 and 6 x 20
		t.Errorf("equity %s, %v, want 160", equity, err)
	}
	if equity, err = j.Equity(t.Context(), account, nil); err != nil || equity.Cmp(d("100")) != 0 {
		t.Errorf("without a mark: %s, %v, want 100 by the last execution", equity, err)
	}
	cycle, err := j.BeginCycle(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Decide(t.Context(), Decision{
		Cycle: cycle, Symbol: "AAPL:SMART", BarEnd: time.Unix(60, 0), Close: d("130"),
	}); err != nil {
		t.Fatal(err)
	}
	if equity, err = j.Equity(t.Context(), account, nil); err != nil || equity.Cmp(d("220")) != 0 { // 40 and 6 x 30
		t.Errorf("without a mark: %s, %v, want 220 by the close that was decided on since", equity, err)
	}
	profits, err := j.Profits(t.Context(), account)
	if err != nil || profits[apple].Realised().Cmp(d("40")) != 0 {
		t.Errorf("profits %+v, %v", profits[apple], err)
	}
}
