package exchange

import (
	"testing"

	"ibsoak/fakegateway/market"
)

// IBKR's "Basic Orders" page, Cash Quantity, and OrderSamples.LimitOrderWithCashQty, which IBKR's
// clients send for a currency and for a stock.
func TestCashQuantityIsTheSize(t *testing.T) {
	d := open(t, Config{Seed: 1})
	r := d.request(Buy, 0, LimitOrder, "0.5")
	r.Instrument, r.CashQuantity = euro, dec("20000")
	if o := d.place(r); o.Quantity != 40_000 || !o.CashQuantity.Equal(dec("20000")) {
		t.Errorf("20,000 dollars of euros at 0.5: %d, sized by %s", o.Quantity, o.CashQuantity)
	}
	r.LimitPrice = dec("0.8") // a change counts again
	if o := d.place(r); o.Quantity != 25_000 {
		t.Errorf("at 0.8: %d", o.Quantity)
	}
	r = d.request(Buy, 0, LimitOrder, "111.11")
	r.CashQuantity = dec("5000")
	if o := d.place(r); o.Quantity != 45 {
		t.Errorf("5,000 dollars of a stock at 111.11: %d", o.Quantity)
	}
	r = d.request(Buy, 0, MarketOrder, "")
	r.CashQuantity = dec("10000")
	o := d.place(r)
	spent := mul(o.AvgFillPrice, shares(o.Filled))
	if o.Status != Filled || dec("10000").Less(spent) || spent.Less(sub(dec("10000"), o.AvgFillPrice)) {
		t.Errorf("10,000 dollars at the market: %s, %s spent", o.Status, spent)
	}
	d.check()
}

// An amount is in pounds where prices are in pence (https://github.com/bankroll-py/bankroll/issues/31).
func TestCashQuantityOfStocksInPence(t *testing.T) {
	d := open(t, Config{Seed: 1, AllowShort: true})
	r := d.request(Buy, 0, LimitOrder, "10000")
	r.Instrument, r.CashQuantity = pence, dec("1050")
	if o := d.place(r); o.Quantity != 10 {
		t.Errorf("1,050 pounds at 100 pounds: %d", o.Quantity)
	}
}

// ib_insync #407 (10289), ib_async #111 (10293), Lean.Brokerages.InteractiveBrokers #260.
func TestCashQuantityOfCryptocurrencies(t *testing.T) {
	d := open(t, Config{Seed: 1})
	bitcoin := listed(market.Crypto, "BTC", "USD")
	order := func(a Action, n int64, typ OrderType, cash string) OrderRequest {
		r := d.request(a, n, typ, "")
		r.Instrument, r.TIF, r.LimitPrice, r.CashQuantity = bitcoin, IOC, dec("100"), dec(cash)
		return r
	}
	d.refused(order(Buy, 1, MarketOrder, "0"), 10289)
	d.refused(order(Buy, 1, MarketOrder, "200"), 10293)
	d.refused(order(Buy, 1, LimitOrder, "200"), 10293)
	d.refused(order(Sell, 0, LimitOrder, "200"), 10244)
	d.refused(order(Buy, 0, LimitOrder, "20"), 321) // less than one, and only whole ones trade here
	if o := d.place(order(Buy, 0, LimitOrder, "200")); o.Quantity != 2 || o.Status != Cancelled {
		t.Errorf("200 dollars at 100: %d, %s", o.Quantity, o.Status)
	}
	r := order(Buy, 0, MarketOrder, "200000")
	if o := d.place(r); o.Status != Filled {
		t.Errorf("200,000 dollars at the market: %s", o.Status)
	}
	call := d.request(Buy, 0, MarketOrder, "")
	call.Instrument, call.CashQuantity = aaplCall, dec("5000")
	d.refused(call, 10244)
	d.check()
}
