package wire

import pb "github.com/scmhub/ibapi/protobuf"

// bondContractData is the answer for bonds. Its date is the maturity, to which Gateways may add a
// time and its zone.
func bondContractData(f *fields, m *pb.ContractData) {
	if f.version < 164 {
		f.fixed("6")
	}
	f.int(&m.ReqId, "-1")
	c, d := part(f, &m.Contract), part(f, &m.ContractDetails)
	bondTerms(f, c, d)
	f.str(&c.Exchange)
	f.str(&c.Currency)
	f.str(&d.MarketName)
	f.str(&c.TradingClass)
	f.int(&c.ConId, zero)
	f.decimal(&d.MinTick, zero)
	if f.version < 164 {
		f.fixed("100") // mdSizeMultiplier, of no use any more
	}
	f.str(&d.OrderTypes)
	f.str(&d.ValidExchanges)
	f.str(&d.NextOptionDate)
	f.str(&d.NextOptionType)
	f.flag(&d.NextOptionPartial)
	f.str(&d.BondNotes)
	f.str(&d.LongName)
	if f.version >= 188 {
		f.str(&d.TimeZoneId)
		f.str(&d.TradingHours)
		f.str(&d.LiquidHours)
	}
	f.str(&d.EvRule)
	f.plain(&d.EvMultiplier, empty)
	f.pairs(&d.SecIdList)
	f.int(&d.AggGroup, empty)
	f.str(&d.MarketRuleIds)
	if f.version >= 164 {
		sizeRules(f, d)
	}
	f.required()
}

func bondTerms(f *fields, c *pb.Contract, d *pb.ContractDetails) {
	f.str(&c.Symbol)
	f.str(&c.SecType)
	f.str(&d.Cusip)
	f.plain(&d.Coupon, zero)
	f.str(&c.LastTradeDateOrContractMonth)
	f.str(&d.IssueDate)
	f.str(&d.Ratings)
	f.str(&d.BondType)
	f.str(&d.CouponType)
	f.flag(&d.Convertible)
	f.flag(&d.Callable)
	f.flag(&d.Puttable)
	f.str(&d.DescAppend)
}
