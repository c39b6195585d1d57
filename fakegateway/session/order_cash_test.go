package session

import (
	"testing"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// A client that sizes an order by its cash leaves the total quantity unset, which has three
// spellings: IBKR's LimitOrderWithCashQty sets none, and its clients write 2^127 - 1 for that.
func TestCashQuantityWithoutASize(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		for i, unset := range []*string{nil, new(""), new("0"), new("170141183460469231731687303715884105727")} {
			m := order(i+1, "BUY", 0, "LMT", 0.5)
			m.Contract = &protobuf.Contract{
				Symbol: new("EUR"), SecType: new("CASH"), Exchange: new("IDEALPRO"), Currency: new("USD"),
			}
			m.Order.TotalQuantity, m.Order.CashQty = unset, proto.Float64(20_000)
			o := body[*protobuf.OpenOrder](t, l.ask(wire.PlaceOrder, m), wire.OpenOrder)
			if got := o.GetOrder(); got.GetTotalQuantity() != "40000" || got.GetCashQty() != 20_000 {
				t.Errorf("%d: size %s, cash %v", i, got.GetTotalQuantity(), got.GetCashQty())
			}
		}
	})
}

// A change of the order type through the API, as a paper Gateway at 200 took it.
func TestLimitOrderBecomesAMarketOrder(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		l.ask(wire.PlaceOrder, order(1, "BUY", 10, "LMT", 10))
		wantFlow(t, l.ask(wire.PlaceOrder, order(1, "BUY", 10, "MKT", 0)),
			"openOrder:Submitted", "orderStatus:Submitted 0/10", "execDetails:-1 BOT",
			"openOrder:Filled", "orderStatus:Filled 10/0", "commissionReport")
	})
}
