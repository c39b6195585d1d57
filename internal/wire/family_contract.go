package wire

import pb "github.com/scmhub/ibapi/protobuf"

// contractFamily looks instruments up.
var contractFamily = []spec{
	row(ReqContractDetails, "reqContractDetails", 205, reqContractDetails),
	row(ContractData, "contractData", 205, contractData),
	row(BondContractData, "bondContractData", 205, bondContractData),
	row(ContractDataEnd, "contractDataEnd", 205, contractDataEnd),
	protobufRow[pb.CancelContractData](CancelContractData, "cancelContractData", 215),
}

func reqContractDetails(f *fields, m *pb.ContractDataRequest) {
	f.requestID("8", &m.ReqId)
	c := part(f, &m.Contract)
	requestContract(f, c)
	f.flag(&c.IncludeExpired)
	f.str(&c.SecIdType)
	f.str(&c.SecId)
	if f.version >= 176 {
		f.str(&c.IssuerId)
	}
}

func contractDataEnd(f *fields, m *pb.ContractDataEnd) { f.requestID("1", &m.ReqId) }

func contractData(f *fields, m *pb.ContractData) {
	if f.version < 164 {
		f.fixed("8")
	}
	f.int(&m.ReqId, "-1")
	c, d := part(f, &m.Contract), part(f, &m.ContractDetails)
	contractTerms(f, c, d)
	f.str(&d.OrderTypes)
	f.str(&d.ValidExchanges)
	f.int(&d.PriceMagnifier, "1")
	f.int(&d.UnderConId, zero)
	f.escaped(&d.LongName)
	f.str(&c.PrimaryExch)
	f.str(&d.ContractMonth)
	f.str(&d.Industry)
	f.str(&d.Category)
	f.str(&d.Subcategory)
	f.str(&d.TimeZoneId)
	f.str(&d.TradingHours)
	f.str(&d.LiquidHours)
	f.str(&d.EvRule)
	f.plain(&d.EvMultiplier, empty)
	f.pairs(&d.SecIdList)
	f.int(&d.AggGroup, empty)
	f.str(&d.UnderSymbol)
	f.str(&d.UnderSecType)
	f.str(&d.MarketRuleIds)
	f.str(&d.RealExpirationDate)
	f.str(&d.StockType)
	sizeRules(f, d)
	f.required()
	if f.version >= 179 && c.GetSecType() == "FUND" {
		fundDetails(f, d)
	}
	if f.version >= 186 {
		list(f, &d.IneligibilityReasonList, 2, func(r *pb.IneligibilityReason) {
			f.str(&r.Id)
			f.str(&r.Description)
		})
	}
}

func contractTerms(f *fields, c *pb.Contract, d *pb.ContractDetails) {
	f.str(&c.Symbol)
	f.str(&c.SecType)
	f.str(&c.LastTradeDateOrContractMonth)
	if f.version >= 182 {
		f.str(&c.LastTradeDate)
	}
	f.plain(&c.Strike, zero)
	f.str(&c.Right)
	f.str(&c.Exchange)
	f.str(&c.Currency)
	f.str(&c.LocalSymbol)
	f.str(&d.MarketName)
	f.str(&c.TradingClass)
	f.int(&c.ConId, zero)
	f.decimal(&d.MinTick, zero)
	if f.version < 164 {
		f.fixed("100") // mdSizeMultiplier, of no use any more
	}
	f.plain(&c.Multiplier, empty)
}

func sizeRules(f *fields, d *pb.ContractDetails) {
	switch {
	case f.version >= 164:
		f.decimal(&d.MinSize, empty)
		f.decimal(&d.SizeIncrement, empty)
		f.decimal(&d.SuggestedSizeIncrement, empty)
	case f.version == 163:
		f.decimal(&d.MinSize, empty) // sizeMinTick, in this one version
	}
}

func fundDetails(f *fields, d *pb.ContractDetails) {
	f.str(&d.FundName)
	f.str(&d.FundFamily)
	f.str(&d.FundType)
	f.str(&d.FundFrontLoad)
	f.str(&d.FundBackLoad)
	f.str(&d.FundBackLoadTimeInterval)
	f.str(&d.FundManagementFee)
	f.flag(&d.FundClosed)
	f.flag(&d.FundClosedForNewInvestors)
	f.flag(&d.FundClosedForNewMoney)
	f.str(&d.FundNotifyAmount)
	f.str(&d.FundMinimumInitialPurchase)
	f.str(&d.FundMinimumSubsequentPurchase)
	f.str(&d.FundBlueSkyStates)
	f.str(&d.FundBlueSkyTerritories)
	f.str(&d.FundDistributionPolicyIndicator)
	f.str(&d.FundAssetType)
}
