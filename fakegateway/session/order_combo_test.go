package session

import (
	"strings"
	"testing"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

// spread is a BAG of two months of the E-mini, the near one sold.
func spread(t *testing.T) *protobuf.Contract {
	t.Helper()
	found := market.Market{Seed: 7}.Find(sunday, market.Query{
		SecType: "FUT", Symbol: "ES", Currency: "USD",
	})
	if len(found) < 2 {
		t.Fatalf("%d months of ES", len(found))
	}
	leg := func(i market.Instrument, action string) *protobuf.ComboLeg {
		return &protobuf.ComboLeg{
			ConId: num(i.ConID), Ratio: num(1), Action: new(action), Exchange: new("CME"),
		}
	}
	return &protobuf.Contract{
		Symbol: new("ES"), SecType: new("BAG"), Exchange: new("CME"), Currency: new("USD"),
		ComboLegs: []*protobuf.ComboLeg{leg(found[0], "SELL"), leg(found[1], "BUY")},
	}
}

// The executions of a combination that pysystemtrade, ib_async and nautilus_trader (#3712) are made
// for: the BAG's own, with IBKR's one conId for combinations and no commission, then its legs'.
func TestOrdersOfCombinations(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		m := order(1, "BUY", 2, "MKT", 0)
		m.Contract = spread(t)
		got := l.ask(wire.PlaceOrder, m)
		wantFlow(t, got, "openOrder:Submitted", "orderStatus:Submitted 0/2",
			"execDetails:-1 BOT", "execDetails:-1 SLD", "execDetails:-1 BOT",
			"openOrder:Filled", "orderStatus:Filled 2/0", "commissionReport", "commissionReport")
		c := body[*protobuf.OpenOrder](t, got, wire.OpenOrder).GetContract()
		if c.GetConId() != 28812380 || c.GetSecType() != "BAG" || len(c.GetComboLegs()) != 2 ||
			!strings.Contains(c.GetComboLegsDescrip(), "|-1,") {
			t.Errorf("contract of the order: %v", c)
		}
		var kinds []string
		for _, e := range all[*protobuf.ExecutionDetails](got, wire.ExecutionDetails) {
			kinds = append(kinds, e.GetContract().GetSecType())
		}
		if text := strings.Join(kinds, " "); text != "BAG FUT FUT" {
			t.Errorf("executions of %s", text)
		}
		got = l.ask(wire.ReqExecutions, &protobuf.ExecutionRequest{
			ReqId: num(9), ExecutionFilter: &protobuf.ExecutionFilter{},
		})
		wantFlow(t, got, "execDetails:9 BOT", "execDetails:9 SLD", "execDetails:9 BOT",
			"commissionReport", "commissionReport", "execDetailsEnd")
		got = l.ask(wire.ReqPositions, &protobuf.PositionsRequest{})
		if held := all[*protobuf.Position](got, wire.Position); len(held) != 2 ||
			held[0].GetPosition() != "-2" || held[1].GetPosition() != "2" {
			t.Errorf("positions %v", held)
		}
	})
}

// A limit on a combination may be below 0, and works until the market comes to it.
func TestLimitOrdersOfCombinationsWork(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		m := order(1, "BUY", 1, "LMT", -5000)
		m.Contract = spread(t)
		wantFlow(t, l.ask(wire.PlaceOrder, m),
			"openOrder:PreSubmitted", "orderStatus:PreSubmitted 0/1",
			"openOrder:Submitted", "orderStatus:Submitted 0/1")
		got := l.ask(wire.ReqOpenOrders, &protobuf.OpenOrdersRequest{})
		if o := body[*protobuf.OpenOrder](t, got, wire.OpenOrder); o.GetOrder().GetLmtPrice() != -5000 {
			t.Errorf("limit %v", o.GetOrder().GetLmtPrice())
		}
	})
}

func TestRefusedOrdersOfCombinations(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	change := func(f func(*protobuf.PlaceOrderRequest)) *protobuf.PlaceOrderRequest {
		m := order(5, "BUY", 1, "MKT", 0)
		m.Contract = spread(t)
		f(m)
		return m
	}
	for name, tc := range map[string]struct {
		m    *protobuf.PlaceOrderRequest
		want string
	}{
		"no legs": {change(func(m *protobuf.PlaceOrderRequest) {
			m.Contract.ComboLegs = nil
		}), "errMsg:5 321"},
		"unknown leg": {change(func(m *protobuf.PlaceOrderRequest) {
			m.Contract.ComboLegs[0].ConId = num(1)
		}), "errMsg:5 312"},
		"no ratio": {change(func(m *protobuf.PlaceOrderRequest) {
			m.Contract.ComboLegs[0].Ratio = nil
		}), "errMsg:5 312"},
		"type": {change(func(m *protobuf.PlaceOrderRequest) {
			m.Order.OrderType, m.Order.AuxPrice = new("STP"), proto.Float64(10)
		}), "errMsg:5 387"},
	} {
		t.Run(name, func(t *testing.T) { wantFlow(t, l.ask(wire.PlaceOrder, tc.m), tc.want) })
	}
}
