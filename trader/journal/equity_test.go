package journal

import (
	"testing"
	"time"

	"github.com/govalues/decimal"
)

// TestEquityHistoryGoesBackFromNow: buys, a sale and a commission that came late, between cycles; each point
// is the cash and shares of its instant at the close of its cycle.
func TestEquityHistoryGoesBackFromNow(t *testing.T) {
	d := decimal.MustParse
	dir := t.TempDir()
	j, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2036, time.December, 1, 15, 0, 0, 0, time.UTC)
	j.now = func() time.Time { return at }
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	cycle := func(price string) {
		at = at.Add(time.Minute)
		id, err := j.BeginCycle(t.Context(), 1)
		check(err)
		check(j.Decide(t.Context(), Decision{Cycle: id, Symbol: "BRK B:NYSE", Outcome: "hold", BarEnd: at, Close: d(price)}))
		check(j.Decide(t.Context(), Decision{Cycle: id, Symbol: "NVDA", Outcome: "stale"})) // no close: no point of its own
		check(j.EndCycle(t.Context(), id, "complete", ""))
	}
	trade := func(id string, side Side, shares, price string) {
		at = at.Add(time.Second)
		action := Buy
		if side == Sold {
			action = Sell
		}
		check(j.Prepare(t.Context(), Intent{
			ID: id, Account: "DU1", Symbol: "BRK B:NYSE", ConID: 7, Action: action, Quantity: d(shares), BarEnd: at, Day: "2036-12-01",
		}))
		_, err := j.Book(t.Context(), Execution{
			ExecID: id + ".01", IntentID: id, Account: "DU1", ConID: 7, Symbol: "BRK B", Side: side, Shares: d(shares),
			Price: d(price), At: at,
		})
		check(err)
		check(j.Commission(t.Context(), Commission{ExecID: id + ".01", Amount: d("1"), Currency: "USD"}))
	}
	cycle("100")
	trade("a", Bought, "10", "100")
	cycle("103")
	trade("b", Bought, "5", "103")
	trade("c", Sold, "15", "104")
	cycle("200")
	check(j.Close())
	for since, want := range map[time.Time][]string{
		at.Add(-time.Hour):        {"0", "29", "42"}, // 10 x 3 less 1; and 15 x 104 less 1515 and 3
		at.Add(-90 * time.Second): {"29", "42"},
	} {
		got, err := EquityHistory(t.Context(), dir, since, 100)
		check(err)
		if len(got) != len(want) {
			t.Fatalf("since %s: %+v, want %v", since, got, want)
		}
		for i := range got {
			if got[i].Equity.Cmp(d(want[i])) != 0 {
				t.Errorf("since %s: point %d is %s, want %s", since, i, got[i].Equity, want[i])
			}
		}
	}
	if got, err := EquityHistory(t.Context(), dir, at.Add(-time.Hour), 1); err != nil || len(got) != 1 || got[0].Equity.Cmp(d("42")) != 0 {
		t.Errorf("one point: %+v, %v", got, err)
	}
}
