package wire

import (
	"math"

	pb "github.com/scmhub/ibapi/protobuf"
)

// The parts that placeOrder, openOrder and completedOrder share, each in the order of the wire.

// literalNone is how Gateways say "no order type" inside an order.
const literalNone = "None"

// volatilityOrder walks the volatility fields. The hedge's own fields follow when it has an
// order type, and a Gateway's "None" counts as one. booking says that they include where the
// hedge is booked, which completed orders leave out.
func volatilityOrder(f *fields, o *pb.Order, noHedge string, booking bool) {
	f.plain(&o.Volatility, empty)
	if noHedge == literalNone {
		f.int(&o.VolatilityType, zero)
	} else {
		f.int(&o.VolatilityType, empty)
	}
	f.strOr(&o.DeltaNeutralOrderType, noHedge)
	f.plain(&o.DeltaNeutralAuxPrice, empty)
	if o.GetDeltaNeutralOrderType() != "" || !f.reading && noHedge != "" {
		hedgeOrder(f, o, noHedge, booking)
	}
	f.flag(&o.ContinuousUpdate)
	if noHedge == literalNone {
		f.int(&o.ReferencePriceType, zero)
	} else {
		f.int(&o.ReferencePriceType, empty)
	}
}

func hedgeOrder(f *fields, o *pb.Order, noHedge string, booking bool) {
	f.int(&o.DeltaNeutralConId, zero)
	if booking {
		f.str(&o.DeltaNeutralSettlingFirm)
		f.str(&o.DeltaNeutralClearingAccount)
		f.str(&o.DeltaNeutralClearingIntent)
		if noHedge == literalNone {
			f.mark(&o.DeltaNeutralOpenClose, "?")
		} else {
			f.str(&o.DeltaNeutralOpenClose)
		}
	}
	f.flag(&o.DeltaNeutralShortSale)
	f.int(&o.DeltaNeutralShortSaleSlot, zero)
	f.str(&o.DeltaNeutralDesignatedLocation)
}

// scale walks the levels of a scale order; seven fields follow a positive increment.
func scale(f *fields, o *pb.Order, unsetLevel string) {
	f.int(&o.ScaleInitLevelSize, unsetLevel)
	f.int(&o.ScaleSubsLevelSize, unsetLevel)
	f.plain(&o.ScalePriceIncrement, empty)
	if o.GetScalePriceIncrement() <= 0 {
		return
	}
	f.plain(&o.ScalePriceAdjustValue, empty)
	f.int(&o.ScalePriceAdjustInterval, empty)
	f.plain(&o.ScaleProfitOffset, empty)
	f.flag(&o.ScaleAutoReset)
	f.int(&o.ScaleInitPosition, empty)
	f.int(&o.ScaleInitFillQty, empty)
	f.flag(&o.ScaleRandomPercent)
}

func hedge(f *fields, o *pb.Order) {
	f.str(&o.HedgeType)
	if o.GetHedgeType() != "" {
		f.str(&o.HedgeParam)
	}
}

func algo(f *fields, o *pb.Order) {
	f.str(&o.AlgoStrategy)
	if o.GetAlgoStrategy() != "" {
		f.pairs(&o.AlgoParams)
	}
}

// peggedToBenchmark is present for its order type only.
func peggedToBenchmark(f *fields, o *pb.Order) {
	if o.GetOrderType() != "PEG BENCH" {
		return
	}
	f.int(&o.ReferenceContractId, zero)
	f.flag(&o.IsPeggedChangeAmountDecrease)
	f.plain(&o.PeggedChangeAmount, zero)
	f.plain(&o.ReferenceChangeAmount, zero)
	f.str(&o.ReferenceExchangeId)
}

// upToMid is the offset of a PEG BEST order that competes up to the midpoint.
func upToMid(o *pb.Order) bool { return math.IsInf(o.GetCompeteAgainstBestOffset(), 1) }
