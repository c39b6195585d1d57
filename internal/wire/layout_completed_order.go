package wire

import pb "github.com/scmhub/ibapi/protobuf"

// completedOrder walks an order that is over, in text at 157..203: like openOrder, without the
// fields that only a working order has.
func completedOrder(f *fields, m *pb.CompletedOrder) {
	c, o := part(f, &m.Contract), part(f, &m.Order)
	s := part(f, &m.OrderState)
	orderContract(f, c)
	reportedTerms(f, o)
	f.long(&o.PermId, zero)
	f.required()
	reportedTiming(f, o)
	reportedAllocation(f, o)
	reportedBox(f, o)
	f.int(&o.DisplaySize, unsetInt)
	f.flag(&o.SweepToFill)
	f.flag(&o.AllOrNone)
	f.int(&o.MinQty, empty)
	f.int(&o.OcaType, zero)
	f.int(&o.TriggerMethod, zero)
	volatilityOrder(f, o, literalNone, false)
	f.plain(&o.TrailStopPrice, empty)
	f.plain(&o.TrailingPercent, empty)
	reportedLegs(f, c, o)
	scale(f, o, unsetInt)
	hedge(f, o)
	reportedClearing(f, c, o)
	f.str(&s.Status)
	f.flag(&o.RandomizeSize)
	f.flag(&o.RandomizePrice)
	peggedToBenchmark(f, o)
	conditions(f, o)
	stopAndOffset(f, o)
	completion(f, o, s)
	if f.version >= 170 {
		reportedPegs(f, o)
	}
	if f.version >= 183 {
		f.str(&o.CustomerAccount)
	}
	if f.version >= 184 {
		f.flag(&o.ProfessionalCustomer)
	}
	if f.version >= 198 {
		f.str(&o.Submitter)
	}
}

func completion(f *fields, o *pb.Order, s *pb.OrderState) {
	f.plain(&o.CashQty, zero)
	f.flag(&o.DontUseAutoPriceForHedge)
	f.flag(&o.IsOmsContainer)
	f.str(&o.AutoCancelDate)
	f.decimal(&o.FilledQuantity, zero)
	f.int(&o.RefFuturesConId, unsetInt)
	f.flag(&o.AutoCancelParent)
	f.str(&o.Shareholder)
	f.flag(&o.ImbalanceOnly)
	f.int(&o.RouteMarketableToBbo, zero)
	f.long(&o.ParentPermId, zero)
	f.str(&s.CompletedTime)
	f.str(&s.CompletedStatus)
	f.required()
}
