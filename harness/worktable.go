package harness

import (
	"fmt"
	"slices"
	"strings"

	"ibsoak/internal/wire"
)

// workRank is how much a request says about a trader's work.
type workRank int

const (
	// bookkeeping is asked by every client, whatever it does: its answer is no cycle, unless
	// CycleRule.Request names it.
	bookkeeping workRank = iota
	// referenceData may be what a trader lives by, or not: its answer is a cycle only when
	// CycleRule.Request names it.
	referenceData
	// accountData is what a session is prepared with. Its answer is a cycle of a trader that has not
	// asked for market data.
	accountData
	// marketData is what a trader decides by.
	marketData
)

// workKind is a request that can be answered.
type workKind struct {
	request wire.Kind
	rank    workRank
	// ends are the messages that complete its answer. updates are those by which a subscription
	// lives on; one without ends is live from the beginning.
	ends, updates []wire.Kind
	// unnumbered requests have no id: one is open at a time.
	unnumbered bool
}

// workKinds are the requests whose answers are known.
var workKinds = []workKind{
	{
		request: wire.ReqHistoricalData, rank: marketData,
		ends:    kinds(wire.HistoricalData, wire.HistoricalSchedule),
		updates: kinds(wire.HistoricalDataUpdate),
	},
	{
		request: wire.ReqMktData, rank: marketData, ends: kinds(wire.TickSnapshotEnd),
		updates: kinds(wire.TickPrice, wire.TickSize, wire.TickString, wire.TickGeneric,
			wire.TickOptionComputation, wire.TickEFP),
	},
	{request: wire.ReqTickByTickData, rank: marketData, updates: kinds(wire.TickByTick)},
	{request: wire.ReqRealTimeBars, rank: marketData, updates: kinds(wire.RealTimeBars)},
	{request: wire.ReqMktDepth, rank: marketData, updates: kinds(wire.UpdateMktDepth, wire.UpdateMktDepthL2)},
	{request: wire.ReqScannerSubscription, rank: marketData, updates: kinds(wire.ScannerData)},
	{
		request: wire.ReqHistoricalTicks, rank: marketData,
		ends: kinds(wire.HistoricalTicks, wire.HistoricalTicksBidAsk, wire.HistoricalTicksLast),
	},
	{request: wire.ReqHeadTimestamp, rank: marketData, ends: kinds(wire.HeadTimestamp)},
	{request: wire.ReqHistogramData, rank: marketData, ends: kinds(wire.HistogramData)},
	{request: wire.ReqHistoricalNews, rank: marketData, ends: kinds(wire.HistoricalNewsEnd)},
	{request: wire.ReqNewsArticle, rank: marketData, ends: kinds(wire.NewsArticle)},
	{request: wire.ReqFundamentalData, rank: marketData, ends: kinds(wire.FundamentalData)},
	{request: wire.ReqWshEventData, rank: marketData, ends: kinds(wire.WshEventData)},
	{request: wire.CalculateImpliedVolatility, rank: marketData, ends: kinds(wire.TickOptionComputation)},
	{request: wire.CalculateOptionPrice, rank: marketData, ends: kinds(wire.TickOptionComputation)},

	{request: wire.ReqContractDetails, rank: accountData, ends: kinds(wire.ContractDataEnd)},
	{request: wire.ReqMatchingSymbols, rank: accountData, ends: kinds(wire.SymbolSamples)},
	{request: wire.ReqSecDefOptParams, rank: accountData, ends: kinds(wire.SecurityDefinitionOptionParameterEnd)},
	{request: wire.ReqPositions, rank: accountData, ends: kinds(wire.PositionEnd), unnumbered: true},
	{request: wire.ReqPositionsMulti, rank: accountData, ends: kinds(wire.PositionMultiEnd)},
	{request: wire.ReqAccountSummary, rank: accountData, ends: kinds(wire.AccountSummaryEnd)},
	{request: wire.ReqAccountUpdates, rank: accountData, ends: kinds(wire.AccountDownloadEnd), unnumbered: true},
	{request: wire.ReqAccountUpdatesMulti, rank: accountData, ends: kinds(wire.AccountUpdateMultiEnd)},
	{request: wire.ReqPnL, rank: accountData, updates: kinds(wire.PnL)},
	{request: wire.ReqPnLSingle, rank: accountData, updates: kinds(wire.PnLSingle)},

	{request: wire.ReqMarketRule, rank: referenceData, ends: kinds(wire.MarketRule)},
	{request: wire.ReqSmartComponents, rank: referenceData, ends: kinds(wire.SmartComponents)},
	{request: wire.ReqMktDepthExchanges, rank: referenceData, ends: kinds(wire.MktDepthExchanges), unnumbered: true},
	{request: wire.ReqNewsProviders, rank: referenceData, ends: kinds(wire.NewsProviders), unnumbered: true},
	{request: wire.ReqNewsBulletins, rank: referenceData, updates: kinds(wire.NewsBulletins), unnumbered: true},
	{request: wire.ReqFamilyCodes, rank: referenceData, ends: kinds(wire.FamilyCodes), unnumbered: true},
	{request: wire.ReqSoftDollarTiers, rank: referenceData, ends: kinds(wire.SoftDollarTiers)},
	{request: wire.ReqScannerParameters, rank: referenceData, ends: kinds(wire.ScannerParameters), unnumbered: true},
	{request: wire.ReqWshMetaData, rank: referenceData, ends: kinds(wire.WshMetaData)},
	{request: wire.ReqFA, rank: referenceData, ends: kinds(wire.ReceiveFA), unnumbered: true},
	{request: wire.ReqUserInfo, rank: referenceData, ends: kinds(wire.UserInfo)},

	{request: wire.ReqCurrentTime, ends: kinds(wire.CurrentTime), unnumbered: true},
	{request: wire.ReqCurrentTimeInMillis, ends: kinds(wire.CurrentTimeInMillis), unnumbered: true},
	{request: wire.ReqIds, ends: kinds(wire.NextValidID), unnumbered: true},
	{request: wire.ReqManagedAccts, ends: kinds(wire.ManagedAccounts), unnumbered: true},
	{request: wire.ReqOpenOrders, ends: kinds(wire.OpenOrderEnd), unnumbered: true},
	{request: wire.ReqAllOpenOrders, ends: kinds(wire.OpenOrderEnd), unnumbered: true},
	{request: wire.ReqExecutions, ends: kinds(wire.ExecutionDetailsEnd)},
	{request: wire.ReqCompletedOrders, ends: kinds(wire.CompletedOrdersEnd), unnumbered: true},
}

// answerless are bookkeeping without an answer of its own, so that none can be a cycle.
var answerless = kindSet(
	wire.StartAPI, wire.SetServerLogLevel, wire.ReqMarketDataType, wire.ReqAutoOpenOrders,
	wire.ReqGlobalCancel,
)

func kinds(k ...wire.Kind) []wire.Kind { return k }

// workByRequest and workByAnswer find the rows by IBKR's names.
var workByRequest, workByAnswer = indexWork()

func indexWork() (byRequest map[string]*workKind, byAnswer map[string][]*workKind) {
	byRequest, byAnswer = map[string]*workKind{}, map[string][]*workKind{}
	for i := range workKinds {
		w := &workKinds[i]
		byRequest[w.request.String()] = w
		for _, k := range slices.Concat(w.ends, w.updates) {
			byAnswer[k.String()] = append(byAnswer[k.String()], w)
		}
	}
	return byRequest, byAnswer
}

// placeOrder is the one request whose answer is that the order was taken.
var placeOrder = wire.PlaceOrder.String()

var errorMessage = wire.ErrorMessage.String()

// startAPI ends every handshake and asks for nothing.
var startAPI = wire.StartAPI.String()

// validate reports what the rule asks for and nothing can show.
func (c CycleRule) validate() error {
	if _, known := workByRequest[c.Request]; !known && c.Request != "" && c.Request != placeOrder {
		names := []string{placeOrder}
		for _, w := range workKinds {
			names = append(names, w.request.String())
		}
		return fmt.Errorf("cycle: request %q has no answer that can be recognised; there are %s",
			c.Request, strings.Join(names, ", "))
	}
	if c.Ref != "" && c.Request != "" && c.Request != placeOrder {
		return fmt.Errorf("cycle: orderRef is of orders, not of %s", c.Request)
	}
	return nil
}

// String says the rule as its author wrote it.
func (c CycleRule) String() string {
	var words []string
	add := func(name, value string) {
		if value != "" {
			words = append(words, name+" "+value)
		}
	}
	add("request", c.Request)
	add("symbol", c.Symbol)
	add("orderRef", c.Ref)
	return strings.Join(words, ", ")
}

// isWork reports a request that is a cycle when it is answered, without being named.
func isWork(kind string) bool {
	w, known := workByRequest[kind]
	return kind == placeOrder || known && w.rank >= accountData
}

// isBookkeeping reports a message that no trader works by: a question of bookkeeping, a cancel, or
// what the Gateway could not read.
func isBookkeeping(kind string) bool {
	w, known := workByRequest[kind]
	k, named := wire.ParseKind(kind)
	return known && w.rank == bookkeeping || answerless[kind] || strings.HasPrefix(kind, "cancel") ||
		!named || k.Direction() != wire.FromClient
}
