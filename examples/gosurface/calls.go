package main

import (
	"github.com/scmhub/ibapi"
	"github.com/scmhub/ibapi/protobuf"
)

// notRequests are the public methods of the client that ask a Gateway nothing.
var notRequests = []string{
	"Connect", "ConnectWithGracefulShutdown", "Disconnect", "Ctx", "IsConnected",
	"OptionalCapabilities", "SetOptionalCapabilities", "SetConnectionOptions", "ServerVersion",
	"TWSConnectionTime",
}

const account = "DU9000001"

// The ids of requests are those of their family, so that a cancel finds its subscription.
const (
	forQuotes = 100 + iota
	forTicks
	forDepth
	forBars
	forHistory
	forHistogram
	forHistoricalTicks
	forSummary
	forPositions
	forUpdates
	forPnL
	forPnLSingle
	forScanner
	forVolatility
	forPrice
	forGroup
	forOther

	firstOrder = 9001
)

// calls is every request of the client: what is subscribed is also cancelled.
func calls() []call {
	var all []call
	for _, family := range [][]call{
		sessionCalls(), accountCalls(), contractCalls(), quoteCalls(), historyCalls(),
		optionCalls(), newsCalls(), orderCalls(), groupCalls(), configCalls(),
	} {
		all = append(all, family...)
	}
	return all
}

func sessionCalls() []call {
	return []call{
		{"ReqCurrentTime", "CurrentTime", func(ib *ibapi.EClient) { ib.ReqCurrentTime() }},
		{"ReqCurrentTimeInMillis", "CurrentTimeInMillis", func(ib *ibapi.EClient) {
			ib.ReqCurrentTimeInMillis()
		}},
		{"SetServerLogLevel", "", func(ib *ibapi.EClient) { ib.SetServerLogLevel(2) }},
		{"ReqManagedAccts", "ManagedAccounts", func(ib *ibapi.EClient) { ib.ReqManagedAccts() }},
		{"ReqIDs", "NextValidID", func(ib *ibapi.EClient) { ib.ReqIDs(1) }},
		{"ReqUserInfo", "UserInfo", func(ib *ibapi.EClient) { ib.ReqUserInfo(forOther) }},
		// Without a key of IBKR's, verification completes without success.
		{"VerifyRequest", "VerifyCompleted", func(ib *ibapi.EClient) {
			ib.VerifyRequest("surface", "1")
		}},
		{"VerifyMessage", "VerifyCompleted", func(ib *ibapi.EClient) { ib.VerifyMessage("data") }},
		{"VerifyAndAuthRequest", "VerifyAndAuthCompleted", func(ib *ibapi.EClient) {
			ib.VerifyAndAuthRequest("surface", "1", "key")
		}},
		// The client sends it under the id of verifyMessage.
		{"VerifyAndAuthMessage", "VerifyCompleted", func(ib *ibapi.EClient) {
			ib.VerifyAndAuthMessage("data", "response")
		}},
	}
}

func accountCalls() []call {
	return []call{
		{"ReqAccountUpdates", "AccountDownloadEnd", func(ib *ibapi.EClient) {
			ib.ReqAccountUpdates(true, account)
		}},
		{"ReqAccountSummary", "AccountSummaryEnd", func(ib *ibapi.EClient) {
			ib.ReqAccountSummary(forSummary, "All", "NetLiquidation,$LEDGER")
		}},
		{"CancelAccountSummary", "", func(ib *ibapi.EClient) {
			ib.CancelAccountSummary(forSummary)
		}},
		{"ReqPositions", "PositionEnd", func(ib *ibapi.EClient) { ib.ReqPositions() }},
		{"CancelPositions", "", func(ib *ibapi.EClient) { ib.CancelPositions() }},
		{"ReqPositionsMulti", "PositionMultiEnd", func(ib *ibapi.EClient) {
			ib.ReqPositionsMulti(forPositions, account, "")
		}},
		{"CancelPositionsMulti", "", func(ib *ibapi.EClient) {
			ib.CancelPositionsMulti(forPositions)
		}},
		{"ReqAccountUpdatesMulti", "AccountUpdateMultiEnd", func(ib *ibapi.EClient) {
			ib.ReqAccountUpdatesMulti(forUpdates, account, "", true)
		}},
		{"CancelAccountUpdatesMulti", "", func(ib *ibapi.EClient) {
			ib.CancelAccountUpdatesMulti(forUpdates)
		}},
		{"ReqPnL", "Pnl", func(ib *ibapi.EClient) { ib.ReqPnL(forPnL, account, "") }},
		{"CancelPnL", "", func(ib *ibapi.EClient) { ib.CancelPnL(forPnL) }},
		{"ReqPnLSingle", "PnlSingle", func(ib *ibapi.EClient) {
			ib.ReqPnLSingle(forPnLSingle, account, "", apple().ConID)
		}},
		{"CancelPnLSingle", "", func(ib *ibapi.EClient) { ib.CancelPnLSingle(forPnLSingle) }},
		{"ReqFamilyCodes", "FamilyCodes", func(ib *ibapi.EClient) { ib.ReqFamilyCodes() }},
		{"RequestFA", "ReceiveFA", func(ib *ibapi.EClient) { ib.RequestFA(ibapi.GROUPS) }},
		{"ReplaceFA", "ReplaceFAEnd", func(ib *ibapi.EClient) {
			ib.ReplaceFA(forOther, ibapi.GROUPS, "<ListOfGroups/>")
		}},
		{"ReqSoftDollarTiers", "SoftDollarTiers", func(ib *ibapi.EClient) {
			ib.ReqSoftDollarTiers(forOther)
		}},
	}
}

func contractCalls() []call {
	return []call{
		{"ReqContractDetails", "ContractDetailsEnd", func(ib *ibapi.EClient) {
			ib.ReqContractDetails(forOther, apple())
		}},
		{"CancelContractData", "", func(ib *ibapi.EClient) { ib.CancelContractData(forOther) }},
		{"ReqMatchingSymbols", "SymbolSamples", func(ib *ibapi.EClient) {
			ib.ReqMatchingSymbols(forOther, "AAPL")
		}},
		{"ReqMarketRule", "MarketRule", func(ib *ibapi.EClient) { ib.ReqMarketRule(26) }},
		{"ReqSecDefOptParams", "SecurityDefinitionOptionParameterEnd", func(ib *ibapi.EClient) {
			ib.ReqSecDefOptParams(forOther, "AAPL", "", "STK", apple().ConID)
		}},
		{"ReqSmartComponents", "SmartComponents", func(ib *ibapi.EClient) {
			ib.ReqSmartComponents(forOther, "9c0001")
		}},
		{"ReqMktDepthExchanges", "MktDepthExchanges", func(ib *ibapi.EClient) {
			ib.ReqMktDepthExchanges()
		}},
	}
}

func quoteCalls() []call {
	return []call{
		{"ReqMarketDataType", "", func(ib *ibapi.EClient) { ib.ReqMarketDataType(1) }},
		{"ReqMktData", "TickPrice", func(ib *ibapi.EClient) {
			ib.ReqMktData(forQuotes, apple(), "233", false, false, nil)
		}},
		{"CancelMktData", "", func(ib *ibapi.EClient) { ib.CancelMktData(forQuotes) }},
		{"ReqTickByTickData", "TickByTickBidAsk", func(ib *ibapi.EClient) {
			ib.ReqTickByTickData(forTicks, apple(), "BidAsk", 0, false)
		}},
		{"CancelTickByTickData", "", func(ib *ibapi.EClient) { ib.CancelTickByTickData(forTicks) }},
		{"ReqMktDepth", "UpdateMktDepthL2", func(ib *ibapi.EClient) {
			ib.ReqMktDepth(forDepth, apple(), 5, true, nil)
		}},
		{"CancelMktDepth", "", func(ib *ibapi.EClient) { ib.CancelMktDepth(forDepth, true) }},
		{"ReqRealTimeBars", "RealtimeBar", func(ib *ibapi.EClient) {
			ib.ReqRealTimeBars(forBars, apple(), 5, "TRADES", false, nil)
		}},
		{"CancelRealTimeBars", "", func(ib *ibapi.EClient) { ib.CancelRealTimeBars(forBars) }},
		{"ReqScannerParameters", "ScannerParameters", func(ib *ibapi.EClient) {
			ib.ReqScannerParameters()
		}},
		{"ReqScannerSubscription", "ScannerDataEnd", func(ib *ibapi.EClient) {
			s := ibapi.NewScannerSubscription()
			s.Instrument, s.LocationCode, s.ScanCode = "STK", "STK.US.MAJOR", "TOP_PERC_GAIN"
			ib.ReqScannerSubscription(forScanner, s, nil, nil)
		}},
		{"CancelScannerSubscription", "", func(ib *ibapi.EClient) {
			ib.CancelScannerSubscription(forScanner)
		}},
	}
}

func historyCalls() []call {
	return []call{
		{"ReqHistoricalData", "HistoricalDataEnd", func(ib *ibapi.EClient) {
			ib.ReqHistoricalData(forHistory, apple(), "", "1 D", "1 hour", "TRADES", true, 1, true, nil)
		}},
		{"CancelHistoricalData", "", func(ib *ibapi.EClient) {
			ib.CancelHistoricalData(forHistory)
		}},
		{"ReqHeadTimeStamp", "HeadTimestamp", func(ib *ibapi.EClient) {
			ib.ReqHeadTimeStamp(forOther, apple(), "TRADES", true, 1)
		}},
		{"CancelHeadTimeStamp", "", func(ib *ibapi.EClient) { ib.CancelHeadTimeStamp(forOther) }},
		{"ReqHistogramData", "HistogramData", func(ib *ibapi.EClient) {
			ib.ReqHistogramData(forHistogram, apple(), true, "1 day")
		}},
		{"CancelHistogramData", "", func(ib *ibapi.EClient) {
			ib.CancelHistogramData(forHistogram)
		}},
		{"ReqHistoricalTicks", "HistoricalTicksLast", func(ib *ibapi.EClient) {
			ib.ReqHistoricalTicks(forHistoricalTicks, apple(), "20260105 10:00:00 US/Eastern", "", 10, "TRADES",
				true, false, nil)
		}},
		{"CancelHistoricalTicks", "", func(ib *ibapi.EClient) {
			ib.CancelHistoricalTicks(forHistoricalTicks)
		}},
	}
}

func optionCalls() []call {
	return []call{
		{"CalculateImpliedVolatility", "TickOptionComputation", func(ib *ibapi.EClient) {
			ib.CalculateImpliedVolatility(forVolatility, appleCall(), 20, 260, nil)
		}},
		{"CancelCalculateImpliedVolatility", "", func(ib *ibapi.EClient) {
			ib.CancelCalculateImpliedVolatility(forVolatility)
		}},
		{"CalculateOptionPrice", "TickOptionComputation", func(ib *ibapi.EClient) {
			ib.CalculateOptionPrice(forPrice, appleCall(), 0.3, 260, nil)
		}},
		{"CancelCalculateOptionPrice", "", func(ib *ibapi.EClient) {
			ib.CancelCalculateOptionPrice(forPrice)
		}},
		{"ExerciseOptions", "Error", func(ib *ibapi.EClient) { // nothing is held
			ib.ExerciseOptions(forOther, appleCall(), 1, 1, account, 0, "", "", false)
		}},
	}
}

func newsCalls() []call {
	return []call{
		{"ReqNewsProviders", "NewsProviders", func(ib *ibapi.EClient) { ib.ReqNewsProviders() }},
		{"ReqNewsBulletins", "UpdateNewsBulletin", func(ib *ibapi.EClient) { ib.ReqNewsBulletins(true) }},
		{"CancelNewsBulletins", "", func(ib *ibapi.EClient) { ib.CancelNewsBulletins() }},
		{"ReqNewsArticle", "NewsArticle", func(ib *ibapi.EClient) {
			ib.ReqNewsArticle(forOther, "BRFG", "BRFG$0", nil)
		}},
		{"ReqHistoricalNews", "HistoricalNewsEnd", func(ib *ibapi.EClient) {
			ib.ReqHistoricalNews(forOther, apple().ConID, "BRFG", "", "", 10, nil)
		}},
		{"ReqWshMetaData", "WshMetaData", func(ib *ibapi.EClient) { ib.ReqWshMetaData(forOther) }},
		{"CancelWshMetaData", "", func(ib *ibapi.EClient) { ib.CancelWshMetaData(forOther) }},
		{"ReqWshEventData", "WshEventData", func(ib *ibapi.EClient) {
			ib.ReqWshEventData(forOther, ibapi.NewWshEventData())
		}},
		{"CancelWshEventData", "", func(ib *ibapi.EClient) { ib.CancelWshEventData(forOther) }},
	}
}

func orderCalls() []call {
	return []call{
		{"PlaceOrder", "OrderStatus", func(ib *ibapi.EClient) {
			o := ibapi.NewOrder()
			o.Action, o.OrderType, o.TIF, o.LmtPrice = "BUY", "LMT", "GTC", 1
			o.TotalQuantity = ibapi.StringToDecimal("1")
			ib.PlaceOrder(firstOrder, apple(), o)
		}},
		{"ReqOpenOrders", "OpenOrderEnd", func(ib *ibapi.EClient) { ib.ReqOpenOrders() }},
		{"ReqAllOpenOrders", "OpenOrderEnd", func(ib *ibapi.EClient) { ib.ReqAllOpenOrders() }},
		{"ReqAutoOpenOrders", "Error", func(ib *ibapi.EClient) { // not client 0
			ib.ReqAutoOpenOrders(true)
		}},
		{"CancelOrder", "OrderStatus", func(ib *ibapi.EClient) {
			ib.CancelOrder(firstOrder, ibapi.CancelOrderEmpty())
		}},
		{"ReqGlobalCancel", "", func(ib *ibapi.EClient) {
			ib.ReqGlobalCancel(ibapi.CancelOrderEmpty())
		}},
		{"ReqCompletedOrders", "CompletedOrdersEnd", func(ib *ibapi.EClient) {
			ib.ReqCompletedOrders(false)
		}},
		{"ReqExecutions", "ExecDetailsEnd", func(ib *ibapi.EClient) {
			ib.ReqExecutions(forOther, ibapi.NewExecutionFilter())
		}},
	}
}

func groupCalls() []call {
	return []call{
		{"QueryDisplayGroups", "DisplayGroupList", func(ib *ibapi.EClient) {
			ib.QueryDisplayGroups(forOther)
		}},
		{"SubscribeToGroupEvents", "DisplayGroupUpdated", func(ib *ibapi.EClient) {
			ib.SubscribeToGroupEvents(forGroup, 1)
		}},
		{"UpdateDisplayGroup", "DisplayGroupUpdated", func(ib *ibapi.EClient) {
			ib.UpdateDisplayGroup(forGroup, "265598@SMART")
		}},
		{"UnsubscribeFromGroupEvents", "", func(ib *ibapi.EClient) {
			ib.UnsubscribeFromGroupEvents(forGroup)
		}},
	}
}

func configCalls() []call {
	return []call{
		{"ReqConfigProtoBuf", "ConfigResponse", func(ib *ibapi.EClient) {
			ib.ReqConfigProtoBuf(&protobuf.ConfigRequest{ReqId: id(forOther)})
		}},
		{"UpdateConfigProtoBuf", "UpdateConfigResponse", func(ib *ibapi.EClient) {
			ib.UpdateConfigProtoBuf(&protobuf.UpdateConfigRequest{ReqId: id(forOther)})
		}},
	}
}

func id(n int32) *int32 { return &n }

func apple() *ibapi.Contract {
	c := ibapi.NewContract()
	c.ConID, c.Symbol, c.SecType, c.Exchange, c.Currency = 265598, "AAPL", "STK", "SMART", "USD"
	return c
}

func appleCall() *ibapi.Contract {
	c := ibapi.NewContract()
	c.Symbol, c.SecType, c.Exchange, c.Currency = "AAPL", "OPT", "SMART", "USD"
	c.LastTradeDateOrContractMonth, c.Strike, c.Right, c.Multiplier = "20260116", 260, "C", "100"
	return c
}
