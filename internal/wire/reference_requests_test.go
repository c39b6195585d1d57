package wire_test

import (
	"github.com/scmhub/ibapi"
	pb "github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

func referenceRequests() []request {
	return []request{
		{
			wire.ReqMatchingSymbols, func(c *ibapi.EClient) { c.ReqMatchingSymbols(60, "Apple") },
			&pb.MatchingSymbolsRequest{ReqId: p.i(60), Pattern: p.s("Apple")},
		},
		{
			wire.ReqMarketRule, func(c *ibapi.EClient) { c.ReqMarketRule(26) },
			&pb.MarketRuleRequest{MarketRuleId: p.i(26)},
		},
		{
			wire.ReqSmartComponents,
			func(c *ibapi.EClient) { c.ReqSmartComponents(61, "9c0001") },
			&pb.SmartComponentsRequest{ReqId: p.i(61), BboExchange: p.s("9c0001")},
		},
		{
			wire.CancelContractData, func(c *ibapi.EClient) { c.CancelContractData(21) },
			&pb.CancelContractData{ReqId: p.i(21)},
		},
		{
			wire.ReqFA, func(c *ibapi.EClient) { c.RequestFA(ibapi.FaDataType(3)) },
			&pb.FARequest{FaDataType: p.i(3)},
		},
		{
			wire.ReplaceFA,
			func(c *ibapi.EClient) { c.ReplaceFA(62, ibapi.FaDataType(3), "<ListOfGroups/>") },
			&pb.FAReplace{ReqId: p.i(62), FaDataType: p.i(3), Xml: p.s("<ListOfGroups/>")},
		},
		{
			wire.ReqSoftDollarTiers, func(c *ibapi.EClient) { c.ReqSoftDollarTiers(63) },
			&pb.SoftDollarTiersRequest{ReqId: p.i(63)},
		},
		{wire.ReqFamilyCodes, (*ibapi.EClient).ReqFamilyCodes, &pb.FamilyCodesRequest{}},
		{
			wire.ReqConfig,
			func(c *ibapi.EClient) { c.ReqConfigProtoBuf(&pb.ConfigRequest{ReqId: p.i(69)}) },
			&pb.ConfigRequest{ReqId: p.i(69)},
		},
		{
			wire.UpdateConfig,
			func(c *ibapi.EClient) {
				c.UpdateConfigProtoBuf(&pb.UpdateConfigRequest{ReqId: p.i(70)})
			},
			&pb.UpdateConfigRequest{ReqId: p.i(70)},
		},
	}
}

func calendarRequests(v wire.Version) []request {
	event := ibapi.NewWshEventData()
	event.ConID = 8314
	want := &pb.WshEventDataRequest{ReqId: p.i(65), ConId: p.i(8314)}
	if v >= 171 {
		event.Filter, event.FillWatchList, event.FillPortfolio = `{"country":"All"}`, true, false
		event.FillCompetitors = true
		want.Filter, want.FillWatchlist = p.s(`{"country":"All"}`), p.b(true)
		want.FillCompetitors = p.b(true)
	}
	if v >= 173 {
		event.StartDate, event.EndDate, event.TotalLimit = "20260801", "20260901", 100
		want.StartDate, want.EndDate, want.TotalLimit = p.s("20260801"), p.s("20260901"), p.i(100)
	}
	return []request{
		{
			wire.ReqWshMetaData, func(c *ibapi.EClient) { c.ReqWshMetaData(64) },
			&pb.WshMetaDataRequest{ReqId: p.i(64)},
		},
		{
			wire.CancelWshMetaData, func(c *ibapi.EClient) { c.CancelWshMetaData(64) },
			&pb.CancelWshMetaData{ReqId: p.i(64)},
		},
		{
			wire.ReqWshEventData, func(c *ibapi.EClient) { c.ReqWshEventData(65, event) }, want,
		},
		{
			wire.ReqWshEventData,
			func(c *ibapi.EClient) { c.ReqWshEventData(66, ibapi.NewWshEventData()) },
			&pb.WshEventDataRequest{ReqId: p.i(66)},
		},
		{
			wire.CancelWshEventData, func(c *ibapi.EClient) { c.CancelWshEventData(65) },
			&pb.CancelWshEventData{ReqId: p.i(65)},
		},
	}
}

func windowRequests() []request {
	return []request{
		{
			wire.QueryDisplayGroups, func(c *ibapi.EClient) { c.QueryDisplayGroups(67) },
			&pb.QueryDisplayGroupsRequest{ReqId: p.i(67)},
		},
		{
			wire.SubscribeToGroupEvents,
			func(c *ibapi.EClient) { c.SubscribeToGroupEvents(68, 4) },
			&pb.SubscribeToGroupEventsRequest{ReqId: p.i(68), GroupId: p.i(4)},
		},
		{
			wire.UpdateDisplayGroup,
			func(c *ibapi.EClient) { c.UpdateDisplayGroup(68, "265598@SMART") },
			&pb.UpdateDisplayGroupRequest{ReqId: p.i(68), ContractInfo: p.s("265598@SMART")},
		},
		{
			wire.UnsubscribeFromGroupEvents,
			func(c *ibapi.EClient) { c.UnsubscribeFromGroupEvents(68) },
			&pb.UnsubscribeFromGroupEventsRequest{ReqId: p.i(68)},
		},
		{
			wire.VerifyRequest, func(c *ibapi.EClient) { c.VerifyRequest("app", "1.0") },
			&pb.VerifyRequest{ApiName: p.s("app"), ApiVersion: p.s("1.0")},
		},
		{
			wire.VerifyMessage, func(c *ibapi.EClient) { c.VerifyMessage("data") },
			&pb.VerifyMessageRequest{ApiData: p.s("data")},
		},
		{
			wire.VerifyAndAuthRequest,
			func(c *ibapi.EClient) { c.VerifyAndAuthRequest("app", "1.0", "key") },
			&wire.VerifyAndAuthRequestBody{
				ApiName: p.s("app"), ApiVersion: p.s("1.0"), OpaqueIsvKey: p.s("key"),
			},
		},
	}
}
