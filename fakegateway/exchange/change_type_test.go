package exchange

import "testing"

// A paper Gateway at 200 has filled a limit order that was changed to MKT (April 2026).
func TestLimitChangedToMarketFills(t *testing.T) {
	d := open(t, Config{Seed: 1})
	r := d.request(Buy, 10, LimitOrder, "10")
	o := d.place(r)
	d.flow()
	r.Type = MarketOrder
	d.place(r)
	d.wantFlow("order Submitted, execution 10, order Filled, commission, booked")
	if got := d.order(o.PermID); got.Type != MarketOrder || !got.LimitPrice.IsZero() {
		t.Errorf("changed to %s with limit %s", got.Type, got.LimitPrice)
	}
	d.check()
}

// IBKR's clients change stops that way too: one that becomes a limit works at once, a limit that
// becomes a stop waits for it.
func TestStopsChangeToLimitsAndBack(t *testing.T) {
	d := open(t, Config{Seed: 1})
	d.place(d.request(Buy, 10, MarketOrder, ""))
	r := d.request(Sell, 10, StopOrder, "10")
	o := d.place(r)
	if o.Status != PreSubmitted || o.WhyHeld != "trigger" {
		t.Fatalf("stop: %s, held for %q", o.Status, o.WhyHeld)
	}
	r.Type, r.LimitPrice = LimitOrder, dec("900")
	if o = d.place(r); o.Status != Submitted || o.WhyHeld != "" || !o.StopPrice.IsZero() {
		t.Errorf("as a limit: %s, held for %q, stop %s", o.Status, o.WhyHeld, o.StopPrice)
	}
	r.Type, r.StopPrice = StopLimitOrder, dec("10")
	if o = d.place(r); o.Status != PreSubmitted || o.WhyHeld != "trigger" {
		t.Errorf("as a stop limit: %s, held for %q", o.Status, o.WhyHeld)
	}
	r.Type, r.StopPrice = StopOrder, dec("900")
	if o = d.place(r); o.Status != Filled {
		t.Errorf("a stop above the market: %s", o.Status)
	}
	d.check()
}

// Error 329 exists for the types that a change does not describe: see replaceable.
func TestTypesThatAnOrderCannotBecome(t *testing.T) {
	d := open(t, Config{Seed: 1})
	r := d.request(Buy, 10, LimitOrder, "10")
	d.place(r)
	for _, to := range []OrderType{
		TrailOrder, TrailLimitOrder, RelativeOrder, MidpriceOrder, MarketOnClose, MarketToLimit,
	} {
		r.Type, r.TrailAmount = to, dec("1")
		d.refused(r, 329)
	}
	trail := d.request(Sell, 10, TrailOrder, "")
	trail.TrailAmount = dec("1")
	d.place(d.request(Buy, 10, MarketOrder, ""))
	trail.OrderID = d.nextID
	d.place(trail)
	trail.Type, trail.LimitPrice = LimitOrder, dec("900")
	d.refused(trail, 329)
	d.check()
}
