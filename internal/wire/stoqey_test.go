package wire_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
	"ibsoak/internal/witness"
)

// stoqeyFrames reads what @stoqey/ib 1.6.10 sent; testdata/record-stoqey.js recorded it.
func stoqeyFrames(t testing.TB, v wire.Version) map[string][]byte {
	t.Helper()
	name := filepath.Join("testdata", fmt.Sprintf("stoqey-ib-1.6.10-v%d.txt", v))
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	frames := make(map[string][]byte)
	for line := range strings.Lines(string(data)) {
		call, encoded, found := strings.Cut(strings.TrimSpace(line), " ")
		if !found || call == "#" {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			t.Fatal(err)
		}
		frames[call] = raw
	}
	return frames
}

// stoqeyOrder is what the recording's placeOrder calls have in common. The client says nothing
// where others say zero, except for the counts and flags that come with them.
func stoqeyOrder(id int32, o *pb.Order) *pb.PlaceOrderRequest {
	_, stock := askedStock()
	o.Account, o.OrderRef, o.Transmit = p.s("DU9000001"), p.s("ref 1"), p.b(true)
	return &pb.PlaceOrderRequest{OrderId: &id, Contract: stock, Order: o}
}

func stoqeyOrders() map[string]proto.Message {
	return map[string]proto.Message{
		"placeOrder_MKT": stoqeyOrder(600, &pb.Order{
			Action: p.s("BUY"), TotalQuantity: p.s("1"), OrderType: p.s("MKT"), Tif: p.s("DAY"),
		}),
		"placeOrder_LMT": stoqeyOrder(601, &pb.Order{
			Action: p.s("BUY"), TotalQuantity: p.s("12.5"), OrderType: p.s("LMT"),
			LmtPrice: p.d(231.07), Tif: p.s("DAY"), OcaGroup: p.s("oca-1"), OcaType: p.i(3),
			OutsideRth: p.b(true),
		}),
		"placeOrder_STP": stoqeyOrder(602, &pb.Order{
			Action: p.s("SELL"), TotalQuantity: p.s("1"), OrderType: p.s("STP"),
			AuxPrice: p.d(220.5), Tif: p.s("GTC"), ParentId: p.i(601), WhatIf: p.b(true),
		}),
	}
}

func stoqeyRequests() map[string]proto.Message {
	_, stock := askedStock()
	return map[string]proto.Message{
		"startApi": &pb.StartApiRequest{ClientId: p.i(7)},
		"reqAccountSummary": &pb.AccountSummaryRequest{
			ReqId: p.i(9000), Group: p.s("All"), Tags: p.s("NetLiquidation,TotalCashValue"),
		},
		"cancelAccountSummary": &pb.CancelAccountSummary{ReqId: p.i(9000)},
		"reqPositions":         &pb.PositionsRequest{},
		"reqContractDetails":   &pb.ContractDataRequest{ReqId: p.i(21), Contract: stock},
		"reqHistoricalData": &pb.HistoricalDataRequest{
			ReqId: p.i(22), Contract: stock, EndDateTime: p.s("20260824 22:00:00 US/Eastern"),
			BarSizeSetting: p.s("1 day"), Duration: p.s("1 W"), UseRTH: p.b(true),
			WhatToShow: p.s("TRADES"), FormatDate: p.i(1),
		},
		"cancelHistoricalData": &pb.CancelHistoricalData{ReqId: p.i(22)},
		"cancelOrder":          &pb.CancelOrderRequest{OrderId: p.i(600)},
		"reqExecutions": &pb.ExecutionRequest{
			ReqId: p.i(31), ExecutionFilter: &pb.ExecutionFilter{
				ClientId: p.i(7), AcctCode: p.s("DU9000001"), Symbol: p.s("AAPL"),
			},
		},
		"reqOpenOrders":      &pb.OpenOrdersRequest{},
		"reqAllOpenOrders":   &pb.AllOpenOrdersRequest{},
		"reqAutoOpenOrders":  &pb.AutoOpenOrdersRequest{AutoBind: p.b(true)},
		"reqIds":             &pb.IdsRequest{NumIds: p.i(1)},
		"reqCurrentTime":     &pb.CurrentTimeRequest{},
		"reqManagedAccts":    &pb.ManagedAccountsRequest{},
		"reqAccountUpdates":  &pb.AccountDataRequest{Subscribe: p.b(true), AcctCode: p.s("DU9000001")},
		"reqCompletedOrders": &pb.CompletedOrdersRequest{ApiOnly: p.b(true)},
		"reqMarketDataType":  &pb.MarketDataTypeRequest{MarketDataType: p.i(3)},
		"reqMktData": &pb.MarketDataRequest{
			ReqId: p.i(25), Contract: stock, GenericTickList: p.s("233"),
		},
		"cancelMktData":   &pb.CancelMarketData{ReqId: p.i(25)},
		"reqGlobalCancel": &pb.GlobalCancelRequest{},
		"reqPnL":          &pb.PnLRequest{ReqId: p.i(17), Account: p.s("DU9000001")},
	}
}

func TestStoqeyFrames(t *testing.T) {
	for _, v := range []wire.Version{178, 187, 189, 193} {
		t.Run(fmt.Sprint(v), func(t *testing.T) {
			frames := stoqeyFrames(t, v)
			preamble, err := wire.ReadPreamble(bytes.NewReader(frames["preamble"]))
			if want := (wire.Preamble{Min: 100, Max: 193}); err != nil || preamble != want {
				t.Errorf("preamble %+v, %v, want %+v", preamble, err, want)
			}
			delete(frames, "preamble")
			want := stoqeyRequests()
			maps.Copy(want, stoqeyOrders())
			maps.Copy(want, stoqeyMore())
			if len(frames) != len(want) {
				t.Errorf("%d calls recorded, want %d", len(frames), len(want))
			}
			for call, raw := range frames {
				checkStoqeyFrame(t, call, raw, v, want[call])
			}
		})
	}
}

func checkStoqeyFrame(t *testing.T, call string, raw []byte, v wire.Version, want proto.Message) {
	t.Helper()
	payload, err := wire.NewFrameReader(bytes.NewReader(raw)).Next()
	if err != nil {
		t.Fatal(err)
	}
	m, err := wire.Decode(wire.FromClient, payload, v)
	if err != nil {
		t.Errorf("%s: %v", call, err)
		return
	}
	if kind, _, _ := strings.Cut(call, "_"); m.Kind.String() != kind {
		t.Errorf("%s came as %s", call, m.Kind)
	}
	if want == nil {
		t.Errorf("%s was not asked", call)
		return
	}
	same := sameBody(t, m, want)
	sameFieldCount(t, m, payload, v)
	if same && !t.Failed() {
		witness.Saw(m.Kind.String(), int(v), witness.Stoqey)
	}
}
