package session

import (
	"testing"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// An order whose conditions include the overnight session comes back so to clients of version 226,
// which has added the field (Order.conditionsIncludeOvernight of IBKR's client 10.50.01), and
// without it to older ones.
func TestOvernightConditionsComeBackAt226(t *testing.T) {
	shared := testLogin(t, Semantics{})
	newest, older := login(t, shared, 226, 1), login(t, shared, 225, 2)
	conditional := func(id int) *protobuf.PlaceOrderRequest {
		m := order(id, "BUY", 10, "LMT", 5)
		m.Order.Conditions = []*protobuf.OrderCondition{{
			Type: num(1), ConId: num(756733), Exchange: new("SMART"), Price: new(1000.0),
			IsMore: new(true), IsConjunctionConnection: new(true),
		}}
		wire.IncludeOvernightConditions(m.Order)
		return m
	}
	newest.ask(wire.PlaceOrder, conditional(1))
	plain := order(2, "BUY", 10, "LMT", 5)
	newest.ask(wire.PlaceOrder, plain)
	for l, want := range map[*line][]bool{newest: {true, false}, older: {false, false}} {
		listed := all[*protobuf.OpenOrder](
			l.ask(wire.ReqAllOpenOrders, &protobuf.AllOpenOrdersRequest{}), wire.OpenOrder)
		if len(listed) != len(want) {
			t.Fatalf("version %d: %d open orders", l.version, len(listed))
		}
		for i, o := range listed {
			if got := wire.ConditionsIncludeOvernight(o.GetOrder()); got != want[i] {
				t.Errorf("version %d: order %d: %v, want %v", l.version, i+1, got, want[i])
			}
		}
	}
}
