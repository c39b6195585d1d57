package fakegateway

import (
	"testing"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// order is a request for AAPL; p is the limit of LMT and the stop of STP.
func order(id int, action string, n int64, kind string, p float64) *protobuf.PlaceOrderRequest {
	o := &protobuf.Order{
		Action: new(action), TotalQuantity: proto.String(whole(n)), OrderType: new(kind),
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
		l := login(t, testServer(t, Semantics{}), v, 1)
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
