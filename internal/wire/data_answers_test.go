package wire_test

import (
	pb "github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

func depthAnswers(v wire.Version) []answer {
	exchanges := `[{Exchange:"DTB" SecType:"OPT" ListingExch:"X" ServiceDataType:"Deep2" AggGroup:3}]`
	if v < 213 { // in text the stock client takes the kind of book for the security type
		exchanges = `[{Exchange:"DTB" SecType:"Deep2" ListingExch:"X" AggGroup:3}]`
	}
	return []answer{
		{
			wire.UpdateMktDepth, &pb.MarketDepth{
				ReqId: p.i(40), MarketDepthData: &pb.MarketDepthData{
					Position: p.i(3), Operation: p.i(2), Side: p.i(1), Price: p.d(309.16),
					Size: p.s("12.5"),
				},
			},
			calls(`UpdateMktDepth(40, 3, 2, 1, 309.16, 12.5)`),
		},
		{
			wire.UpdateMktDepthL2, &pb.MarketDepthL2{
				ReqId: p.i(40), MarketDepthData: &pb.MarketDepthData{
					Position: p.i(3), Operation: p.i(2), Side: p.i(1), Price: p.d(309.16),
					Size: p.s("12.5"), MarketMaker: p.s("ARCA"), IsSmartDepth: p.b(true),
				},
			},
			calls(`UpdateMktDepthL2(40, 3, "ARCA", 2, 1, 309.16, 12.5, true)`),
		},
		{
			wire.MktDepthExchanges, &pb.MarketDepthExchanges{
				DepthMarketDataDescriptions: []*pb.DepthMarketDataDescription{{
					Exchange: p.s("DTB"), SecType: p.s("OPT"), ListingExch: p.s("X"),
					ServiceDataType: p.s("Deep2"), AggGroup: p.i(3),
				}},
			},
			calls(`MktDepthExchanges(` + exchanges + `)`),
		},
		{
			wire.RerouteMktDataReq, &pb.RerouteMarketDataRequest{
				ReqId: p.i(41), ConId: p.i(265598), Exchange: p.s("NASDAQ"),
			},
			calls(`RerouteMktDataReq(41, 265598, "NASDAQ")`),
		},
		{
			wire.RerouteMktDepthReq, &pb.RerouteMarketDepthRequest{
				ReqId: p.i(42), ConId: p.i(265598), Exchange: p.s("NASDAQ"),
			},
			calls(`RerouteMktDepthReq(42, 265598, "NASDAQ")`),
		},
		{
			wire.DeltaNeutralValidation, &wire.DeltaNeutralValidationBody{
				ReqId: p.i(43), ConId: p.i(9), Delta: p.d(0.25), Price: p.d(12.5),
			},
			calls(`DeltaNeutralValidation(43, {ConID:9 Delta:0.25 Price:12.5})`),
		},
		{
			wire.TickEFP, &wire.TickEFPBody{
				ReqId: p.i(44), TickType: p.i(38), BasisPoints: p.d(1.5),
				FormattedBasisPoints: p.s("1.50%"), ImpliedFuturesPrice: p.d(310.25),
				HoldDays: p.i(30), FutureLastTradeDate: p.s("20261218"), DividendImpact: p.d(0.25),
				DividendsToLastTradeDate: p.d(0.75),
			},
			calls(`TickEFP(44, 38, 1.5, "1.50%", 310.25, 30, "20261218", 0.25, 0.75)`),
		},
	}
}

func liveTick(kind int32) *pb.TickByTickData {
	m := &pb.TickByTickData{ReqId: p.i(45), TickType: &kind}
	switch kind {
	case 1, 2:
		m.Tick = &pb.TickByTickData_HistoricalTickLast{HistoricalTickLast: &pb.HistoricalTickLast{
			Time: p.l(1752606307), Price: p.d(309.16), Size: p.s("12.5"), Exchange: p.s("ARCA"),
			SpecialConditions: p.s("I"),
			TickAttribLast:    &pb.TickAttribLast{PastLimit: p.b(true), Unreported: p.b(false)},
		}}
	case 3:
		m.Tick = &pb.TickByTickData_HistoricalTickBidAsk{
			HistoricalTickBidAsk: &pb.HistoricalTickBidAsk{
				Time: p.l(1752606307), PriceBid: p.d(309.15), PriceAsk: p.d(309.17),
				SizeBid: p.s("100"), SizeAsk: p.s("200.5"),
				TickAttribBidAsk: &pb.TickAttribBidAsk{
					BidPastLow: p.b(true), AskPastHigh: p.b(false),
				},
			},
		}
	case 4:
		m.Tick = &pb.TickByTickData_HistoricalTickMidPoint{
			HistoricalTickMidPoint: &pb.HistoricalTick{Time: p.l(1752606307), Price: p.d(309.16)},
		}
	}
	return m
}

func tickAnswers() []answer {
	last := liveTick(2).GetHistoricalTickLast()
	quote := liveTick(3).GetHistoricalTickBidAsk()
	return []answer{
		{
			wire.TickByTick, liveTick(1),
			calls(`TickByTickAllLast(45, 1, 1752606307, 309.16, 12.5, {PastLimit:true}, "ARCA", "I")`),
		},
		{
			wire.TickByTick, liveTick(2),
			calls(`TickByTickAllLast(45, 2, 1752606307, 309.16, 12.5, {PastLimit:true}, "ARCA", "I")`),
		},
		{
			wire.TickByTick, liveTick(3),
			calls(`TickByTickBidAsk(45, 1752606307, 309.15, 309.17, 100, 200.5, {BidPastLow:true})`),
		},
		{wire.TickByTick, liveTick(4), calls(`TickByTickMidPoint(45, 1752606307, 309.16)`)},
		{
			wire.HistoricalTicks, &pb.HistoricalTicks{
				ReqId: p.i(46), IsDone: p.b(true), HistoricalTicks: []*pb.HistoricalTick{
					{Time: p.l(1752606307), Price: p.d(309.16), Size: p.s("0")},
					{Time: p.l(1752606308), Price: p.d(309.17), Size: p.s("2")},
				},
			},
			calls(`HistoricalTicks(46, [{Time:1752606307 Price:309.16 Size:0} ` +
				`{Time:1752606308 Price:309.17 Size:2}], true)`),
		},
		{
			wire.HistoricalTicksBidAsk, &pb.HistoricalTicksBidAsk{
				ReqId: p.i(46), IsDone: p.b(true),
				HistoricalTicksBidAsk: []*pb.HistoricalTickBidAsk{quote},
			},
			calls(`HistoricalTicksBidAsk(46, [{Time:1752606307 TickAttribBidAsk:{BidPastLow:true} ` +
				`PriceBid:309.15 PriceAsk:309.17 SizeBid:100 SizeAsk:200.5}], true)`),
		},
		{
			wire.HistoricalTicksLast, &pb.HistoricalTicksLast{
				ReqId: p.i(46), IsDone: p.b(false),
				HistoricalTicksLast: []*pb.HistoricalTickLast{last},
			},
			calls(`HistoricalTicksLast(46, [{Time:1752606307 TickAttribLast:{PastLimit:true} ` +
				`Price:309.16 Size:12.5 Exchange:"ARCA" SpecialConditions:"I"}], false)`),
		},
		{
			wire.HistogramData, &pb.HistogramData{
				ReqId: p.i(47), HistogramDataEntries: []*pb.HistogramDataEntry{
					{Price: p.d(309.16), Size: p.s("1200")}, {Price: p.d(309.17), Size: p.s("3.5")},
				},
			},
			calls(`HistogramData(47, [{Price:309.16 Size:1200} {Price:309.17 Size:3.5}])`),
		},
	}
}

func newsAnswers(v wire.Version) []answer {
	providers := `[{Code:"BRFG" Name:"Briefing.com"} {Code:"DJNL" Name:"Dow Jones"}]`
	if v < 209 { // in text the stock client takes code and name for each other
		providers = `[{Code:"Briefing.com" Name:"BRFG"} {Code:"Dow Jones" Name:"DJNL"}]`
	}
	return []answer{
		{
			wire.NewsBulletins, &pb.NewsBulletin{
				NewsMsgId: p.i(7), NewsMsgType: p.i(1), NewsMessage: p.s("NYSE halts"),
				OriginatingExch: p.s("NYSE"),
			},
			calls(`UpdateNewsBulletin(7, 1, "NYSE halts", "NYSE")`),
		},
		{
			wire.NewsProviders, &pb.NewsProviders{NewsProviders: []*pb.NewsProvider{
				{ProviderCode: p.s("BRFG"), ProviderName: p.s("Briefing.com")},
				{ProviderCode: p.s("DJNL"), ProviderName: p.s("Dow Jones")},
			}},
			calls(`NewsProviders(` + providers + `)`),
		},
		{
			wire.NewsArticle, &pb.NewsArticle{
				ReqId: p.i(48), ArticleType: p.i(1), ArticleText: p.s("<html>x</html>"),
			},
			calls(`NewsArticle(48, 1, "\u003chtml\u003ex\u003c/html\u003e")`),
		},
		{
			wire.HistoricalNews, &pb.HistoricalNews{
				ReqId: p.i(49), Time: p.s("2026-08-24 09:30:00.0"), ProviderCode: p.s("BRFG"),
				ArticleId: p.s("BRFG$04"), Headline: p.s("{A:800015}Apple rises"),
			},
			calls(`HistoricalNews(49, "2026-08-24 09:30:00.0", "BRFG", "BRFG$04", ` +
				`"{A:800015}Apple rises")`),
		},
		{
			wire.HistoricalNewsEnd, &pb.HistoricalNewsEnd{ReqId: p.i(49), HasMore: p.b(true)},
			calls(`HistoricalNewsEnd(49, true)`),
		},
		{
			wire.TickNews, &pb.TickNews{
				ReqId: p.i(50), Timestamp: p.l(1752606307042), ProviderCode: p.s("BRFG"),
				ArticleId: p.s("BRFG$04"), Headline: p.s("Apple rises"), ExtraData: p.s("K:0.9"),
			},
			calls(`TickNews(50, 1752606307042, "BRFG", "BRFG$04", "Apple rises", "K:0.9")`),
		},
	}
}

// noSizes is what the stock client says of sizes that a protobuf message does not have.
const noSizes = ` MinAlgoSize:0 LastPricePrecision:0 LastSizePrecision:0`

func scannerAnswers(v wire.Version) []answer {
	sizes := ""
	if v >= 210 {
		sizes = ` MinSize:0 SizeIncrement:0 SuggestedSizeIncrement:0` + noSizes
	}
	return []answer{
		{
			wire.ScannerParameters, &pb.ScannerParameters{Xml: p.s("scan parameters")},
			calls(`ScannerParameters("scan parameters")`),
		},
		{
			wire.ScannerData, &pb.ScannerData{
				ReqId: p.i(51), ScannerDataElement: []*pb.ScannerDataElement{{
					Rank: p.i(2), MarketName: p.s("NMS"), Distance: p.s("d"), Benchmark: p.s("b"),
					Projection: p.s("p"), ComboKey: p.s("k"), Contract: &pb.Contract{
						ConId: p.i(853200900), Symbol: p.s("OBDC"), SecType: p.s("OPT"),
						LastTradeDateOrContractMonth: p.s("20261120"), Strike: p.d(10.5),
						Right: p.s("P"), Exchange: p.s("SMART"), Currency: p.s("USD"),
						LocalSymbol: p.s("OBDC  261120P00010500"), TradingClass: p.s("OBDC"),
					},
				}},
			},
			calls(`ScannerData(51, 2, {Contract:{ConID:853200900 Symbol:"OBDC" SecType:"OPT" `+
				`LastTradeDateOrContractMonth:"20261120" Strike:10.5 Right:"P" Exchange:"SMART" `+
				`Currency:"USD" LocalSymbol:"OBDC  261120P00010500" TradingClass:"OBDC"} `+
				`MarketName:"NMS"`+sizes+`}, "d", "b", "p", "k")`, `ScannerDataEnd(51)`),
		},
	}
}

func optionAnswers() []answer {
	return []answer{
		{
			wire.TickOptionComputation, &pb.TickOptionComputation{
				ReqId: p.i(52), TickType: p.i(13), TickAttrib: p.i(1), ImpliedVol: p.d(0.31),
				Delta: p.d(-0.45), OptPrice: p.d(1.25), PvDividend: p.d(0.5), Gamma: p.d(0.01),
				Vega: p.d(0.02), Theta: p.d(-0.03), UndPrice: p.d(12.5),
			},
			calls(`TickOptionComputation(52, 13, 1, 0.31, -0.45, 1.25, 0.5, 0.01, 0.02, -0.03, 12.5)`),
		},
		{
			wire.TickOptionComputation, &pb.TickOptionComputation{
				ReqId: p.i(52), TickType: p.i(10), TickAttrib: p.i(0), ImpliedVol: p.d(-1),
				Delta: p.d(-2), OptPrice: p.d(-1), PvDividend: p.d(-1), Gamma: p.d(-2),
				Vega: p.d(-2), Theta: p.d(-2), UndPrice: p.d(-1),
			},
			calls(`TickOptionComputation(52, 10, 0, UNSET, UNSET, UNSET, UNSET, UNSET, UNSET, ` +
				`UNSET, UNSET)`),
		},
		{
			wire.SecurityDefinitionOptionParameter, &pb.SecDefOptParameter{
				ReqId: p.i(53), Exchange: p.s("SMART"), UnderlyingConId: p.i(265598),
				TradingClass: p.s("AAPL"), Multiplier: p.s("100"),
				Expirations: []string{"20260918", "20261016"}, Strikes: []float64{200, 202.5},
			},
			calls(`SecurityDefinitionOptionParameter(53, "SMART", 265598, "AAPL", "100", ` +
				`["20260918" "20261016"], [200 202.5])`),
		},
		{
			wire.SecurityDefinitionOptionParameterEnd, &pb.SecDefOptParameterEnd{ReqId: p.i(53)},
			calls(`SecurityDefinitionOptionParameterEnd(53)`),
		},
	}
}
