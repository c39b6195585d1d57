package exchange

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/govalues/decimal"
)

func TestOrderIDs(t *testing.T) {
	d := open(t, Config{})
	r := d.request(Buy, 1, LimitOrder, "10")
	r.OrderID = 7
	d.place(r)
	low := r
	low.OrderID = 6
	d.refused(low, 103)
	other := r
	other.ClientID = 2
	if o := d.place(other); o.PermID == 0 {
		t.Error("another client's ids are not its own")
	}
	if err := d.Cancel(d.now, 1, 7, false); err != nil {
		t.Fatal(err)
	}
	d.refused(r, 103)
	d.View(d.now, func(v *View) {
		for client, want := range map[int]int{1: 8, 2: 8, 3: 1} {
			if got := v.NextOrderID(client); got != want {
				t.Errorf("next id of client %d: %d, want %d", client, got, want)
			}
		}
	})
	bad := r
	bad.OrderID, bad.Quantity = 8, 0
	d.refused(bad, 321)
	bad.Quantity = 1
	d.place(bad) // a refused id is not used up
}

func TestModify(t *testing.T) {
	d := open(t, Config{Seed: 1})
	r := d.request(Buy, 10, LimitOrder, "10")
	o := d.place(r)
	d.flow()
	r.LimitPrice, r.Quantity = decimal.MustParse("11"), 20
	d.place(r)
	d.wantFlow("order Submitted")
	got := d.order(o.PermID)
	if !got.Market.Equal(d.quote().Last) {
		t.Errorf("the market was at %s, not %s", d.quote().Last, got.Market)
	}
	if got.Quantity != 20 || !got.LimitPrice.Equal(decimal.MustParse("11")) || got.Modifications != 1 {
		t.Errorf("modified: %+v", got)
	}
	wrong := r
	wrong.Action = Sell
	d.refused(wrong, 105)
	r.LimitPrice = add(d.quote().Ask, shares(1))
	d.place(r)
	d.wantFlow("order Submitted, execution 20, order Filled, commission, booked")
	d.refused(r, 104)
	d.check()
}

func TestRejections(t *testing.T) {
	d := open(t, Config{Seed: 1})
	change := func(f func(*OrderRequest)) OrderRequest {
		r := d.request(Buy, 1, LimitOrder, "10")
		f(&r)
		return r
	}
	for _, tc := range []struct {
		name string
		code int
		f    func(*OrderRequest)
	}{
		{"no shares", 321, func(r *OrderRequest) { r.Quantity = 0 }},
		{"fewer than none", 321, func(r *OrderRequest) { r.Quantity = -1 }},
		{"too many", 321, func(r *OrderRequest) { r.Quantity = MaxQuantity + 1 }},
		{"side", 321, func(r *OrderRequest) { r.Action = "HOLD" }},
		{"type", 321, func(r *OrderRequest) { r.Type = "FEELINGS" }},
		{"account", 321, func(r *OrderRequest) { r.Account = "U1" }},
		{"time in force", 10052, func(r *OrderRequest) { r.TIF = "SOON" }},
		{"tick", 110, func(r *OrderRequest) { r.LimitPrice = decimal.MustParse("10.005") }},
		{"no price", 321, func(r *OrderRequest) { r.LimitPrice = decimal.Decimal{} }},
		{"price out of range", 321, func(r *OrderRequest) { r.LimitPrice = decimal.MustParse("1e12") }},
		{"parent", 135, func(r *OrderRequest) { r.ParentID = 4711 }},
		{"id", 103, func(r *OrderRequest) { r.OrderID = 0 }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d.t = t
			d.refused(change(tc.f), tc.code)
			if n := len(d.Books().Orders); n != 0 {
				t.Errorf("%d orders in the books", n)
			}
		})
	}
	d.t = t
	d.flow()
	for _, r := range []OrderRequest{
		d.request(Buy, 1_000_000, MarketOrder, ""), d.request(Sell, 1, MarketOrder, ""),
	} {
		d.refused(r, 201)
		d.wantFlow("notice 201, status Inactive")
	}
	d.place(d.request(Buy, 3_000, LimitOrder, "200.00"))
	d.refused(d.request(Buy, 3_000, LimitOrder, "200.00"), 201) // the first has the cash
	d.check()
}

func TestBracket(t *testing.T) {
	d := open(t, Config{Seed: 1})
	last, _ := aapl.Ticks(d.quote().Last)
	parent := d.request(Buy, 10, LimitOrder, aapl.Price(last-20).String())
	profit := d.request(Sell, 10, LimitOrder, aapl.Price(last+30).String())
	loss := d.request(Sell, 10, StopOrder, aapl.Price(last-60).String())
	parent.Staged, profit.Staged = true, true
	profit.ParentID, loss.ParentID = parent.OrderID, parent.OrderID
	parent.TIF, profit.TIF, loss.TIF = GTC, GTC, GTC
	d.place(parent)
	d.place(profit)
	d.wantFlow("")
	d.place(loss)
	d.wantFlow("order PreSubmitted, order Submitted, order PreSubmitted, order PreSubmitted")
	orders := d.Books().Orders
	if o := orders[2]; o.WhyHeld != "child,trigger" || o.ParentPermID != orders[0].PermID ||
		o.OCAGroup != fmt.Sprint(orders[0].PermID) || o.OCAType != 3 {
		t.Errorf("stop %+v", o)
	}
	for range 30 {
		d.pass(24 * time.Hour)
	}
	orders = d.Books().Orders
	ends := []Status{orders[1].Status, orders[2].Status}
	if orders[0].Status != Filled || !slices.Contains(ends, Filled) || !slices.Contains(ends, Cancelled) {
		t.Errorf("after a month: parent %s, profit %s, loss %s", orders[0].Status, ends[0], ends[1])
	}
	if n := d.Books().Holding(DefaultAccount, "AAPL"); n != 0 {
		t.Errorf("%d shares left", n)
	}
	d.check()
}

func TestCancelOfAParentCancelsItsChildren(t *testing.T) {
	d := open(t, Config{Seed: 1})
	parent, child := d.request(Buy, 10, LimitOrder, "10"), d.request(Sell, 10, LimitOrder, "900")
	parent.Staged, child.ParentID = true, parent.OrderID
	d.place(parent)
	d.place(child)
	d.flow()
	if err := d.Cancel(d.now, 1, parent.OrderID, false); err != nil {
		t.Fatal(err)
	}
	d.wantFlow("status PendingCancel, status Cancelled, status Cancelled, notice 202, notice 202")
	late := d.request(Sell, 10, LimitOrder, "900")
	late.ParentID = parent.OrderID
	d.refused(late, 201)
}

func TestShortPositions(t *testing.T) {
	d := open(t, Config{Seed: 1, AllowShort: true})
	d.place(d.request(Sell, 30, MarketOrder, ""))
	d.place(d.request(Buy, 50, MarketOrder, ""))
	b := d.Books()
	if n := b.Holding(DefaultAccount, "AAPL"); n != 20 {
		t.Errorf("%d shares, want 20", n)
	}
	if e := b.Executions[1]; e.Closed != 30 || !e.RealizedPnL.IsNeg() { // spread and commissions
		t.Errorf("closed %d for %s", e.Closed, e.RealizedPnL)
	}
	d.check()
}
