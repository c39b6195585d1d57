package wire

import pb "github.com/scmhub/ibapi/protobuf"

// referenceFamily looks up what instruments there are and by which rules they trade.
var referenceFamily = []spec{
	row(ReqMatchingSymbols, "reqMatchingSymbols", 212, reqMatchingSymbols),
	row(SymbolSamples, "symbolSamples", 212, symbolSamples),
	row(ReqMarketRule, "reqMarketRule", 212, reqMarketRule),
	row(MarketRule, "marketRule", 212, marketRule),
	row(ReqSmartComponents, "reqSmartComponents", 212, reqSmartComponents),
	row(SmartComponents, "smartComponents", 212, smartComponents),
}

func reqMatchingSymbols(f *fields, m *pb.MatchingSymbolsRequest) {
	f.int(&m.ReqId, zero)
	f.str(&m.Pattern)
	f.required()
}

func symbolSamples(f *fields, m *pb.SymbolSamples) {
	f.int(&m.ReqId, zero)
	const fieldsEach = 6
	list(f, &m.ContractDescriptions, fieldsEach, func(d *pb.ContractDescription) {
		c := part(f, &d.Contract)
		f.int(&c.ConId, zero)
		f.str(&c.Symbol)
		f.str(&c.SecType)
		f.str(&c.PrimaryExch)
		f.str(&c.Currency)
		f.words(&d.DerivativeSecTypes)
		if f.version >= 176 {
			f.str(&c.Description)
			f.str(&c.IssuerId)
		}
	})
	f.required()
}

func reqMarketRule(f *fields, m *pb.MarketRuleRequest) { f.onlyID(&m.MarketRuleId) }

func marketRule(f *fields, m *pb.MarketRule) {
	f.int(&m.MarketRuleId, zero)
	const fieldsEach = 2
	list(f, &m.PriceIncrements, fieldsEach, func(p *pb.PriceIncrement) {
		f.plain(&p.LowEdge, zero)
		f.plain(&p.Increment, zero)
	})
	f.required()
}

func reqSmartComponents(f *fields, m *pb.SmartComponentsRequest) {
	f.int(&m.ReqId, zero)
	f.str(&m.BboExchange)
	f.required()
}

func smartComponents(f *fields, m *pb.SmartComponents) {
	f.int(&m.ReqId, zero)
	const fieldsEach = 3
	list(f, &m.SmartComponents, fieldsEach, func(c *pb.SmartComponent) {
		f.int(&c.BitNumber, zero)
		f.str(&c.Exchange)
		f.str(&c.ExchangeLetter)
	})
	f.required()
}
