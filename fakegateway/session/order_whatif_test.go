package session

import (
	"testing"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// With a range, the commission itself is unset, as in ib_insync's issue 380: "commission:
// 1.7976931348623157e+308, minCommission: 0.323373, maxCommission: 0.385373". What the order then
// costs is within the range.
func TestWhatIfWithARangeOfCommissions(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{CommissionRange: true}), v, 1)
		asked := order(1, "BUY", 1000, "MKT", 0)
		asked.Order.WhatIf = new(true)
		st := body[*protobuf.OpenOrder](t, l.ask(wire.PlaceOrder, asked), wire.OpenOrder).GetOrderState()
		low, high := st.GetMinCommissionAndFees(), st.GetMaxCommissionAndFees()
		if st.CommissionAndFees != nil || low != 1 || high != 5 {
			t.Fatalf("commission %v, range %v to %v: want none, 1 to 5", st.CommissionAndFees, low, high)
		}
		asked.OrderId, asked.Order.WhatIf = num(2), nil
		report := body[*protobuf.CommissionAndFeesReport](
			t, l.ask(wire.PlaceOrder, asked), wire.CommissionReport)
		if cost := report.GetCommissionAndFees(); cost < low || cost > high {
			t.Errorf("it cost %v, outside of %v to %v", cost, low, high)
		}
	})
}
