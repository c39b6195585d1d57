package wire_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	pb "github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
	"ibsoak/internal/witness"
)

// reportedOrder is an order as a Gateway reports it, with every field that text carries.
func reportedOrder() *pb.Order {
	return &pb.Order{
		ClientId: p.i(7), OrderId: p.i(600), PermId: p.l(9000000600), ParentId: p.i(41),
		Action: p.s("BUY"), TotalQuantity: p.s("12.5"), OrderType: p.s("LMT"),
		LmtPrice: p.d(231.07), AuxPrice: p.d(0.25), Tif: p.s("GTC"), OcaGroup: p.s("oca"),
		Account: p.s("DU1"), OpenClose: p.s("O"), Origin: p.i(1), OrderRef: p.s("ref 1"),
		OutsideRth: p.b(true), Hidden: p.b(true), DiscretionaryAmt: p.d(0.05),
		GoodAfterTime: p.s("20260825 09:30:00"), GoodTillDate: p.s("20260901"),
		FaGroup: p.s("g"), FaMethod: p.s("NetLiq"), FaPercentage: p.s("50"),
		ModelCode: p.s("core"), Rule80A: p.s("I"), PercentOffset: p.d(0.01),
		SettlingFirm: p.s("F"), ShortSaleSlot: p.i(2), DesignatedLocation: p.s("loc"),
		ExemptCode: p.i(5), StartingPrice: p.d(32), StockRefPrice: p.d(200), Delta: p.d(0.5),
		StockRangeLower: p.d(11), StockRangeUpper: p.d(14), DisplaySize: p.i(10),
		BlockOrder: p.b(true), SweepToFill: p.b(true), AllOrNone: p.b(true), MinQty: p.i(5),
		OcaType: p.i(3), TriggerMethod: p.i(7), Volatility: p.d(0.3), VolatilityType: p.i(2),
		DeltaNeutralOrderType: p.s("LMT"), DeltaNeutralAuxPrice: p.d(12.6),
		DeltaNeutralConId: p.i(9), DeltaNeutralSettlingFirm: p.s("DF"),
		DeltaNeutralClearingAccount: p.s("DA"), DeltaNeutralClearingIntent: p.s("PTA"),
		DeltaNeutralOpenClose: p.s("C"), DeltaNeutralShortSale: p.b(true),
		DeltaNeutralShortSaleSlot: p.i(1), DeltaNeutralDesignatedLocation: p.s("there"),
		ContinuousUpdate: p.b(true), ReferencePriceType: p.i(1), TrailStopPrice: p.d(220.5),
		TrailingPercent: p.d(1.5), SmartComboRoutingParams: map[string]string{"a": "1"},
		ScaleInitLevelSize: p.i(100), ScaleSubsLevelSize: p.i(50),
		ScalePriceIncrement: p.d(0.5), ScalePriceAdjustValue: p.d(0.25),
		ScalePriceAdjustInterval: p.i(60), ScaleProfitOffset: p.d(1.5),
		ScaleAutoReset: p.b(true), ScaleInitPosition: p.i(11), ScaleInitFillQty: p.i(22),
		ScaleRandomPercent: p.b(true), HedgeType: p.s("B"), HedgeParam: p.s("0.5"),
		OptOutSmartRouting: p.b(true), ClearingAccount: p.s("CA"), ClearingIntent: p.s("IB"),
		NotHeld: p.b(true), AlgoStrategy: p.s("Adaptive"),
		AlgoParams: map[string]string{"adaptivePriority": "Normal"}, Solicited: p.b(true),
		WhatIf: p.b(true), RandomizeSize: p.b(true), RandomizePrice: p.b(true),
		Conditions: []*pb.OrderCondition{
			{
				Type: p.i(3), IsConjunctionConnection: p.b(true), IsMore: p.b(true),
				Time: p.s("20260825 15:00:00"),
			},
			{Type: p.i(4), IsConjunctionConnection: p.b(false), Percent: p.i(30)},
			{
				Type: p.i(5), IsConjunctionConnection: p.b(true), SecType: p.s("STK"),
				Exchange: p.s("SMART"), Symbol: p.s("MSFT"),
			},
		},
		ConditionsIgnoreRth: p.b(true), ConditionsCancelOrder: p.b(true),
		AdjustedOrderType: p.s("STP LMT"), TriggerPrice: p.d(240), LmtPriceOffset: p.d(0.1),
		AdjustedStopPrice: p.d(235), AdjustedStopLimitPrice: p.d(234.5),
		AdjustedTrailingAmount: p.d(2.25), AdjustableTrailingUnit: p.i(1),
		SoftDollarTier: &pb.SoftDollarTier{
			Name: p.s("tier"), Value: p.s("2"), DisplayName: p.s("Tier 2"),
		},
		CashQty: p.d(1000.25), DontUseAutoPriceForHedge: p.b(true), IsOmsContainer: p.b(true),
		DiscretionaryUpToLimitPrice: p.b(true), UsePriceMgmtAlgo: p.i(1),
	}
}

// newerFields sets what came after 157 and has come at v.
func newerFields(v wire.Version, o *pb.Order) {
	for _, newer := range []struct {
		since wire.Version
		set   func()
	}{
		{158, func() { o.Duration = p.i(600) }},
		{160, func() { o.PostToAts = p.i(1) }},
		{162, func() { o.AutoCancelParent = p.b(true) }},
		{170, func() { setPegs(o) }},
		{183, func() { o.CustomerAccount = p.s("cust") }},
		{184, func() { o.ProfessionalCustomer = p.b(true) }},
		{185, func() { o.BondAccruedInterest = p.s("1.5") }},
		{189, func() { o.IncludeOvernight = p.b(true) }},
		{193, func() { o.ExtOperator, o.ManualOrderIndicator = p.s("op"), p.i(1) }},
		{198, func() { o.Submitter = p.s("me") }},
		{199, func() { o.ImbalanceOnly = p.b(true) }},
	} {
		if v >= newer.since {
			newer.set()
		}
	}
}

func setPegs(o *pb.Order) {
	o.MinTradeQty, o.MinCompeteSize, o.CompeteAgainstBestOffset = p.i(5), p.i(100), p.d(0.02)
	o.MidOffsetAtWhole, o.MidOffsetAtHalf = p.d(0.01), p.d(0.005)
}

func reportedCombo() *pb.Contract {
	return &pb.Contract{
		ConId: p.i(28812380), Symbol: p.s("AAPL"), SecType: p.s("BAG"), Strike: p.d(10.5),
		Right: p.s("P"), LastTradeDateOrContractMonth: p.s("20261120"), Multiplier: p.d(100),
		Exchange: p.s("SMART"), Currency: p.s("USD"), LocalSymbol: p.s("AAPL"),
		TradingClass: p.s("COMB"), ComboLegsDescrip: p.s("1|1,2|-1"),
		ComboLegs: []*pb.ComboLeg{
			{
				ConId: p.i(1), Ratio: p.i(1), Action: p.s("BUY"), Exchange: p.s("SMART"),
				OpenClose: p.i(1), ShortSalesSlot: p.i(2), DesignatedLocation: p.s("x"),
				ExemptCode: p.i(-1), PerLegPrice: p.d(3.5),
			},
			{
				ConId: p.i(2), Ratio: p.i(3), Action: p.s("SELL"), Exchange: p.s("CBOE"),
				OpenClose: p.i(0), ShortSalesSlot: p.i(0), ExemptCode: p.i(-1), PerLegPrice: p.d(4.75),
			},
		},
		DeltaNeutralContract: &pb.DeltaNeutralContract{
			ConId: p.i(9), Delta: p.d(0.25), Price: p.d(12.5),
		},
	}
}

func reportedState(v wire.Version) *pb.OrderState {
	s := &pb.OrderState{
		Status: p.s("PreSubmitted"), InitMarginBefore: p.d(1), MaintMarginBefore: p.d(2),
		EquityWithLoanBefore: p.d(3), InitMarginChange: p.d(4), MaintMarginChange: p.d(5),
		EquityWithLoanChange: p.d(6), InitMarginAfter: p.d(7), MaintMarginAfter: p.d(8),
		EquityWithLoanAfter: p.d(9), CommissionAndFees: p.d(1.0003),
		MinCommissionAndFees: p.d(0.5), MaxCommissionAndFees: p.d(2),
		CommissionAndFeesCurrency: p.s("USD"), WarningText: p.s("careful"),
	}
	if v < 195 {
		return s
	}
	s.MarginCurrency = p.s("EUR")
	s.InitMarginBeforeOutsideRTH, s.MaintMarginBeforeOutsideRTH = p.d(11), p.d(12)
	s.EquityWithLoanBeforeOutsideRTH, s.InitMarginChangeOutsideRTH = p.d(13), p.d(14)
	s.MaintMarginChangeOutsideRTH, s.EquityWithLoanChangeOutsideRTH = p.d(15), p.d(16)
	s.InitMarginAfterOutsideRTH, s.MaintMarginAfterOutsideRTH = p.d(17), p.d(18)
	s.EquityWithLoanAfterOutsideRTH = p.d(19)
	s.SuggestedSize, s.RejectReason = p.s("12"), p.s("none")
	s.OrderAllocations = []*pb.OrderAllocation{{
		Account: p.s("DU2"), Position: p.s("1"), PositionDesired: p.s("2"),
		PositionAfter: p.s("3"), DesiredAllocQty: p.s("4"), AllowedAllocQty: p.s("5"),
		IsMonetary: p.b(true),
	}}
	return s
}

func openOrder(v wire.Version) *pb.OpenOrder {
	o := reportedOrder()
	newerFields(v, o)
	return &pb.OpenOrder{
		OrderId: p.i(600), Contract: reportedCombo(), Order: o, OrderState: reportedState(v),
	}
}

// plainOpenOrder leaves everything unset that a market order has not: what a fake Gateway sends
// most of the time.
func plainOpenOrder(wire.Version) *pb.OpenOrder {
	return &pb.OpenOrder{
		OrderId: p.i(600), Contract: heldStock(),
		Order: &pb.Order{
			OrderId: p.i(600), ClientId: p.i(7), PermId: p.l(9000000600), Action: p.s("BUY"),
			TotalQuantity: p.s("1"), OrderType: p.s("MKT"), Tif: p.s("DAY"), Account: p.s("DU1"),
			OrderRef: p.s("ref"), ClearingIntent: p.s("IB"), OcaType: p.i(3),
			DeltaNeutralOrderType: p.s("None"), AdjustedOrderType: p.s("None"),
			ExemptCode: p.i(-1),
		},
		OrderState: &pb.OrderState{Status: p.s("Submitted")},
	}
}

func benchmarkOpenOrder(v wire.Version) *pb.OpenOrder {
	m := openOrder(v)
	o := m.Order
	o.OrderType, o.ReferenceContractId = p.s("PEG BENCH"), p.i(77)
	o.IsPeggedChangeAmountDecrease, o.ReferenceExchangeId = p.b(true), p.s("ISLAND")
	o.PeggedChangeAmount, o.ReferenceChangeAmount = p.d(0.1), p.d(0.2)
	return m
}

// completedOrder has what 101 carries, which is less than an open order.
func completedOrder(v wire.Version) *pb.CompletedOrder {
	open := openOrder(v)
	o := open.Order
	for _, absent := range []func(){
		func() { o.ClientId, o.OrderId, o.ParentId = nil, nil, nil },
		func() { o.BlockOrder, o.OptOutSmartRouting, o.WhatIf = nil, nil, nil },
		func() { o.DeltaNeutralSettlingFirm, o.DeltaNeutralClearingAccount = nil, nil },
		func() { o.DeltaNeutralClearingIntent, o.DeltaNeutralOpenClose = nil, nil },
		func() { o.AdjustedOrderType, o.TriggerPrice, o.AdjustedStopPrice = nil, nil, nil },
		func() { o.AdjustedStopLimitPrice, o.AdjustedTrailingAmount = nil, nil },
		func() { o.AdjustableTrailingUnit, o.SoftDollarTier = nil, nil },
		func() { o.DiscretionaryUpToLimitPrice, o.UsePriceMgmtAlgo = nil, nil },
		func() { o.Duration, o.PostToAts, o.BondAccruedInterest = nil, nil, nil },
		func() { o.IncludeOvernight, o.ExtOperator, o.ManualOrderIndicator = nil, nil, nil },
	} {
		absent()
	}
	o.AutoCancelDate, o.FilledQuantity, o.RefFuturesConId = p.s("20260930"), p.s("12"), p.i(55)
	o.AutoCancelParent, o.Shareholder = p.b(true), p.s("Not an insider")
	o.ImbalanceOnly, o.RouteMarketableToBbo, o.ParentPermId = p.b(true), p.i(1), p.l(9000000599)
	return &pb.CompletedOrder{
		Contract: open.Contract, Order: o,
		OrderState: &pb.OrderState{
			Status: p.s("Cancelled"), CompletedTime: p.s("20260411 22:18:53 US/Eastern"),
			CompletedStatus: p.s("Cancelled by System:\n"),
		},
	}
}

// TestStockClientOrderAnswers compares two decoders of the stock client with each other through
// our encoders: what it hears of an order in protobuf at 225 and in text at every older version.
func TestStockClientOrderAnswers(t *testing.T) {
	newest := connect(t, 225)
	for _, v := range stockVersions {
		t.Run(fmt.Sprint(v), func(t *testing.T) {
			client := connect(t, v)
			for name, m := range map[string]wire.Message{
				"open":      {Kind: wire.OpenOrder, Body: openOrder(v)},
				"plain":     {Kind: wire.OpenOrder, Body: plainOpenOrder(v)},
				"benchmark": {Kind: wire.OpenOrder, Body: benchmarkOpenOrder(v)},
				"completed": {Kind: wire.CompletedOrder, Body: completedOrder(v)},
			} {
				t.Run(name, func(t *testing.T) {
					want, got := newest.tell(t, m), client.tell(t, m)
					if len(want) != 1 || !slices.Equal(unspell(got), unspell(want)) {
						t.Errorf("heard\n got %s\nwant %s", unspell(got), unspell(want))
						return
					}
					witness.Saw(m.Kind.String(), int(v), witness.IBAPI)
				})
			}
		})
	}
}

// unsetMargin is a margin that the stock client keeps as the text that it came as.
var unsetMargin = regexp.MustCompile(` \w+:"1\.7976931348623157E308"`)

// unspell takes out how text says "nothing", where the stock client keeps the spelling. The
// prices of legs are kept apart in text; in protobuf the client drops them.
func unspell(calls []string) []string {
	spellings := strings.NewReplacer(
		` Right:"?"`, "", ` DeltaNeutralOpenClose:"?"`, "", ` Rule80A:"0"`, "",
		` DeltaNeutralOrderType:"None"`, "", ` AdjustedOrderType:"None"`, "",
		` SuggestedSize:0`, "", // what the client makes of an absent one in protobuf
		` OrderComboLegs:[{Price:3.5} {Price:4.75}]`, "",
	)
	clean := make([]string, len(calls))
	for i, call := range calls {
		clean[i] = spellings.Replace(unsetMargin.ReplaceAllString(call, ""))
	}
	return clean
}

// TestStockClientOpenOrder spells one out, so that not only the two forms agree.
func TestStockClientOpenOrder(t *testing.T) {
	for _, v := range []wire.Version{178, 193, 200, 202, 225} {
		got := connect(t, v).tell(t, wire.Message{Kind: wire.OpenOrder, Body: plainOpenOrder(v)})
		want := `OpenOrder(600, ` + heldStockWords + `, {OrderID:600 ClientID:7 PermID:9000000600 ` +
			`Action:"BUY" TotalQuantity:1 OrderType:"MKT" TIF:"DAY" OCAType:3 OrderRef:"ref" ` +
			`Transmit:true ExemptCode:-1 Account:"DU1" ClearingIntent:"IB"}, ` +
			`{Status:"Submitted"})`
		if got := unspell(got); !slices.Equal(got, calls(want)) {
			t.Errorf("at %d heard\n got %s\nwant %s", v, got, want)
		}
	}
}
