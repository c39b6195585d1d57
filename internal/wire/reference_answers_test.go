package wire_test

import (
	"fmt"

	pb "github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

func referenceAnswers(v wire.Version) []answer {
	described := ""
	if v >= 176 {
		described = ` Description:"APPLE INC" IssuerID:"e1"`
	}
	return []answer{
		{
			wire.SymbolSamples, &pb.SymbolSamples{
				ReqId: p.i(60), ContractDescriptions: []*pb.ContractDescription{
					{
						Contract: &pb.Contract{
							ConId: p.i(265598), Symbol: p.s("AAPL"), SecType: p.s("STK"),
							PrimaryExch: p.s("NASDAQ"), Currency: p.s("USD"),
							Description: p.s("APPLE INC"), IssuerId: p.s("e1"),
						},
						DerivativeSecTypes: []string{"CFD", "OPT"},
					},
				},
			},
			calls(fmt.Sprintf(`SymbolSamples(60, [{Contract:{ConID:265598 Symbol:"AAPL" `+
				`SecType:"STK" PrimaryExchange:"NASDAQ" Currency:"USD"%s} `+
				`DerivativeSecTypes:["CFD" "OPT"]}])`, described)),
		},
		{
			wire.MarketRule, &pb.MarketRule{
				MarketRuleId: p.i(26), PriceIncrements: []*pb.PriceIncrement{
					{LowEdge: p.d(0), Increment: p.d(0.0001)},
					{LowEdge: p.d(1), Increment: p.d(0.01)},
				},
			},
			calls(`MarketRule(26, [{Increment:0.0001} {LowEdge:1 Increment:0.01}])`),
		},
		{
			wire.SmartComponents, &pb.SmartComponents{
				ReqId: p.i(61), SmartComponents: []*pb.SmartComponent{
					{BitNumber: p.i(3), Exchange: p.s("ARCA"), ExchangeLetter: p.s("P")},
				},
			},
			calls(`SmartComponents(61, [{BitNumber:3 Exchange:"ARCA" ExchangeLetter:"P"}])`),
		},
	}
}

func advisorAnswers() []answer {
	return []answer{
		{
			wire.ReceiveFA, &pb.ReceiveFA{FaDataType: p.i(3), Xml: p.s("groups")},
			calls(`ReceiveFA(3, "groups")`),
		},
		{
			wire.ReplaceFAEnd, &pb.ReplaceFAEnd{ReqId: p.i(62), Text: p.s("done")},
			calls(`ReplaceFAEnd(62, "done")`),
		},
		{
			wire.SoftDollarTiers, &pb.SoftDollarTiers{
				ReqId: p.i(63), SoftDollarTiers: []*pb.SoftDollarTier{
					{Name: p.s("n"), Value: p.s("v"), DisplayName: p.s("d")},
				},
			},
			calls(`SoftDollarTiers(63, [{Name:"n" Value:"v" DisplayName:"d"}])`),
		},
		{
			wire.FamilyCodes, &pb.FamilyCodes{FamilyCodes: []*pb.FamilyCode{
				{AccountId: p.s("DU1"), FamilyCode: p.s("F1")},
				{AccountId: p.s("DU2"), FamilyCode: p.s("F1")},
			}},
			calls(`FamilyCodes([{AccountID:"DU1" FamilyCodeStr:"F1"} ` +
				`{AccountID:"DU2" FamilyCodeStr:"F1"}])`),
		},
	}
}

func windowAnswers() []answer {
	return []answer{
		{
			wire.ConfigResponse, &pb.ConfigResponse{ReqId: p.i(69)},
			calls(`ConfigResponseProtoBuf(69)`),
		},
		{
			wire.UpdateConfigResponse,
			&pb.UpdateConfigResponse{ReqId: p.i(70), Status: p.s("Success")},
			calls(`UpdateConfigResponseProtoBuf(70, "Success")`),
		},
		{
			wire.WshMetaData, &pb.WshMetaData{ReqId: p.i(64), DataJson: p.s("{}")},
			calls(`WshMetaData(64, "{}")`),
		},
		{
			wire.WshEventData, &pb.WshEventData{ReqId: p.i(65), DataJson: p.s("[]")},
			calls(`WshEventData(65, "[]")`),
		},
		{
			wire.DisplayGroupList, &pb.DisplayGroupList{ReqId: p.i(67), Groups: p.s("4|1|2")},
			calls(`DisplayGroupList(67, "4|1|2")`),
		},
		{
			wire.DisplayGroupUpdated,
			&pb.DisplayGroupUpdated{ReqId: p.i(68), ContractInfo: p.s("265598@SMART")},
			calls(`DisplayGroupUpdated(68, "265598@SMART")`),
		},
		{
			wire.VerifyMessageAPI, &pb.VerifyMessageApi{ApiData: p.s("data")},
			calls(`VerifyMessageAPI("data")`),
		},
		{
			wire.VerifyCompleted,
			&pb.VerifyCompleted{IsSuccessful: p.b(true), ErrorText: p.s("none")},
			calls(`VerifyCompleted(true, "none")`),
		},
		{
			wire.VerifyAndAuthMsgAPI,
			&wire.VerifyAndAuthMsgAPIBody{ApiData: p.s("data"), XyzChallenge: p.s("why")},
			calls(`VerifyAndAuthMessageAPI("data", "why")`),
		},
		{
			wire.VerifyAndAuthCompleted,
			&wire.VerifyAndAuthCompletedBody{IsSuccessful: p.b(true), ErrorText: p.s("none")},
			calls(`VerifyAndAuthCompleted(true, "none")`),
		},
	}
}

func bondAnswers(v wire.Version) []answer {
	hours, sizes, date := "", "", ""
	if v >= 188 {
		hours = `TimeZoneID:"US/Eastern" TradingHours:"t" LiquidHours:"l" `
	}
	if v >= 164 {
		sizes = ` MinSize:1 SizeIncrement:2 SuggestedSizeIncrement:3`
	}
	if v >= 205 { // protobuf has the maturity in the contract, and the stock client zeros for sizes
		date = ` LastTradeDateOrContractMonth:"20300115"`
		sizes += noSizes
	}
	return []answer{{
		wire.BondContractData, &pb.ContractData{
			ReqId: p.i(66), Contract: &pb.Contract{
				Symbol: p.s("IBM"), SecType: p.s("BOND"), ConId: p.i(77), Exchange: p.s("SMART"),
				LastTradeDateOrContractMonth: p.s("20300115"), Currency: p.s("USD"),
				TradingClass: p.s("IBM"),
			},
			ContractDetails: &pb.ContractDetails{
				Cusip: p.s("459200"), Coupon: p.d(4.5), IssueDate: p.s("20200115"),
				Ratings: p.s("A/A"), BondType: p.s("CORP"), CouponType: p.s("FIXED"),
				Convertible: p.b(true), Callable: p.b(false), Puttable: p.b(true),
				DescAppend: p.s("IBM 4.5"), MarketName: p.s("BOND"), MinTick: p.s("0.001"),
				OrderTypes: p.s("LMT,MKT"), ValidExchanges: p.s("SMART,BONDDESK"),
				NextOptionDate: p.s("20270115"), NextOptionType: p.s("CALL"),
				NextOptionPartial: p.b(true), BondNotes: p.s("notes"), LongName: p.s("IBM Corp"),
				TimeZoneId: p.s("US/Eastern"), TradingHours: p.s("t"), LiquidHours: p.s("l"),
				EvRule: p.s("e"), EvMultiplier: p.d(2),
				SecIdList: map[string]string{"CUSIP": "459200"}, AggGroup: p.i(5),
				MarketRuleIds: p.s("26"), MinSize: p.s("1"), SizeIncrement: p.s("2"),
				SuggestedSizeIncrement: p.s("3"),
			},
		},
		calls(`BondContractDetails(66, {Contract:{ConID:77 Symbol:"IBM" SecType:"BOND"` + date +
			` Exchange:"SMART" Currency:"USD" TradingClass:"IBM"} MarketName:"BOND" MinTick:0.001 ` +
			`OrderTypes:"LMT,MKT" ValidExchanges:"SMART,BONDDESK" LongName:"IBM Corp" ` + hours +
			`EVRule:"e" EVMultiplier:2 AggGroup:5 MarketRuleIDs:"26"` + sizes +
			` SecIDList:[{Tag:"CUSIP" Value:"459200"}] Cusip:"459200" Ratings:"A/A" ` +
			`DescAppend:"IBM 4.5" BondType:"CORP" CouponType:"FIXED" Putable:true ` +
			`Coupon:4.5 Convertible:true Maturity:"20300115" IssueDate:"20200115" ` +
			`NextOptionDate:"20270115" NextOptionType:"CALL" NextOptionPartial:true Notes:"notes"})`),
	}}
}
