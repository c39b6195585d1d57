package wire

import pb "github.com/scmhub/ibapi/protobuf"

// requestContract is how every request names its instrument.
func requestContract(f *fields, c *pb.Contract) {
	f.int(&c.ConId, zero)
	f.str(&c.Symbol)
	f.str(&c.SecType)
	f.str(&c.LastTradeDateOrContractMonth)
	f.plain(&c.Strike, empty)
	f.str(&c.Right)
	f.plain(&c.Multiplier, empty)
	f.str(&c.Exchange)
	f.str(&c.PrimaryExch)
	f.str(&c.Currency)
	f.str(&c.LocalSymbol)
	f.str(&c.TradingClass)
	f.required()
}

// heldContract is the instrument of a position or an execution, without its primary exchange.
func heldContract(f *fields, c *pb.Contract) {
	f.int(&c.ConId, zero)
	f.str(&c.Symbol)
	f.str(&c.SecType)
	f.str(&c.LastTradeDateOrContractMonth)
	f.double(&c.Strike, "0.0")
	f.str(&c.Right)
	f.plain(&c.Multiplier, empty)
	f.str(&c.Exchange)
	f.str(&c.Currency)
	f.str(&c.LocalSymbol)
	f.str(&c.TradingClass)
	f.required()
}

// orderContract is the instrument of an order that a Gateway reports: as heldContract, with a
// plain strike, and "?" for no right.
func orderContract(f *fields, c *pb.Contract) {
	f.int(&c.ConId, zero)
	f.str(&c.Symbol)
	f.str(&c.SecType)
	f.str(&c.LastTradeDateOrContractMonth)
	f.plain(&c.Strike, zero)
	f.mark(&c.Right, "?")
	f.plain(&c.Multiplier, empty)
	f.str(&c.Exchange)
	f.str(&c.Currency)
	f.str(&c.LocalSymbol)
	f.str(&c.TradingClass)
	f.required()
}

const bag = "BAG" // the security type of a combination

// dataLegs are the legs of a combination in requests for data.
func dataLegs(f *fields, c *pb.Contract) {
	if c.GetSecType() != bag {
		return
	}
	list(f, &c.ComboLegs, 4, func(leg *pb.ComboLeg) {
		f.int(&leg.ConId, zero)
		f.int(&leg.Ratio, zero)
		f.str(&leg.Action)
		f.str(&leg.Exchange)
	})
}

// orderLegs are the legs of a combination in orders, with their prices.
func orderLegs(f *fields, c *pb.Contract) {
	list(f, &c.ComboLegs, 8, func(leg *pb.ComboLeg) {
		f.int(&leg.ConId, zero)
		f.int(&leg.Ratio, zero)
		f.str(&leg.Action)
		f.str(&leg.Exchange)
		f.int(&leg.OpenClose, zero)
		f.int(&leg.ShortSalesSlot, zero)
		f.str(&leg.DesignatedLocation)
		f.int(&leg.ExemptCode, "-1")
	})
	legPrices(f, c.ComboLegs)
}

// deltaNeutralContract is a flag and, when set, the hedging instrument.
func deltaNeutralContract(f *fields, c *pb.Contract) {
	present := c.DeltaNeutralContract != nil
	flag := &present
	f.flag(&flag)
	if flag == nil || !*flag {
		return
	}
	dn := part(f, &c.DeltaNeutralContract)
	f.int(&dn.ConId, zero)
	f.plain(&dn.Delta, zero)
	f.plain(&dn.Price, zero)
}
