package subs_test

import (
	"slices"
	"testing"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"ibsoak/internal/wire"
	"ibsoak/trader/keeper/subs"
)

// unknown are the requests after which a session is not reused: they change who the client is.
var unknown = []wire.Kind{wire.VerifyRequest, wire.VerifyMessage, wire.VerifyAndAuthRequest, wire.VerifyAndAuthMessage}

func TestEveryRequestIsKnown(t *testing.T) {
	rows := map[wire.Kind]bool{}
	for _, row := range subs.Table {
		rows[row.Request] = true
	}
	for _, k := range wire.Kinds() {
		if k.Direction() != wire.FromClient {
			continue
		}
		if n := count(rows[k], subs.IsCancel(k), slices.Contains(subs.Harmless, k), slices.Contains(unknown, k)); n != 1 {
			t.Errorf("%s is in %d of: table, cancels, harmless, unknown; want one", k, n)
		}
	}
}

func count(is ...bool) (n int) {
	for _, b := range is {
		if b {
			n++
		}
	}
	return n
}

func id(n int32) *int32 { return proto.Int32(n) }

func TestEveryCancelNamesItsRequest(t *testing.T) {
	for _, row := range subs.Table {
		if row.Cancel == 0 || row.Cancel == row.Request {
			continue
		}
		body := wire.NewBody(row.Request)
		fields := body.ProtoReflect().Descriptor().Fields()
		if field := fields.ByName("reqId"); field != nil {
			body.ProtoReflect().Set(field, protoreflect.ValueOfInt32(7))
		}
		tracker := subs.NewTracker(wire.MaxVersion)
		tracker.Requested(wire.Message{Kind: row.Request, Body: body})
		cancels := tracker.Leave()
		if len(cancels) != 1 || subs.KeyOf(cancels[0]) != subs.KeyOf(wire.Message{Kind: row.Request, Body: body}) {
			t.Errorf("%s is cancelled by %v", row.Request, cancels)
		}
	}
}

func TestTracker(t *testing.T) {
	aapl := &pb.Contract{Symbol: proto.String("AAPL")}
	for name, tc := range map[string]struct {
		version  wire.Version
		asked    []wire.Message
		answered []wire.Message
		subs     int
		cancels  []wire.Kind
		pending  int
		dirty    bool
	}{
		"a subscription is cancelled": {
			asked: []wire.Message{{Kind: wire.ReqMktData, Body: &pb.MarketDataRequest{ReqId: id(1), Contract: aapl}}},
			subs:  1, cancels: []wire.Kind{wire.CancelMktData},
		},
		"once, whoever cancelled": {
			asked: []wire.Message{
				{Kind: wire.ReqPositions, Body: &pb.PositionsRequest{}},
				{Kind: wire.CancelPositions, Body: &pb.CancelPositions{}},
			},
		},
		"a snapshot ends": {
			asked:    []wire.Message{{Kind: wire.ReqMktData, Body: &pb.MarketDataRequest{ReqId: id(1), Snapshot: proto.Bool(true)}}},
			answered: []wire.Message{{Kind: wire.TickSnapshotEnd, Body: &pb.TickSnapshotEnd{ReqId: id(1)}}},
		},
		"bars that are kept up to date go on after their end": {
			asked:    []wire.Message{{Kind: wire.ReqHistoricalData, Body: &pb.HistoricalDataRequest{ReqId: id(1), KeepUpToDate: proto.Bool(true)}}},
			answered: []wire.Message{{Kind: wire.HistoricalDataEnd, Body: &pb.HistoricalDataEnd{ReqId: id(1)}}},
			subs:     1, cancels: []wire.Kind{wire.CancelHistoricalData},
		},
		"bars are not over before their end": {
			asked:    []wire.Message{{Kind: wire.ReqHistoricalData, Body: &pb.HistoricalDataRequest{ReqId: id(1)}}},
			answered: []wire.Message{{Kind: wire.HistoricalData, Body: &pb.HistoricalData{ReqId: id(1)}}},
			cancels:  []wire.Kind{wire.CancelHistoricalData},
		},
		"below 196 the bars are the end": {
			version:  178,
			asked:    []wire.Message{{Kind: wire.ReqHistoricalData, Body: &pb.HistoricalDataRequest{ReqId: id(1)}}},
			answered: []wire.Message{{Kind: wire.HistoricalData, Body: &pb.HistoricalData{ReqId: id(1)}}},
		},
		"an answer that nothing cancels is waited for": {
			asked:   []wire.Message{{Kind: wire.ReqExecutions, Body: &pb.ExecutionRequest{ReqId: id(1)}}},
			pending: 1,
		},
		"another request's end is not its own": {
			asked:    []wire.Message{{Kind: wire.ReqExecutions, Body: &pb.ExecutionRequest{ReqId: id(1)}}},
			answered: []wire.Message{{Kind: wire.ExecutionDetailsEnd, Body: &pb.ExecutionDetailsEnd{ReqId: id(2)}}},
			pending:  1,
		},
		"an error ends it": {
			asked:    []wire.Message{{Kind: wire.ReqExecutions, Body: &pb.ExecutionRequest{ReqId: id(1)}}},
			answered: []wire.Message{{Kind: wire.ErrorMessage, Body: &pb.ErrorMessage{Id: id(1), ErrorCode: id(321)}}},
		},
		"a warning does not": {
			asked:    []wire.Message{{Kind: wire.ReqExecutions, Body: &pb.ExecutionRequest{ReqId: id(1)}}},
			answered: []wire.Message{{Kind: wire.ErrorMessage, Body: &pb.ErrorMessage{Id: id(1), ErrorCode: id(2174)}}},
			pending:  1,
		},
		"a cancel that the version lacks is none": {
			version: 200,
			asked:   []wire.Message{{Kind: wire.ReqContractDetails, Body: &pb.ContractDataRequest{ReqId: id(1)}}},
			pending: 1,
		},
		"delayed data is turned back to real time": {
			asked:   []wire.Message{{Kind: wire.ReqMarketDataType, Body: &pb.MarketDataTypeRequest{MarketDataType: id(3)}}},
			cancels: []wire.Kind{wire.ReqMarketDataType},
		},
		"unless the client did": {
			asked: []wire.Message{
				{Kind: wire.ReqMarketDataType, Body: &pb.MarketDataTypeRequest{MarketDataType: id(3)}},
				{Kind: wire.ReqMarketDataType, Body: &pb.MarketDataTypeRequest{MarketDataType: id(1)}},
			},
		},
		"orders are nobody's to take back": {
			asked: []wire.Message{{Kind: wire.PlaceOrder, Body: &pb.PlaceOrderRequest{OrderId: id(1)}}},
		},
		"what is not known spoils the session": {
			asked: []wire.Message{{Kind: wire.VerifyRequest, Body: wire.NewBody(wire.VerifyRequest)}},
			dirty: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := tc.version
			if v == 0 {
				v = 225
			}
			tracker := subs.NewTracker(v)
			for _, m := range tc.asked {
				tracker.Requested(m)
			}
			for _, m := range tc.answered {
				tracker.Answered(m)
			}
			if got := tracker.Subscriptions(); got != tc.subs {
				t.Errorf("%d subscriptions, want %d", got, tc.subs)
			}
			var kinds []wire.Kind
			for _, m := range tracker.Leave() {
				kinds = append(kinds, m.Kind)
				if _, err := wire.Payload(m, v); err != nil {
					t.Error(err)
				}
			}
			if !slices.Equal(kinds, tc.cancels) {
				t.Errorf("cancels %v, want %v", kinds, tc.cancels)
			}
			if tracker.Pending() != tc.pending || tracker.Clean() == tc.dirty {
				t.Errorf("%d pending, clean %v; want %d, %v", tracker.Pending(), tracker.Clean(), tc.pending, !tc.dirty)
			}
		})
	}
}
