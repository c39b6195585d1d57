package testkit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// Stock is a US stock as clients ask for it: by symbol, at SMART, in USD.
func Stock(symbol string) *protobuf.Contract {
	return &protobuf.Contract{
		Symbol: new(symbol), SecType: new("STK"), Exchange: new("SMART"), Currency: new("USD"),
	}
}

// Summary is a list of messages in one line: the kinds, and the parts that a trader decides by. Of
// account values in a row it has one.
func Summary(messages []wire.Message) string {
	var parts []string
	for _, m := range messages {
		part := m.Kind.String()
		switch b := m.Body.(type) {
		case *protobuf.OpenOrder:
			part += ":" + b.GetOrderState().GetStatus()
		case *protobuf.OrderStatus:
			part += ":" + b.GetStatus() + " " + b.GetFilled() + "/" + b.GetRemaining()
		case *protobuf.ErrorMessage:
			part += fmt.Sprintf(":%d %d", b.GetId(), b.GetErrorCode())
		case *protobuf.ExecutionDetails:
			part += fmt.Sprintf(":%d %s", b.GetReqId(), b.GetExecution().GetSide())
		}
		if n := len(parts); n > 0 && parts[n-1] == part && m.Kind == wire.AccountValue {
			continue
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// WantFlow wants messages whose Summary has these parts.
func WantFlow(t T, got []wire.Message, want ...string) {
	t.Helper()
	if w := strings.Join(want, ", "); Summary(got) != w {
		t.Errorf("flow\n got %s\nwant %s", Summary(got), w)
	}
}

// Body is the body of the first message of a kind. P must be the kind's body.
func Body[P proto.Message](t T, messages []wire.Message, k wire.Kind) P {
	t.Helper()
	found := All[P](messages, k)
	if len(found) == 0 {
		t.Fatalf("no %s in: %s", k, Summary(messages))
	}
	return found[0]
}

// All are the bodies of all messages of a kind.
func All[P proto.Message](messages []wire.Message, k wire.Kind) []P {
	var found []P
	for _, m := range messages {
		if m.Kind == k {
			found = append(found, m.Body.(P))
		}
	}
	return found
}

// DepthBook is a client's copy of an order book, as the updates made it: [0] has the asks and [1] the
// bids, each row as price, size and market maker.
type DepthBook [2][]string

// DepthReset is the error after which a client's order book is empty
// (interactivebrokers.github.io/tws-api/message_codes.html).
const DepthReset = 317

// The operations of an update (interactivebrokers.github.io/tws-api/market_depth.html).
const (
	insertRow = iota
	updateRow
	deleteRow
)

// Apply makes the updates among the messages. It fails when one is about a row that is not there.
func (b *DepthBook) Apply(t T, messages []wire.Message) {
	t.Helper()
	for _, m := range messages {
		var d *protobuf.MarketDepthData
		switch body := m.Body.(type) {
		case *protobuf.MarketDepth:
			d = body.GetMarketDepthData()
		case *protobuf.MarketDepthL2:
			d = body.GetMarketDepthData()
		case *protobuf.ErrorMessage:
			if body.GetErrorCode() == DepthReset {
				*b = DepthBook{}
			}
			continue
		default:
			continue
		}
		rows, at, operation := &b[d.GetSide()], int(d.GetPosition()), d.GetOperation()
		if at > len(*rows) || at == len(*rows) && operation != insertRow {
			t.Fatalf("operation %d on row %d of %d", operation, at, len(*rows))
		}
		row := fmt.Sprint(d.GetPrice(), " ", d.GetSize(), " ", d.GetMarketMaker())
		switch operation {
		case insertRow:
			*rows = slices.Insert(*rows, at, row)
		case updateRow:
			(*rows)[at] = row
		case deleteRow:
			*rows = slices.Delete(*rows, at, at+1)
		}
	}
}
