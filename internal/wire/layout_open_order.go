package wire

import pb "github.com/scmhub/ibapi/protobuf"

// openOrder walks an order as a Gateway at 157..202 reports it in text. Unset values are spelled
// as a Gateway at version 200 was captured to spell them.
func openOrder(f *fields, m *pb.OpenOrder) {
	f.int(&m.OrderId, zero)
	c, o := part(f, &m.Contract), part(f, &m.Order)
	s := part(f, &m.OrderState)
	orderContract(f, c)
	reportedTerms(f, o)
	f.int(&o.ClientId, zero)
	f.long(&o.PermId, zero)
	f.required()
	reportedTiming(f, o)
	f.fixed(empty) // sharesAllocation, deprecated
	reportedAllocation(f, o)
	f.fixed(zero) // auctionStrategy: protobuf orders have none
	reportedBox(f, o)
	f.int(&o.DisplaySize, unsetInt)
	f.flag(&o.BlockOrder)
	f.flag(&o.SweepToFill)
	f.flag(&o.AllOrNone)
	f.int(&o.MinQty, empty)
	f.int(&o.OcaType, zero)
	f.fixed(zero)  // eTradeOnly, deprecated
	f.fixed(zero)  // firmQuoteOnly, deprecated
	f.fixed(empty) // nbboPriceCap, deprecated
	f.int(&o.ParentId, zero)
	f.int(&o.TriggerMethod, zero)
	volatilityOrder(f, o, literalNone, true)
	f.plain(&o.TrailStopPrice, empty)
	f.plain(&o.TrailingPercent, empty)
	f.fixed(empty) // basisPoints: protobuf orders have none
	f.fixed(empty) // basisPointsType
	reportedLegs(f, c, o)
	scale(f, o, unsetInt)
	hedge(f, o)
	f.flag(&o.OptOutSmartRouting)
	reportedClearing(f, c, o)
	f.flag(&o.WhatIf)
	preview(f, s)
	f.required()
	f.flag(&o.RandomizeSize)
	f.flag(&o.RandomizePrice)
	peggedToBenchmark(f, o)
	conditions(f, o)
	reportedAdjustment(f, o)
	reportedNewer(f, o)
}

func reportedTerms(f *fields, o *pb.Order) {
	f.str(&o.Action)
	f.decimal(&o.TotalQuantity, zero)
	f.str(&o.OrderType)
	f.double(&o.LmtPrice, "0.0")
	f.double(&o.AuxPrice, "0.0")
	f.str(&o.Tif)
	f.str(&o.OcaGroup)
	f.str(&o.Account)
	f.str(&o.OpenClose)
	f.int(&o.Origin, zero)
	f.str(&o.OrderRef)
}

func reportedTiming(f *fields, o *pb.Order) {
	f.flag(&o.OutsideRth)
	f.flag(&o.Hidden)
	f.plain(&o.DiscretionaryAmt, zero)
	f.str(&o.GoodAfterTime)
}

func reportedAllocation(f *fields, o *pb.Order) {
	f.str(&o.FaGroup)
	f.str(&o.FaMethod)
	f.str(&o.FaPercentage)
	if f.version < 177 {
		f.fixed(empty) // faProfile, deprecated
	}
	f.str(&o.ModelCode)
	f.str(&o.GoodTillDate)
	f.mark(&o.Rule80A, zero)
	f.plain(&o.PercentOffset, empty)
	f.str(&o.SettlingFirm)
	f.int(&o.ShortSaleSlot, zero)
	f.str(&o.DesignatedLocation)
	f.int(&o.ExemptCode, "-1")
}

func reportedBox(f *fields, o *pb.Order) {
	f.plain(&o.StartingPrice, empty)
	f.plain(&o.StockRefPrice, empty)
	f.plain(&o.Delta, empty)
	f.plain(&o.StockRangeLower, empty)
	f.plain(&o.StockRangeUpper, empty)
}

func reportedLegs(f *fields, c *pb.Contract, o *pb.Order) {
	f.str(&c.ComboLegsDescrip)
	orderLegs(f, c)
	f.pairs(&o.SmartComboRoutingParams)
}

func reportedClearing(f *fields, c *pb.Contract, o *pb.Order) {
	f.str(&o.ClearingAccount)
	f.str(&o.ClearingIntent)
	f.flag(&o.NotHeld)
	deltaNeutralContract(f, c)
	algo(f, o)
	f.flag(&o.Solicited)
}

// preview walks the order's status and what a what-if order would cost.
func preview(f *fields, s *pb.OrderState) {
	f.str(&s.Status)
	for _, margin := range []**float64{
		&s.InitMarginBefore, &s.MaintMarginBefore, &s.EquityWithLoanBefore,
		&s.InitMarginChange, &s.MaintMarginChange, &s.EquityWithLoanChange,
		&s.InitMarginAfter, &s.MaintMarginAfter, &s.EquityWithLoanAfter,
	} {
		f.plain(margin, unsetDouble)
	}
	f.plain(&s.CommissionAndFees, empty)
	f.plain(&s.MinCommissionAndFees, empty)
	f.plain(&s.MaxCommissionAndFees, empty)
	f.str(&s.CommissionAndFeesCurrency)
	if f.version >= 195 {
		previewOutsideHours(f, s)
	}
	f.str(&s.WarningText)
}

func previewOutsideHours(f *fields, s *pb.OrderState) {
	f.str(&s.MarginCurrency)
	for _, margin := range []**float64{
		&s.InitMarginBeforeOutsideRTH, &s.MaintMarginBeforeOutsideRTH,
		&s.EquityWithLoanBeforeOutsideRTH,
		&s.InitMarginChangeOutsideRTH, &s.MaintMarginChangeOutsideRTH,
		&s.EquityWithLoanChangeOutsideRTH,
		&s.InitMarginAfterOutsideRTH, &s.MaintMarginAfterOutsideRTH,
		&s.EquityWithLoanAfterOutsideRTH,
	} {
		f.plain(margin, unsetDouble)
	}
	f.decimal(&s.SuggestedSize, unsetSize)
	f.str(&s.RejectReason)
	const fieldsEach = 7
	list(f, &s.OrderAllocations, fieldsEach, func(a *pb.OrderAllocation) {
		f.str(&a.Account)
		f.decimal(&a.Position, unsetSize)
		f.decimal(&a.PositionDesired, unsetSize)
		f.decimal(&a.PositionAfter, unsetSize)
		f.decimal(&a.DesiredAllocQty, unsetSize)
		f.decimal(&a.AllowedAllocQty, unsetSize)
		f.flag(&a.IsMonetary)
	})
}

func reportedAdjustment(f *fields, o *pb.Order) {
	f.strOr(&o.AdjustedOrderType, literalNone)
	f.plain(&o.TriggerPrice, unsetDouble)
	stopAndOffset(f, o)
	f.plain(&o.AdjustedStopPrice, unsetDouble)
	f.plain(&o.AdjustedStopLimitPrice, unsetDouble)
	f.plain(&o.AdjustedTrailingAmount, unsetDouble)
	f.int(&o.AdjustableTrailingUnit, zero)
	tier := part(f, &o.SoftDollarTier)
	f.str(&tier.Name)
	f.str(&tier.Value)
	f.str(&tier.DisplayName)
}

// stopAndOffset walks the trailing stop price a second time; Gateways repeat it here.
func stopAndOffset(f *fields, o *pb.Order) {
	again := o.TrailStopPrice
	f.plain(&again, unsetDouble)
	if f.reading && again != nil {
		o.TrailStopPrice = again
	}
	f.plain(&o.LmtPriceOffset, unsetDouble)
}

// reportedNewer walks the end of an open order: what 106 and later versions appended.
func reportedNewer(f *fields, o *pb.Order) {
	f.plain(&o.CashQty, zero)
	f.flag(&o.DontUseAutoPriceForHedge)
	f.flag(&o.IsOmsContainer)
	f.flag(&o.DiscretionaryUpToLimitPrice)
	f.int(&o.UsePriceMgmtAlgo, zero)
	if f.version >= 158 {
		f.int(&o.Duration, empty)
	}
	if f.version >= 160 {
		f.int(&o.PostToAts, empty)
	}
	if f.version >= 162 {
		f.flag(&o.AutoCancelParent)
	}
	if f.version >= 170 {
		reportedPegs(f, o)
	}
	if f.version >= 183 {
		f.str(&o.CustomerAccount)
	}
	if f.version >= 184 {
		f.flag(&o.ProfessionalCustomer)
	}
	if f.version >= 185 {
		f.str(&o.BondAccruedInterest)
	}
	if f.version >= 189 {
		f.flag(&o.IncludeOvernight)
	}
	if f.version >= 193 {
		f.str(&o.ExtOperator)
		f.int(&o.ManualOrderIndicator, unsetInt)
	}
	if f.version >= 198 {
		f.str(&o.Submitter)
	}
	if f.version >= 199 {
		f.flag(&o.ImbalanceOnly)
	}
}

func reportedPegs(f *fields, o *pb.Order) {
	f.int(&o.MinTradeQty, empty)
	f.int(&o.MinCompeteSize, empty)
	f.plain(&o.CompeteAgainstBestOffset, empty)
	f.plain(&o.MidOffsetAtWhole, empty)
	f.plain(&o.MidOffsetAtHalf, empty)
}
