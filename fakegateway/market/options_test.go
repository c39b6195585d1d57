package market

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func anyOption(t *rapid.T, m Market) Instrument {
	listed := m.Find(monday, Query{
		Symbol: rapid.SampledFrom([]string{"AAPL", "TSLA", "SPY"}).Draw(t, "symbol"), SecType: "OPT",
		LastTradeDateOrMonth: rapid.SampledFrom([]string{"20261127", "20261218", "20270319"}).Draw(t, "expiry"),
		Right:                Call,
	})
	return rapid.SampledFrom(listed).Draw(t, "option")
}

// A call less a put of the same strike is the underlying less the discounted strike, up to the ticks
// to which the three prices are rounded and the lowest price of an option.
func TestPutCallParity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Market{Seed: rapid.Uint64().Draw(t, "seed")}
		call := anyOption(t, m)
		put, ok := m.Lookup(call.ConID + 1)
		if !ok || put.Right != Put || !put.Strike.Equal(call.Strike) {
			t.Fatalf("the put of %s is %s", call.LocalSymbol, put.LocalSymbol)
		}
		at := monday.Add(timeDraw(t, "at"))
		g, _ := m.Greeks(call, at)
		day, _, _ := leafAt(at)
		want := g.UnderPrice - m.terms(call, day).discounted()
		c, _ := m.Quote(call, at).Last.Float64()
		p, _ := m.Quote(put, at).Last.Float64()
		const ticks = 0.05 + 0.02 // half a tick each, and what a worthless option is quoted at
		if off := math.Abs(c - p - want); off > ticks {
			t.Fatalf("%s at %g: call %g, put %g, parity %g", call.LocalSymbol, g.UnderPrice, c, p, want)
		}
	})
}

func TestImpliedVolatilityInvertsThePrice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Market{Seed: rapid.Uint64().Draw(t, "seed")}
		o := anyOption(t, m)
		if rapid.Bool().Draw(t, "put") {
			o, _ = m.Lookup(o.ConID + 1)
		}
		under := rapid.Float64Range(100, 500).Draw(t, "under")
		vol := rapid.Float64Range(0.05, 2).Draw(t, "volatility")
		g, ok := m.OptionPrice(o, monday, vol, under)
		if !ok {
			t.Fatalf("no price of %s", o.LocalSymbol)
		}
		if g.Vega < 0.001 {
			return // the price says nothing of the volatility
		}
		back, ok := m.ImpliedVolatility(o, monday, g.Price, under)
		if !ok || math.Abs(back.ImpliedVolatility-vol) > 1e-4 {
			t.Fatalf("%s: volatility %g gives %g, which gives %g %v", o.LocalSymbol, vol, g.Price, back.ImpliedVolatility, ok)
		}
	})
}

func TestImpliedVolatilityOfAnImpossiblePrice(t *testing.T) {
	m := Market{}
	o := find(t, m, samples[13])
	for _, price := range []float64{-1, 0.01, 1000, math.NaN(), math.Inf(1)} {
		if g, ok := m.ImpliedVolatility(o, monday, price, 300); ok {
			t.Errorf("a call with strike 260 at %g, underlying at 300: volatility %g", price, g.ImpliedVolatility)
		}
	}
	for _, bad := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if g, ok := m.OptionPrice(o, monday, bad, 300); ok {
			t.Errorf("volatility %g gives a price of %g", bad, g.Price)
		}
	}
	if _, ok := m.Greeks(instrument(t, "AAPL"), monday); ok {
		t.Error("a stock has greeks")
	}
}

// The textbook's: Hull, "Options, Futures, and Other Derivatives", example 15.6, with its rate and
// time: S 42, K 40, r 10 %, sigma 20 %, half a year: call 4.76, put 0.81. The rate here is another
// one, so the strike carries the difference: K = 40 * exp(-0.1/2) / exp(-rate/2).
func TestBlackScholesAgainstHull(t *testing.T) {
	strike := 40 * math.Exp(-0.05) / math.Exp(-interestRate/2)
	o := terms{strike: strike, years: 0.5, volatility: 0.2}
	if got := o.price(42); math.Abs(got-4.759422) > 1e-6 {
		t.Errorf("call %.6f, want 4.759422", got)
	}
	if d1, d2 := o.d(42); math.Abs(d1-0.7693) > 1e-4 || math.Abs(d2-0.6278) > 1e-4 {
		t.Errorf("d1 %.4f, d2 %.4f, want 0.7693 and 0.6278", d1, d2)
	}
	o.put = true
	if got := o.price(42); math.Abs(got-0.808600) > 1e-6 {
		t.Errorf("put %.6f, want 0.808600", got)
	}
}

// Greeks are the derivatives of the price.
func TestGreeksAreDerivatives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := terms{
			strike: 100, years: rapid.Float64Range(0.02, 2).Draw(t, "years"),
			volatility: rapid.Float64Range(0.1, 1).Draw(t, "volatility"), put: rapid.Bool().Draw(t, "put"),
		}
		under := rapid.Float64Range(70, 140).Draw(t, "under")
		g := o.greeks(under)
		near := func(what string, got, want float64) {
			if math.Abs(got-want) > 1e-4+math.Abs(want)*1e-3 {
				t.Fatalf("%s of %+v at %g: %g, differences give %g", what, o, under, got, want)
			}
		}
		const h = 0.01
		near("delta", g.Delta, (o.price(under+h)-o.price(under-h))/(2*h))
		near("gamma", g.Gamma, (o.price(under+h)-2*o.price(under)+o.price(under-h))/(h*h))
		up, down, later, sooner := o, o, o, o
		up.volatility += 1e-4
		down.volatility -= 1e-4
		near("vega", g.Vega, (up.price(under)-down.price(under))/2e-4/100)
		later.years -= 1e-4
		sooner.years += 1e-4
		near("theta", g.Theta, (later.price(under)-sooner.price(under))/2e-4/daysPerYear)
	})
}

func TestOwnFunctionsAreTheLibrarys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(-30, 30).Draw(t, "x")
		if got, want := exp(x), math.Exp(x); math.Abs(got-want) > 1e-12*want {
			t.Fatalf("exp(%g) = %g, want %g", x, got, want)
		}
		if got, want := log(math.Exp(x)), x; math.Abs(got-want) > 1e-12*max(1, math.Abs(x)) {
			t.Fatalf("log of exp(%g) = %g", x, got)
		}
		if got, want := cumulative(x), 0.5*math.Erfc(-x/math.Sqrt2); math.Abs(got-want) > 1e-13 {
			t.Fatalf("cumulative(%g) = %g, want %g", x, got, want)
		}
	})
}

// Golden values: computed on amd64, and the same on every platform. What they are made of is
// rounded explicitly, so a difference is a bug of this package or of the compiler.
func TestGoldenOptions(t *testing.T) {
	m := Market{Seed: 1}
	for _, tc := range []struct {
		symbol string
		want   string
		greeks Greeks
	}{
		{
			"AAPL  261218C00260000", "28.40",
			Greeks{0.28996, 28.392770579, 286.77, 0, 0.912990451, 0.007240546, 0.119438783, -0.094160024},
		},
		{
			"TSLA  270115C00500000", "0.02",
			Greeks{0.22875, 0.006672227, 375.44, 0, 0.000765618, 8.0297e-05, 0.003777164, -0.000842062},
		},
		{
			"SPX   261218P06600000", "314.00",
			Greeks{0.33251, 314.033648456, 6424.55, 0, -0.592005881, 0.000691066, 6.561118347, -3.868851712},
		},
	} {
		o := find(t, m, Query{LocalSymbol: tc.symbol, SecType: "OPT"})
		g, _ := m.Greeks(o, monday)
		if last := m.Quote(o, monday).Last.String(); g != tc.greeks || last != tc.want {
			t.Errorf("%s: %s %+v, want %s %+v", tc.symbol, last, g, tc.want, tc.greeks)
		}
	}
}

// An expired option stands at its last price.
func TestExpiredOptionsStandStill(t *testing.T) {
	m := Market{Seed: 1}
	o := find(t, m, samples[13])
	last, ok := o.LastTrade()
	if want := time.Date(2026, 12, 18, 16, 0, 0, 0, Eastern); !ok || !last.Equal(want) {
		t.Fatalf("last trade %v, want %v", last, want)
	}
	end := m.Quote(o, last.Add(-1))
	if q := m.Quote(o, last.Add(time.Hour)); q != end {
		t.Errorf("%+v an hour after the last trade, %+v before", q, end)
	}
	if found := m.Find(last, samples[13]); len(found) != 0 {
		t.Errorf("still listed after its last trade: %v", found)
	}
	if found := m.Find(last.Add(-1), samples[13]); len(found) != 1 {
		t.Errorf("not listed right before its last trade")
	}
}
