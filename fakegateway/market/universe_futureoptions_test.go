package market

import (
	"math"
	"testing"
)

// Contract specifications of CME Group's E-mini S&P 500 options: the quarterly ones end with the
// future, the others are named after the Friday, and what they deliver is the next future.
func TestFutureOptions(t *testing.T) {
	m := Market{Seed: 1}
	for local, want := range map[string]struct{ last, class, under string }{
		"ESZ6 C6600":  {"20261218", "ES", "ESZ6"},
		"EW1Z6 P6600": {"20261204", "EW1", "ESZ6"},
		"EW4Z6 C6600": {"20261224", "EW4", "ESH7"}, // the day before Christmas
		"ESH7 C7000":  {"20270319", "ES", "ESH7"},
	} {
		i := find(t, m, Query{Symbol: "ES", SecType: "FOP", LocalSymbol: local, Exchange: "CME"})
		if i.LastTradeDate != want.last || i.TradingClass != want.class || i.UnderSymbol != want.under ||
			i.Multiplier != 50 || i.UnderSecType != Future || !i.Tradable() {
			t.Errorf("%s is %+v", local, i)
		}
		if back, ok := m.Lookup(i.ConID); !ok || back != i {
			t.Errorf("contract id %d leads to %+v", i.ConID, back)
		}
	}
	seen := map[int]bool{}
	for _, i := range m.Find(monday, Query{Symbol: "NQ", SecType: "FOP"}) {
		if back, ok := m.Lookup(i.ConID); !ok || back != i || seen[i.ConID] {
			t.Fatalf("contract id %d of %s leads to %s", i.ConID, i.LocalSymbol, back.LocalSymbol)
		}
		seen[i.ConID] = true
	}
	if len(seen) < 1000 {
		t.Errorf("%d options on NQ", len(seen))
	}
	chain := m.Chain(find(t, m, Query{LocalSymbol: "ESZ6", SecType: "FUT"}), monday)
	classes := map[string]bool{}
	for _, c := range chain {
		classes[c.TradingClass] = true
		if c.Exchange != "CME" || c.Multiplier != 50 || len(c.Strikes) < 100 {
			t.Errorf("chain %+v", c)
		}
	}
	if !classes["ES"] || !classes["EW1"] || classes["EW3"] { // the third Friday is the quarterly one
		t.Errorf("classes on ESZ6: %v", classes)
	}
}

// Put-call parity of European options on a future: the difference is the discounted distance of the
// future from the strike (Black, 1976), and so is that of the deltas.
func TestFutureOptionsKeepParity(t *testing.T) {
	m := Market{Seed: 1}
	call := find(t, m, Query{Symbol: "ES", SecType: "FOP", LocalSymbol: "ESH7 C6600"})
	put := find(t, m, Query{Symbol: "ES", SecType: "FOP", LocalSymbol: "ESH7 P6600"})
	future := find(t, m, Query{LocalSymbol: "ESH7", SecType: "FUT"})
	c, _ := m.Greeks(call, monday)
	p, ok := m.Greeks(put, monday)
	last, _ := m.Quote(future, monday).Last.Float64()
	if !ok || c.UnderPrice != last {
		t.Fatalf("greeks %+v, the future is at %g", c, last)
	}
	day, _, _ := leafAt(monday)
	discount := m.terms(call, day).discount()
	if got, want := c.Price-p.Price, discount*(last-6600); math.Abs(got-want) > 1e-6 {
		t.Errorf("call less put %g, want %g", got, want)
	}
	if got := c.Delta - p.Delta; math.Abs(got-discount) > 1e-6 || c.Gamma != p.Gamma {
		t.Errorf("deltas %g apart, want %g", got, discount)
	}
	// The greeks are the derivatives of the price.
	const h = 0.5
	o := m.terms(call, day)
	if slope := (o.price(last+h) - o.price(last-h)) / (2 * h); math.Abs(slope-c.Delta) > 1e-5 {
		t.Errorf("delta %g, the price's slope is %g", c.Delta, slope)
	}
	later := o
	later.years -= 0.01 / daysPerYear
	if decay := (later.price(last) - o.price(last)) / 0.01; math.Abs(decay-c.Theta) > 1e-3 {
		t.Errorf("theta %g, the price changes by %g a day", c.Theta, decay)
	}
	quote, _ := m.Quote(call, monday).Last.Float64()
	if math.Abs(quote-c.Price) > 0.03 {
		t.Errorf("the last trade is %g, the model's price %g", quote, c.Price)
	}
}
