package market

import (
	"strconv"
	"strings"
	"testing"

	"github.com/govalues/decimal"
)

// Every rule that an instrument names exists, begins at zero and rises, and its smallest increment
// is the instrument's tick.
func TestInstrumentsNameMarketRules(t *testing.T) {
	for _, q := range samples {
		i := find(t, Market{}, q)
		ids := strings.Split(i.MarketRuleIDs, ",")
		if len(ids) != len(strings.Split(i.ValidExchanges, ",")) {
			t.Errorf("%s: rules %s for exchanges %s", i.LocalSymbol, i.MarketRuleIDs, i.ValidExchanges)
		}
		id, err := strconv.Atoi(ids[0])
		increments, ok := MarketRule(id)
		if err != nil || !ok || !increments[0].LowEdge.IsZero() || !increments[0].Increment.Equal(i.MinTick) {
			t.Errorf("%s: tick %s, rule %s is %v", i.LocalSymbol, i.MinTick, ids[0], increments)
		}
		for n := 1; n < len(increments); n++ {
			if !increments[n-1].LowEdge.Less(increments[n].LowEdge) {
				t.Errorf("rule %d: %v", id, increments)
			}
		}
	}
	if _, ok := MarketRule(1 << 30); ok {
		t.Error("there is a rule with any id")
	}
	ids := map[int]bool{}
	for _, r := range rules {
		if ids[r.id] {
			t.Errorf("two rules have id %d", r.id)
		}
		ids[r.id] = true
	}
}

func TestTicksFollowTheRule(t *testing.T) {
	option, es := find(t, Market{}, samples[13]), find(t, Market{}, samples[3])
	for _, tc := range []struct {
		i     Instrument
		price string
		ticks int64
		ok    bool
	}{
		{option, "0.01", 1, true},
		{option, "2.99", 299, true},
		{option, "3.00", 300, true},
		{option, "3.01", 301, false},
		{option, "3.05", 305, true},
		{option, "0.005", 0, false},
		{es, "6400.25", 25601, true},
		{es, "6400.10", 25600, false},
		{es, "6400.255", 0, false},
		{instrument(t, "AAPL"), "-1.00", -100, true}, // a spread may cost less than nothing
	} {
		if ticks, ok := tc.i.Ticks(decimal.MustParse(tc.price)); ticks != tc.ticks || ok != tc.ok {
			t.Errorf("%s at %s: %d ticks, %v; want %d, %v", tc.i.LocalSymbol, tc.price, ticks, ok, tc.ticks, tc.ok)
		}
	}
}

func TestMatch(t *testing.T) {
	for _, tc := range []struct{ pattern, want string }{
		{"AAPL", "AAPL/STK/USD AAPL/STK/MXN AAPL/STK/CHF"},
		{"aa", "AA/STK/USD AAPL/STK/USD AAPL/STK/MXN AAPL/STK/CHF"},
		{"SPX", "SPX/STK/USD SPX/IND/USD"},
		{"euro fx", "EUR/IND/USD"},
		{"", ""},
	} {
		var got []string
		for _, i := range (Market{}).Match(tc.pattern) {
			got = append(got, i.Symbol+"/"+string(i.SecType)+"/"+i.Currency)
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%q matches %v, want %s", tc.pattern, got, tc.want)
		}
	}
	if n := len((Market{}).Match("S")); n > MaxMatches {
		t.Errorf("%d matches", n)
	}
}

func TestDerivatives(t *testing.T) {
	for _, tc := range []struct {
		q    Query
		want string
	}{
		{samples[0], "[CFD OPT]"}, {samples[2], "[]"}, {samples[8], "[OPT]"}, {samples[9], "[FUT FOP]"},
	} {
		i := find(t, Market{}, tc.q)
		var got []string
		for _, kind := range (Market{}).Derivatives(i) {
			got = append(got, string(kind))
		}
		if text := "[" + strings.Join(got, " ") + "]"; text != tc.want {
			t.Errorf("on %s %s: %s, want %s", i.SecType, i.Symbol, text, tc.want)
		}
	}
}

// The exchanges of the tables are those that instruments trade at.
func TestExchangeTables(t *testing.T) {
	components, ok := SmartComponents(BBOExchange)
	if !ok {
		t.Fatal("no components of the exchange that quotes name")
	}
	letters := map[string]bool{}
	for _, c := range components {
		if letters[c.Letter] || !instrument(t, "AAPL").tradesAt(c.Exchange) {
			t.Errorf("component %+v", c)
		}
		letters[c.Letter] = true
	}
	if _, ok := SmartComponents("elsewhere"); ok {
		t.Error("any name has components")
	}
	deep := map[string]bool{}
	for _, e := range DepthExchanges() {
		deep[e.Exchange+string(e.SecType)] = true
	}
	for _, want := range []string{"NASDAQSTK", "CBOEOPT", "CMEFUT", "IDEALPROCASH"} {
		if !deep[want] {
			t.Errorf("no depth of %s", want)
		}
	}
}

// Golden quotes: platforms and releases must not change the market of a recorded seed.
func TestGoldenQuotes(t *testing.T) {
	m := Market{Seed: 1}
	if len(goldenQuotes) != len(samples) {
		t.Fatalf("%d goldens of %d samples", len(goldenQuotes), len(samples))
	}
	for n, want := range goldenQuotes {
		i := find(t, m, samples[n])
		q := m.Quote(i, monday)
		got := strings.Join([]string{
			q.Bid.String(), q.Ask.String(), q.Last.String(), strconv.FormatInt(q.BidSize, 10),
			strconv.FormatInt(q.AskSize, 10), strconv.FormatInt(q.LastSize, 10),
		}, " ")
		if got != want {
			t.Errorf("%s %s under seed 1:\n\t%q, want %q", i.SecType, i.LocalSymbol, got, want)
		}
	}
}

// goldenQuotes are those of the samples.
var goldenQuotes = [...]string{
	"286.75 286.79 286.77 600 500 541",
	"226.40 226.42 226.41 100 400 502",
	"100.00 100.02 100.01 700 500 330",
	"6437.75 6438.25 6438.00 25 40 98",
	"112.406250 112.437500 112.421875 45 35 113",
	"81.33 81.37 81.35 20 25 44",
	"0.96590 0.96610 0.96600 1000000 3500000 151035",
	"153.395 153.405 153.400 4000000 2500000 138091",
	"6424.54 6424.56 6424.55 2 2 25",
	"6424.25 6424.75 6424.50 10 10 116",
	"76.913 76.943 76.928 30 90 21",
	"186.33 186.35 186.34 700 400 608",
	"97523.50 97525.00 97524.25 4 7 23",
	"28.10 28.70 28.40 40 15 11",
	"0.88 0.91 0.90 25 20 10",
	"0.01 0.03 0.02 20 45 19",
	"310.80 317.20 314.00 45 45 13",
	"153.45 156.65 155.05 40 30 14",
	"369.65 377.20 373.45 45 45 14",
	"24412.00 24414.00 24413.00 5 5 10",
	"470.43 470.46 470.44 500 700 430",
	"14643 14645 14644 100 600 319",
	"49.95 50.10 50.00 400 600 72",
	"3913.66 3913.88 3913.77 60 50 15",
	"6424.54 6424.56 6424.55 200 200 388",
	"0.96590 0.96610 0.96600 200 700 225",
	"464.85 464.87 464.86 4 8 22",
}

func TestVolatilities(t *testing.T) {
	m, i := Market{Seed: 4}, instrument(t, "AAPL")
	for _, series := range []Series{HistoricalVolatility, OptionImpliedVolatility} {
		bars := history(t, m, monday, HistoryRequest{
			Instrument: i, Duration: Span{1, Month}, BarSize: Span{1, Day}, Series: series,
		})
		if len(bars) < 28 {
			t.Fatalf("%d days", len(bars))
		}
		for _, b := range bars {
			if b.Close.Less(decimal.MustParse("0.02")) || decimal.MustParse("1.5").Less(b.Close) || !b.High.Equal(b.Low) {
				t.Errorf("series %d: %+v", series, b)
			}
		}
		now, _ := bars[len(bars)-1].Close.Float64()
		if series == OptionImpliedVolatility && now != m.Volatility(i, bars[len(bars)-1].Start) {
			t.Errorf("implied volatility %g, of options at the money %g", now, m.Volatility(i, monday))
		}
	}
}
