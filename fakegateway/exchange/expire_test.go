package exchange

import (
	"testing"
	"time"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// appleOption is a December option that is far in or out of the money.
func appleOption(t *testing.T, right, strike string) market.Instrument {
	t.Helper()
	s := decimal.MustParse(strike)
	found := market.Market{}.Find(monday, market.Query{
		SecType: "OPT", Symbol: "AAPL", Right: right, Strike: &s, LastTradeDateOrMonth: "20261218",
	})
	if len(found) != 1 {
		t.Fatalf("%d options %s %s", len(found), right, strike)
	}
	return found[0]
}

func TestPositionsEndWithTheirInstrument(t *testing.T) {
	const deepIn, farOut = "200", "330"
	for _, tc := range []struct {
		name   string
		i      market.Instrument
		n      int64
		how    Exercised
		shares int64
	}{
		{"long call in the money", appleOption(t, "C", deepIn), 2, AutoExercised, 200},
		{"short call in the money", appleOption(t, "C", deepIn), -2, WasAssigned, -200},
		{"long put in the money", appleOption(t, "P", farOut), 1, AutoExercised, -100},
		{"short put in the money", appleOption(t, "P", farOut), -1, WasAssigned, 100},
		{"call out of the money", appleOption(t, "C", farOut), 2, HasExpired, 0},
		{"short put out of the money", appleOption(t, "P", deepIn), -2, HasExpired, 0},
		{"future", emini, 3, HasExpired, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := open(t, Config{Seed: 1, AllowShort: true, Opening: []OpeningPosition{
				{DefaultAccount, tc.i, tc.n, dec("10.00")},
			}})
			last, ok := tc.i.LastTrade()
			if !ok {
				t.Fatal("it never ends")
			}
			under := d.Market().Quote(aapl, last.Add(-1)).Last
			if under.Less(dec("210")) || dec("320").Less(under) {
				t.Fatalf("AAPL is at %s: the strikes mean something else", under)
			}
			r := d.request(Buy, 1, StopOrder, "20000") // never
			r.Instrument, r.TIF, r.AutoCancel = tc.i, GTC, last.Add(time.Hour)
			if tc.i.SecType == market.Option {
				r.StopPrice = dec("900")
			}
			working := d.place(r)
			if at, planned := d.NextEvent(); !planned || at.After(last) {
				t.Errorf("next event at %v, %v, after the end at %v", at, planned, last)
			}
			d.now = last.Add(-1)
			d.Advance(d.now)
			if n := len(d.Books().Executions); n != 0 {
				t.Fatalf("%d executions before the end", n)
			}
			d.pass(time.Hour)
			b := d.Books()
			if n := b.Holding(DefaultAccount, "AAPL"); n != tc.shares {
				t.Errorf("%d shares, want %d", n, tc.shares)
			}
			if e := b.Executions[0]; e.Exercise != tc.how || !e.At.Equal(last) || e.Shares != abs(tc.n) {
				t.Errorf("settled by %+v", e)
			}
			if o := d.order(working.PermID); o.Status != Cancelled || !o.DoneAt.Equal(last) {
				t.Errorf("the working order is %s since %v", o.Status, o.DoneAt)
			}
			d.check()
			late := d.request(Buy, 1, MarketOrder, "")
			late.Instrument = tc.i
			d.refused(late, 392)
		})
	}
}
