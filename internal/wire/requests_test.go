package wire_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/scmhub/ibapi"
	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"ibsoak/internal/wire"
	"ibsoak/internal/witness"
)

// stockVersions are all up to the last one that changed a form; nearly each of them is a gate of
// some field.
var stockVersions = func() []wire.Version {
	const lastGate = 214
	var versions []wire.Version
	for v := wire.MinVersion; v <= lastGate; v++ {
		versions = append(versions, v)
	}
	return append(versions, 225)
}()

// request is one call on the stock client and what it must decode to.
type request struct {
	kind wire.Kind
	call func(*ibapi.EClient)
	want proto.Message
}

var p = struct {
	i func(int32) *int32
	l func(int64) *int64
	d func(float64) *float64
	s func(string) *string
	b func(bool) *bool
}{proto.Int32, proto.Int64, proto.Float64, proto.String, proto.Bool}

func askedOption() (*ibapi.Contract, *pb.Contract) {
	c := ibapi.NewContract()
	c.ConID, c.Symbol, c.SecType = 853200900, "OBDC", "OPT"
	c.LastTradeDateOrContractMonth, c.Strike, c.Right = "20261120", 10.5, "P"
	c.Multiplier, c.Exchange, c.PrimaryExchange, c.Currency = "100", "SMART", "AMEX", "USD"
	c.LocalSymbol, c.TradingClass = "OBDC  261120P00010500", "OBDC"
	return c, &pb.Contract{
		ConId: p.i(853200900), Symbol: p.s("OBDC"), SecType: p.s("OPT"),
		LastTradeDateOrContractMonth: p.s("20261120"), Strike: p.d(10.5), Right: p.s("P"),
		Multiplier: p.d(100), Exchange: p.s("SMART"), PrimaryExch: p.s("AMEX"),
		Currency: p.s("USD"), LocalSymbol: p.s("OBDC  261120P00010500"),
		TradingClass: p.s("OBDC"),
	}
}

func askedStock() (*ibapi.Contract, *pb.Contract) {
	c := ibapi.NewContract()
	c.ConID, c.Symbol, c.SecType, c.Exchange, c.Currency = 265598, "AAPL", "STK", "SMART", "USD"
	return c, &pb.Contract{
		ConId: p.i(265598), Symbol: p.s("AAPL"), SecType: p.s("STK"),
		Exchange: p.s("SMART"), Currency: p.s("USD"),
	}
}

// plainRequests are all requests but orders.
func plainRequests(v wire.Version) []request {
	return slices.Concat(
		sessionRequests(), accountRequests(), dataRequests(v), executionRequests(v),
		depthRequests(), newsRequests(), optionRequests(v), scannerRequests(),
		referenceRequests(), calendarRequests(v), windowRequests(),
	)
}

func sessionRequests() []request {
	return []request{
		{wire.ReqCurrentTime, (*ibapi.EClient).ReqCurrentTime, &pb.CurrentTimeRequest{}},
		{wire.ReqManagedAccts, (*ibapi.EClient).ReqManagedAccts, &pb.ManagedAccountsRequest{}},
		{wire.ReqIds, func(c *ibapi.EClient) { c.ReqIDs(3) }, &pb.IdsRequest{NumIds: p.i(3)}},
		{
			wire.SetServerLogLevel, func(c *ibapi.EClient) { c.SetServerLogLevel(5) },
			&pb.SetServerLogLevelRequest{LogLevel: p.i(5)},
		},
		{
			wire.ReqUserInfo, func(c *ibapi.EClient) { c.ReqUserInfo(6) },
			&pb.UserInfoRequest{ReqId: p.i(6)},
		},
		{
			wire.ReqCurrentTimeInMillis, (*ibapi.EClient).ReqCurrentTimeInMillis,
			&pb.CurrentTimeInMillisRequest{},
		},
		{wire.ReqOpenOrders, (*ibapi.EClient).ReqOpenOrders, &pb.OpenOrdersRequest{}},
		{wire.ReqAllOpenOrders, (*ibapi.EClient).ReqAllOpenOrders, &pb.AllOpenOrdersRequest{}},
		{
			wire.ReqAutoOpenOrders, func(c *ibapi.EClient) { c.ReqAutoOpenOrders(true) },
			&pb.AutoOpenOrdersRequest{AutoBind: p.b(true)},
		},
		{
			wire.ReqCompletedOrders, func(c *ibapi.EClient) { c.ReqCompletedOrders(true) },
			&pb.CompletedOrdersRequest{ApiOnly: p.b(true)},
		},
	}
}

func accountRequests() []request {
	return []request{
		{
			wire.ReqAccountSummary,
			func(c *ibapi.EClient) { c.ReqAccountSummary(9000, "All", "NetLiquidation,TotalCashValue") },
			&pb.AccountSummaryRequest{
				ReqId: p.i(9000), Group: p.s("All"), Tags: p.s("NetLiquidation,TotalCashValue"),
			},
		},
		{
			wire.CancelAccountSummary, func(c *ibapi.EClient) { c.CancelAccountSummary(9000) },
			&pb.CancelAccountSummary{ReqId: p.i(9000)},
		},
		{
			wire.ReqAccountUpdates,
			func(c *ibapi.EClient) { c.ReqAccountUpdates(true, "DU9000001") },
			&pb.AccountDataRequest{Subscribe: p.b(true), AcctCode: p.s("DU9000001")},
		},
		{
			wire.ReqAccountUpdates,
			func(c *ibapi.EClient) { c.ReqAccountUpdates(false, "DU9000001") },
			&pb.AccountDataRequest{AcctCode: p.s("DU9000001")},
		},
		{wire.ReqPositions, (*ibapi.EClient).ReqPositions, &pb.PositionsRequest{}},
		{wire.CancelPositions, (*ibapi.EClient).CancelPositions, &pb.CancelPositions{}},
		{
			wire.ReqPositionsMulti,
			func(c *ibapi.EClient) { c.ReqPositionsMulti(4, "DU9000001", "core") },
			&pb.PositionsMultiRequest{
				ReqId: p.i(4), Account: p.s("DU9000001"), ModelCode: p.s("core"),
			},
		},
		{
			wire.CancelPositionsMulti, func(c *ibapi.EClient) { c.CancelPositionsMulti(4) },
			&pb.CancelPositionsMulti{ReqId: p.i(4)},
		},
		{
			wire.ReqAccountUpdatesMulti,
			func(c *ibapi.EClient) { c.ReqAccountUpdatesMulti(5, "DU9000001", "core", true) },
			&pb.AccountUpdatesMultiRequest{
				ReqId: p.i(5), Account: p.s("DU9000001"), ModelCode: p.s("core"),
				LedgerAndNLV: p.b(true),
			},
		},
		{
			wire.CancelAccountUpdatesMulti,
			func(c *ibapi.EClient) { c.CancelAccountUpdatesMulti(5) },
			&pb.CancelAccountUpdatesMulti{ReqId: p.i(5)},
		},
		{
			wire.ReqPnL, func(c *ibapi.EClient) { c.ReqPnL(17, "DU9000001", "core") },
			&pb.PnLRequest{ReqId: p.i(17), Account: p.s("DU9000001"), ModelCode: p.s("core")},
		},
		{wire.CancelPnL, func(c *ibapi.EClient) { c.CancelPnL(17) }, &pb.CancelPnL{ReqId: p.i(17)}},
		{
			wire.ReqPnLSingle,
			func(c *ibapi.EClient) { c.ReqPnLSingle(18, "DU9000001", "core", 265598) },
			&pb.PnLSingleRequest{
				ReqId: p.i(18), Account: p.s("DU9000001"), ModelCode: p.s("core"),
				ConId: p.i(265598),
			},
		},
		{
			wire.CancelPnLSingle, func(c *ibapi.EClient) { c.CancelPnLSingle(18) },
			&pb.CancelPnLSingle{ReqId: p.i(18)},
		},
	}
}

func dataRequests(v wire.Version) []request {
	option, wantOption := askedOption()
	looked, wantLooked := askedOption()
	looked.IncludeExpired, looked.SecIDType, looked.SecID = true, "ISIN", "US0378331005"
	wantLooked.IncludeExpired = p.b(true)
	wantLooked.SecIdType, wantLooked.SecId = p.s("ISIN"), p.s("US0378331005")
	if v >= 176 {
		looked.IssuerID, wantLooked.IssuerId = "e1234567", p.s("e1234567")
	}
	tags := []ibapi.TagValue{{Tag: "x", Value: "1"}, {Tag: "y", Value: "two"}}
	wantTags := map[string]string{"x": "1", "y": "two"}
	return append([]request{
		{
			wire.ReqContractDetails, func(c *ibapi.EClient) { c.ReqContractDetails(21, looked) },
			&pb.ContractDataRequest{ReqId: p.i(21), Contract: wantLooked},
		},
		{
			wire.ReqHistoricalData,
			func(c *ibapi.EClient) {
				c.ReqHistoricalData(22, option, "20260824 22:00:00 US/Eastern", "1 W", "1 day",
					"TRADES", true, 1, false, tags)
			},
			&pb.HistoricalDataRequest{
				ReqId: p.i(22), Contract: wantOption,
				EndDateTime: p.s("20260824 22:00:00 US/Eastern"), Duration: p.s("1 W"),
				BarSizeSetting: p.s("1 day"), WhatToShow: p.s("TRADES"), UseRTH: p.b(true),
				FormatDate: p.i(1), ChartOptions: wantTags,
			},
		},
		{
			wire.CancelHistoricalData, func(c *ibapi.EClient) { c.CancelHistoricalData(22) },
			&pb.CancelHistoricalData{ReqId: p.i(22)},
		},
		{
			wire.ReqHeadTimestamp,
			func(c *ibapi.EClient) { c.ReqHeadTimeStamp(23, option, "BID", true, 2) },
			&pb.HeadTimestampRequest{
				ReqId: p.i(23), Contract: wantOption, WhatToShow: p.s("BID"), UseRTH: p.b(true),
				FormatDate: p.i(2),
			},
		},
		{
			wire.CancelHeadTimestamp, func(c *ibapi.EClient) { c.CancelHeadTimeStamp(23) },
			&pb.CancelHeadTimestamp{ReqId: p.i(23)},
		},
		{
			wire.ReqRealTimeBars,
			func(c *ibapi.EClient) { c.ReqRealTimeBars(24, option, 5, "MIDPOINT", true, tags) },
			&pb.RealTimeBarsRequest{
				ReqId: p.i(24), Contract: wantOption, BarSize: p.i(5),
				WhatToShow: p.s("MIDPOINT"), UseRTH: p.b(true), RealTimeBarsOptions: wantTags,
			},
		},
		{
			wire.CancelRealTimeBars, func(c *ibapi.EClient) { c.CancelRealTimeBars(24) },
			&pb.CancelRealTimeBars{ReqId: p.i(24)},
		},
	}, quoteRequests(v, tags, wantTags)...)
}

// askedCombo has the legs that requests for data carry; in protobuf the client adds the zeros of
// what only orders need.
func askedCombo(protobuf bool) (*ibapi.Contract, *pb.Contract) {
	c, want := askedStock()
	c.SecType, want.SecType = "BAG", p.s("BAG")
	c.ComboLegs = []ibapi.ComboLeg{
		{ConID: 1, Ratio: 1, Action: "BUY", Exchange: "SMART"},
		{ConID: 2, Ratio: 3, Action: "SELL", Exchange: "CBOE"},
	}
	want.ComboLegs = []*pb.ComboLeg{
		{ConId: p.i(1), Ratio: p.i(1), Action: p.s("BUY"), Exchange: p.s("SMART")},
		{ConId: p.i(2), Ratio: p.i(3), Action: p.s("SELL"), Exchange: p.s("CBOE")},
	}
	if protobuf {
		for _, leg := range want.ComboLegs {
			leg.OpenClose, leg.ShortSalesSlot, leg.ExemptCode = p.i(0), p.i(0), p.i(0)
		}
	}
	return c, want
}

func quoteRequests(v wire.Version, tags []ibapi.TagValue, wantTags map[string]string) []request {
	combo, wantCombo := askedCombo(v >= 208)
	hedged, wantHedged := askedCombo(v >= 206)
	hedged.DeltaNeutralContract = &ibapi.DeltaNeutralContract{ConID: 3, Delta: 0.5, Price: 310.25}
	wantHedged.DeltaNeutralContract = &pb.DeltaNeutralContract{
		ConId: p.i(3), Delta: p.d(0.5), Price: p.d(310.25),
	}
	return []request{
		{
			wire.ReqMktData,
			func(c *ibapi.EClient) { c.ReqMktData(25, hedged, "233,236", true, true, tags) },
			&pb.MarketDataRequest{
				ReqId: p.i(25), Contract: wantHedged, GenericTickList: p.s("233,236"),
				Snapshot: p.b(true), RegulatorySnapshot: p.b(true), MarketDataOptions: wantTags,
			},
		},
		{
			wire.ReqHistoricalData,
			func(c *ibapi.EClient) {
				c.ReqHistoricalData(26, combo, "", "300 S", "5 secs", "MIDPOINT", false, 2, true, nil)
			},
			&pb.HistoricalDataRequest{
				ReqId: p.i(26), Contract: wantCombo, Duration: p.s("300 S"),
				BarSizeSetting: p.s("5 secs"), WhatToShow: p.s("MIDPOINT"), FormatDate: p.i(2),
				KeepUpToDate: p.b(true),
			},
		},
		{
			wire.CancelMktData, func(c *ibapi.EClient) { c.CancelMktData(25) },
			&pb.CancelMarketData{ReqId: p.i(25)},
		},
		{
			wire.ReqMarketDataType, func(c *ibapi.EClient) { c.ReqMarketDataType(3) },
			&pb.MarketDataTypeRequest{MarketDataType: p.i(3)},
		},
	}
}

func executionRequests(v wire.Version) []request {
	filter := ibapi.NewExecutionFilter()
	filter.ClientID, filter.AcctCode, filter.Time = 7, "DU9000001", "20260824 09:30:00 US/Eastern"
	filter.Symbol, filter.SecType, filter.Exchange, filter.Side = "AAPL", "STK", "SMART", "BUY"
	want := &pb.ExecutionFilter{
		ClientId: p.i(7), AcctCode: p.s("DU9000001"), Time: p.s("20260824 09:30:00 US/Eastern"),
		Symbol: p.s("AAPL"), SecType: p.s("STK"), Exchange: p.s("SMART"), Side: p.s("BUY"),
	}
	if v >= 200 {
		filter.LastNDays, filter.SpecificDates = 2, []int64{20260820, 20260821}
		want.LastNDays, want.SpecificDates = p.i(2), []int32{20260820, 20260821}
	}
	return []request{
		{
			wire.ReqExecutions, func(c *ibapi.EClient) { c.ReqExecutions(31, filter) },
			&pb.ExecutionRequest{ReqId: p.i(31), ExecutionFilter: want},
		},
		{
			wire.ReqExecutions,
			func(c *ibapi.EClient) { c.ReqExecutions(32, ibapi.NewExecutionFilter()) },
			&pb.ExecutionRequest{
				ReqId: p.i(32), ExecutionFilter: &pb.ExecutionFilter{ClientId: p.i(0)},
			},
		},
	}
}

// TestStockClientRequests decodes what a real client sends, at every form.
func TestStockClientRequests(t *testing.T) {
	for _, v := range stockVersions {
		t.Run(fmt.Sprint(v), func(t *testing.T) {
			client := connect(t, v)
			for _, r := range plainRequests(v) {
				if v < wire.Since(r.kind) {
					continue // the client refuses to send it, and the codec to make it
				}
				got := client.ask(t, r.call)
				if got.Kind != r.kind {
					t.Errorf("%s came as %s", r.kind, got.Kind)
					continue
				}
				if sameBody(t, got, r.want) {
					witness.Saw(r.kind.String(), int(v), witness.IBAPI)
				}
			}
		})
	}
}

// sameBody compares what was decoded with what was asked. A false flag or an empty text is the
// same as an absent one: protobuf leaves out what text spells.
func sameBody(t *testing.T, got wire.Message, want proto.Message) bool {
	t.Helper()
	g, w := proto.Clone(got.Body), proto.Clone(want)
	prune(g.ProtoReflect())
	prune(w.ProtoReflect())
	if !proto.Equal(g, w) {
		t.Errorf("%s decoded to\n got %v\nwant %v", got.Kind, g, w)
		return false
	}
	return true
}

// prune drops false flags, empty strings and nested messages with nothing in them.
func prune(m protoreflect.Message) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsMap():
		case f.IsList():
			if f.Kind() == protoreflect.MessageKind {
				for i := range v.List().Len() {
					prune(v.List().Get(i).Message())
				}
			}
		case f.Kind() == protoreflect.MessageKind:
			prune(v.Message())
			if proto.Size(v.Message().Interface()) == 0 {
				m.Clear(f)
			}
		case f.Kind() == protoreflect.BoolKind && !v.Bool(),
			f.Kind() == protoreflect.StringKind && v.String() == "":
			m.Clear(f)
		}
		return true
	})
}
