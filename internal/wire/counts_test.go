package wire_test

import (
	"bytes"
	"testing"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// fieldCount is how many text fields a plain message has, its id included, at one version, and by
// how many that changes at each later or earlier one.
type fieldCount struct {
	kind  wire.Kind
	body  proto.Message
	at    wire.Version
	count int
	steps map[wire.Version]int
}

// fieldCounts are IBKR's: counted in what clients sent and Gateways answered at the version that
// is named, with the steps of the official clients' decoders and encoders.
func fieldCounts() []fieldCount {
	return []fieldCount{
		{
			wire.OpenOrder, plainOpenOrder(200), 200, 156, map[wire.Version]int{
				158: 1, 160: 1, 162: 1, 170: 5, 177: -1, 183: 1, 184: 1, 185: 1, 189: 1, 193: 2,
				195: 13, 198: 1, 199: 1,
			},
		},
		{
			wire.PlaceOrder,
			stoqeyOrder(1, &pb.Order{Action: p.s("BUY"), OrderType: p.s("LMT")}), 178, 114,
			map[wire.Version]int{
				158: 1, 160: 1, 162: 1, 166: 1, 169: 1, 177: -1, 183: 1, 184: 1, 187: 2, 189: 1,
				190: -2, 192: 1, 199: 1,
			},
		},
		{
			wire.CompletedOrder, &pb.CompletedOrder{}, 200, 103, map[wire.Version]int{
				170: 5, 177: -1, 183: 1, 184: 1, 198: 1,
			},
		},
		{
			wire.ExecutionDetails, &pb.ExecutionDetails{}, 200, 33,
			map[wire.Version]int{178: 1, 198: 1},
		},
		{
			wire.ContractData, lookedUp(200, "STK"), 200, 44, map[wire.Version]int{
				163: 1, 164: 0, 182: 1, 186: 1, // 164: three sizes for one, the version, a multiplier
			},
		},
		{wire.OrderStatus, &pb.OrderStatus{}, 200, 12, nil},
		{wire.Position, &pb.Position{}, 173, 16, nil},
		{wire.PortfolioValue, &pb.PortfolioValue{}, 200, 20, nil},
		{wire.ReqHistoricalData, &pb.HistoricalDataRequest{}, 200, 23, nil},
		{wire.ReqContractDetails, &pb.ContractDataRequest{}, 178, 19, map[wire.Version]int{176: 1}},
		{wire.ReqMktData, &pb.MarketDataRequest{}, 178, 20, nil},
		{wire.ReqExecutions, &pb.ExecutionRequest{}, 178, 10, map[wire.Version]int{200: 2}},
		{
			wire.CancelOrder, &pb.CancelOrderRequest{}, 193, 5,
			map[wire.Version]int{169: 1, 187: 3, 190: -3, 192: 1},
		},
		{wire.ReqGlobalCancel, &pb.GlobalCancelRequest{}, 193, 3, map[wire.Version]int{192: 1}},
		{wire.ErrorMessage, &pb.ErrorMessage{}, 200, 6, map[wire.Version]int{166: 1}},
		{wire.HistoricalData, &pb.HistoricalData{}, 200, 3, map[wire.Version]int{196: -2}},
		{wire.CommissionReport, &pb.CommissionAndFeesReport{}, 173, 8, nil},
		{wire.HistoricalDataUpdate, &pb.HistoricalDataUpdate{}, 200, 10, nil},
	}
}

func TestFieldCounts(t *testing.T) {
	for _, c := range fieldCounts() {
		for v := wire.MinVersion; v < wire.RawIDVersion; v++ {
			want := c.count
			for since, step := range c.steps {
				switch {
				case v >= since && c.at < since:
					want += step
				case v < since && c.at >= since:
					want -= step
				}
			}
			payload, err := wire.Payload(wire.Message{Kind: c.kind, Body: c.body}, v)
			if err != nil {
				t.Fatal(err)
			}
			if got := bytes.Count(payload, []byte{0}); got != want {
				t.Errorf("%s at %d has %d fields, want %d", c.kind, v, got, want)
			}
		}
	}
}
