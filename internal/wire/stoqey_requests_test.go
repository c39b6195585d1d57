package wire_test

import (
	"maps"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// stoqeyMap is what the recording passes as options.
var stoqeyMap = map[string]string{"a": "1", "b": "2"}

// stoqeyOption is askedOption without a primary exchange, which not every request has.
func stoqeyOption() *pb.Contract {
	_, c := askedOption()
	c.PrimaryExch = nil
	return c
}

func stoqeyCombo() *pb.Contract {
	return &pb.Contract{
		Symbol: p.s("IBKR"), SecType: p.s("BAG"), Exchange: p.s("SMART"), Currency: p.s("USD"),
		ComboLegs: []*pb.ComboLeg{
			{ConId: p.i(43645865), Ratio: p.i(1), Action: p.s("BUY"), Exchange: p.s("SMART")},
			{ConId: p.i(9408), Ratio: p.i(2), Action: p.s("SELL"), Exchange: p.s("SMART")},
		},
	}
}

// stoqeyVariants are orders with parts of changing size. This client writes the conditions in the
// official order.
func stoqeyVariants() map[string]proto.Message {
	limit := func(price float64) *pb.Order {
		return &pb.Order{
			Action: p.s("BUY"), TotalQuantity: p.s("1"), OrderType: p.s("LMT"), LmtPrice: &price,
			Tif: p.s("DAY"),
		}
	}
	conditional := limit(200)
	yes := p.b(true)
	conditional.Conditions = []*pb.OrderCondition{
		{
			Type: p.i(1), IsConjunctionConnection: yes, IsMore: yes, Price: p.d(231.5),
			ConId: p.i(265598), Exchange: p.s("SMART"), TriggerMethod: p.i(4),
		},
		{Type: p.i(3), IsMore: yes, Time: p.s("20260825 15:00:00 US/Eastern")},
		{Type: p.i(4), IsConjunctionConnection: yes, IsMore: yes, Percent: p.i(30)},
		{
			Type: p.i(5), IsConjunctionConnection: yes, SecType: p.s("STK"),
			Exchange: p.s("SMART"), Symbol: p.s("MSFT"),
		},
		{
			Type: p.i(6), IsConjunctionConnection: yes, Volume: p.i(1000), ConId: p.i(265598),
			Exchange: p.s("ISLAND"),
		},
		{
			Type: p.i(7), IsConjunctionConnection: yes, IsMore: yes, ChangePercent: p.d(2.5),
			ConId: p.i(8314), Exchange: p.s("NYSE"),
		},
	}
	combo := limit(1.25)
	combo.SmartComboRoutingParams = map[string]string{"NonGuaranteed": "1"}
	comboOrder := stoqeyOrder(604, combo)
	comboOrder.Contract = stoqeyCombo()
	algo := &pb.Order{
		Action: p.s("BUY"), TotalQuantity: p.s("1"), OrderType: p.s("MKT"), Tif: p.s("DAY"),
		AlgoStrategy: p.s("Adaptive"), AlgoParams: map[string]string{"adaptivePriority": "Normal"},
	}
	return map[string]proto.Message{
		"placeOrder_conditions": stoqeyOrder(603, conditional),
		"placeOrder_combo":      comboOrder,
		"placeOrder_algo":       stoqeyOrder(605, algo),
		"reqMktData_combo": &pb.MarketDataRequest{
			ReqId: p.i(26), Contract: stoqeyCombo(), Snapshot: p.b(true),
			RegulatorySnapshot: p.b(true),
		},
		"reqHistoricalData_combo": &pb.HistoricalDataRequest{
			ReqId: p.i(23), Contract: stoqeyCombo(), BarSizeSetting: p.s("5 mins"),
			Duration: p.s("1 D"), WhatToShow: p.s("MIDPOINT"), FormatDate: p.i(2),
			KeepUpToDate: p.b(true),
		},
	}
}

// stoqeyMore are the rest of this client's requests.
func stoqeyMore() map[string]proto.Message {
	all := make(map[string]proto.Message)
	for _, calls := range []map[string]proto.Message{
		stoqeyVariants(), stoqeyAccounts(), stoqeyData(), stoqeyOptions(), stoqeyNews(),
		stoqeyReference(),
	} {
		maps.Copy(all, calls)
	}
	return all
}

func stoqeyAccounts() map[string]proto.Message {
	account, core := p.s("DU9000001"), p.s("core")
	return map[string]proto.Message{
		"cancelPnL": &pb.CancelPnL{ReqId: p.i(17)},
		"reqPnLSingle": &pb.PnLSingleRequest{
			ReqId: p.i(18), Account: account, ModelCode: core, ConId: p.i(265598),
		},
		"cancelPnLSingle": &pb.CancelPnLSingle{ReqId: p.i(18)},
		"cancelPositions": &pb.CancelPositions{},
		"reqPositionsMulti": &pb.PositionsMultiRequest{
			ReqId: p.i(4), Account: account, ModelCode: core,
		},
		"cancelPositionsMulti": &pb.CancelPositionsMulti{ReqId: p.i(4)},
		"reqAccountUpdatesMulti": &pb.AccountUpdatesMultiRequest{
			ReqId: p.i(5), Account: account, ModelCode: core, LedgerAndNLV: p.b(true),
		},
		"cancelAccountUpdatesMulti": &pb.CancelAccountUpdatesMulti{ReqId: p.i(5)},
		"setServerLogLevel":         &pb.SetServerLogLevelRequest{LogLevel: p.i(5)},
		"reqUserInfo":               &pb.UserInfoRequest{ReqId: p.i(6)},
		"reqFA":                     &pb.FARequest{FaDataType: p.i(1)},
		"replaceFA": &pb.FAReplace{
			ReqId: p.i(62), FaDataType: p.i(1), Xml: p.s("<ListOfGroups/>"),
		},
		"reqSoftDollarTiers": &pb.SoftDollarTiersRequest{ReqId: p.i(63)},
		"reqFamilyCodes":     &pb.FamilyCodesRequest{},
	}
}

func stoqeyData() map[string]proto.Message {
	_, stock := askedStock()
	return map[string]proto.Message{
		"reqHeadTimestamp": &pb.HeadTimestampRequest{
			ReqId: p.i(27), Contract: stock, UseRTH: p.b(true), WhatToShow: p.s("TRADES"),
			FormatDate: p.i(2),
		},
		"cancelHeadTimestamp": &pb.CancelHeadTimestamp{ReqId: p.i(27)},
		"reqRealTimeBars": &pb.RealTimeBarsRequest{
			ReqId: p.i(28), Contract: stock, BarSize: p.i(5), WhatToShow: p.s("TRADES"),
			UseRTH: p.b(true), RealTimeBarsOptions: stoqeyMap,
		},
		"cancelRealTimeBars": &pb.CancelRealTimeBars{ReqId: p.i(28)},
		"reqHistogramData": &pb.HistogramDataRequest{
			ReqId: p.i(29), Contract: stock, UseRTH: p.b(true), TimePeriod: p.s("3 days"),
		},
		"cancelHistogramData": &pb.CancelHistogramData{ReqId: p.i(29)},
		"reqHistoricalTicks": &pb.HistoricalTicksRequest{
			ReqId: p.i(30), Contract: stock, StartDateTime: p.s("20260824 09:30:00 US/Eastern"),
			NumberOfTicks: p.i(1000), WhatToShow: p.s("TRADES"), UseRTH: p.b(true),
			IgnoreSize: p.b(true),
		},
		"reqTickByTickData": &pb.TickByTickRequest{
			ReqId: p.i(41), Contract: stock, TickType: p.s("BidAsk"), NumberOfTicks: p.i(10),
			IgnoreSize: p.b(true),
		},
		"cancelTickByTickData": &pb.CancelTickByTick{ReqId: p.i(41)},
		"reqMktDepth": &pb.MarketDepthRequest{
			ReqId: p.i(40), Contract: stoqeyOption(), NumRows: p.i(5), IsSmartDepth: p.b(true),
			MarketDepthOptions: stoqeyMap,
		},
		"cancelMktDepth":       &pb.CancelMarketDepth{ReqId: p.i(40), IsSmartDepth: p.b(true)},
		"reqMktDepthExchanges": &pb.MarketDepthExchangesRequest{},
	}
}

func stoqeyOptions() map[string]proto.Message {
	option := stoqeyOption()
	return map[string]proto.Message{
		"exerciseOptions": &pb.ExerciseOptionsRequest{
			OrderId: p.i(46), Contract: option, ExerciseAction: p.i(1), ExerciseQuantity: p.i(3),
			Account: p.s("DU9000001"), Override: p.b(true),
		},
		"calculateImpliedVolatility": &pb.CalculateImpliedVolatilityRequest{
			ReqId: p.i(47), Contract: option, OptionPrice: p.d(1.25), UnderPrice: p.d(12.5),
		},
		"calculateOptionPrice": &pb.CalculateOptionPriceRequest{
			ReqId: p.i(48), Contract: option, Volatility: p.d(0.3), UnderPrice: p.d(12.5),
		},
		"cancelCalculateImpliedVolatility": &pb.CancelCalculateImpliedVolatility{ReqId: p.i(47)},
		"cancelCalculateOptionPrice":       &pb.CancelCalculateOptionPrice{ReqId: p.i(48)},
		"reqSecDefOptParams": &pb.SecDefOptParamsRequest{
			ReqId: p.i(49), UnderlyingSymbol: p.s("ES"), FutFopExchange: p.s("CME"),
			UnderlyingSecType: p.s("FUT"), UnderlyingConId: p.i(495512563),
		},
	}
}

func stoqeyNews() map[string]proto.Message {
	_, stock := askedStock()
	return map[string]proto.Message{
		"reqNewsBulletins":    &pb.NewsBulletinsRequest{AllMessages: p.b(true)},
		"cancelNewsBulletins": &pb.CancelNewsBulletins{},
		"reqNewsProviders":    &pb.NewsProvidersRequest{},
		"reqNewsArticle": &pb.NewsArticleRequest{
			ReqId: p.i(44), ProviderCode: p.s("BRFG"), ArticleId: p.s("BRFG$04fb9da2"),
			NewsArticleOptions: stoqeyMap,
		},
		"reqHistoricalNews": &pb.HistoricalNewsRequest{
			ReqId: p.i(45), ConId: p.i(265598), ProviderCodes: p.s("BRFG+DJNL"),
			StartDateTime: p.s("2026-08-01 00:00:00.0"), EndDateTime: p.s("2026-08-24 00:00:00.0"),
			TotalResults: p.i(10), HistoricalNewsOptions: stoqeyMap,
		},
		"reqWshMetaData":    &pb.WshMetaDataRequest{ReqId: p.i(64)},
		"cancelWshMetaData": &pb.CancelWshMetaData{ReqId: p.i(64)},
		"reqWshEventData": &pb.WshEventDataRequest{
			ReqId: p.i(65), ConId: p.i(8314), Filter: p.s("{}"), FillWatchlist: p.b(true),
			FillCompetitors: p.b(true), StartDate: p.s("20260801"), EndDate: p.s("20260901"),
			TotalLimit: p.i(100),
		},
		"cancelWshEventData": &pb.CancelWshEventData{ReqId: p.i(65)},
		"reqFundamentalData": &wire.FundamentalsDataRequest{
			ReqId: p.i(71), Contract: stock, ReportType: p.s("ReportSnapshot"),
			FundamentalsDataOptions: stoqeyMap,
		},
		"cancelFundamentalData": &wire.CancelFundamentalsData{ReqId: p.i(71)},
	}
}

func stoqeyReference() map[string]proto.Message {
	scan := scannerRequests()[0].want.(*pb.ScannerSubscriptionRequest)
	scan.ScannerSubscription.ScannerSubscriptionOptions = stoqeyMap
	return map[string]proto.Message{
		"reqScannerSubscription":    scan,
		"cancelScannerSubscription": &pb.CancelScannerSubscription{ReqId: p.i(50)},
		"reqScannerParameters":      &pb.ScannerParametersRequest{},
		"reqMatchingSymbols": &pb.MatchingSymbolsRequest{
			ReqId: p.i(60), Pattern: p.s("Apple"),
		},
		"reqMarketRule":      &pb.MarketRuleRequest{MarketRuleId: p.i(26)},
		"reqSmartComponents": &pb.SmartComponentsRequest{ReqId: p.i(61), BboExchange: p.s("9c0001")},
		"queryDisplayGroups": &pb.QueryDisplayGroupsRequest{ReqId: p.i(67)},
		"subscribeToGroupEvents": &pb.SubscribeToGroupEventsRequest{
			ReqId: p.i(68), GroupId: p.i(4),
		},
		"updateDisplayGroup": &pb.UpdateDisplayGroupRequest{
			ReqId: p.i(68), ContractInfo: p.s("265598@SMART"),
		},
		"unsubscribeFromGroupEvents": &pb.UnsubscribeFromGroupEventsRequest{ReqId: p.i(68)},
	}
}
