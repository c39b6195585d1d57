package session

import (
	"testing"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

// byHand is an order that a person places in TWS.
func byHand(t *testing.T, n int64) exchange.OrderRequest {
	t.Helper()
	i, ok := market.LookupSymbol("AAPL")
	if !ok {
		t.Fatal("no AAPL")
	}
	return exchange.OrderRequest{
		Account: "DU9000001", Instrument: i, Action: exchange.Buy, Type: exchange.LimitOrder,
		TIF: exchange.GTC, Quantity: n, Terms: exchange.Terms{LimitPrice: decimal.MustParse("10")},
	}
}

// Client 0 binds the orders of TWS (TWS API, reqOpenOrders and reqAutoOpenOrders): they get negative ids.
func TestOrdersByHandAreBoundToClientZero(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		shared := testLogin(t, Semantics{MasterClientID: 7})
		zero, other, master := login(t, shared, v, 0), login(t, shared, v, 1), login(t, shared, v, 7)
		if _, err := shared.exchange.ManualOrder(sunday, byHand(t, 5)); err != nil {
			t.Fatal(err)
		}
		wantFlow(t, zero.take())
		wantFlow(t, other.take())
		wantFlow(t, master.take(), "openOrder:PreSubmitted", "orderStatus:PreSubmitted 0/5",
			"openOrder:Submitted", "orderStatus:Submitted 0/5")
		list := other.ask(wire.ReqAllOpenOrders, &protobuf.AllOpenOrdersRequest{})
		if o := body[*protobuf.OpenOrder](t, list, wire.OpenOrder); o.GetOrderId() != 0 {
			t.Errorf("order by hand has id %d", o.GetOrderId())
		}
		wantFlow(t, other.ask(wire.ReqOpenOrders, &protobuf.OpenOrdersRequest{}), "openOrderEnd")
		got := zero.ask(wire.ReqOpenOrders, &protobuf.OpenOrdersRequest{})
		wantFlow(t, got, "orderBound", "openOrder:Submitted", "orderStatus:Submitted 0/5", "openOrderEnd")
		if b := body[*protobuf.OrderBound](t, got, wire.OrderBound); b.GetOrderId() != -1 || b.GetPermId() == 0 {
			t.Errorf("bound %v", b)
		}

		auto := &protobuf.AutoOpenOrdersRequest{AutoBind: proto.Bool(true)}
		wantFlow(t, other.ask(wire.ReqAutoOpenOrders, auto), "errMsg:-1 327")
		wantFlow(t, zero.ask(wire.ReqAutoOpenOrders, auto))
		if _, err := shared.exchange.ManualOrder(sunday, byHand(t, 6)); err != nil {
			t.Fatal(err)
		}
		wantFlow(t, zero.take(), "orderBound", "openOrder:PreSubmitted", "orderStatus:PreSubmitted 0/6",
			"openOrder:Submitted", "orderStatus:Submitted 0/6")
		wantFlow(t, zero.ask(wire.CancelOrder, cancel(-2)), "orderStatus:PendingCancel 0/6",
			"orderStatus:Cancelled 0/6", "errMsg:-2 202")
	})
}

func TestCompletedOrdersByHand(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		shared := testLogin(t, Semantics{})
		l := login(t, shared, v, 1)
		l.ask(wire.PlaceOrder, order(1, "BUY", 1, "MKT", 0))
		if _, err := shared.exchange.ManualFill(sunday, byHand(t, 5), decimal.MustParse("200")); err != nil {
			t.Fatal(err)
		}
		wantFlow(t, l.ask(wire.ReqCompletedOrders, &protobuf.CompletedOrdersRequest{ApiOnly: proto.Bool(true)}),
			"completedOrder", "completedOrdersEnd")
		wantFlow(t, l.ask(wire.ReqCompletedOrders, &protobuf.CompletedOrdersRequest{}),
			"completedOrder", "completedOrder", "completedOrdersEnd")
	})
}

func TestCorrectionsAndBusts(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		shared := testLogin(t, Semantics{})
		l := login(t, shared, v, 1)
		got := l.ask(wire.PlaceOrder, order(1, "BUY", 10, "MKT", 0))
		id := body[*protobuf.ExecutionDetails](t, got, wire.ExecutionDetails).GetExecution().GetExecId()
		revised, err := shared.exchange.Correct(sunday, id, decimal.MustParse("200"), 10)
		if err != nil {
			t.Fatal(err)
		}
		got = l.take()
		wantFlow(t, got, "execDetails:-1 BOT", "openOrder:Filled", "orderStatus:Filled 10/0", "commissionReport")
		x := body[*protobuf.ExecutionDetails](t, got, wire.ExecutionDetails).GetExecution()
		if x.GetExecId() != revised.ExecID || x.GetPrice() != 200 || x.GetAvgPrice() != 200 {
			t.Errorf("corrected to %v", x)
		}
		list := l.ask(wire.ReqExecutions, &protobuf.ExecutionRequest{ReqId: num(4)})
		wantFlow(t, list, "execDetails:4 BOT", "commissionReport", "execDetailsEnd")
		if _, err := shared.exchange.Bust(sunday, revised.ExecID); err != nil {
			t.Fatal(err)
		}
		got = l.take()
		wantFlow(t, got, "execDetails:-1 BOT", "openOrder:Cancelled", "orderStatus:Cancelled 0/10")
		if x := body[*protobuf.ExecutionDetails](t, got, wire.ExecutionDetails).GetExecution(); x.GetShares() != "0" {
			t.Errorf("busted %v", x)
		}
		wantFlow(t, l.ask(wire.ReqExecutions, &protobuf.ExecutionRequest{ReqId: num(4)}), "execDetailsEnd")
	})
}

func TestExerciseOptions(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		buy := order(1, "BUY", 2, "MKT", 0)
		buy.Contract = &protobuf.Contract{
			SecType: new("OPT"), Symbol: new("AAPL"), Exchange: new("SMART"), Currency: new("USD"),
			LastTradeDateOrContractMonth: new("20261218"), Strike: new(240.), Right: new("C"),
			TradingClass: new("AAPL"),
		}
		l.ask(wire.PlaceOrder, buy)
		ask := func(id, action, n int32) []wire.Message {
			return l.ask(wire.ExerciseOptions, &protobuf.ExerciseOptionsRequest{
				OrderId: &id, Contract: buy.Contract, ExerciseAction: &action, ExerciseQuantity: &n,
				Account: new("DU9000001"), Override: proto.Bool(true),
			})
		}
		wantFlow(t, ask(2, 1, 3), "errMsg:2 201")
		wantFlow(t, ask(2, 9, 1), "errMsg:2 321")
		got := ask(2, 1, 2)
		wantFlow(t, got, "openOrder:PreSubmitted", "orderStatus:PreSubmitted 0/2", "execDetails:-1 SLD",
			"openOrder:Filled", "orderStatus:Filled 2/0", "commissionReport",
			"execDetails:-1 BOT", "commissionReport") // of the shares
		positions := all[*protobuf.Position](l.ask(wire.ReqPositions, &protobuf.PositionsRequest{}), wire.Position)
		if len(positions) != 1 || positions[0].GetContract().GetSecType() != "STK" || positions[0].GetPosition() != "200" {
			t.Errorf("positions %v", positions)
		}
	})
}
