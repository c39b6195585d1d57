package session

import (
	"math"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/internal/wire"
)

// typed is an order for one share of AAPL that waits.
func typed(kind, tif string, set func(*protobuf.Order)) *protobuf.PlaceOrderRequest {
	m := order(1, "BUY", 10, kind, 0)
	m.Order.LmtPrice, m.Order.AuxPrice, m.Order.Tif = nil, nil, new(tif)
	set(m.Order)
	return m
}

// The statuses of an order that waits.
const (
	pre = "PreSubmitted"
	sub = "Submitted"
)

// waitingOrders are orders of every type that do not fill at once, and the terms that come back.
var waitingOrders = []struct {
	kind, tif string
	set       func(*protobuf.Order)
	statuses  []string
	aux, lmt  float64
	check     func(*protobuf.Order) bool
}{
	{
		"STP LMT", "GTC", func(o *protobuf.Order) { o.AuxPrice, o.LmtPrice = new(900.), new(901.) },
		[]string{pre, pre},
		900, 901, func(o *protobuf.Order) bool { return o.GetTrailStopPrice() == 900 },
	},
	{
		"TRAIL", "GTC", func(o *protobuf.Order) { o.AuxPrice, o.TrailStopPrice = new(200.), new(900.) },
		[]string{pre, pre},
		200, 0, func(o *protobuf.Order) bool {
			return o.GetTrailStopPrice() > 400 && o.GetTrailStopPrice() < 900 // behind the market
		},
	},
	{
		"TRAIL", "DAY", func(o *protobuf.Order) { o.TrailingPercent = new(50.) },
		[]string{pre, pre},
		0, 0, func(o *protobuf.Order) bool { return o.GetTrailingPercent() == 50 },
	},
	{
		"TRAIL LIMIT", "GTC", func(o *protobuf.Order) { o.AuxPrice, o.LmtPriceOffset = new(200.), new(1.5) },
		[]string{pre, pre},
		200, math.NaN(), func(o *protobuf.Order) bool {
			return o.GetLmtPrice() == o.GetTrailStopPrice()+1.5
		},
	},
	{"MIT", "DAY", func(o *protobuf.Order) { o.AuxPrice = new(10.) }, []string{pre, pre}, 10, 0, nil},
	{
		"LIT", "DAY", func(o *protobuf.Order) { o.AuxPrice, o.LmtPrice = new(10.), new(11.) },
		[]string{pre, pre},
		10, 11, nil,
	},
	{"MOC", "DAY", func(*protobuf.Order) {}, []string{pre}, 0, 0, nil},
	{"LOC", "DAY", func(o *protobuf.Order) { o.LmtPrice = new(10.) }, []string{pre}, 0, 10, nil},
	{"MKT", "OPG", func(*protobuf.Order) {}, []string{pre}, 0, 0, nil},
	{
		"REL", "DAY", func(o *protobuf.Order) { o.AuxPrice, o.LmtPrice = new(0.01), new(10.) },
		[]string{pre, sub},
		0.01, 10, nil,
	},
	{"MIDPRICE", "DAY", func(o *protobuf.Order) { o.LmtPrice = new(10.) }, []string{pre, sub}, 0, 10, nil},
	{
		"LMT", "GTD", func(o *protobuf.Order) { o.LmtPrice, o.GoodTillDate = new(10.), new("20261231") },
		[]string{pre, sub},
		0, 10, func(o *protobuf.Order) bool { return o.GetGoodTillDate() == "20261231" },
	},
	{"LMT", "DAY", func(o *protobuf.Order) {
		o.LmtPrice, o.GoodAfterTime = new(10.), new("20261122 12:00:00 US/Eastern")
	}, []string{pre}, 0, 10, func(o *protobuf.Order) bool { return o.GetGoodAfterTime() != "" }},
	{"LMT", "DAY", func(o *protobuf.Order) {
		o.LmtPrice, o.AllOrNone, o.MinQty, o.Hidden = new(10.), new(true), new(int32(5)), new(true)
		o.DisplaySize = new(int32(2))
	}, []string{pre, sub}, 0, 10, func(o *protobuf.Order) bool {
		return o.GetAllOrNone() && o.GetMinQty() == 5 && o.GetHidden() && o.GetDisplaySize() == 2
	}},
	{"LMT", "DAY", func(o *protobuf.Order) {
		o.LmtPrice, o.AlgoStrategy = new(10.), new("Adaptive")
		o.AlgoParams = map[string]string{"adaptivePriority": "Normal"}
	}, []string{pre, sub}, 0, 10, func(o *protobuf.Order) bool {
		return o.GetAlgoStrategy() == "Adaptive" && o.GetAlgoParams()["adaptivePriority"] == "Normal"
	}},
}

// Each type of order in each form of the wire: the flow, and the terms that come back.
func TestOrderTypes(t *testing.T) {
	for _, tc := range waitingOrders {
		t.Run(tc.kind+" "+tc.tif, func(t *testing.T) {
			eachVersion(t, func(t *testing.T, v wire.Version) {
				l := login(t, testLogin(t, Semantics{}), v, 1)
				got := l.ask(wire.PlaceOrder, typed(tc.kind, tc.tif, tc.set))
				var want []string
				for _, s := range tc.statuses {
					want = append(want, "openOrder:"+s, "orderStatus:"+s+" 0/10")
				}
				wantFlow(t, got, want...)
				list := l.ask(wire.ReqAllOpenOrders, &protobuf.AllOpenOrdersRequest{})
				o := body[*protobuf.OpenOrder](t, list, wire.OpenOrder).GetOrder()
				if o.GetOrderType() != tc.kind || o.GetTif() != tc.tif || o.GetAuxPrice() != tc.aux ||
					!math.IsNaN(tc.lmt) && o.GetLmtPrice() != tc.lmt || tc.check != nil && !tc.check(o) {
					t.Errorf("order %v", o)
				}
				wantFlow(t, l.ask(wire.CancelOrder, cancel(1)),
					"orderStatus:PendingCancel 0/10", "orderStatus:Cancelled 0/10", "errMsg:1 202")
			})
		})
	}
}

func conditional(list ...*protobuf.OrderCondition) *protobuf.PlaceOrderRequest {
	return typed("MKT", "GTC", func(o *protobuf.Order) { o.Conditions = list })
}

func TestConditionalOrders(t *testing.T) {
	later := &protobuf.OrderCondition{
		Type: num(3), IsConjunctionConnection: new(true), IsMore: new(true),
		Time: new("20261122 11:00:00 US/Eastern"),
	}
	above := &protobuf.OrderCondition{
		Type: num(1), IsConjunctionConnection: new(true), IsMore: new(true), ConId: num(265598),
		Exchange: new("SMART"), Price: new(1.), TriggerMethod: num(0),
	}
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		got := l.ask(wire.PlaceOrder, conditional(later, above))
		wantFlow(t, got, "openOrder:PreSubmitted", "orderStatus:PreSubmitted 0/10")
		echoed := body[*protobuf.OpenOrder](t, got, wire.OpenOrder).GetOrder().GetConditions()
		if len(echoed) != 2 || echoed[0].GetTime() != later.GetTime() || echoed[1].GetPrice() != 1 ||
			echoed[1].GetConId() != 265598 {
			t.Errorf("conditions %v", echoed)
		}
		l.pass(30*time.Minute - 1)
		wantFlow(t, l.take())
		l.pass(1)
		wantFlow(t, l.take(), "openOrder:Submitted", "orderStatus:Submitted 0/10", "execDetails:-1 BOT",
			"openOrder:Filled", "orderStatus:Filled 10/0", "commissionReport")
	})
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	for name, c := range map[string]*protobuf.OrderCondition{
		"errMsg:1 147": {Type: num(1), ConId: num(4711), Price: new(1.)},
		"errMsg:1 337": {Type: num(3), Time: new("soon")},
		"errMsg:1 321": {Type: num(2)},
	} {
		wantFlow(t, l.ask(wire.PlaceOrder, conditional(c)), name)
	}
}

func TestAttachedOrders(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	m := order(1, "BUY", 10, "LMT", 10)
	m.AttachedOrders = &protobuf.AttachedOrders{
		SlOrderId: num(3), SlOrderType: new("PRESET"), PtOrderId: num(2), PtOrderType: new("PRESET"),
	}
	wantFlow(t, l.ask(wire.PlaceOrder, m),
		"openOrder:PreSubmitted", "orderStatus:PreSubmitted 0/10",
		"openOrder:Submitted", "orderStatus:Submitted 0/10",
		"openOrder:PreSubmitted", "orderStatus:PreSubmitted 0/10",
		"openOrder:PreSubmitted", "orderStatus:PreSubmitted 0/10")
	orders := l.session.login.exchange.Books().Orders
	profit, loss := orders[1], orders[2]
	if profit.OrderID != 2 || profit.Type != exchange.LimitOrder || profit.LimitPrice.String() != "10.10" ||
		loss.OrderID != 3 || loss.Type != exchange.StopOrder || loss.StopPrice.String() != "9.90" ||
		loss.ParentID != 1 || profit.Action != exchange.Sell {
		t.Errorf("profit taker %+v, stop loss %+v", profit, loss)
	}
	wantFlow(t, l.ask(wire.CancelOrder, cancel(1)),
		"orderStatus:PendingCancel 0/10", "orderStatus:Cancelled 0/10",
		"orderStatus:Cancelled 0/10", "errMsg:2 202", "orderStatus:Cancelled 0/10", "errMsg:3 202",
		"errMsg:1 202")
}

// Every kind of instrument is bought, reported and listed.
func TestOrdersForEveryKindOfInstrument(t *testing.T) {
	strike := 250.0
	for name, c := range map[string]*protobuf.Contract{
		"future": {
			SecType: new("FUT"), Symbol: new("ES"), Exchange: new("CME"), Currency: new("USD"),
			LastTradeDateOrContractMonth: new("202612"),
		},
		"option": {
			SecType: new("OPT"), Symbol: new("AAPL"), Exchange: new("SMART"), Currency: new("USD"),
			LastTradeDateOrContractMonth: new("20261218"), Strike: &strike, Right: new("C"),
			Multiplier: new(100.), TradingClass: new("AAPL"),
		},
		"currency": {SecType: new("CASH"), Symbol: new("EUR"), Exchange: new("IDEALPRO"), Currency: new("USD")},
		"CFD":      {SecType: new("CFD"), Symbol: new("AAPL"), Exchange: new("SMART"), Currency: new("USD")},
	} {
		t.Run(name, func(t *testing.T) {
			eachVersion(t, func(t *testing.T, v wire.Version) {
				l := login(t, testLogin(t, Semantics{}), v, 1)
				m := order(1, "BUY", 2, "MKT", 0)
				m.Contract = c
				got := l.ask(wire.PlaceOrder, m)
				wantFlow(t, got, "openOrder:Submitted", "orderStatus:Submitted 0/2", "execDetails:-1 BOT",
					"openOrder:Filled", "orderStatus:Filled 2/0", "commissionReport")
				e := body[*protobuf.ExecutionDetails](t, got, wire.ExecutionDetails)
				if e.GetContract().GetSecType() != c.GetSecType() || e.GetExecution().GetExchange() == "" {
					t.Errorf("execution %v", e)
				}
				list := l.ask(wire.ReqExecutions, &protobuf.ExecutionRequest{
					ReqId: num(3), ExecutionFilter: &protobuf.ExecutionFilter{SecType: c.SecType},
				})
				wantFlow(t, list, "execDetails:3 BOT", "commissionReport", "execDetailsEnd")
				m.OrderId, m.Order.WhatIf = num(2), proto.Bool(true)
				wantFlow(t, l.ask(wire.PlaceOrder, m), "openOrder:PreSubmitted")
			})
		})
	}
	index := order(1, "BUY", 1, "MKT", 0)
	index.Contract = &protobuf.Contract{
		SecType: new("IND"), Symbol: new("SPX"), Exchange: new("CBOE"), Currency: new("USD"),
	}
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	wantFlow(t, l.ask(wire.PlaceOrder, index), "errMsg:1 412")
}
