package wire_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/scmhub/ibapi"
	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
	"ibsoak/internal/witness"
)

// askedOrder is an order and its contract as a user of the stock client makes them.
type askedOrder struct {
	name     string
	contract *ibapi.Contract
	order    *ibapi.Order
}

func limitOrder() askedOrder {
	c, _ := askedStock()
	c.PrimaryExchange, c.LocalSymbol, c.TradingClass = "NASDAQ", "AAPL", "NMS"
	c.SecIDType, c.SecID = "ISIN", "US0378331005"
	o := ibapi.NewOrder()
	o.Action, o.OrderType, o.TIF = "BUY", "LMT", "GTC"
	o.TotalQuantity, o.LmtPrice = ibapi.StringToDecimal("12.5"), 231.07
	o.OCAGroup, o.OCAType, o.Account, o.OrderRef = "oca-1", 3, "DU9000001", "ref 1"
	o.ParentID, o.DisplaySize, o.TriggerMethod, o.OutsideRTH = 41, 10, 7, true
	o.GoodAfterTime, o.GoodTillDate = "20260825 09:30:00 US/Eastern", "20260901"
	o.Hidden, o.AllOrNone, o.BlockOrder, o.SweepToFill = true, true, true, true
	o.MinQty, o.PercentOffset, o.DiscretionaryAmt = 5, 0.01, 0.05
	o.ClearingIntent, o.ClearingAccount, o.NotHeld = "Away", "C1", true
	o.OptOutSmartRouting, o.Solicited = true, true
	o.RandomizeSize, o.RandomizePrice, o.CashQty = true, true, 1000.25
	return askedOrder{"limit", c, o}
}

func whatIfOrder() askedOrder {
	c, _ := askedStock()
	o := ibapi.NewOrder()
	o.Action, o.OrderType, o.TotalQuantity = "SELL", "MKT", ibapi.StringToDecimal("1")
	o.TIF, o.WhatIf, o.Transmit = "DAY", true, false
	o.OrderMiscOptions = []ibapi.TagValue{{Tag: "m", Value: "1"}}
	return askedOrder{"what if", c, o}
}

func trailingOrder() askedOrder {
	c, _ := askedStock()
	o := ibapi.NewOrder()
	o.Action, o.OrderType, o.TotalQuantity = "SELL", "TRAIL", ibapi.StringToDecimal("100")
	o.TrailStopPrice, o.TrailingPercent, o.AuxPrice = 220.5, 1.5, 0
	o.AdjustedOrderType, o.TriggerPrice, o.LmtPriceOffset = "STP LMT", 240, 0.1
	o.AdjustedStopPrice, o.AdjustedStopLimitPrice = 235, 234.5
	o.AdjustedTrailingAmount, o.AdjustableTrailingUnit = 2.25, 1
	o.UsePriceMgmtAlgo = ibapi.USE_PRICE_MGMT_ALGO_USE
	o.DontUseAutoPriceForHedge, o.IsOmsContainer, o.DiscretionaryUpToLimitPrice = true, true, true
	return askedOrder{"trailing stop", c, o}
}

func comboOrder() askedOrder {
	c, _ := askedCombo(false)
	c.ComboLegs[0].OpenClose, c.ComboLegs[0].ExemptCode = 1, -1
	c.ComboLegs[1].ShortSaleSlot, c.ComboLegs[1].DesignatedLocation = 2, "elsewhere"
	o := ibapi.NewOrder()
	o.Action, o.OrderType, o.TotalQuantity = "BUY", "LMT", ibapi.StringToDecimal("2")
	o.LmtPrice = -1.25
	o.OrderComboLegs = []ibapi.OrderComboLeg{{Price: 3.5}, {Price: 4.75}}
	o.SmartComboRoutingParams = []ibapi.TagValue{
		{Tag: "LeginPrio", Value: "1"}, {Tag: "NonGuaranteed", Value: "1"},
	}
	o.WhatIf, o.OrderRef = true, "combo"
	return askedOrder{"combination", c, o}
}

// algoOrder waits for those conditions that the stock client writes in the official order.
func algoOrder() askedOrder {
	c, _ := askedStock()
	o := ibapi.NewOrder()
	o.Action, o.OrderType, o.TotalQuantity = "BUY", "LMT", ibapi.StringToDecimal("10")
	o.LmtPrice, o.AlgoStrategy, o.AlgoID = 200, "Adaptive", "a1"
	o.AlgoParams = []ibapi.TagValue{
		{Tag: "adaptivePriority", Value: "Normal"}, {Tag: "zone", Value: "x"},
	}
	at := ibapi.CreateOrderCondition(ibapi.TimeOrderCondition).(*ibapi.TimeCondition)
	at.Time, at.IsMore = "20260825 15:00:00 US/Eastern", true
	margin := ibapi.CreateOrderCondition(ibapi.MarginOrderCondition).(*ibapi.MarginCondition)
	margin.Percent = 30
	margin.SetIsConjunctionConnection(false)
	done := ibapi.CreateOrderCondition(ibapi.ExecutionOrderCondition).(*ibapi.ExecutionCondition)
	done.SecType, done.Exchange, done.Symbol = "STK", "SMART", "MSFT"
	o.Conditions = []ibapi.OrderCondition{at, margin, done}
	o.ConditionsIgnoreRth, o.ConditionsCancelOrder = true, true
	o.OCAType, o.OrderRef = 1, "algo"
	return askedOrder{"algo with conditions", c, o}
}

func volatilityOrder() askedOrder {
	c, _ := askedOption()
	c.DeltaNeutralContract = &ibapi.DeltaNeutralContract{ConID: 9, Delta: 0.25, Price: 12.5}
	o := ibapi.NewOrder()
	o.Action, o.OrderType, o.TotalQuantity = "SELL", "VOL", ibapi.StringToDecimal("3")
	o.Volatility, o.VolatilityType, o.ReferencePriceType, o.ContinuousUpdate = 0.3, 2, 1, true
	o.DeltaNeutralOrderType, o.DeltaNeutralAuxPrice, o.DeltaNeutralConID = "LMT", 12.6, 9
	o.DeltaNeutralSettlingFirm, o.DeltaNeutralClearingAccount = "F", "CA"
	o.DeltaNeutralClearingIntent, o.DeltaNeutralOpenClose = "PTA", "O"
	o.DeltaNeutralShortSale, o.DeltaNeutralShortSaleSlot = true, 2
	o.DeltaNeutralDesignatedLocation = "there"
	o.StockRangeLower, o.StockRangeUpper = 11, 14
	o.OrderRef, o.WhatIf = "vol", true
	return askedOrder{"volatility", c, o}
}

func scaleOrder() askedOrder {
	c, _ := askedStock()
	o := ibapi.NewOrder()
	o.Action, o.OrderType, o.TotalQuantity = "BUY", "LMT", ibapi.StringToDecimal("500")
	o.LmtPrice, o.ScaleInitLevelSize, o.ScaleSubsLevelSize = 50, 100, 50
	o.ScalePriceIncrement, o.ScalePriceAdjustValue, o.ScalePriceAdjustInterval = 0.5, 0.25, 60
	o.ScaleProfitOffset, o.ScaleAutoReset, o.ScaleInitPosition = 1.5, true, 10
	o.ScaleInitFillQty, o.ScaleRandomPercent, o.ScaleTable = 20, true, "table"
	o.ActiveStartTime, o.ActiveStopTime = "20260825 10:00:00", "20260825 16:00:00"
	o.HedgeType, o.HedgeParam = "B", "0.5"
	o.OrderRef = "scale"
	return askedOrder{"scale with hedge", c, o}
}

func peggedOrder(kind, exchange string) askedOrder {
	c, _ := askedStock()
	c.Exchange = exchange
	o := ibapi.NewOrder()
	o.Action, o.OrderType, o.TotalQuantity = "BUY", kind, ibapi.StringToDecimal("7")
	o.LmtPrice, o.OrderRef, o.StartingPrice, o.StockRefPrice, o.Delta = 33, "peg", 32, 200, 0.5
	return askedOrder{kind + " on " + exchange, c, o}
}

func benchmarkOrder() askedOrder {
	a := peggedOrder("PEG BENCH", "SMART")
	a.order.ReferenceContractID, a.order.IsPeggedChangeAmountDecrease = 208813719, true
	a.order.PeggedChangeAmount, a.order.ReferenceChangeAmount = 0.1, 0.2
	a.order.ReferenceExchangeID = "ISLAND"
	return a
}

func pegOrders(v wire.Version) []askedOrder {
	if v < 170 {
		return nil
	}
	best := peggedOrder("PEG BEST", "IBKRATS")
	best.order.MinTradeQty, best.order.MinCompeteSize = 5, 100
	best.order.CompeteAgainstBestOffset = math.Inf(1)
	best.order.MidOffsetAtWhole, best.order.MidOffsetAtHalf = 0.01, 0.005
	beat := peggedOrder("PEG BEST", "SMART")
	beat.order.MinCompeteSize, beat.order.CompeteAgainstBestOffset = 200, 0.02
	mid := peggedOrder("PEG MID", "IBKRATS")
	mid.order.MinTradeQty, mid.order.MidOffsetAtWhole, mid.order.MidOffsetAtHalf = 6, 0.02, 0.015
	return []askedOrder{best, beat, mid}
}

// institutionalOrder has the fields of advisors, clearing and compliance, and each that a version
// from 158 on brought.
func institutionalOrder(v wire.Version) askedOrder {
	c, _ := askedStock()
	o := ibapi.NewOrder()
	o.Action, o.OrderType, o.TotalQuantity = "SSHORT", "REL", ibapi.StringToDecimal("1000")
	o.FAGroup, o.FAMethod, o.FAPercentage, o.ModelCode = "g", "NetLiq", "50", "model"
	o.OpenClose, o.Origin, o.ShortSaleSlot, o.DesignatedLocation = "O", 1, 2, "loc"
	o.ExemptCode, o.Rule80A, o.SettlingFirm = 0, "I", "firm"
	o.OverridePercentageConstraints, o.ExtOperator = true, "op"
	o.SoftDollarTier = ibapi.SoftDollarTier{Name: "tier", Value: "2"}
	o.Mifid2DecisionMaker, o.Mifid2DecisionAlgo = "dm", "da"
	o.Mifid2ExecutionTrader, o.Mifid2ExecutionAlgo = "et", "ea"
	for _, newer := range []struct {
		since wire.Version
		set   func()
	}{
		{158, func() { o.Duration = 600 }},
		{160, func() { o.PostToAts = 1 }},
		{162, func() { o.AutoCancelParent = true }},
		{166, func() { o.AdvancedErrorOverride = "8229=COOL" }},
		{169, func() { o.ManualOrderTime = "20260825-13:00:00" }},
		{183, func() { o.CustomerAccount = "cust" }},
		{184, func() { o.ProfessionalCustomer = true }},
		{189, func() { o.IncludeOvernight = true }},
		{192, func() { o.ManualOrderIndicator = 1 }},
		{199, func() { o.ImbalanceOnly = true }},
	} {
		if v >= newer.since {
			newer.set()
		}
	}
	return askedOrder{"institutional", c, o}
}

func askedOrders(v wire.Version) []askedOrder {
	return append([]askedOrder{
		limitOrder(), whatIfOrder(), trailingOrder(), comboOrder(), algoOrder(),
		volatilityOrder(), scaleOrder(), benchmarkOrder(), institutionalOrder(v),
	}, pegOrders(v)...)
}

// TestStockClientOrders compares two encoders of the stock client with each other through our
// decoders: what it says of an order in protobuf at 225 and in text at every older version.
func TestStockClientOrders(t *testing.T) {
	newest := connect(t, 225)
	for _, v := range stockVersions {
		t.Run(fmt.Sprint(v), func(t *testing.T) {
			client := connect(t, v)
			for i, a := range askedOrders(v) {
				place := func(c *ibapi.EClient) { c.PlaceOrder(int64(600+i), a.contract, a.order) }
				want := newest.ask(t, place).Body.(*pb.PlaceOrderRequest)
				got := client.ask(t, place)
				if wire.FormAt(wire.PlaceOrder, v) != wire.Protobuf {
					textOnly(want)
				}
				t.Run(a.name, func(t *testing.T) {
					if sameBody(t, got, want) {
						witness.Saw(got.Kind.String(), int(v), witness.IBAPI)
					}
				})
			}
		})
	}
}

// textOnly removes what the client adds in protobuf: ids that it has not set, and zeros of fields
// that text carries only for certain orders.
func textOnly(m *pb.PlaceOrderRequest) {
	o := m.Order
	o.ClientId, o.OrderId, o.PermId = nil, nil, nil
	if o.GetDeltaNeutralOrderType() == "" {
		o.DeltaNeutralConId, o.DeltaNeutralShortSaleSlot = nil, nil
	}
	if o.GetOrderType() != "PEG BENCH" {
		o.ReferenceContractId, o.PeggedChangeAmount, o.ReferenceChangeAmount = nil, nil, nil
	}
}

// TestStockClientLimitOrder spells one order out, so that not only the two forms agree.
func TestStockClientLimitOrder(t *testing.T) {
	want := &pb.PlaceOrderRequest{
		OrderId: p.i(600),
		Contract: &pb.Contract{
			ConId: p.i(265598), Symbol: p.s("AAPL"), SecType: p.s("STK"), Exchange: p.s("SMART"),
			PrimaryExch: p.s("NASDAQ"), Currency: p.s("USD"), LocalSymbol: p.s("AAPL"),
			TradingClass: p.s("NMS"), SecIdType: p.s("ISIN"), SecId: p.s("US0378331005"),
		},
		Order: &pb.Order{
			Action: p.s("BUY"), OrderType: p.s("LMT"), Tif: p.s("GTC"),
			TotalQuantity: p.s("12.5"), LmtPrice: p.d(231.07), OcaGroup: p.s("oca-1"),
			OcaType: p.i(3), Account: p.s("DU9000001"), OrderRef: p.s("ref 1"),
			ParentId: p.i(41), DisplaySize: p.i(10), TriggerMethod: p.i(7),
			OutsideRth: p.b(true), GoodAfterTime: p.s("20260825 09:30:00 US/Eastern"),
			GoodTillDate: p.s("20260901"), Hidden: p.b(true), AllOrNone: p.b(true),
			BlockOrder: p.b(true), SweepToFill: p.b(true), MinQty: p.i(5),
			PercentOffset: p.d(0.01), DiscretionaryAmt: p.d(0.05), ClearingIntent: p.s("Away"),
			ClearingAccount: p.s("C1"), NotHeld: p.b(true), OptOutSmartRouting: p.b(true),
			Solicited: p.b(true), RandomizeSize: p.b(true), RandomizePrice: p.b(true),
			CashQty: p.d(1000.25), Transmit: p.b(true), Origin: p.i(0), ShortSaleSlot: p.i(0),
			ExemptCode: p.i(-1), AdjustableTrailingUnit: p.i(0),
		},
	}
	for _, v := range []wire.Version{178, 193, 200, 202} {
		a := limitOrder()
		got := connect(t, v).ask(t, func(c *ibapi.EClient) { c.PlaceOrder(600, a.contract, a.order) })
		sameBody(t, got, want)
	}
}

func TestStockClientCancels(t *testing.T) {
	for _, v := range stockVersions {
		client := connect(t, v)
		cancel, want := ibapi.NewOrderCancel(), &pb.OrderCancel{}
		if v >= 169 {
			cancel.ManualOrderCancelTime = "20260825-13:00:00"
			want.ManualOrderCancelTime = p.s("20260825-13:00:00")
		}
		if v >= 192 {
			cancel.ExtOperator, cancel.ManualOrderIndicator = "op", 1
			want.ExtOperator, want.ManualOrderIndicator = p.s("op"), p.i(1)
		}
		got := client.ask(t, func(c *ibapi.EClient) { c.CancelOrder(600, cancel) })
		if sameBody(t, got, &pb.CancelOrderRequest{OrderId: p.i(600), OrderCancel: want}) {
			witness.Saw(got.Kind.String(), int(v), witness.IBAPI)
		}

		got = client.ask(t, func(c *ibapi.EClient) { c.ReqGlobalCancel(cancel) })
		wantAll := proto.Clone(want).(*pb.OrderCancel)
		if v < 203 { // in text the time of a global cancel does not travel
			wantAll.ManualOrderCancelTime = nil
		}
		if sameBody(t, got, &pb.GlobalCancelRequest{OrderCancel: wantAll}) {
			witness.Saw(got.Kind.String(), int(v), witness.IBAPI)
		}
	}
}
