package wire

import pb "github.com/scmhub/ibapi/protobuf"

// protobufFamily is the rest of the API: recognised by name, and spoken in protobuf only.
var protobufFamily = []spec{
	protobufRow[pb.MarketDepthRequest](KindOf(FromClient, 10), "reqMktDepth", 206),
	protobufRow[pb.CancelMarketDepth](KindOf(FromClient, 11), "cancelMktDepth", 206),
	protobufRow[pb.NewsBulletinsRequest](KindOf(FromClient, 12), "reqNewsBulletins", 209),
	protobufRow[pb.CancelNewsBulletins](KindOf(FromClient, 13), "cancelNewsBulletins", 209),
	protobufRow[pb.FARequest](KindOf(FromClient, 18), "reqFA", 211),
	protobufRow[pb.FAReplace](KindOf(FromClient, 19), "replaceFA", 211),
	protobufRow[pb.ExerciseOptionsRequest](KindOf(FromClient, 21), "exerciseOptions", 211),
	protobufRow[pb.ScannerSubscriptionRequest](
		KindOf(FromClient, 22), "reqScannerSubscription", 210),
	protobufRow[pb.CancelScannerSubscription](
		KindOf(FromClient, 23), "cancelScannerSubscription", 210),
	protobufRow[pb.ScannerParametersRequest](KindOf(FromClient, 24), "reqScannerParameters", 210),
	protobufRow[pb.CalculateImpliedVolatilityRequest](
		KindOf(FromClient, 54), "calculateImpliedVolatility", 211),
	protobufRow[pb.CalculateOptionPriceRequest](
		KindOf(FromClient, 55), "calculateOptionPrice", 211),
	protobufRow[pb.CancelCalculateImpliedVolatility](
		KindOf(FromClient, 56), "cancelCalculateImpliedVolatility", 211),
	protobufRow[pb.CancelCalculateOptionPrice](
		KindOf(FromClient, 57), "cancelCalculateOptionPrice", 211),
	protobufRow[pb.VerifyRequest](KindOf(FromClient, 65), "verifyRequest", 213),
	protobufRow[pb.VerifyMessageRequest](KindOf(FromClient, 66), "verifyMessage", 213),
	protobufRow[pb.QueryDisplayGroupsRequest](KindOf(FromClient, 67), "queryDisplayGroups", 213),
	protobufRow[pb.SubscribeToGroupEventsRequest](
		KindOf(FromClient, 68), "subscribeToGroupEvents", 213),
	protobufRow[pb.UpdateDisplayGroupRequest](KindOf(FromClient, 69), "updateDisplayGroup", 213),
	protobufRow[pb.UnsubscribeFromGroupEventsRequest](
		KindOf(FromClient, 70), "unsubscribeFromGroupEvents", 213),
	protobufRow[pb.SecDefOptParamsRequest](KindOf(FromClient, 78), "reqSecDefOptParams", 212),
	protobufRow[pb.SoftDollarTiersRequest](KindOf(FromClient, 79), "reqSoftDollarTiers", 212),
	protobufRow[pb.FamilyCodesRequest](KindOf(FromClient, 80), "reqFamilyCodes", 212),
	protobufRow[pb.MatchingSymbolsRequest](KindOf(FromClient, 81), "reqMatchingSymbols", 212),
	protobufRow[pb.MarketDepthExchangesRequest](
		KindOf(FromClient, 82), "reqMktDepthExchanges", 213),
	protobufRow[pb.SmartComponentsRequest](KindOf(FromClient, 83), "reqSmartComponents", 212),
	protobufRow[pb.NewsArticleRequest](KindOf(FromClient, 84), "reqNewsArticle", 209),
	protobufRow[pb.NewsProvidersRequest](KindOf(FromClient, 85), "reqNewsProviders", 209),
	protobufRow[pb.HistoricalNewsRequest](KindOf(FromClient, 86), "reqHistoricalNews", 209),
	protobufRow[pb.HistogramDataRequest](KindOf(FromClient, 88), "reqHistogramData", 208),
	protobufRow[pb.CancelHistogramData](KindOf(FromClient, 89), "cancelHistogramData", 208),
	protobufRow[pb.MarketRuleRequest](KindOf(FromClient, 91), "reqMarketRule", 212),
	protobufRow[pb.HistoricalTicksRequest](KindOf(FromClient, 96), "reqHistoricalTicks", 208),
	protobufRow[pb.TickByTickRequest](KindOf(FromClient, 97), "reqTickByTickData", 208),
	protobufRow[pb.CancelTickByTick](KindOf(FromClient, 98), "cancelTickByTickData", 208),
	protobufRow[pb.WshMetaDataRequest](KindOf(FromClient, 100), "reqWshMetaData", 209),
	protobufRow[pb.CancelWshMetaData](KindOf(FromClient, 101), "cancelWshMetaData", 209),
	protobufRow[pb.WshEventDataRequest](KindOf(FromClient, 102), "reqWshEventData", 209),
	protobufRow[pb.CancelWshEventData](KindOf(FromClient, 103), "cancelWshEventData", 209),
	protobufRow[pb.CancelContractData](KindOf(FromClient, 106), "cancelContractData", 215),
	protobufRow[pb.CancelHistoricalTicks](KindOf(FromClient, 107), "cancelHistoricalTicks", 215),
	protobufRow[pb.ConfigRequest](KindOf(FromClient, 108), "reqConfig", 219),
	protobufRow[pb.UpdateConfigRequest](KindOf(FromClient, 109), "updateConfig", 221),

	protobufRow[pb.MarketDepth](KindOf(FromServer, 12), "updateMktDepth", 206),
	protobufRow[pb.MarketDepthL2](KindOf(FromServer, 13), "updateMktDepthL2", 206),
	protobufRow[pb.NewsBulletin](KindOf(FromServer, 14), "newsBulletins", 209),
	protobufRow[pb.ReceiveFA](KindOf(FromServer, 16), "receiveFA", 211),
	protobufRow[pb.ContractData](KindOf(FromServer, 18), "bondContractData", 205),
	protobufRow[pb.ScannerParameters](KindOf(FromServer, 19), "scannerParameters", 210),
	protobufRow[pb.ScannerData](KindOf(FromServer, 20), "scannerData", 210),
	protobufRow[pb.TickOptionComputation](KindOf(FromServer, 21), "tickOptionComputation", 206),
	protobufRow[pb.VerifyMessageApi](KindOf(FromServer, 65), "verifyMessageAPI", 213),
	protobufRow[pb.VerifyCompleted](KindOf(FromServer, 66), "verifyCompleted", 213),
	protobufRow[pb.DisplayGroupList](KindOf(FromServer, 67), "displayGroupList", 213),
	protobufRow[pb.DisplayGroupUpdated](KindOf(FromServer, 68), "displayGroupUpdated", 213),
	protobufRow[pb.SecDefOptParameter](
		KindOf(FromServer, 75), "securityDefinitionOptionParameter", 212),
	protobufRow[pb.SecDefOptParameterEnd](
		KindOf(FromServer, 76), "securityDefinitionOptionParameterEnd", 212),
	protobufRow[pb.SoftDollarTiers](KindOf(FromServer, 77), "softDollarTiers", 212),
	protobufRow[pb.FamilyCodes](KindOf(FromServer, 78), "familyCodes", 212),
	protobufRow[pb.SymbolSamples](KindOf(FromServer, 79), "symbolSamples", 212),
	protobufRow[pb.MarketDepthExchanges](KindOf(FromServer, 80), "mktDepthExchanges", 213),
	protobufRow[pb.SmartComponents](KindOf(FromServer, 82), "smartComponents", 212),
	protobufRow[pb.NewsArticle](KindOf(FromServer, 83), "newsArticle", 209),
	protobufRow[pb.TickNews](KindOf(FromServer, 84), "tickNews", 209),
	protobufRow[pb.NewsProviders](KindOf(FromServer, 85), "newsProviders", 209),
	protobufRow[pb.HistoricalNews](KindOf(FromServer, 86), "historicalNews", 209),
	protobufRow[pb.HistoricalNewsEnd](KindOf(FromServer, 87), "historicalNewsEnd", 209),
	protobufRow[pb.HistogramData](KindOf(FromServer, 89), "histogramData", 208),
	protobufRow[pb.RerouteMarketDataRequest](KindOf(FromServer, 91), "rerouteMktDataReq", 211),
	protobufRow[pb.RerouteMarketDepthRequest](KindOf(FromServer, 92), "rerouteMktDepthReq", 211),
	protobufRow[pb.MarketRule](KindOf(FromServer, 93), "marketRule", 212),
	protobufRow[pb.HistoricalTicks](KindOf(FromServer, 96), "historicalTicks", 208),
	protobufRow[pb.HistoricalTicksBidAsk](KindOf(FromServer, 97), "historicalTicksBidAsk", 208),
	protobufRow[pb.HistoricalTicksLast](KindOf(FromServer, 98), "historicalTicksLast", 208),
	protobufRow[pb.TickByTickData](KindOf(FromServer, 99), "tickByTick", 208),
	protobufRow[pb.ReplaceFAEnd](KindOf(FromServer, 103), "replaceFAEnd", 211),
	protobufRow[pb.WshMetaData](KindOf(FromServer, 104), "wshMetaData", 209),
	protobufRow[pb.WshEventData](KindOf(FromServer, 105), "wshEventData", 209),
	protobufRow[pb.ConfigResponse](KindOf(FromServer, 110), "configResponse", 219),
	protobufRow[pb.UpdateConfigResponse](KindOf(FromServer, 111), "updateConfigResponse", 221),
}
