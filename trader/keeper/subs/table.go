package subs

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// Row is a request and what becomes of it. The cancels and ends are those of IBKR's API reference
// (EClient and EWrapper), by the kinds of the official client's message table.
type Row struct {
	Request wire.Kind
	// Cancel ends it, 0: nothing does. A cancel that a session's version lacks counts as none.
	Cancel wire.Kind
	// Ends are the messages after which nothing more is answered; none for a subscription.
	Ends []wire.Kind
	// lasting says that this very request goes on until it is cancelled; nil: when it has no Ends.
	lasting func(proto.Message) bool
	// undo makes the cancel's body, where it is more than the request's id.
	undo func(request proto.Message) proto.Message
	// setting is what goes on without telling anything.
	setting bool
	// starts says that this very request leaves something behind; nil: always. One that does not takes
	// back what an earlier one of the same kind has left.
	starts func(proto.Message) bool
}

// What a Gateway does for a client that has said nothing (IBKR's API reference, reqMarketDataType and
// setServerLogLevel).
const (
	realTimeData    = 1
	errorsInLogOnly = 2
)

func boolPtr(b bool) *bool             { return &b }
func intPtr(n int32) *int32            { return &n }
func kinds(k ...wire.Kind) []wire.Kind { return k }

// Table is every request that leaves something behind or is answered later.
var Table = []Row{
	// Subscriptions, which go on until they are cancelled.
	{Request: wire.ReqMktData, Cancel: wire.CancelMktData, Ends: kinds(wire.TickSnapshotEnd), lasting: notSnapshot},
	{Request: wire.ReqMktDepth, Cancel: wire.CancelMktDepth, undo: undoDepth},
	{Request: wire.ReqTickByTickData, Cancel: wire.CancelTickByTickData},
	{Request: wire.ReqRealTimeBars, Cancel: wire.CancelRealTimeBars},
	{Request: wire.ReqPnL, Cancel: wire.CancelPnL},
	{Request: wire.ReqPnLSingle, Cancel: wire.CancelPnLSingle},
	{Request: wire.ReqAccountUpdates, Cancel: wire.ReqAccountUpdates, undo: undoAccountUpdates, starts: subscribes},
	{Request: wire.ReqAccountSummary, Cancel: wire.CancelAccountSummary},
	{Request: wire.ReqAccountUpdatesMulti, Cancel: wire.CancelAccountUpdatesMulti},
	{Request: wire.ReqPositions, Cancel: wire.CancelPositions},
	{Request: wire.ReqPositionsMulti, Cancel: wire.CancelPositionsMulti},
	{Request: wire.ReqScannerSubscription, Cancel: wire.CancelScannerSubscription},
	{Request: wire.ReqNewsBulletins, Cancel: wire.CancelNewsBulletins},
	{Request: wire.SubscribeToGroupEvents, Cancel: wire.UnsubscribeFromGroupEvents},
	{Request: wire.CalculateImpliedVolatility, Cancel: wire.CancelCalculateImpliedVolatility},
	{Request: wire.CalculateOptionPrice, Cancel: wire.CancelCalculateOptionPrice},
	{Request: wire.ReqWshMetaData, Cancel: wire.CancelWshMetaData},
	{Request: wire.ReqWshEventData, Cancel: wire.CancelWshEventData},

	// Settings of a session, which the next client must find as a new session has them.
	{
		Request: wire.ReqMarketDataType, Cancel: wire.ReqMarketDataType,
		undo: realTime, starts: notRealTime, setting: true,
	},
	{Request: wire.SetServerLogLevel, Cancel: wire.SetServerLogLevel, undo: quiet, starts: notQuiet, setting: true},
	{Request: wire.ReqAutoOpenOrders, Cancel: wire.ReqAutoOpenOrders, undo: unbind, starts: binds, setting: true},

	// Answers that end, and can be cancelled until then.
	{
		Request: wire.ReqHistoricalData, Cancel: wire.CancelHistoricalData, lasting: keepsUpToDate,
		Ends: kinds(wire.HistoricalDataEnd, wire.HistoricalSchedule),
	},
	{
		Request: wire.ReqHistoricalTicks, Cancel: wire.CancelHistoricalTicks,
		Ends: kinds(wire.HistoricalTicks, wire.HistoricalTicksBidAsk, wire.HistoricalTicksLast),
	},
	{Request: wire.ReqContractDetails, Cancel: wire.CancelContractData, Ends: kinds(wire.ContractDataEnd)},
	{Request: wire.ReqFundamentalData, Cancel: wire.CancelFundamentalData, Ends: kinds(wire.FundamentalData)},
	{Request: wire.ReqHeadTimestamp, Cancel: wire.CancelHeadTimestamp, Ends: kinds(wire.HeadTimestamp)},
	{Request: wire.ReqHistogramData, Cancel: wire.CancelHistogramData, Ends: kinds(wire.HistogramData)},

	// Answers that end, and nothing else ends them.
	{Request: wire.ReqExecutions, Ends: kinds(wire.ExecutionDetailsEnd)},
	{Request: wire.ReqOpenOrders, Ends: kinds(wire.OpenOrderEnd)},
	{Request: wire.ReqAllOpenOrders, Ends: kinds(wire.OpenOrderEnd)},
	{Request: wire.ReqCompletedOrders, Ends: kinds(wire.CompletedOrdersEnd)},
	{Request: wire.ReqIds, Ends: kinds(wire.NextValidID)},
	{Request: wire.ReqManagedAccts, Ends: kinds(wire.ManagedAccounts)},
	{Request: wire.ReqCurrentTime, Ends: kinds(wire.CurrentTime)},
	{Request: wire.ReqCurrentTimeInMillis, Ends: kinds(wire.CurrentTimeInMillis)},
	{Request: wire.ReqFA, Ends: kinds(wire.ReceiveFA)},
	{Request: wire.ReplaceFA, Ends: kinds(wire.ReplaceFAEnd)},
	{Request: wire.ReqScannerParameters, Ends: kinds(wire.ScannerParameters)},
	{Request: wire.QueryDisplayGroups, Ends: kinds(wire.DisplayGroupList)},
	{Request: wire.ReqSecDefOptParams, Ends: kinds(wire.SecurityDefinitionOptionParameterEnd)},
	{Request: wire.ReqSoftDollarTiers, Ends: kinds(wire.SoftDollarTiers)},
	{Request: wire.ReqFamilyCodes, Ends: kinds(wire.FamilyCodes)},
	{Request: wire.ReqMatchingSymbols, Ends: kinds(wire.SymbolSamples)},
	{Request: wire.ReqMktDepthExchanges, Ends: kinds(wire.MktDepthExchanges)},
	{Request: wire.ReqSmartComponents, Ends: kinds(wire.SmartComponents)},
	{Request: wire.ReqNewsArticle, Ends: kinds(wire.NewsArticle)},
	{Request: wire.ReqNewsProviders, Ends: kinds(wire.NewsProviders)},
	{Request: wire.ReqHistoricalNews, Ends: kinds(wire.HistoricalNewsEnd)},
	{Request: wire.ReqMarketRule, Ends: kinds(wire.MarketRule)},
	{Request: wire.ReqUserInfo, Ends: kinds(wire.UserInfo)},
	{Request: wire.ReqConfig, Ends: kinds(wire.ConfigResponse)},
	{Request: wire.UpdateConfig, Ends: kinds(wire.UpdateConfigResponse)},
}

// Harmless are the requests without a row that leave nothing behind but orders, which are nobody's
// to take back.
var Harmless = []wire.Kind{
	wire.PlaceOrder, wire.CancelOrder, wire.ReqGlobalCancel, wire.ExerciseOptions,
	wire.StartAPI, wire.UpdateDisplayGroup,
}

// barsEndSince is the version from which historicalDataEnd follows the bars; below it, the bars are
// the end (IBKR's client, MIN_SERVER_VER_HISTORICAL_DATA_END).
const barsEndSince wire.Version = 196

func notSnapshot(m proto.Message) bool {
	r, ok := m.(*pb.MarketDataRequest)
	return ok && !r.GetSnapshot() && !r.GetRegulatorySnapshot()
}

func keepsUpToDate(m proto.Message) bool {
	r, ok := m.(*pb.HistoricalDataRequest)
	return ok && r.GetKeepUpToDate()
}

func undoDepth(m proto.Message) proto.Message {
	r, _ := m.(*pb.MarketDepthRequest)
	return &pb.CancelMarketDepth{ReqId: intPtr(r.GetReqId()), IsSmartDepth: boolPtr(r.GetIsSmartDepth())}
}

func subscribes(m proto.Message) bool {
	r, ok := m.(*pb.AccountDataRequest)
	return ok && r.GetSubscribe()
}

func undoAccountUpdates(m proto.Message) proto.Message {
	r, _ := m.(*pb.AccountDataRequest)
	return &pb.AccountDataRequest{Subscribe: boolPtr(false), AcctCode: proto.String(r.GetAcctCode())}
}

func notRealTime(m proto.Message) bool {
	r, ok := m.(*pb.MarketDataTypeRequest)
	return ok && r.GetMarketDataType() != realTimeData
}

func realTime(proto.Message) proto.Message {
	return &pb.MarketDataTypeRequest{MarketDataType: intPtr(realTimeData)}
}

func notQuiet(m proto.Message) bool {
	r, ok := m.(*pb.SetServerLogLevelRequest)
	return ok && r.GetLogLevel() != errorsInLogOnly
}

func quiet(proto.Message) proto.Message {
	return &pb.SetServerLogLevelRequest{LogLevel: intPtr(errorsInLogOnly)}
}

func binds(m proto.Message) bool {
	r, ok := m.(*pb.AutoOpenOrdersRequest)
	return ok && r.GetAutoBind()
}

func unbind(proto.Message) proto.Message { return &pb.AutoOpenOrdersRequest{AutoBind: boolPtr(false)} }

var (
	byRequest = make(map[wire.Kind]*Row)
	byCancel  = make(map[wire.Kind]*Row) // only cancels of their own kind
	byEnd     = make(map[wire.Kind][]*Row)
	harmless  = make(map[wire.Kind]bool)
)

func init() {
	for i := range Table {
		row := &Table[i]
		byRequest[row.Request] = row
		if row.Cancel != 0 && row.Cancel != row.Request {
			byCancel[row.Cancel] = row
		}
		for _, end := range row.Ends {
			byEnd[end] = append(byEnd[end], row)
		}
	}
	byEnd[wire.HistoricalData] = []*Row{byRequest[wire.ReqHistoricalData]}
	for _, k := range Harmless {
		harmless[k] = true
	}
}

// RequestID is the id that a body carries, and whether it carries one.
func RequestID(body proto.Message) (id int64, ok bool) {
	m := body.ProtoReflect()
	field := m.Descriptor().Fields().ByName("reqId")
	if field == nil {
		return 0, false
	}
	return m.Get(field).Int(), true
}

// unfinished reports an answer that says of itself that more of it comes.
func unfinished(body proto.Message) bool {
	m := body.ProtoReflect()
	for _, name := range []protoreflect.Name{"isDone", "done"} {
		if field := m.Descriptor().Fields().ByName(name); field != nil && field.Kind() == protoreflect.BoolKind {
			return !m.Get(field).Bool()
		}
	}
	return false
}

// cancelOf makes the message that takes back a request.
func (r *Row) cancelOf(request proto.Message) wire.Message {
	if r.undo != nil {
		return wire.Message{Kind: r.Cancel, Body: r.undo(request)}
	}
	body := wire.NewBody(r.Cancel)
	if id, ok := RequestID(request); ok {
		m := body.ProtoReflect()
		if field := m.Descriptor().Fields().ByName("reqId"); field != nil {
			m.Set(field, protoreflect.ValueOfInt32(int32(id)))
		}
	}
	return wire.Message{Kind: r.Cancel, Body: body}
}
