package harness

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// bookDay is a Monday, in everybody's hours.
var bookDay = time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)

// keptBooks is a real exchange whose books the judge adds up.
type keptBooks struct {
	*exchange.Exchange
	t   *testing.T
	now time.Time
	id  int
}

// keep opens an exchange that holds two of the instruments from the start.
func keep(t *testing.T, opening ...market.Instrument) *keptBooks {
	t.Helper()
	cfg := exchange.Config{Seed: 1, AllowShort: true, StartCash: dec("100000000")}
	for _, i := range opening {
		cfg.Opening = append(cfg.Opening, exchange.OpeningPosition{
			Account: exchange.DefaultAccount, Instrument: i, Quantity: 2, Price: i.Price(4001),
		})
	}
	return &keptBooks{Exchange: exchange.New(cfg), t: t, now: bookDay}
}

func (k *keptBooks) step() time.Time {
	k.now = k.now.Add(time.Second)
	k.id++
	return k.now
}

func (k *keptBooks) request(i market.Instrument, n int64) exchange.OrderRequest {
	side := exchange.Buy
	if n < 0 {
		side, n = exchange.Sell, -n
	}
	return exchange.OrderRequest{
		ClientID: 1, OrderID: k.id, Account: exchange.DefaultAccount, Instrument: i, Action: side,
		Type: exchange.MarketOrder, TIF: exchange.DAY, Quantity: n,
	}
}

// fill trades by hand, at a price of so many ticks.
func (k *keptBooks) fill(i market.Instrument, n, ticks int64) exchange.Execution {
	k.t.Helper()
	e, err := k.ManualFill(k.step(), k.request(i, n), i.Price(ticks))
	k.do(err)
	return e
}

func (k *keptBooks) do(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

// books are those of the record: the Gateway tells them as JSON, and a correction stands behind what came
// after it.
func (k *keptBooks) books() Books {
	k.t.Helper()
	text, err := json.Marshal(k.Books())
	k.do(err)
	var told exchange.Books
	k.do(json.Unmarshal(text, &told))
	slices.Reverse(told.Executions)
	b, err := copyBooks(told, func(t time.Time) Moment { return Moment(t.Sub(bookDay)) })
	k.do(err)
	return b
}

// check wants books that add up, and that a cent, a unit or a fill less is seen in all of them.
func (k *keptBooks) check() {
	k.t.Helper()
	b := k.books()
	wrong, err := b.wrong()
	if err != nil || len(wrong) > 0 {
		k.t.Fatalf("%v, %v", wrong, err)
	}
	one := decimal.MustParse("0.01")
	for n := range b.Cash {
		k.wants(n, "money", func(b *Books) { b.Cash[n].Balance, _ = b.Cash[n].Balance.Sub(one) })
	}
	for n := range b.Positions {
		k.wants(n, "a unit", func(b *Books) { b.Positions[n].Shares, _ = b.Positions[n].Shares.Add(one) })
	}
	for n := range b.Fills {
		k.wants(n, "a fill", func(b *Books) { b.Fills = append(b.Fills[:n:n], b.Fills[n+1:]...) })
	}
}

func (k *keptBooks) wants(n int, what string, change func(*Books)) {
	k.t.Helper()
	b := k.books()
	change(&b)
	if wrong, err := b.wrong(); err != nil || len(wrong) == 0 {
		k.t.Errorf("%s %d was changed in the books, and they add up (%v)", what, n, err)
	}
}

// TestBooksAddUpOfEveryKind trades contracts of every kind that the exchange has, with a multiplier, in
// pence, in another currency or on margin alone, through zero and back, with positions from before.
func TestBooksAddUpOfEveryKind(t *testing.T) {
	own := market.NewUniverse([]market.Listing{
		{
			Symbol: "OWN1", SecType: market.Warrant, Price: dec("5"), Multiplier: 10, Expiry: "20270618",
			Strike: dec("9"), Right: "C",
		},
		{Symbol: "OWN2", SecType: market.Structured, Price: dec("5"), Expiry: "20270618", Strike: dec("9"), Right: "P"},
		{
			Symbol: "OWN3", SecType: market.Future, Price: dec("500"), Multiplier: 50, PriceMagnifier: 100,
			Expiry: "20270618", Exchange: "CBOT", Tick: dec("0.25"),
		},
	}, func(n int, key string, err error) { t.Fatalf("listing %d: %s: %v", n, key, err) })
	for _, q := range []market.Query{
		{Symbol: "AAPL", SecType: "STK", Currency: "USD"},
		{Symbol: "VOD", SecType: "STK", Currency: "GBP"},
		{Symbol: "BMW", SecType: "STK", Currency: "EUR"},
		{Symbol: "AAPL", SecType: "OPT", LastTradeDateOrMonth: "20261218", Right: "C"},
		{Symbol: "SPX", SecType: "OPT", LastTradeDateOrMonth: "202612", Right: "P"},
		{Symbol: "ES", SecType: "FUT"},
		{Symbol: "DAX", SecType: "FUT"},
		{Symbol: "OWN3", SecType: "FUT"},
		{Symbol: "ES", SecType: "FOP", Right: "C"},
		{Symbol: "AAPL", SecType: "CFD"},
		{Symbol: "IBDE40", SecType: "CFD"},
		{Symbol: "EUR", SecType: "CFD"},
		{Symbol: "EUR", SecType: "CASH", Currency: "USD"},
		{Symbol: "USD", SecType: "CASH", Currency: "JPY"},
		{Symbol: "EUR", SecType: "CASH", Currency: "GBP"},
		{Symbol: "US-T", SecType: "BOND"},
		{Symbol: "BTC", SecType: "CRYPTO"},
		{Symbol: "XAUUSD", SecType: "CMDTY"},
		{Symbol: "VINIX", SecType: "FUND"},
		{Symbol: "OWN1", SecType: "WAR"},
		{Symbol: "OWN2", SecType: "IOPT"},
	} {
		t.Run(q.SecType+" "+q.Symbol, func(t *testing.T) {
			found := market.Market{Universe: own}.Find(bookDay, q)
			if len(found) == 0 {
				t.Fatal("it is not listed")
			}
			for _, held := range [][]market.Instrument{nil, {found[0]}} {
				k := keep(t, held...)
				for n, units := range []int64{3, 4, -2, -11, 5, -1, 7} {
					k.fill(found[0], units, 4000+int64(40*n))
				}
				k.check()
			}
		})
	}
}

// TestBooksAddUpAfterWhatIsNoTrade has options exercised, assigned and expired, a combination, what the
// exchange corrected and took back, and units and money that came without a trade.
func TestBooksAddUpAfterWhatIsNoTrade(t *testing.T) {
	find := func(q market.Query) market.Instrument {
		t.Helper()
		found := market.Market{}.Find(bookDay, q)
		if len(found) == 0 {
			t.Fatalf("%+v is not listed", q)
		}
		return found[0]
	}
	strike, high := dec("200"), dec("330")
	stock := find(market.Query{Symbol: "AAPL", SecType: "STK", Currency: "USD"})
	december := market.Query{Symbol: "AAPL", SecType: "OPT", LastTradeDateOrMonth: "20261218", Right: "C", Strike: &strike}
	call := find(december)
	december.Right, december.Strike = "P", &high
	put := find(december)
	index := find(market.Query{Symbol: "SPX", SecType: "OPT", LastTradeDateOrMonth: "202612", Right: "P"})
	future := find(market.Query{Symbol: "ES", SecType: "FUT"})
	onFuture := find(market.Query{Symbol: "ES", SecType: "FOP", Right: "C"})
	k := keep(t)
	exercise := func(i market.Instrument, how exchange.Exercised) {
		t.Helper()
		_, err := k.Exercise(k.step(), exchange.ExerciseRequest{
			ClientID: 1, OrderID: k.id, Account: exchange.DefaultAccount, Instrument: i, Action: how, Quantity: 1,
			Override: true,
		})
		k.do(err)
	}
	move := func(m exchange.Transfer) {
		t.Helper()
		m.Account = exchange.DefaultAccount
		_, err := k.Transfer(k.step(), m)
		k.do(err)
	}
	k.fill(call, 3, 5800)
	k.fill(put, -2, 6000)
	k.fill(index, -2, 400)
	k.fill(onFuture, 2, 4000)
	exercise(call, exchange.WasExercised)
	exercise(call, exchange.HasLapsed)
	exercise(onFuture, exchange.WasExercised)
	k.fill(future, 2, 26000)
	first := k.fill(future, -5, 26011)
	k.fill(future, 4, 26007)
	_, err := k.Correct(k.step(), first.ExecID, future.Price(26020), 4)
	k.do(err)
	bust := k.fill(stock, 7, 26000)
	_, err = k.Bust(k.step(), bust.ExecID)
	k.do(err)
	move(exchange.Transfer{Instrument: stock, Quantity: 9, Price: dec("17.25")})
	move(exchange.Transfer{Instrument: future, Quantity: 4, Price: dec("6000.25")})
	k.fill(future, -1, 26100)
	move(exchange.Transfer{Instrument: future, Quantity: -2})
	k.fill(future, -9, 26100)
	move(exchange.Transfer{Cash: dec("-12.34"), Currency: "USD"})
	move(exchange.Transfer{Cash: dec("55.50"), Currency: "CHF"})
	legs := []exchange.Leg{
		{ConID: stock.ConID, Ratio: 100, Instrument: stock}, {ConID: call.ConID, Ratio: -1, Instrument: call},
	}
	now := k.step()
	r := k.request(exchange.ComboOf("AAPL", legs), 2)
	r.Legs = legs
	if o, err := k.Place(now, r); err != nil || o.Filled != 2 {
		t.Fatalf("the combination has filled %d, %v", o.Filled, err)
	}
	k.check()
	k.now = time.Date(2026, 12, 30, 15, 0, 0, 0, time.UTC) // when all but the stock have ended
	k.Advance(k.now)
	k.check()
	for _, p := range k.books().Positions {
		if p.SecType != "STK" && !p.Shares.IsZero() {
			t.Errorf("%s %s of %s are still held", p.Shares, p.Symbol, p.SecType)
		}
	}
}
