package session

import (
	"testing"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

// order is a request for AAPL; p is the limit of LMT and the stop of STP.
func order(id int, action string, n int64, kind string, p float64) *protobuf.PlaceOrderRequest {
	o := &protobuf.Order{
		Action: new(action), TotalQuantity: proto.String(client.Whole(n)), OrderType: new(kind),
		Tif: new("DAY"), Transmit: proto.Bool(true), OrderRef: new("ref-1"),
	}
	switch kind {
	case "LMT":
		o.LmtPrice = new(p)
	case "STP":
		o.AuxPrice = new(p)
	}
	return &protobuf.PlaceOrderRequest{OrderId: num(id), Contract: stock("AAPL"), Order: o}
}

func TestMarketOrderFlow(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		got := l.ask(wire.PlaceOrder, order(1, "BUY", 100, "MKT", 0))
		wantFlow(t, got, "openOrder:Submitted", "orderStatus:Submitted 0/100",
			"execDetails:-1 BOT", "openOrder:Filled", "orderStatus:Filled 100/0", "commissionReport")
		if c := body[*protobuf.CommissionAndFeesReport](t, got, wire.CommissionReport); c.RealizedPNL != nil {
			t.Errorf("realized profit of an opening trade: %v", *c.RealizedPNL)
		}
		exec := body[*protobuf.ExecutionDetails](t, got, wire.ExecutionDetails)
		if x := exec.GetExecution(); x.GetOrderRef() != "ref-1" || x.GetShares() != "100" ||
			exec.GetContract().GetExchange() != "NASDAQ" {
			t.Errorf("execution %v of %v", x, exec.GetContract())
		}
		got = l.ask(wire.PlaceOrder, order(2, "SELL", 100, "MKT", 0))
		if c := body[*protobuf.CommissionAndFeesReport](t, got, wire.CommissionReport); c.RealizedPNL == nil {
			t.Error("no realized profit of a closing trade")
		}
	})
}

func cancel(id int) *protobuf.CancelOrderRequest {
	return &protobuf.CancelOrderRequest{OrderId: num(id)}
}

func TestRefusedOrders(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	change := func(f func(*protobuf.PlaceOrderRequest)) *protobuf.PlaceOrderRequest {
		m := order(5, "BUY", 1, "LMT", 10)
		f(m)
		return m
	}
	for name, tc := range map[string]struct {
		m    *protobuf.PlaceOrderRequest
		want string
	}{
		"unknown contract": {change(func(m *protobuf.PlaceOrderRequest) {
			m.Contract = stock("ZZZ")
		}), "errMsg:5 200"},
		"no exchange": {change(func(m *protobuf.PlaceOrderRequest) {
			m.Contract.Exchange = nil
		}), "errMsg:5 321"},
		"unknown type": {order(5, "BUY", 1, "FEELINGS", 0), "errMsg:5 321"},
		"other type":   {order(5, "BUY", 1, "PEG MKT", 0), "errMsg:5 387"},
		"action":       {order(5, "HOLD", 1, "MKT", 0), "errMsg:5 321"},
		"no shares":    {order(5, "BUY", 0, "MKT", 0), "errMsg:5 321"},
		"half a share": {change(func(m *protobuf.PlaceOrderRequest) {
			m.Order.TotalQuantity = new("0.5")
		}), "errMsg:5 10243"},
		"quantity that is no number": {change(func(m *protobuf.PlaceOrderRequest) {
			m.Order.TotalQuantity = new("many")
		}), "errMsg:5 321"},
		"tick": {order(5, "BUY", 1, "LMT", 10.001), "errMsg:5 110"},
		"no limit": {change(func(m *protobuf.PlaceOrderRequest) {
			m.Order.LmtPrice = nil
		}), "errMsg:5 321"},
		"limit beyond numbers": {order(5, "BUY", 1, "LMT", 1.7e308), "errMsg:5 321"},
		"account": {change(func(m *protobuf.PlaceOrderRequest) {
			m.Order.Account = new("U1")
		}), "errMsg:5 321"},
		"no time in force": {change(func(m *protobuf.PlaceOrderRequest) {
			m.Order.Tif = nil
		}), "errMsg:5 10052"},
		"empty": {&protobuf.PlaceOrderRequest{OrderId: num(5)}, "errMsg:5 321"},
	} {
		t.Run(name, func(t *testing.T) { wantFlow(t, l.ask(wire.PlaceOrder, tc.m), tc.want) })
	}
	wantFlow(t, l.ask(wire.PlaceOrder, order(5, "SELL", 1, "MKT", 0)),
		"errMsg:5 201", "orderStatus:Inactive 0/1")
	wantFlow(t, l.ask(wire.PlaceOrder, order(5, "BUY", 1, "MKT", 0)), "errMsg:5 103")
}

func TestTextClientsMayLeaveTheTimeInForceOut(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), 178, 1)
	m := order(1, "BUY", 1, "LMT", 10)
	m.Order.Tif = nil
	got := l.ask(wire.PlaceOrder, m)
	if o := body[*protobuf.OpenOrder](t, got, wire.OpenOrder); o.GetOrder().GetTif() != "DAY" {
		t.Errorf("time in force %q", o.GetOrder().GetTif())
	}
}

func TestWhatIf(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		m := order(1, "BUY", 100, "MKT", 0)
		m.Order.WhatIf = proto.Bool(true)
		got := l.ask(wire.PlaceOrder, m)
		wantFlow(t, got, "openOrder:PreSubmitted")
		st := body[*protobuf.OpenOrder](t, got, wire.OpenOrder).GetOrderState()
		if st.GetCommissionAndFees() != 1 || st.GetEquityWithLoanBefore() != 1_000_000 ||
			st.GetEquityWithLoanAfter() != 999_999 || st.GetInitMarginAfter() <= 0 {
			t.Errorf("state %v", st)
		}
		wantFlow(t, l.ask(wire.ReqAllOpenOrders, &protobuf.AllOpenOrdersRequest{}), "openOrderEnd")
		m.Order.TotalQuantity = new("1000000")
		wantFlow(t, l.ask(wire.PlaceOrder, m), "errMsg:1 201")
		if n := len(l.session.login.exchange.Books().Orders); n != 0 {
			t.Errorf("%d orders in the books", n)
		}
	})
}

func TestCancelFlows(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		shared := testLogin(t, Semantics{})
		l := login(t, shared, v, 1)
		l.ask(wire.PlaceOrder, order(1, "BUY", 1, "LMT", 10))
		wantFlow(t, l.ask(wire.CancelOrder, cancel(1)),
			"orderStatus:PendingCancel 0/1", "orderStatus:Cancelled 0/1", "errMsg:1 202")
		wantFlow(t, l.ask(wire.CancelOrder, cancel(1)), "errMsg:1 10148")
		wantFlow(t, l.ask(wire.CancelOrder, cancel(77)), "errMsg:77 10147")
		l.ask(wire.PlaceOrder, order(2, "BUY", 1, "LMT", 10))
		l.ask(wire.PlaceOrder, order(3, "BUY", 2, "LMT", 10))
		other := login(t, shared, v, 2)
		other.ask(wire.PlaceOrder, order(9, "BUY", 3, "LMT", 10))
		l.take()
		wantFlow(t, l.ask(wire.ReqGlobalCancel, &protobuf.GlobalCancelRequest{}),
			"orderStatus:PendingCancel 0/1", "orderStatus:Cancelled 0/1", "errMsg:2 202",
			"orderStatus:PendingCancel 0/2", "orderStatus:Cancelled 0/2", "errMsg:3 202",
			"orderStatus:PendingCancel 0/3", "orderStatus:Cancelled 0/3", "errMsg:9 202")
		wantFlow(t, other.take(), "orderStatus:PendingCancel 0/3", "orderStatus:Cancelled 0/3",
			"errMsg:9 202")
	})
}

func TestOwnCancelsOnly(t *testing.T) {
	shared := testLogin(t, Semantics{OwnCancelsOnly: true})
	a, b := login(t, shared, 225, 1), login(t, shared, 225, 2)
	a.ask(wire.PlaceOrder, order(1, "BUY", 1, "LMT", 10))
	wantFlow(t, b.ask(wire.CancelOrder, cancel(1)), "errMsg:1 10147")
}

// Who hears of an order: the client that placed it, client 0 and the master; and nobody else.
func TestRouting(t *testing.T) {
	shared := testLogin(t, Semantics{MasterClientID: 7})
	zero, owner, other, master := login(t, shared, 225, 0), login(t, shared, 178, 1),
		login(t, shared, 200, 2), login(t, shared, 225, 7)
	flow := summary(owner.ask(wire.PlaceOrder, order(1, "BUY", 1, "MKT", 0)))
	for name, l := range map[string]*line{"client 0": zero, "master": master} {
		if got := summary(l.take()); got != flow {
			t.Errorf("%s heard %s, the owner %s", name, got, flow)
		}
	}
	wantFlow(t, other.take())
	owner.session.End()
	wantFlow(t, owner.take())
	other.ask(wire.PlaceOrder, order(1, "SELL", 1, "MKT", 0))
	wantFlow(t, owner.take())
}

func TestRepeatFilled(t *testing.T) {
	l := login(t, testLogin(t, Semantics{RepeatFilled: true}), 225, 1)
	got := l.ask(wire.PlaceOrder, order(1, "BUY", 1, "MKT", 0))
	wantFlow(t, got, "openOrder:Submitted", "orderStatus:Submitted 0/1", "execDetails:-1 BOT",
		"openOrder:Filled", "orderStatus:Filled 1/0", "openOrder:Filled", "orderStatus:Filled 1/0",
		"commissionReport")
	if o := got[5].Body.(*protobuf.OpenOrder); o.GetOrderState().GetCommissionAndFees() != 1 {
		t.Errorf("state %v", o.GetOrderState())
	}
}

func TestFillWhileAway(t *testing.T) {
	shared := testLogin(t, Semantics{FillLatency: 30e9})
	l := login(t, shared, 225, 1)
	wantFlow(t, l.ask(wire.PlaceOrder, order(1, "BUY", 3, "MKT", 0)),
		"openOrder:Submitted", "orderStatus:Submitted 0/3")
	l.session.End()
	l.pass(60e9)
	wantFlow(t, l.take())
	l = login(t, shared, 225, 1)
	l.now = sunday.Add(60e9)
	wantFlow(t, l.ask(wire.ReqOpenOrders, &protobuf.OpenOrdersRequest{}), "openOrderEnd")
	wantFlow(t, l.ask(wire.ReqExecutions, &protobuf.ExecutionRequest{ReqId: num(4)}),
		"execDetails:4 BOT", "commissionReport", "execDetailsEnd")
	got := l.ask(wire.ReqCompletedOrders, &protobuf.CompletedOrdersRequest{})
	wantFlow(t, got, "completedOrder", "completedOrdersEnd")
	done := body[*protobuf.CompletedOrder](t, got, wire.CompletedOrder)
	if done.GetOrderState().GetStatus() != "Filled" || done.GetOrder().GetFilledQuantity() != "3" ||
		done.GetOrder().GetTotalQuantity() != "3" || done.GetOrder().GetPermId() == 0 ||
		done.GetOrder().GetOrderRef() != "ref-1" {
		t.Errorf("completed %v", done)
	}
}
