package market

import (
	"testing"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"
)

// samples are queries that mean exactly one instrument at monday, one of each kind of prices.
var samples = []Query{
	{Symbol: "AAPL", SecType: "STK", Currency: "USD"},
	{Symbol: "AAPL", SecType: "STK", Currency: "CHF"},
	{Symbol: "QWERTY", SecType: "STK"},
	{LocalSymbol: "ESZ6", SecType: "FUT"},
	{LocalSymbol: "ZNH7", SecType: "FUT"},
	{Symbol: "CL", SecType: "CONTFUT"},
	{LocalSymbol: "EUR.USD", SecType: "CASH"},
	{LocalSymbol: "USD.JPY", SecType: "CASH"},
	{Symbol: "SPX", SecType: "IND"},
	{Symbol: "ES", SecType: "IND"},
	{SecIDType: "CUSIP", SecID: "912810TM0", SecType: "BOND"},
	{Symbol: "NVDA", SecType: "CFD"},
	{Symbol: "BTC", SecType: "CRYPTO"},
	{LocalSymbol: "AAPL  261218C00260000", SecType: "OPT"},
	{LocalSymbol: "AAPL  261218P00260000", SecType: "OPT"},
	{LocalSymbol: "TSLA  270115C00500000", SecType: "OPT"},
	{LocalSymbol: "SPX   261218P06600000", SecType: "OPT"},
	{LocalSymbol: "ESZ6 C6600", SecType: "FOP", Symbol: "ES"},
	{LocalSymbol: "EW4Z6 P6700", SecType: "FOP", Symbol: "ES"},
	{LocalSymbol: "FDXM DEC 26", SecType: "FUT"},
	{Symbol: "BRK B", SecType: "STK"},
	{Symbol: "GAW", SecType: "STK", Currency: "GBP"},
	{Symbol: "1", SecType: "STK", Currency: "HKD"},
	{Symbol: "XAUUSD", SecType: "CMDTY"},
	{Symbol: "IBUS500", SecType: "CFD"},
	{Symbol: "EUR", SecType: "CFD", Currency: "USD"},
	{Symbol: "VINIX", SecType: "FUND"},
}

func find(t interface {
	Helper()
	Fatalf(string, ...any)
}, m Market, q Query,
) Instrument {
	t.Helper()
	found := m.Find(monday, q)
	if len(found) != 1 {
		t.Fatalf("%+v means %d instruments, want one", q, len(found))
	}
	return found[0]
}

func anyInstrument(t *rapid.T, m Market) Instrument {
	return find(t, m, rapid.SampledFrom(samples).Draw(t, "instrument"))
}

func dec(s string) *decimal.Decimal {
	d := decimal.MustParse(s)
	return &d
}

// Whatever the universe lists can be looked up by its contract id, and no two contracts share one.
func TestContractIDsAreUniqueAndInvertible(t *testing.T) {
	m := Market{}
	seen := map[int]Instrument{}
	see := func(i Instrument) {
		if other, ok := seen[i.ConID]; ok && i.SecType != ContinuousFuture {
			t.Errorf("contract id %d is of %s and of %s", i.ConID, i.LocalSymbol, other.LocalSymbol)
		}
		seen[i.ConID] = i
		if i.SecType == Option && i.ConID%16 > 1 { // for the sake of time
			return
		}
		if back, ok := m.Lookup(i.ConID); !ok || back != i && i.SecType != ContinuousFuture {
			t.Errorf("contract id %d of %s leads to %+v", i.ConID, i.LocalSymbol, back)
		}
		if again := m.Find(monday, Query{ConID: i.ConID, SecType: string(i.SecType)}); len(again) != 1 || again[0] != i {
			t.Errorf("a query for contract id %d of %s %s finds %v", i.ConID, i.SecType, i.LocalSymbol, again)
		}
	}
	for _, u := range append(optionable, fixed...) {
		if seen[u.ConID].ConID == 0 {
			see(u)
		}
	}
	options := 0
	for _, u := range optionable {
		for _, o := range m.Find(monday, Query{Symbol: u.Symbol, SecType: "OPT"}) {
			see(o)
			options++
		}
	}
	for _, p := range products {
		for _, f := range m.Find(monday, Query{Symbol: p.symbol, TradingClass: p.class, SecType: "FUT"}) {
			see(f)
		}
	}
	if options < 20_000 {
		t.Errorf("%d options, want a real universe", options)
	}
	for _, symbol := range []string{"A", "Z", "AA", "ABCDEF", "ZYXWVU", "F", "BRK"} {
		see(instrument(t, symbol))
	}
}

func TestStockSymbolsAreInvertible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		symbol := rapid.StringMatching(`[A-Z]{1,6}`).Draw(t, "symbol")
		id, ok := symbolToConID(symbol)
		if back, found := conIDToSymbol(id); !ok || !found || back != symbol || id >= firstFutureConID {
			t.Fatalf("%s has id %d, which is %q", symbol, id, back)
		}
	})
}

func TestFind(t *testing.T) {
	m := Market{}
	for _, tc := range []struct {
		name string
		q    Query
		want []string // local symbol and currency
	}{
		{"a stock needs a currency", Query{Symbol: "AAPL", SecType: "STK"}, []string{"AAPL USD", "AAPL MXN", "AAPL CHF"}},
		{"or an exchange", Query{Symbol: "AAPL", SecType: "STK", Exchange: "NASDAQ"}, []string{"AAPL USD"}},
		{"or its primary exchange", Query{Symbol: "AAPL", SecType: "STK", PrimaryExchange: "EBS"}, []string{"AAPL CHF"}},
		{"which has an older name", Query{Symbol: "NVDA", SecType: "STK", PrimaryExchange: "ISLAND"}, []string{"NVDA USD"}},
		{"by ISIN", Query{SecType: "STK", SecIDType: "ISIN", SecID: "US5949181045"}, []string{"MSFT USD"}},
		{"by contract id alone", Query{ConID: 265598}, []string{"AAPL USD"}},
		{"which must agree", Query{ConID: 265598, Symbol: "NVDA"}, nil},
		{"no kind", Query{Symbol: "AAPL"}, nil},
		{"no such stock", Query{Symbol: "ZZZTOP", SecType: "STK"}, nil},
		{"a month of a future", Query{Symbol: "ES", SecType: "FUT", LastTradeDateOrMonth: "202612"}, []string{"ESZ6 USD"}},
		{"its day", Query{Symbol: "ES", SecType: "FUT", LastTradeDateOrMonth: "20261218", Exchange: "CME"}, []string{"ESZ6 USD"}},
		{"the wrong exchange", Query{Symbol: "ES", SecType: "FUT", Exchange: "SMART"}, nil},
		{"an expired one", Query{LocalSymbol: "ESU6", SecType: "FUT", IncludeExpired: true}, []string{"ESU6 USD"}},
		{"which is not listed any more", Query{LocalSymbol: "ESU6", SecType: "FUT"}, nil},
		{"by trading class", Query{TradingClass: "6E", SecType: "FUT", LastTradeDateOrMonth: "202703"}, []string{"6EH7 USD"}},
		{"a multiplier", Query{Symbol: "ES", SecType: "CONTFUT", Multiplier: "50"}, []string{"ESZ6 USD"}},
		{"the wrong one", Query{Symbol: "ES", SecType: "CONTFUT", Multiplier: "5"}, nil},
		{"a pair", Query{Symbol: "EUR", SecType: "CASH", Currency: "USD"}, []string{"EUR.USD USD"}},
		{"every pair of it", Query{Symbol: "EUR", SecType: "CASH"}, []string{"EUR.USD USD", "EUR.GBP GBP", "EUR.CHF CHF", "EUR.JPY JPY"}},
		{"an option", Query{
			Symbol: "AAPL", SecType: "OPT", LastTradeDateOrMonth: "20261218", Right: "CALL", Strike: dec("260.00"), Exchange: "SMART",
		}, []string{"AAPL  261218C00260000 USD"}},
		{"both rights", Query{
			Symbol: "AAPL", SecType: "OPT", LastTradeDateOrMonth: "20261218", Strike: dec("260"),
		}, []string{"AAPL  261218C00260000 USD", "AAPL  261218P00260000 USD"}},
		{"no such strike", Query{Symbol: "AAPL", SecType: "OPT", LastTradeDateOrMonth: "20261218", Strike: dec("260.01")}, nil},
		{"options on the stocks with names only", Query{Symbol: "QWERTY", SecType: "OPT"}, nil},
		{"a bond", Query{Symbol: "912810TM0", SecType: "BOND"}, []string{"IBCID912810TM0 USD"}},
		{"nothing", Query{}, nil},
		{"nothing but a kind", Query{SecType: "OPT"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, i := range m.Find(monday, tc.q) {
				got = append(got, i.LocalSymbol+" "+i.Currency)
			}
			if len(got) != len(tc.want) {
				t.Fatalf("%+v finds %q, want %q", tc.q, got, tc.want)
			}
			for n := range got {
				if got[n] != tc.want[n] {
					t.Errorf("%+v finds %q, want %q", tc.q, got, tc.want)
				}
			}
		})
	}
}

func TestChains(t *testing.T) {
	m := Market{}
	chains := m.Chain(instrument(t, "AAPL"), monday)
	if len(chains) != 17 || chains[0].Exchange != "SMART" || chains[0].Multiplier != 100 {
		t.Fatalf("%d chains, the first %+v", len(chains), chains[0])
	}
	c := chains[0]
	for n := 1; n < len(c.Strikes); n++ {
		if !c.Strikes[n-1].Less(c.Strikes[n]) {
			t.Errorf("strike %s is followed by %s", c.Strikes[n-1], c.Strikes[n])
		}
	}
	for n := 1; n < len(c.Expirations); n++ {
		if c.Expirations[n-1] >= c.Expirations[n] {
			t.Errorf("expiration %s is followed by %s", c.Expirations[n-1], c.Expirations[n])
		}
	}
	options := m.Find(monday, Query{Symbol: "AAPL", SecType: "OPT"})
	if want := 2 * len(c.Strikes) * len(c.Expirations); len(options) != want {
		t.Errorf("%d options, the chain makes %d", len(options), want)
	}
	classes := map[string]bool{}
	for _, c := range m.Chain(byConID[spxConID], monday) {
		classes[c.TradingClass] = true
	}
	if !classes["SPX"] || !classes["SPXW"] {
		t.Errorf("classes of SPX: %v", classes)
	}
	if more := m.Chain(instrument(t, "QWERTY"), monday); more != nil {
		t.Errorf("chains of a stock without options: %v", more)
	}
}

// What a chain lists stays listed until it expires.
func TestOptionsStayListed(t *testing.T) {
	m := Market{}
	aapl := instrument(t, "AAPL")
	before := m.Chain(aapl, monday)[0].Expirations
	for days := 1; days < 100; days++ {
		now := monday.AddDate(0, 0, days)
		next := m.Chain(aapl, now)[0].Expirations
		gone := map[string]bool{}
		for _, e := range before {
			gone[e] = true
		}
		for _, e := range next {
			delete(gone, e)
		}
		for e := range gone {
			if e > now.Format(dateForm) {
				t.Fatalf("on %s the expiration %s is gone", now.Format(dateForm), e)
			}
		}
		before = next
	}
}

func TestPricesConformToTheirMarketRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Market{Seed: rapid.Uint64().Draw(t, "seed")}
		i := anyInstrument(t, m)
		at := monday.Add(timeDraw(t, "at"))
		q := m.Quote(i, at)
		for _, p := range []decimal.Decimal{q.Bid, q.Ask, q.Last} {
			ticks, ok := i.Ticks(p)
			if !ok || !i.Price(ticks).Equal(p) {
				t.Fatalf("%s: price %s does not conform (%d)", i.LocalSymbol, p, ticks)
			}
		}
		if !q.Bid.Less(q.Ask) || q.Last.Less(q.Bid) || q.Ask.Less(q.Last) || q.BidSize <= 0 || q.AskSize <= 0 {
			t.Fatalf("%s: no market %+v", i.LocalSymbol, q)
		}
	})
}

// Whatever a client asks for, there is an answer, and what is found is what was asked for.
func TestFindOfAnything(t *testing.T) {
	words := rapid.OneOf(
		rapid.SampledFrom([]string{
			"", "AAPL", "ES", "ESZ6", "SPX", "EUR", "EUR.USD", "USD", "OPT", "FUT", "STK", "SMART", "CME",
			"20261218", "202612", "2026", "C", "?", "50", "ISIN", "AAPL  261218C00260000",
			"AAPL  26121 C0026000x", "AAPL  261218C99999999",
		}),
		rapid.String(),
	)
	rapid.Check(t, func(t *rapid.T) {
		word := func(label string) string { return words.Draw(t, label) }
		q := Query{
			Symbol: word("symbol"), SecType: rapid.SampledFrom([]string{
				"STK", "OPT", "FUT", "CONTFUT", "CASH", "IND", "BOND", "CFD", "CRYPTO", "BAG", "opt", "",
			}).Draw(t, "kind"), LastTradeDateOrMonth: word("date"), Right: word("right"),
			Multiplier: word("multiplier"), Exchange: word("exchange"), Currency: word("currency"),
			LocalSymbol: word("local"), TradingClass: word("class"), SecIDType: word("id type"), SecID: word("id"),
			IncludeExpired: rapid.Bool().Draw(t, "expired"),
		}
		if rapid.Bool().Draw(t, "with strike") {
			strike := decimal.MustNew(rapid.Int64().Draw(t, "strike"), rapid.IntRange(0, 19).Draw(t, "scale"))
			q.Strike = &strike
		}
		for _, i := range (Market{}).Find(monday, q) {
			if q.Symbol != "" && i.Symbol != q.Symbol && i.SecType != Bond {
				t.Fatalf("%+v finds %+v", q, i)
			}
		}
		id := int(rapid.Int32().Draw(t, "contract id"))
		if i, ok := (Market{}).Lookup(id); ok && i.ConID != id {
			t.Fatalf("contract id %d leads to %d", id, i.ConID)
		}
	})
}
