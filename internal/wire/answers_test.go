package wire_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
	"ibsoak/internal/witness"
)

// answer is a message of ours and the callbacks that a real client must make of it.
type answer struct {
	kind wire.Kind
	body proto.Message
	want []string
}

func calls(words ...string) []string { return words }

func heldStock() *pb.Contract {
	return &pb.Contract{
		ConId: p.i(265598), Symbol: p.s("AAPL"), SecType: p.s("STK"), Exchange: p.s("NASDAQ"),
		Currency: p.s("USD"), LocalSymbol: p.s("AAPL"), TradingClass: p.s("NMS"),
	}
}

const heldStockWords = `{ConID:265598 Symbol:"AAPL" SecType:"STK" Exchange:"NASDAQ" ` +
	`Currency:"USD" LocalSymbol:"AAPL" TradingClass:"NMS"}`

func sessionAnswers(v wire.Version) []answer {
	rejected := ""
	if v >= 166 {
		rejected = `{"r":1}`
	}
	at := "0"
	if v >= 194 {
		at = "1775929932492"
	}
	return []answer{
		{
			wire.ManagedAccounts, &pb.ManagedAccounts{AccountsList: p.s("DU1,DU2")},
			calls(`ManagedAccounts(["DU1" "DU2"])`),
		},
		{wire.NextValidID, &pb.NextValidId{OrderId: p.i(600)}, calls(`NextValidID(600)`)},
		{
			wire.CurrentTime, &pb.CurrentTime{CurrentTime: p.l(1752606307)},
			calls(`CurrentTime(1752606307)`),
		},
		{
			wire.CurrentTimeInMillis, &pb.CurrentTimeInMillis{CurrentTimeInMillis: p.l(1752606307042)},
			calls(`CurrentTimeInMillis(1752606307042)`),
		},
		{
			wire.ErrorMessage,
			&pb.ErrorMessage{
				Id: p.i(-1), ErrorCode: p.i(2104),
				ErrorMsg:  p.s("Market data farm connection is OK:usfarm"),
				ErrorTime: p.l(1775929932492), AdvancedOrderRejectJson: p.s(`{"r":1}`),
			},
			calls(fmt.Sprintf(`Error(-1, %s, 2104, "Market data farm connection is OK:usfarm", %q)`,
				at, rejected)),
		},
		{
			wire.UserInfo, &pb.UserInfo{ReqId: p.i(6), WhiteBrandingId: p.s("brand")},
			calls(`UserInfo(6, "brand")`),
		},
	}
}

func accountAnswers(v wire.Version) []answer {
	account := p.s("DU1")
	unset := "UNSET"
	if v >= 210 { // in protobuf the stock client makes a zero of what is absent
		unset = "0"
	}
	right := ""
	if v < 207 { // in text a Gateway says "0" for the right of what is no option
		right = `Right:"0" `
	}
	return []answer{
		{
			wire.AccountSummary, &pb.AccountSummary{
				ReqId: p.i(9000), Account: account, Tag: p.s("NetLiquidation"),
				Value: p.s("246447.83"), Currency: p.s("USD"),
			},
			calls(`AccountSummary(9000, "DU1", "NetLiquidation", "246447.83", "USD")`),
		},
		{
			wire.AccountSummaryEnd, &pb.AccountSummaryEnd{ReqId: p.i(9000)},
			calls(`AccountSummaryEnd(9000)`),
		},
		{
			wire.AccountValue, &pb.AccountValue{
				Key: p.s("CashBalance"), Value: p.s("-1.5"), Currency: p.s("EUR"), AccountName: account,
			},
			calls(`UpdateAccountValue("CashBalance", "-1.5", "EUR", "DU1")`),
		},
		{
			wire.PortfolioValue, &pb.PortfolioValue{
				Contract: &pb.Contract{
					ConId: p.i(637533641), Symbol: p.s("ES"), SecType: p.s("FUT"),
					LastTradeDateOrContractMonth: p.s("20250919"), Multiplier: p.d(50),
					PrimaryExch: p.s("CME"), Currency: p.s("USD"), LocalSymbol: p.s("ESU5"),
					TradingClass: p.s("ES"),
				},
				Position: p.s("-2"), MarketPrice: p.d(6302.25), MarketValue: p.d(12345678.5),
				AverageCost: p.d(315114.75), UnrealizedPNL: p.d(-0.0005), RealizedPNL: p.d(0),
				AccountName: account,
			},
			calls(`UpdatePortfolio({ConID:637533641 Symbol:"ES" SecType:"FUT" ` +
				`LastTradeDateOrContractMonth:"20250919" ` + right + `Multiplier:"50" PrimaryExchange:"CME" ` +
				`Currency:"USD" LocalSymbol:"ESU5" TradingClass:"ES"}, ` +
				`-2, 6302.25, 1.23456785e+07, 315114.75, -0.0005, 0, "DU1")`),
		},
		{
			wire.AccountUpdateTime, &pb.AccountUpdateTime{TimeStamp: p.s("15:27")},
			calls(`UpdateAccountTime("15:27")`),
		},
		{
			wire.AccountDownloadEnd, &pb.AccountDataEnd{AccountName: account},
			calls(`AccountDownloadEnd("DU1")`),
		},
		{
			wire.Position, &pb.Position{
				Account: account, Contract: heldStock(), Position: p.s("-110"), AvgCost: p.d(201.8829709),
			},
			calls(`Position("DU1", ` + heldStockWords + `, -110, 201.8829709)`),
		},
		{wire.PositionEnd, &pb.PositionEnd{}, calls(`PositionEnd()`)},
		{
			wire.PositionMulti, &pb.PositionMulti{
				ReqId: p.i(4), Account: account, Contract: heldStock(), Position: p.s("0.5"),
				AvgCost: p.d(200), ModelCode: p.s("core"),
			},
			calls(`PositionMulti(4, "DU1", "core", ` + heldStockWords + `, 0.5, 200)`),
		},
		{
			wire.PositionMultiEnd, &pb.PositionMultiEnd{ReqId: p.i(4)},
			calls(`PositionMultiEnd(4)`),
		},
		{
			wire.AccountUpdateMulti, &pb.AccountUpdateMulti{
				ReqId: p.i(5), Account: account, ModelCode: p.s("core"), Key: p.s("k"),
				Value: p.s("v"), Currency: p.s("USD"),
			},
			calls(`AccountUpdateMulti(5, "DU1", "core", "k", "v", "USD")`),
		},
		{
			wire.AccountUpdateMultiEnd, &pb.AccountUpdateMultiEnd{ReqId: p.i(5)},
			calls(`AccountUpdateMultiEnd(5)`),
		},
		{
			wire.PnL, &pb.PnL{ReqId: p.i(17), DailyPnL: p.d(-1.25), RealizedPnL: p.d(0.5)},
			calls(`Pnl(17, -1.25, ` + unset + `, 0.5)`),
		},
		{
			wire.PnLSingle, &pb.PnLSingle{
				ReqId: p.i(18), Position: p.s("10"), DailyPnL: p.d(50), UnrealizedPnL: p.d(45),
				RealizedPnL: p.d(5), Value: p.d(1895),
			},
			calls(`PnlSingle(18, 10, 50, 45, 5, 1895)`),
		},
	}
}

func quoteAnswers() []answer {
	return []answer{
		{
			wire.MarketDataType, &pb.MarketDataType{ReqId: p.i(25), MarketDataType: p.i(3)},
			calls(`MarketDataType(25, 3)`),
		},
		{
			wire.TickReqParams, &pb.TickReqParams{
				ReqId: p.i(25), MinTick: p.s("0.01"), BboExchange: p.s("9c0001"),
				SnapshotPermissions: p.i(4),
			},
			calls(`TickReqParams(25, 0.01, "9c0001", 4)`),
		},
		{
			wire.TickPrice, &pb.TickPrice{
				ReqId: p.i(25), TickType: p.i(1), Price: p.d(188.5), Size: p.s("300"), AttrMask: p.i(3),
			},
			calls(`TickPrice(25, 1, 188.5, {CanAutoExecute:true PastLimit:true})`,
				`TickSize(25, 0, 300)`),
		},
		{
			wire.TickSize, &pb.TickSize{ReqId: p.i(25), TickType: p.i(8), Size: p.s("1234567")},
			calls(`TickSize(25, 8, 1234567)`),
		},
		{
			wire.TickString, &pb.TickString{
				ReqId: p.i(25), TickType: p.i(45), Value: p.s("1775929932"),
			},
			calls(`TickString(25, 45, "1775929932")`),
		},
		{
			wire.TickGeneric, &pb.TickGeneric{ReqId: p.i(25), TickType: p.i(49), Value: p.d(1)},
			calls(`TickGeneric(25, 49, 1)`),
		},
		{
			wire.TickSnapshotEnd, &pb.TickSnapshotEnd{ReqId: p.i(25)},
			calls(`TickSnapshotEnd(25)`),
		},
	}
}

func barAnswers(v wire.Version) []answer {
	bar := func(day string, open float64) *pb.HistoricalDataBar {
		return &pb.HistoricalDataBar{
			Date: p.s(day), Open: p.d(open), High: p.d(open + 3), Low: p.d(open - 1),
			Close: p.d(open + 2), Volume: p.s("948837.22"), WAP: p.s("184.869"), BarCount: p.i(324891),
		}
	}
	heard := calls(
		`HistoricalData(22, {Date:"20260407" Open:182.94 High:185.94 Low:181.94 Close:184.94 `+
			`Volume:948837.22 Wap:184.869 BarCount:324891})`,
		`HistoricalData(22, {Date:"20260408" Open:183.5 High:186.5 Low:182.5 Close:185.5 `+
			`Volume:948837.22 Wap:184.869 BarCount:324891})`)
	none := []string(nil)
	if v < 196 { // the window was part of the bars' message
		heard = append(heard, `HistoricalDataEnd(22, "20260407", "20260408")`)
		none = calls(`HistoricalDataEnd(23, "", "")`)
	}
	return []answer{
		{
			wire.HistoricalData, &pb.HistoricalData{
				ReqId:              p.i(22),
				HistoricalDataBars: []*pb.HistoricalDataBar{bar("20260407", 182.94), bar("20260408", 183.5)},
			}, heard,
		},
		{wire.HistoricalData, &pb.HistoricalData{ReqId: p.i(23)}, none},
		{
			wire.HistoricalDataEnd, &pb.HistoricalDataEnd{
				ReqId: p.i(22), StartDateStr: p.s("20260401 00:00:00"), EndDateStr: p.s("20260408 23:59:59"),
			},
			calls(`HistoricalDataEnd(22, "20260401 00:00:00", "20260408 23:59:59")`),
		},
		{
			wire.HistoricalDataUpdate, &pb.HistoricalDataUpdate{
				ReqId: p.i(22), HistoricalDataBar: bar("20260408", 183.5),
			},
			calls(`HistoricalDataUpdate(22, {Date:"20260408" Open:183.5 High:186.5 Low:182.5 ` +
				`Close:185.5 Volume:948837.22 Wap:184.869 BarCount:324891})`),
		},
		{
			wire.HeadTimestamp, &pb.HeadTimestamp{ReqId: p.i(23), HeadTimestamp: p.s("19801212-14:30:00")},
			calls(`HeadTimestamp(23, "19801212-14:30:00")`),
		},
		{
			wire.RealTimeBars, &pb.RealTimeBarTick{
				ReqId: p.i(24), Time: p.l(1752606305), Open: p.d(1), High: p.d(4), Low: p.d(0.5),
				Close: p.d(3), Volume: p.s("77"), WAP: p.s("2.5"), Count: p.i(9),
			},
			calls(`RealtimeBar(24, 1752606305, 1, 4, 0.5, 3, 77, 2.5, 9)`),
		},
		scheduleAnswer(v),
	}
}

// scheduleAnswer allows for the stock client's own slip: in protobuf it reports the end where the
// start belongs.
func scheduleAnswer(v wire.Version) answer {
	start := "20260312-09:30:00"
	if v >= 211 {
		start = "20260410-16:00:00"
	}
	return answer{
		wire.HistoricalSchedule, &pb.HistoricalSchedule{
			ReqId: p.i(27), StartDateTime: p.s("20260312-09:30:00"),
			EndDateTime: p.s("20260410-16:00:00"), TimeZone: p.s("US/Eastern"),
			HistoricalSessions: []*pb.HistoricalSession{{
				StartDateTime: p.s("20260312-09:30:00"), EndDateTime: p.s("20260312-16:00:00"),
				RefDate: p.s("20260312"),
			}},
		},
		calls(fmt.Sprintf(`HistoricalSchedule(27, %q, "20260410-16:00:00", "US/Eastern", `+
			`[{StartDateTime:"20260312-09:30:00" EndDateTime:"20260312-16:00:00" `+
			`RefDate:"20260312"}])`, start)),
	}
}

func executionAnswers(v wire.Version) []answer {
	newer := ""
	if v >= 178 {
		newer += ` PendingPriceRevision:true`
	}
	if v >= 198 {
		newer += ` Submitter:"me"`
	}
	return []answer{
		{
			wire.ExecutionDetails, &pb.ExecutionDetails{
				ReqId: p.i(-1), Contract: heldStock(), Execution: &pb.Execution{
					OrderId: p.i(600), ExecId: p.s("e.01"), Time: p.s("20260825 14:11:30 US/Eastern"),
					AcctNumber: p.s("DU1"), Exchange: p.s("NASDAQ"), Side: p.s("BOT"),
					Shares: p.s("1"), Price: p.d(309.16), PermId: p.l(9000000600), ClientId: p.i(7),
					IsLiquidation: p.b(true), CumQty: p.s("3"), AvgPrice: p.d(309.17),
					OrderRef: p.s("ref"), EvRule: p.s("aussieBond:x"), EvMultiplier: p.d(0.25),
					ModelCode: p.s("core"), LastLiquidity: p.i(2),
					IsPriceRevisionPending: p.b(true), Submitter: p.s("me"),
				},
			},
			calls(`ExecDetails(-1, ` + heldStockWords + `, {ExecID:"e.01" ` +
				`Time:"20260825 14:11:30 US/Eastern" AcctNumber:"DU1" Exchange:"NASDAQ" Side:"BOT" ` +
				`Shares:1 Price:309.16 PermID:9000000600 ClientID:7 OrderID:600 Liquidation:1 ` +
				`CumQty:3 AvgPrice:309.17 OrderRef:"ref" EVRule:"aussieBond:x" EVMultiplier:0.25 ` +
				`ModelCode:"core" LastLiquidity:2` + newer + ` OptExerciseOrLapseType:None})`),
		},
		{
			wire.ExecutionDetailsEnd, &pb.ExecutionDetailsEnd{ReqId: p.i(31)},
			calls(`ExecDetailsEnd(31)`),
		},
		{
			wire.CommissionReport, &pb.CommissionAndFeesReport{
				ExecId: p.s("e.01"), CommissionAndFees: p.d(1.000003), Currency: p.s("USD"),
				RealizedPNL: p.d(-2.016569), BondYield: p.d(0.5), YieldRedemptionDate: p.s("20301231"),
			},
			calls(`CommissionAndFeesReport({ExecID:"e.01" CommissionAndFees:1.000003 ` +
				`Currency:"USD" RealizedPNL:-2.016569 Yield:0.5 YieldRedemptionDate:20301231})`),
		},
		{
			wire.CommissionReport, &pb.CommissionAndFeesReport{
				ExecId: p.s("e.02"), CommissionAndFees: p.d(1), Currency: p.s("USD"),
			},
			calls(`CommissionAndFeesReport({ExecID:"e.02" CommissionAndFees:1 Currency:"USD"})`),
		},
	}
}

func orderAnswers() []answer {
	return []answer{
		{
			wire.OrderStatus, &pb.OrderStatus{
				OrderId: p.i(600), Status: p.s("Submitted"), Filled: p.s("0.5"), Remaining: p.s("12"),
				AvgFillPrice: p.d(309.16), PermId: p.l(9000000600), ParentId: p.i(41),
				LastFillPrice: p.d(309.15), ClientId: p.i(7), WhyHeld: p.s("child,trigger"),
				MktCapPrice: p.d(310),
			},
			calls(`OrderStatus(600, "Submitted", 0.5, 12, 309.16, 9000000600, 41, 309.15, 7, ` +
				`"child,trigger", 310)`),
		},
		{wire.OpenOrderEnd, &pb.OpenOrdersEnd{}, calls(`OpenOrderEnd()`)},
		{wire.CompletedOrdersEnd, &pb.CompletedOrdersEnd{}, calls(`CompletedOrdersEnd()`)},
		{
			wire.OrderBound, &pb.OrderBound{
				PermId: p.l(9000000600), ClientId: p.i(7), OrderId: p.i(600),
			},
			calls(`OrderBound(9000000600, 7, 600)`),
		},
		{
			wire.ContractDataEnd, &pb.ContractDataEnd{ReqId: p.i(21)},
			calls(`ContractDetailsEnd(21)`),
		},
	}
}

// allAnswers are those whose callbacks do not take a test of their own.
func allAnswers(v wire.Version) []answer {
	return slices.Concat(
		sessionAnswers(v), accountAnswers(v), quoteAnswers(), barAnswers(v), executionAnswers(v),
		orderAnswers(), depthAnswers(v), tickAnswers(), newsAnswers(v), scannerAnswers(v),
		optionAnswers(), referenceAnswers(v), advisorAnswers(), windowAnswers(), bondAnswers(v),
	)
}

// TestStockClientAnswers lets a real client decode what we encode, at every form.
func TestStockClientAnswers(t *testing.T) {
	for _, v := range stockVersions {
		t.Run(fmt.Sprint(v), func(t *testing.T) {
			client := connect(t, v)
			for _, a := range allAnswers(v) {
				if v < wire.Since(a.kind) {
					continue // TestVersionErrors covers what did not exist yet
				}
				got := client.tell(t, wire.Message{Kind: a.kind, Body: a.body})
				if !slices.Equal(got, a.want) {
					t.Errorf("%s was heard as\n got %s\nwant %s", a.kind,
						strings.Join(got, "\n     "), strings.Join(a.want, "\n     "))
					continue
				}
				witness.Saw(a.kind.String(), int(v), witness.IBAPI)
			}
		})
	}
}
