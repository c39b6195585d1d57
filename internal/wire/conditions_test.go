package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/scmhub/ibapi"
	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// instrumentOrder waits for the conditions that the stock client writes in an order of its own.
func instrumentOrder() *ibapi.Order {
	price := ibapi.CreateOrderCondition(ibapi.PriceOrderCondition).(*ibapi.PriceCondition)
	price.Price, price.ConID, price.Exchange, price.IsMore = 231.5, 265598, "SMART", true
	price.TriggerMethod = ibapi.LastTriggerMethod
	midpoint := ibapi.CreateOrderCondition(ibapi.PriceOrderCondition).(*ibapi.PriceCondition)
	midpoint.Price, midpoint.ConID, midpoint.Exchange = 9.75, 8314, "NYSE"
	midpoint.TriggerMethod = ibapi.MidPointTriggerMethod
	volume := ibapi.CreateOrderCondition(ibapi.VolumeOrderCondition).(*ibapi.VolumeCondition)
	volume.Volume, volume.ConID, volume.Exchange = 1000, 265598, "ISLAND"
	volume.SetIsConjunctionConnection(false)
	made := ibapi.CreateOrderCondition(ibapi.PercentChangeOrderCondition)
	change := made.(*ibapi.PercentChangeCondition)
	change.ChangePercent, change.ConID, change.Exchange, change.IsMore = 2.5, 8314, "NYSE", true

	o := ibapi.NewOrder()
	o.Action, o.OrderType, o.TotalQuantity = "BUY", "LMT", ibapi.StringToDecimal("10")
	o.LmtPrice, o.OrderRef = 200, "conditions"
	o.Conditions = []ibapi.OrderCondition{price, midpoint, volume, change}
	o.ConditionsCancelOrder = true
	return o
}

// TestStockClientConditions reads what the stock client means, in text as in protobuf.
func TestStockClientConditions(t *testing.T) {
	c, _ := askedStock()
	want := &pb.Order{
		OrderRef: p.s("conditions"), ConditionsCancelOrder: p.b(true),
		Conditions: []*pb.OrderCondition{
			{
				Type: p.i(1), IsConjunctionConnection: p.b(true), IsMore: p.b(true),
				Price: p.d(231.5), ConId: p.i(265598), Exchange: p.s("SMART"), TriggerMethod: p.i(2),
			},
			{
				Type: p.i(1), IsConjunctionConnection: p.b(true), Price: p.d(9.75),
				ConId: p.i(8314), Exchange: p.s("NYSE"), TriggerMethod: p.i(8),
			},
			{Type: p.i(6), Volume: p.i(1000), ConId: p.i(265598), Exchange: p.s("ISLAND")},
			{
				Type: p.i(7), IsConjunctionConnection: p.b(true), IsMore: p.b(true),
				ChangePercent: p.d(2.5), ConId: p.i(8314), Exchange: p.s("NYSE"),
			},
		},
	}
	for _, v := range stockVersions {
		t.Run(fmt.Sprint(v), func(t *testing.T) {
			client := connect(t, v)
			m := client.ask(t, func(e *ibapi.EClient) { e.PlaceOrder(600, c, instrumentOrder()) })
			got := m.Body.(*pb.PlaceOrderRequest).Order
			sameBody(t, wire.Message{Kind: m.Kind, Body: &pb.Order{
				OrderRef: got.OrderRef, Conditions: got.Conditions,
				ConditionsCancelOrder: got.ConditionsCancelOrder,
			}}, want)
			if got.GetAdjustedOrderType() != "" || got.GetWhatIf() {
				t.Errorf("what follows the conditions is %v", got)
			}
		})
	}
}

// TestConditionOrder says when a condition counts as one with its instrument first.
func TestConditionOrder(t *testing.T) {
	for fields, want := range map[string]*pb.OrderCondition{
		// The official order, whatever the values look like.
		"1|a|1|265598|265598|SMART|2": {
			Price: p.d(265598), ConId: p.i(265598), Exchange: p.s("SMART"), TriggerMethod: p.i(2),
		},
		"1|a|1|231.5||SMART|2": {
			Price: p.d(231.5), Exchange: p.s("SMART"), TriggerMethod: p.i(2),
		},
		"1|a|1|231.5|265598|77|0": { // no exchange has such a name, but the id is one
			Price: p.d(231.5), ConId: p.i(265598), Exchange: p.s("77"), TriggerMethod: p.i(0),
		},
		// The instrument first; the trigger method is a word or a number.
		"1|a|1|265598|SMART|231.5|double Last": {
			Price: p.d(231.5), ConId: p.i(265598), Exchange: p.s("SMART"), TriggerMethod: p.i(3),
		},
		"1|a|1|265598|SMART|231.5|3": {
			Price: p.d(231.5), ConId: p.i(265598), Exchange: p.s("SMART"), TriggerMethod: p.i(3),
		},
		"1|a|1|265598|SMART|NYSE|3":    nil,
		"1|a|1|x|SMART|231.5|3":        nil,
		"1|a|1|265598|SMART|231.5|oft": nil,
		"1|a|1|231.5|265598|SMART|oft": nil,
	} {
		got, err := decodeCondition(t, fields)
		if want == nil {
			if err == nil {
				t.Errorf("%s decoded to %v", fields, got)
			}
			continue
		}
		want.Type, want.IsMore, want.IsConjunctionConnection = p.i(1), p.b(true), p.b(true)
		if err != nil || !proto.Equal(got, want) {
			t.Errorf("%s decoded to %v, %v, want %v", fields, got, err, want)
		}
	}
}

func decodeCondition(t *testing.T, fields string) (*pb.OrderCondition, error) {
	t.Helper()
	payload, err := wire.Payload(wire.Message{Kind: wire.PlaceOrder, Body: &pb.PlaceOrderRequest{
		OrderId: p.i(1), Order: &pb.Order{Conditions: []*pb.OrderCondition{
			{Type: p.i(3), Time: p.s("marker")},
		}},
	}}, 178)
	if err != nil {
		t.Fatal(err)
	}
	before, after, found := strings.Cut(strings.ReplaceAll(string(payload), "\x00", "|"),
		"|3|a|0|marker|")
	if !found {
		t.Fatal("the order has no marker")
	}
	m, err := wire.Decode(wire.FromClient,
		textMessage(before+"|"+fields+"|"+after), 178)
	if err != nil {
		return nil, err
	}
	return m.Body.(*pb.PlaceOrderRequest).Order.Conditions[0], nil
}
