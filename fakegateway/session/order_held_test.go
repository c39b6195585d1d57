package session

import (
	"testing"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// IBKR's EWrapper.orderStatus (whyHeld "locate") and nautilus_trader #3655: an order that is held is
// Inactive to its client, and among the open orders.
func TestHeldOrdersReadInactive(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		shared := testLogin(t, Semantics{})
		l := login(t, shared, v, 1)
		shared.exchange.HoldNew(l.now)
		got := l.ask(wire.PlaceOrder, order(1, "BUY", 5, "MKT", 0))
		wantFlow(t, got, "openOrder:Inactive", "orderStatus:Inactive 0/5")
		if s := body[*protobuf.OrderStatus](t, got, wire.OrderStatus); s.GetWhyHeld() != "locate" {
			t.Errorf("held for %q", s.GetWhyHeld())
		}
		wantFlow(t, l.ask(wire.ReqOpenOrders, &protobuf.OpenOrdersRequest{}),
			"openOrder:Inactive", "orderStatus:Inactive 0/5", "openOrderEnd")
		l.sent = nil
		shared.exchange.ReleaseAll(l.now)
		wantFlow(t, l.take(), "openOrder:Submitted", "orderStatus:Submitted 0/5",
			"execDetails:-1 BOT", "openOrder:Filled", "orderStatus:Filled 5/0", "commissionReport")
	})
}

// nautilus_trader #4564: a change that comes in an outage is a second order behind the first when
// the connection is back, with the same order id and another permanent id.
func TestAChangeInAnOutageSplitsItsOrder(t *testing.T) {
	shared := testLogin(t, Semantics{})
	l := login(t, shared, 225, 1)
	l.ask(wire.PlaceOrder, order(1, "BUY", 5, "LMT", 10))
	if _, err := shared.Lose(l.now); err != nil {
		t.Fatal(err)
	}
	shared.exchange.SplitNext(l.now)
	l.ask(wire.PlaceOrder, order(1, "BUY", 5, "LMT", 11))
	if _, err := shared.Restore(l.now, false); err != nil {
		t.Fatal(err)
	}
	l.sent = nil
	l.session.Resume()
	got := l.ask(wire.ReqOpenOrders, &protobuf.OpenOrdersRequest{})
	open := all[*protobuf.OpenOrder](got, wire.OpenOrder)
	if len(open) != 2 || open[0].GetOrderId() != open[1].GetOrderId() ||
		open[0].GetOrder().GetPermId() == open[1].GetOrder().GetPermId() ||
		open[0].GetOrder().GetLmtPrice() != 10 || open[1].GetOrder().GetLmtPrice() != 11 {
		t.Errorf("open orders %v", open)
	}
	wantFlow(t, l.ask(wire.CancelOrder, cancel(1)),
		"orderStatus:PendingCancel 0/5", "orderStatus:Cancelled 0/5", "errMsg:1 202")
	got = l.ask(wire.ReqOpenOrders, &protobuf.OpenOrdersRequest{})
	wantFlow(t, got, "openOrder:Submitted", "orderStatus:Submitted 0/5", "openOrderEnd")
}
