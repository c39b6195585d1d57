package market

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"
)

// digitSum is the sum of the digits of some values, of which every second one is doubled.
func digitSum(values []int) int {
	sum := 0
	for n, v := range values {
		v <<= n % 2
		sum += v/10 + v%10
	}
	return sum
}

func characterValue(c byte) int {
	if c >= 'A' {
		return int(c-'A') + 10
	}
	return int(c - '0')
}

// ISO 6166, annex on the check digit.
func validISIN(id string) bool {
	var digits []int
	for n := range len(id) {
		if v := characterValue(id[n]); v > 9 {
			digits = append(digits, v/10, v%10)
		} else {
			digits = append(digits, v)
		}
	}
	slices.Reverse(digits)
	return len(id) == 12 && digitSum(digits)%10 == 0
}

// ANSI X9.145: the last character of a FIGI is its check digit; the third is a G.
func validFIGI(id string) bool {
	const body = 11
	if len(id) != body+1 || id[2] != 'G' {
		return false
	}
	var values []int
	for n := range body {
		values = append(values, characterValue(id[body-1-n]))
	}
	return (digitSum(values)+characterValue(id[body]))%10 == 0
}

// Every row of the table is an instrument that can be looked up, quoted, and has bars, hours and a
// market rule that agrees with its tick; its ids outside of IBKR have the right check digits.
func TestListings(t *testing.T) {
	m := Market{Seed: 3}
	for n, i := range listedRows {
		l := listings[n]
		if invented := i.ConID >= firstStockConID; invented != (l.ConID == 0) {
			t.Errorf("%s: contract id %d, in the table %d", i.LocalSymbol, i.ConID, l.ConID)
		}
		if back, ok := m.Lookup(i.ConID); !ok || back != i {
			t.Errorf("%s: contract id %d leads to %+v", i.LocalSymbol, i.ConID, back)
		}
		if i.ISIN != "" && !validISIN(i.ISIN) || i.FIGI != "" && !validFIGI(i.FIGI) {
			t.Errorf("%s: ISIN %s, FIGI %s", i.LocalSymbol, i.ISIN, i.FIGI)
		}
		rule, _, _ := strings.Cut(i.MarketRuleIDs, ",")
		steps, ok := MarketRule(atoi(t, rule))
		if !ok || !steps[0].Increment.Equal(i.MinTick) {
			t.Errorf("%s: tick %s, rule %s is %v", i.LocalSymbol, i.MinTick, rule, steps)
		}
		bars, err := m.History(monday, HistoryRequest{
			Instrument: i, Duration: Span{1, Day}, BarSize: Span{3600, Second}, Series: Midpoint,
		})
		if err != nil || len(bars.Bars) < 5 {
			t.Errorf("%s: %d bars, %v", i.LocalSymbol, len(bars.Bars), err)
		}
		q := m.Quote(i, monday)
		usual, _ := l.Price.Float64()
		if last, _ := q.Last.Float64(); usual > 0 && (last < usual*0.6 || last > usual*1.4) {
			t.Errorf("%s: at %s, want about %s", i.LocalSymbol, q.Last, l.Price)
		}
		if !q.Bid.Less(q.Ask) || q.BidSize <= 0 {
			t.Errorf("%s: no market %+v", i.LocalSymbol, q)
		}
		if m.TradingHours(i, monday) == "" || i.ZoneID == "" {
			t.Errorf("%s: no hours", i.LocalSymbol)
		}
	}
	for symbol, id := range figis {
		if !validFIGI(id) {
			t.Errorf("%s: FIGI %s", symbol, id)
		}
	}
	for symbol, id := range isins {
		if !validISIN(id) {
			t.Errorf("%s: ISIN %s", symbol, id)
		}
	}
}

func atoi(t *testing.T, text string) int {
	t.Helper()
	d, err := decimal.Parse(text)
	n, _, ok := d.Int64(0)
	if err != nil || !ok {
		t.Fatalf("%q is no number", text)
	}
	return int(n)
}

// A stock that the table names keeps the price that it had by its symbol alone, so that recorded
// seeds mean the same market. IBM's under seed 1 was this before it was in the table.
func TestListedStocksKeepThePricesOfTheirSymbols(t *testing.T) {
	const ibmUnderSeed1 = "437.40"
	if q := (Market{Seed: 1}).Quote(instrument(t, "IBM"), monday); q.Last.String() != ibmUnderSeed1 {
		t.Errorf("IBM at %s, want %s", q.Last, ibmUnderSeed1)
	}
}

// A CFD has its underlying's prices (IBKR, "CFDs: Frequently Asked Questions": share CFDs are quoted
// as their underlying is), and one of a currency is sent to it.
func TestCFDsFollowTheirUnderlyings(t *testing.T) {
	m := Market{Seed: 5}
	for _, tc := range []struct {
		cfd, under int
		rerouted   bool
	}{
		{143916318, 12087792, true},
		{229484467, 15016059, true},
		{457068913, 69067924, false},
		{111767871, spxConID, false},
		{111987422, daxConID, false},
	} {
		cfd, _ := m.Lookup(tc.cfd)
		under, _ := m.Lookup(tc.under)
		a, b := m.Quote(cfd, monday), m.Quote(under, monday)
		apart, _ := must(a.Last.Sub(b.Last)).Abs().Float64()
		if tick, _ := under.Tick().Float64(); apart >= tick || cfd.Rerouted() != tc.rerouted {
			t.Errorf("%s at %s, %s at %s; rerouted: %v", cfd.LocalSymbol, a.Last, under.LocalSymbol,
				b.Last, cfd.Rerouted())
		}
	}
}

// "For stocks, ETFs, bonds ... by ISIN, CUSIP or FIGI": TWS API documentation of Contract.SecIdType;
// ContractSamples.ByFIGI gives neither a kind nor a symbol.
func TestFindBySecurityID(t *testing.T) {
	for _, tc := range []struct {
		q    Query
		want []int
	}{
		{Query{SecIDType: "FIGI", SecID: "BBG000B9XRY4", Exchange: "SMART"}, []int{265598}},
		{Query{SecIDType: "FIGI", SecID: "BBG000BLNNH6"}, []int{8314}},
		{Query{SecIDType: "ISIN", SecID: "US45841N1072", SecType: "STK", Currency: "USD"}, []int{43645865}},
		// One ISIN, two listings: https://github.com/erdewit/ib_insync/issues/649.
		{Query{SecIDType: "ISIN", SecID: "CA7800871021", SecType: "STK"}, []int{2008980, 4458964}},
		{Query{SecIDType: "CUSIP", SecID: "084670702"}, []int{72063691}},
		{Query{SecIDType: "FIGI", SecID: "BBG000000000"}, nil},
		{Query{SecIDType: "SEDOL", SecID: "B0YBKJ7"}, nil},
	} {
		var got []int
		for _, i := range (Market{}).Find(monday, tc.q) {
			got = append(got, i.ConID)
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%+v finds %v, want %v", tc.q, got, tc.want)
		}
	}
}

// ContractSamples.ContAndExpiringFut: one request for the continuous future and its contracts.
func TestFuturesAndTheContinuousOneInOneRequest(t *testing.T) {
	var kinds []string
	for _, i := range (Market{}).Find(monday, Query{Symbol: "GBL", SecType: "FUT+CONTFUT", Exchange: "EUREX"}) {
		kinds = append(kinds, string(i.SecType)+" "+i.LocalSymbol+" "+i.Currency)
	}
	want := []string{"CONTFUT FGBL DEC 26 EUR", "FUT FGBL DEC 26 EUR", "FUT FGBL MAR 27 EUR", "FUT FGBL JUN 27 EUR"}
	if !slices.Equal(kinds, want) {
		t.Errorf("%q, want %q", kinds, want)
	}
}

// LEAPS are listed up to 39 months ahead (Options Industry Council, "LEAPS"): Januaries of three
// years.
func TestOptionsOfThreeYears(t *testing.T) {
	var januaries []string
	for _, e := range (Market{}).Chain(instrument(t, "AAPL"), monday)[0].Expirations {
		if strings.HasPrefix(e[4:], "01") && e > "20270115" {
			januaries = append(januaries, e)
		}
	}
	if !slices.Equal(januaries, []string{"20270122", "20280121", "20290119"}) &&
		!slices.Equal(januaries, []string{"20280121", "20290119"}) {
		t.Errorf("%v", januaries)
	}
}

// Error 10330 names the forms, https://github.com/ib-api-reloaded/ib_async/issues/120.
func TestParseExpiry(t *testing.T) {
	for text, want := range map[string]string{
		"202612": "202612", "20261218": "20261218", " 20261218 ": "20261218",
		"20261218 08:30:00 US/Central": "20261218", "20261218 16:00:00": "20261218",
		"20261218 17:30:00 MET": "20261218", "20261218-14:30:00": "20261218",
		"20261218 16:30:00 GB-Eire": "20261218",
		"":                          "", "2026": "", "20261318": "", "202613": "", "20261218 8:30": "", "20261218 08:30:00 Nowhere": "",
		"DEC 26": "", "20261218 ": "20261218", "20261218  08:30:00": "", "2026121": "",
	} {
		if got, ok := ParseExpiry(text); got != want && ok || ok != (want != "") {
			t.Errorf("%q is %q, %v, want %q", text, got, ok, want)
		}
	}
}

// The text that a Gateway gives for the end of a contract names the contract, by its id and without.
func TestExpiryWithATime(t *testing.T) {
	const text = "20261218 08:30:00 US/Central"
	for _, q := range []Query{
		{Symbol: "ES", SecType: "FUT", LastTradeDateOrMonth: text, Exchange: "CME"},
		{ConID: 1230000323, LastTradeDateOrMonth: text},
		// A contract id decides: https://github.com/erdewit/ib_insync/issues/693.
		{ConID: 1230000323, LastTradeDateOrMonth: "20261219"},
	} {
		if got := find(t, Market{}, q); got.LocalSymbol != "ESZ6" {
			t.Errorf("%+v finds %s", q, got.LocalSymbol)
		}
	}
	// ContractSamples.WrongContract: "Note the space in the symbol!"
	if got := (Market{}).Find(monday, Query{ConID: 9579976, Symbol: " IJR ", SecType: "STK"}); got != nil {
		t.Errorf("the wrong contract is %v", got)
	}
}

func TestUniverse(t *testing.T) {
	var problems []string
	u := NewUniverse([]Listing{
		{Symbol: "OWN", Exchange: "NYSE", ConID: 77, Price: parse("12.5")},
		{Symbol: "SAP", Exchange: "IBIS", Currency: "EUR", Hours: "frankfurt", Price: parse("230"), Tick: parse("0.05")},
		{Symbol: "GOOG", SecType: Warrant, Exchange: "FWB", Currency: "EUR", Hours: "frankfurt", Price: parse("3"), Expiry: "20271117", Strike: parse("1500"), Right: Call},
		{Symbol: "B881G", SecType: Structured, Exchange: "SBF", Currency: "EUR", Price: parse("4"), Expiry: "20281218"},
		{Symbol: "SEK", SecType: Cash, Price: parse("0.105")},
		{Symbol: "NOK", SecType: CFD, UnderConID: 12087792},
	}, func(_ int, key string, err error) { problems = append(problems, key+" "+err.Error()) })
	if len(problems) != 0 {
		t.Fatalf("%q", problems)
	}
	m := Market{Seed: 2, Universe: u}
	for _, tc := range []struct {
		q    Query
		want int
	}{
		{Query{Symbol: "OWN", SecType: "STK", Currency: "USD"}, 77}, // in place of the seeded stock
		{Query{ConID: 77}, 77},
		{Query{Symbol: "SAP", SecType: "STK", Currency: "EUR"}, firstOwnConID + 1},
		{Query{Symbol: "GOOG", SecType: "WAR", Strike: dec("1500"), Right: "C", Exchange: "FWB"}, firstOwnConID + 2},
		{Query{LocalSymbol: "B881G", SecType: "IOPT", Exchange: "SBF"}, firstOwnConID + 3},
		{Query{LocalSymbol: "SEK.USD", SecType: "CASH"}, firstOwnConID + 4},
	} {
		i := find(t, m, tc.q)
		if i.ConID != tc.want {
			t.Errorf("%+v finds %d, want %d", tc.q, i.ConID, tc.want)
		}
		if q := m.Quote(i, monday); !q.Bid.Less(q.Ask) {
			t.Errorf("%s: %+v", i.LocalSymbol, q)
		}
		if back, ok := m.Lookup(i.ConID); !ok || back != i {
			t.Errorf("%d leads to %+v", i.ConID, back)
		}
	}
	sap := find(t, m, Query{Symbol: "SAP", SecType: "STK", Currency: "EUR"})
	if sap.MinTick.String() != "0.05" || sap.ZoneID != "MET" || sap.ValidExchanges != "SMART,IBIS" {
		t.Errorf("%+v", sap)
	}
	if got := m.Find(time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC), Query{Symbol: "GOOG", SecType: "WAR"}); got != nil {
		t.Errorf("an expired warrant is listed: %v", got)
	}
	// Not in another market.
	if got := (Market{}).Find(monday, Query{Symbol: "GOOG", SecType: "WAR"}); got != nil {
		t.Errorf("a warrant is listed that no file lists: %v", got)
	}
}

func TestListingsThatCannotBe(t *testing.T) {
	good := Listing{Symbol: "OWN", Price: parse("12.5")}
	for _, tc := range []struct {
		change func(*Listing)
		want   string
	}{
		{func(l *Listing) { l.Symbol = "" }, "symbol is missing: want the contract's symbol"},
		{func(l *Listing) { l.SecType = Option }, `secType "OPT" cannot be listed: want one of BOND, CASH, CFD, CMDTY, CRYPTO, FUND, FUT, IND, IOPT, STK, WAR`},
		{func(l *Listing) { l.SecType = Index }, "exchange is missing: a IND has no usual one, want its name"},
		{func(l *Listing) { l.Price = decimal.Decimal{} }, "price 0: want the usual price, above 0 and at most 167772.16"},
		{func(l *Listing) { l.Price = parse("1") }, "price 1: want at least 200 ticks of 0.01"},
		{func(l *Listing) { l.Tick = parse("-1") }, "tick -1: want 0.00000001..100000, with at most 8 digits behind the point"},
		{func(l *Listing) { l.Tick = parse("0.0000000001") }, "tick 0.0000000001: want 0.00000001..100000, with at most 8 digits behind the point"},
		{func(l *Listing) { l.ConID = 265598 }, "conId 265598 is another contract's: leave it out, or want one that is free"},
		{func(l *Listing) { l.ConID = -1 }, "conId -1: want 1..2147483647, or none"},
		{func(l *Listing) { l.Expiry = "20271217" }, `expiry "20271217": a STK has none, leave it out`},
		{func(l *Listing) { l.SecType, l.Exchange = Future, "CME" }, "expiry is missing: a FUT has one, want its last day like 20261218"},
		{func(l *Listing) { l.SecType, l.Expiry = Warrant, "2027" }, `expiry "2027": want a day like 20261218`},
		{func(l *Listing) { l.Multiplier = -1 }, "multiplier -1: want 1..1000000"},
		{func(l *Listing) { l.PriceMagnifier = 10 }, "priceMagnifier 10: want 1 or 100"},
		{func(l *Listing) { l.Right = "X" }, `right "X": want C or P`},
		{func(l *Listing) { l.UnderConID = 265598 }, "underConId a STK has none, leave it out"},
		{func(l *Listing) { l.SecType, l.UnderConID = CFD, 1230000323 }, "underConId 1230000323 is not listed, or expires: want the contract that the CFD is on, by an id that always exists"},
		{func(l *Listing) { l.Hours = "moon" }, `hours "moon": want one of bonds, coins, eurex, frankfurt, globex, helsinki, hongkong, indices, interbank, london, metals, mexico, newyork, nymex, toronto, zurich`},
	} {
		l, got := good, ""
		tc.change(&l)
		NewUniverse([]Listing{l}, func(_ int, key string, err error) { got = key + " " + err.Error() })
		if got != tc.want {
			t.Errorf("%+v:\n got %s\nwant %s", l, got, tc.want)
		}
	}
}
