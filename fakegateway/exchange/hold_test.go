package exchange

import (
	"testing"
	"time"
)

// nautilus_trader #3655 and IBKR's EWrapper.orderStatus (whyHeld "locate"): an order that is held
// reads Inactive, is open, does not trade, and fills when it is let go.
func TestOrdersAreHeldAndReleased(t *testing.T) {
	d := open(t, Config{Seed: 1})
	d.HoldNew(d.now)
	o := d.place(d.request(Buy, 10, MarketOrder, ""))
	d.wantFlow("order PreSubmitted")
	if o.Shown() != Inactive || o.WhyHeld != Locate || o.Status.Done() {
		t.Fatalf("placed: %s (%s), held for %q", o.Shown(), o.Status, o.WhyHeld)
	}
	d.pass(time.Hour)
	d.View(d.now, func(v *View) {
		if list := v.OpenOrders(); len(list) != 1 || list[0].Shown() != Inactive {
			t.Errorf("open orders %+v", list)
		}
	})
	d.check()
	if n := d.ReleaseAll(d.now); n != 1 {
		t.Errorf("%d were released", n)
	}
	if o = d.order(o.PermID); o.Status != Filled || o.Shown() != Filled || o.WhyHeld != "" {
		t.Errorf("released: %s, held for %q", o.Shown(), o.WhyHeld)
	}
	if o = d.place(d.request(Buy, 10, MarketOrder, "")); o.Status != Filled {
		t.Errorf("a later order is %s", o.Status)
	}
	d.check()
}

func TestOneOrderIsHeld(t *testing.T) {
	d := open(t, Config{Seed: 1})
	r := d.request(Buy, 10, LimitOrder, "10")
	o := d.place(r)
	d.flow()
	if _, err := d.Hold(d.now, o.PermID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Hold(d.now, o.PermID); err == nil {
		t.Error("held twice")
	}
	r.LimitPrice = dec("900")
	if o = d.place(r); o.Shown() != Inactive || o.Filled != 0 {
		t.Errorf("changed while held: %s, %d filled", o.Shown(), o.Filled)
	}
	if _, err := d.Release(d.now, o.PermID); err != nil {
		t.Fatal(err)
	}
	if o = d.order(o.PermID); o.Status != Filled {
		t.Errorf("released: %s", o.Status)
	}
	if _, err := d.Release(d.now, o.PermID); err == nil {
		t.Error("released twice")
	}
	d.place(d.request(Sell, 10, StopOrder, "10"))
	stop := d.Books().Orders[1].PermID
	if _, err := d.Hold(d.now, stop); err != nil {
		t.Fatal(err)
	}
	if err := d.Cancel(d.now, 1, 2, false); err != nil {
		t.Fatal(err)
	}
	if o = d.order(stop); o.Shown() != Cancelled || o.Held {
		t.Errorf("cancelled while held: %s", o.Shown())
	}
	d.check()
}

// nautilus_trader #4564: a change in an outage left two orders with one order id, of which a cancel
// reached one and the other filled hours later.
func TestAChangeSplitsItsOrder(t *testing.T) {
	d := open(t, Config{Seed: 1})
	r := d.request(Buy, 10, LimitOrder, "10")
	first := d.place(r)
	d.SplitNext(d.now)
	r.LimitPrice, r.Quantity = dec("11"), 4
	second, err := d.Place(d.now, r)
	if err != nil {
		t.Fatal(err)
	}
	if second.PermID == first.PermID || second.OrderID != first.OrderID || second.SplitFrom != first.PermID {
		t.Fatalf("first %+v\nsecond %+v", first, second)
	}
	if o := d.order(first.PermID); o.Status != Submitted || o.Quantity != 10 || !o.LimitPrice.Equal(dec("10")) {
		t.Errorf("the first is %+v", o)
	}
	if err := d.Cancel(d.now, 1, r.OrderID, false); err != nil {
		t.Fatal(err)
	}
	if a, b := d.order(first.PermID), d.order(second.PermID); a.Status != Cancelled || b.Status != Submitted {
		t.Errorf("after a cancel by order id: %s and %s", a.Status, b.Status)
	}
	r.LimitPrice = dec("900") // the id is the survivor's now
	d.place(r)
	if o := d.order(second.PermID); o.Status != Filled || o.Filled != 4 {
		t.Errorf("the second: %s, %d filled", o.Status, o.Filled)
	}
	d.check()
}

func TestBothHalvesOfASplitFill(t *testing.T) {
	d := open(t, Config{Seed: 1, MaxFillShares: 3})
	r := d.request(Buy, 10, LimitOrder, d.quote().Ask.String())
	first := d.place(r) // three of ten
	d.SplitNext(d.now)
	r.LimitPrice = dec("900")
	second, err := d.Place(d.now, r)
	if err != nil || second.Quantity != 7 {
		t.Fatalf("second %+v, %v", second, err)
	}
	d.pass(24 * time.Hour)
	if o := d.order(second.PermID); o.Status != Filled || d.order(first.PermID).Filled < 3 {
		t.Errorf("first %+v\nsecond %+v", d.order(first.PermID), o)
	}
	d.check()
}
