package wire

import pb "github.com/scmhub/ibapi/protobuf"

// placeOrder walks the whole order in text, as clients at 157..202 send it. Parts that depend on
// the order (legs, hedge, scale, algo, conditions, pegs) are walked where they occur, because
// nothing after them can be found otherwise.
func placeOrder(f *fields, m *pb.PlaceOrderRequest) {
	f.int(&m.OrderId, zero)
	c, o := part(f, &m.Contract), part(f, &m.Order)
	requestContract(f, c)
	f.str(&c.SecIdType)
	f.str(&c.SecId)
	placedTerms(f, o)
	f.required()
	if c.GetSecType() == bag {
		orderLegs(f, c)
		f.pairs(&o.SmartComboRoutingParams)
	}
	placedAllocation(f, o)
	placedAttributes(f, o)
	volatilityOrder(f, o, empty, true)
	f.plain(&o.TrailStopPrice, empty)
	f.plain(&o.TrailingPercent, empty)
	scale(f, o, empty)
	f.str(&o.ScaleTable)
	f.str(&o.ActiveStartTime)
	f.str(&o.ActiveStopTime)
	hedge(f, o)
	f.flag(&o.OptOutSmartRouting)
	f.str(&o.ClearingAccount)
	f.str(&o.ClearingIntent)
	f.flag(&o.NotHeld)
	deltaNeutralContract(f, c)
	algo(f, o)
	f.str(&o.AlgoId)
	f.flag(&o.WhatIf)
	f.required()
	f.options(&o.OrderMiscOptions)
	f.flag(&o.Solicited)
	f.flag(&o.RandomizeSize)
	f.flag(&o.RandomizePrice)
	peggedToBenchmark(f, o)
	conditions(f, o)
	placedAdjustment(f, o)
	placedCompliance(f, o)
	placedNewer(f, c, o)
}

func placedTerms(f *fields, o *pb.Order) {
	f.str(&o.Action)
	f.decimal(&o.TotalQuantity, zero)
	f.str(&o.OrderType)
	f.plain(&o.LmtPrice, empty)
	f.plain(&o.AuxPrice, empty)
	f.str(&o.Tif)
	f.str(&o.OcaGroup)
	f.str(&o.Account)
	f.str(&o.OpenClose)
	f.int(&o.Origin, zero)
	f.str(&o.OrderRef)
	f.flag(&o.Transmit)
	f.int(&o.ParentId, zero)
	f.flag(&o.BlockOrder)
	f.flag(&o.SweepToFill)
	f.int(&o.DisplaySize, zero)
	f.int(&o.TriggerMethod, zero)
	f.flag(&o.OutsideRth)
	f.flag(&o.Hidden)
}

func placedAllocation(f *fields, o *pb.Order) {
	f.fixed(empty) // sharesAllocation, deprecated
	f.plain(&o.DiscretionaryAmt, zero)
	f.str(&o.GoodAfterTime)
	f.str(&o.GoodTillDate)
	f.str(&o.FaGroup)
	f.str(&o.FaMethod)
	f.str(&o.FaPercentage)
	if f.version < 177 {
		f.fixed(empty) // faProfile, deprecated
	}
	f.str(&o.ModelCode)
}

func placedAttributes(f *fields, o *pb.Order) {
	f.int(&o.ShortSaleSlot, zero)
	f.str(&o.DesignatedLocation)
	f.int(&o.ExemptCode, "-1")
	f.int(&o.OcaType, zero)
	f.str(&o.Rule80A)
	f.str(&o.SettlingFirm)
	f.flag(&o.AllOrNone)
	f.int(&o.MinQty, empty)
	f.plain(&o.PercentOffset, empty)
	f.fixed(zero)  // eTradeOnly, deprecated
	f.fixed(zero)  // firmQuoteOnly, deprecated
	f.fixed(empty) // nbboPriceCap, deprecated
	f.fixed(zero)  // auctionStrategy: protobuf orders have none
	f.plain(&o.StartingPrice, empty)
	f.plain(&o.StockRefPrice, empty)
	f.plain(&o.Delta, empty)
	f.plain(&o.StockRangeLower, empty)
	f.plain(&o.StockRangeUpper, empty)
	f.flag(&o.OverridePercentageConstraints)
}

func placedAdjustment(f *fields, o *pb.Order) {
	f.str(&o.AdjustedOrderType)
	f.plain(&o.TriggerPrice, empty)
	f.plain(&o.LmtPriceOffset, empty)
	f.plain(&o.AdjustedStopPrice, empty)
	f.plain(&o.AdjustedStopLimitPrice, empty)
	f.plain(&o.AdjustedTrailingAmount, empty)
	f.int(&o.AdjustableTrailingUnit, zero)
}

func placedCompliance(f *fields, o *pb.Order) {
	f.str(&o.ExtOperator)
	tier := part(f, &o.SoftDollarTier)
	f.str(&tier.Name)
	f.str(&tier.Value)
	f.plain(&o.CashQty, empty)
	f.str(&o.Mifid2DecisionMaker)
	f.str(&o.Mifid2DecisionAlgo)
	f.str(&o.Mifid2ExecutionTrader)
	f.str(&o.Mifid2ExecutionAlgo)
	f.flag(&o.DontUseAutoPriceForHedge)
	f.flag(&o.IsOmsContainer)
	f.flag(&o.DiscretionaryUpToLimitPrice)
	f.int(&o.UsePriceMgmtAlgo, empty)
}

// placedNewer walks what versions after 157 appended.
func placedNewer(f *fields, c *pb.Contract, o *pb.Order) {
	if f.version >= 158 {
		f.int(&o.Duration, unsetInt)
	}
	if f.version >= 160 {
		f.int(&o.PostToAts, unsetInt)
	}
	if f.version >= 162 {
		f.flag(&o.AutoCancelParent)
	}
	if f.version >= 166 {
		f.str(&o.AdvancedErrorOverride)
	}
	if f.version >= 169 {
		f.str(&o.ManualOrderTime)
	}
	if f.version >= 170 {
		placedPegs(f, c, o)
	}
	if f.version >= 183 {
		f.str(&o.CustomerAccount)
	}
	if f.version >= 184 {
		f.flag(&o.ProfessionalCustomer)
	}
	if quoteFields(f.version) {
		f.fixed(empty)
		f.fixed(unsetInt)
	}
	if f.version >= 189 {
		f.flag(&o.IncludeOvernight)
	}
	if f.version >= 192 {
		f.int(&o.ManualOrderIndicator, unsetInt)
	}
	if f.version >= 199 {
		f.flag(&o.ImbalanceOnly)
	}
}

func placedPegs(f *fields, c *pb.Contract, o *pb.Order) {
	if c.GetExchange() == "IBKRATS" {
		f.int(&o.MinTradeQty, empty)
	}
	best := o.GetOrderType() == "PEG BEST"
	if best {
		f.int(&o.MinCompeteSize, empty)
		f.plain(&o.CompeteAgainstBestOffset, empty)
	}
	if o.GetOrderType() == "PEG MID" || best && upToMid(o) {
		f.plain(&o.MidOffsetAtWhole, empty)
		f.plain(&o.MidOffsetAtHalf, empty)
	}
}
