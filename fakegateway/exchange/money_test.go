package exchange

import (
	"testing"
	"time"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

func dec(text string) decimal.Decimal { return decimal.MustParse(text) }

func (d *desk) wantCash(currency, want string) {
	d.t.Helper()
	a := d.Books().Accounts[0]
	if got := a.in(currency).Cash; !got.Equal(dec(want)) {
		d.t.Errorf("cash %s %s, want %s", got, currency, want)
	}
}

// fillAt makes a trade at a price of the test's choice.
func (d *desk) fillAt(a Action, i market.Instrument, n int64, price string) Execution {
	d.t.Helper()
	e, err := d.ManualFill(d.now, OrderRequest{
		Account: DefaultAccount, Instrument: i, Action: a, Quantity: n,
	}, dec(price))
	if err != nil {
		d.t.Fatalf("fill %s %d %s: %v", a, n, i.LocalSymbol, err)
	}
	d.check()
	return e
}

func TestFuturesMoveCashByProfitsOnly(t *testing.T) {
	d := open(t, Config{Seed: 1})
	d.fillAt(Buy, emini, 2, "6000.00")
	d.wantCash("USD", "999995.50") // two commissions of 2.25
	e := d.fillAt(Sell, emini, 3, "6010.00")
	if e.Closed != 2 || !e.RealizedPnL.Equal(dec("991.00")) { // 2*50*10 less 4.50 less 4.50
		t.Errorf("closed %d for %s", e.Closed, e.RealizedPnL)
	}
	d.wantCash("USD", "1000988.75")
	d.fillAt(Buy, emini, 1, "6020.00") // the short one, at a loss of 500
	d.wantCash("USD", "1000486.50")
}

func TestSharesOptionsAndBondsArePaidInFull(t *testing.T) {
	for _, tc := range []struct {
		i           market.Instrument
		n           int64
		price, cash string
	}{
		{aapl, 100, "200.00", "979999.00"},
		{aaplCall, 3, "5.00", "998498.05"}, // 1500 and 1.95
		{bond, 20, "90.000", "981980.00"},  // 18000 and 20
	} {
		d := open(t, Config{Seed: 1})
		d.fillAt(Buy, tc.i, tc.n, tc.price)
		d.wantCash("USD", tc.cash)
	}
}

// A stock that is quoted in pence is paid for in pounds, and its cost is in them:
// https://github.com/bankroll-py/bankroll/issues/31.
func TestStocksInPenceArePaidInPounds(t *testing.T) {
	d := open(t, Config{Seed: 1, AllowShort: true})
	d.fillAt(Buy, pence, 10, "15000")
	d.wantCash("GBP", "-1501.00") // 10 shares at 150 pounds, and the least commission
	if p := d.Books().Positions[0]; !p.CostBasis.Equal(dec("1501.00")) || !p.AverageCost.Equal(dec("150.10")) {
		t.Errorf("position %+v", p)
	}
	e := d.fillAt(Sell, pence, 4, "15100")
	if !e.RealizedPnL.Equal(dec("2.60")) { // 604.00 less 1.00, which cost 600.40
		t.Errorf("realized %s", e.RealizedPnL)
	}
	d.wantCash("GBP", "-898.00")
}

// An option on a future is paid for like any option, and delivers the future, or, if that ends with
// it, its value (CME Group, E-mini S&P 500 options).
func TestOptionsOnFutures(t *testing.T) {
	d := open(t, Config{Seed: 1})
	d.fillAt(Buy, esCall, 2, "100.00")
	d.wantCash("USD", "989995.50") // 2*50*100 and 4.50
	for _, tc := range []struct {
		local     string
		delivered int64
	}{{"EW4Z6 C5000", 2}, {"EW4Z6 C8000", 0}, {"ESZ6 C5000", 0}} {
		i := esOption(tc.local)
		d := open(t, Config{Seed: 1, Opening: []OpeningPosition{{DefaultAccount, i, 2, dec("100.00")}}})
		last, _ := i.LastTrade()
		future, _ := d.Market().Lookup(i.UnderConID)
		price := d.Market().Quote(future, last.Add(-1)).Last
		before := d.Books().Accounts[0].Cash
		d.now = last.Add(-1)
		d.pass(time.Hour)
		d.check()
		b := d.Books()
		var held int64
		for _, p := range b.Positions {
			if p.ConID == future.ConID {
				held = p.Quantity
			}
		}
		if held != tc.delivered {
			t.Errorf("%s: %d futures delivered, want %d", tc.local, held, tc.delivered)
		}
		worth := future.Value(sub(price, i.Strike), 2)
		if got := sub(b.Accounts[0].Cash, before); tc.local == "ESZ6 C5000" && !got.Equal(worth) {
			t.Errorf("%s: paid %s, want %s", tc.local, got, worth)
		}
	}
}

func TestContractsForDifferenceMoveCashByProfitsOnly(t *testing.T) {
	d := open(t, Config{Seed: 1})
	d.fillAt(Sell, aaplCFD, 100, "200.00")
	d.wantCash("USD", "999999.00")
	d.fillAt(Buy, aaplCFD, 100, "190.00")
	d.wantCash("USD", "1000998.00")
}

// IBKR's "CFD commissions": 0.2 basis points for currencies, from 0.5 basis points for indices.
func TestContractsForDifferenceCostWhatTheyAreOn(t *testing.T) {
	d := open(t, Config{Seed: 1})
	for _, tc := range []struct {
		i         market.Instrument
		n         int64
		price, is string
	}{
		{euroCFD, 200_000, "1.10000", "4.4"},
		{euroCFD, 1_000, "1.10000", "2"},
		{listed(market.CFD, "IBUS500", "USD"), 10, "6000.00", "3"},
		{aaplCFD, 1_000, "200.00", "5"},
	} {
		if e := d.fillAt(Buy, tc.i, tc.n, tc.price); !e.Commission.Equal(dec(tc.is)) || e.CommissionCurrency != "USD" {
			t.Errorf("%d %s: %s %s, want %s", tc.n, tc.i.LocalSymbol, e.Commission, e.CommissionCurrency, tc.is)
		}
	}
}

func TestCurrenciesAreCash(t *testing.T) {
	d := open(t, Config{Seed: 1})
	d.fillAt(Buy, euro, 20_000, "1.10000")
	d.wantCash("USD", "977998") // 22000 and the least commission, 2
	d.wantCash("EUR", "20000")
	e := d.fillAt(Sell, euro, 5_000, "1.12000")
	if !e.RealizedPnL.Equal(dec("100")) { // no commission in it
		t.Errorf("realized %s", e.RealizedPnL)
	}
	d.wantCash("EUR", "15000")
	d.fillAt(Sell, yen, 1_000, "150.000")
	d.wantCash("JPY", "150000")
	b := d.Books().Accounts[0]
	d.View(d.now, func(v *View) {
		have := v.Balances(DefaultAccount)
		if len(have.Currencies) != 3 || have.Currencies[0].Currency != "USD" ||
			!have.Currencies[1].Cash.Equal(b.in("EUR").Cash) {
			t.Errorf("currencies %+v", have.Currencies)
		}
		if !have.PositionValue.IsZero() { // they are in the cash
			t.Errorf("positions are worth %s", have.PositionValue)
		}
	})
	d.refused(func() OrderRequest {
		r := d.request(Sell, 15_001, MarketOrder, "")
		r.Instrument = euro
		return r
	}(), 201)
}

func TestCashAccountsGoShortOnMarginOnly(t *testing.T) {
	d := open(t, Config{Seed: 1})
	for _, i := range []market.Instrument{aapl, aaplCall, bond, euro} {
		r := d.request(Sell, 1, MarketOrder, "")
		r.Instrument = i
		d.refused(r, 201)
	}
	for _, i := range []market.Instrument{emini, aaplCFD} {
		r := d.request(Sell, 1, MarketOrder, "")
		r.Instrument = i
		d.place(r)
	}
	d.check()
}

// What an order is previewed to cost is what the account then shows.
func TestPreviewsComeTrue(t *testing.T) {
	for _, short := range []bool{false, true} {
		for _, i := range []market.Instrument{aapl, aaplCall, emini, aaplCFD, bond, euro} {
			d := open(t, Config{Seed: 1, AllowShort: short})
			r := d.request(Buy, 10, MarketOrder, "")
			r.Instrument = i
			p, err := d.Preview(d.now, r)
			if err != nil {
				t.Fatalf("%s: %v", i.SecType, err)
			}
			before := len(d.Books().Orders)
			d.place(r)
			d.View(d.now, func(v *View) {
				b := v.Balances(DefaultAccount)
				if !b.InitialMargin.Equal(p.After.Initial) || !b.MaintenanceMargin.Equal(p.After.Maintenance) {
					t.Errorf("%s, margin account %v: margins %s and %s, previewed %+v",
						i.SecType, short, b.InitialMargin, b.MaintenanceMargin, p.After)
				}
				if !b.AvailableFunds.Equal(sub(b.NetLiquidation, b.InitialMargin)) {
					t.Errorf("%s: available %s of %s", i.SecType, b.AvailableFunds, b.NetLiquidation)
				}
			})
			if o := d.Books().Orders; before != 0 || !o[0].Commission.Equal(p.Commission) {
				t.Errorf("%s: %d orders before; commission %s, previewed %s",
					i.SecType, before, o[0].Commission, p.Commission)
			}
		}
	}
}

func TestMarginAccountsBuyMoreThanTheirCash(t *testing.T) {
	d := open(t, Config{Seed: 1, AllowShort: true, StartCash: shares(100_000)})
	ask := d.quote().Ask
	n, _, _ := must(shares(150_000).Quo(ask)).Floor(0).Int64(0)
	d.place(d.request(Buy, n, MarketOrder, ""))
	d.refused(d.request(Buy, n, MarketOrder, ""), 201)
	d.View(d.now, func(v *View) {
		b := v.Balances(DefaultAccount)
		if !b.Cash.IsNeg() || !b.BuyingPower.Equal(mul(b.AvailableFunds, shares(4))) {
			t.Errorf("balances %+v", b)
		}
	})
	d.check()
}

func TestWorkingOrdersReserveFunds(t *testing.T) {
	d := open(t, Config{Seed: 1})
	available := func() (have decimal.Decimal) {
		d.View(d.now, func(v *View) { have = v.Balances(DefaultAccount).AvailableFunds })
		return have
	}
	o := d.place(d.request(Buy, 100, LimitOrder, "100.00"))
	if got := available(); !got.Equal(dec("989999.00")) {
		t.Errorf("available %s", got)
	}
	if err := d.Cancel(d.now, 1, o.OrderID, false); err != nil {
		t.Fatal(err)
	}
	if got := available(); !got.Equal(dec("1000000.00")) {
		t.Errorf("available %s after the cancel", got)
	}
}

func TestOpeningPositions(t *testing.T) {
	d := open(t, Config{Seed: 1, Opening: []OpeningPosition{
		{DefaultAccount, aapl, 100, dec("150.00")},
		{DefaultAccount, euro, 1_000, dec("1.2")},
		{DefaultAccount, emini, -1, dec("6100")},
	}})
	d.check()
	d.wantCash("USD", "1000000")
	d.wantCash("EUR", "1000")
	if e := d.fillAt(Sell, aapl, 50, "160.00"); !e.RealizedPnL.Equal(dec("499.00")) {
		t.Errorf("realized %s", e.RealizedPnL)
	}
	if e := d.fillAt(Buy, emini, 1, "6000"); !e.RealizedPnL.Equal(dec("4997.75")) {
		t.Errorf("realized %s", e.RealizedPnL)
	}
	d.wantCash("USD", "1012996.75") // 7999 and 4997.75
}

func TestCommissionsByKind(t *testing.T) {
	for _, tc := range []struct {
		kind        market.SecType
		n           int64
		value, want string
	}{
		{market.Stock, 100, "20000", "1.00"},
		{market.Stock, 1_000, "200000", "5.000"},
		{market.Stock, 10, "5", "0.05"},
		{market.Option, 1, "500", "1.00"},
		{market.Option, 10, "5000", "6.50"},
		{market.Future, 4, "1200000", "9.00"},
		{market.Cash, 20_000, "22000", "2.00"},
		{market.Cash, 1_000_000, "1100000", "22"},
		{market.CFD, 1_000, "200000", "5"},
		{market.Bond, 20, "18000", "20"},
	} {
		if got := Commission(tc.kind, tc.n, dec(tc.value)); !got.Equal(dec(tc.want)) {
			t.Errorf("%d %s worth %s cost %s, want %s", tc.n, tc.kind, tc.value, got, tc.want)
		}
	}
}

func TestRealizedProfitOfReductionsOnly(t *testing.T) {
	d := open(t, Config{Seed: 1, AllowShort: true})
	for _, step := range []struct {
		a      Action
		n      int64
		closed int64
	}{{Buy, 10, 0}, {Buy, 5, 0}, {Sell, 4, 4}, {Sell, 20, 11}, {Sell, 1, 0}, {Buy, 10, 10}} {
		d.now = d.now.Add(time.Second)
		e := d.fillAt(step.a, aapl, step.n, "200.00")
		if e.Closed != step.closed || (e.Closed == 0) != e.RealizedPnL.IsZero() {
			t.Errorf("%s %d closed %d for %s, want %d", step.a, step.n, e.Closed, e.RealizedPnL, step.closed)
		}
	}
}
