package wire

import pb "github.com/scmhub/ibapi/protobuf"

// accountFamily tells balances and positions.
var accountFamily = []spec{
	row(ReqAccountSummary, "reqAccountSummary", 207, reqAccountSummary),
	row(CancelAccountSummary, "cancelAccountSummary", 207, cancelAccountSummary),
	row(AccountSummary, "accountSummary", 207, accountSummary),
	row(AccountSummaryEnd, "accountSummaryEnd", 207, accountSummaryEnd),
	row(ReqAccountUpdates, "reqAccountUpdates", 207, reqAccountUpdates),
	row(AccountValue, "acctValue", 207, accountValue),
	row(PortfolioValue, "portfolioValue", 207, portfolioValue),
	row(AccountUpdateTime, "acctUpdateTime", 207, accountUpdateTime),
	row(AccountDownloadEnd, "acctDownloadEnd", 207, accountDownloadEnd),
	row(ReqPositions, "reqPositions", 207, versionOnly[*pb.PositionsRequest]("1")),
	row(CancelPositions, "cancelPositions", 207, versionOnly[*pb.CancelPositions]("1")),
	row(Position, "position", 207, position),
	row(PositionEnd, "positionEnd", 207, versionOnly[*pb.PositionEnd]("1")),
	row(ReqPositionsMulti, "reqPositionsMulti", 207, reqPositionsMulti),
	row(CancelPositionsMulti, "cancelPositionsMulti", 207, cancelPositionsMulti),
	row(PositionMulti, "positionMulti", 207, positionMulti),
	row(PositionMultiEnd, "positionMultiEnd", 207, positionMultiEnd),
	row(ReqAccountUpdatesMulti, "reqAccountUpdatesMulti", 207, reqAccountUpdatesMulti),
	row(CancelAccountUpdatesMulti, "cancelAccountUpdatesMulti", 207, cancelAccountUpdatesMulti),
	row(AccountUpdateMulti, "accountUpdateMulti", 207, accountUpdateMulti),
	row(AccountUpdateMultiEnd, "accountUpdateMultiEnd", 207, accountUpdateMultiEnd),
}

// requestID is how most messages start: a layout version and the request's id.
func (f *fields) requestID(version string, p **int32) {
	f.fixed(version)
	f.onlyID(p)
}

// onlyID is how messages without a layout version start: the request's id, and for many that is
// all.
func (f *fields) onlyID(p **int32) {
	f.int(p, zero)
	f.required()
}

func reqAccountSummary(f *fields, m *pb.AccountSummaryRequest) {
	f.requestID("1", &m.ReqId)
	f.str(&m.Group)
	f.str(&m.Tags)
	f.required()
}

func cancelAccountSummary(f *fields, m *pb.CancelAccountSummary) { f.requestID("1", &m.ReqId) }

func accountSummary(f *fields, m *pb.AccountSummary) {
	f.requestID("1", &m.ReqId)
	f.str(&m.Account)
	f.str(&m.Tag)
	f.str(&m.Value)
	f.required()
	f.str(&m.Currency)
}

func accountSummaryEnd(f *fields, m *pb.AccountSummaryEnd) { f.requestID("1", &m.ReqId) }

func reqAccountUpdates(f *fields, m *pb.AccountDataRequest) {
	f.fixed("2")
	f.flag(&m.Subscribe)
	f.required()
	f.str(&m.AcctCode)
}

func accountValue(f *fields, m *pb.AccountValue) {
	f.fixed("2")
	f.str(&m.Key)
	f.str(&m.Value)
	f.required()
	f.str(&m.Currency)
	f.str(&m.AccountName)
}

func portfolioValue(f *fields, m *pb.PortfolioValue) {
	f.fixed("8")
	c := part(f, &m.Contract)
	f.int(&c.ConId, zero)
	f.str(&c.Symbol)
	f.str(&c.SecType)
	f.str(&c.LastTradeDateOrContractMonth)
	f.double(&c.Strike, "0.0")
	f.mark(&c.Right, zero)
	f.plain(&c.Multiplier, empty)
	f.str(&c.PrimaryExch)
	f.str(&c.Currency)
	f.str(&c.LocalSymbol)
	f.str(&c.TradingClass)
	f.decimal(&m.Position, zero)
	f.double(&m.MarketPrice, "0.0")
	f.double(&m.MarketValue, "0.0")
	f.double(&m.AverageCost, "0.0")
	f.double(&m.UnrealizedPNL, "0.0")
	f.double(&m.RealizedPNL, "0.0")
	f.str(&m.AccountName)
	f.required()
}

func accountUpdateTime(f *fields, m *pb.AccountUpdateTime) {
	f.fixed("1")
	f.str(&m.TimeStamp)
	f.required()
}

func accountDownloadEnd(f *fields, m *pb.AccountDataEnd) {
	f.fixed("1")
	f.str(&m.AccountName)
	f.required()
}

func position(f *fields, m *pb.Position) {
	f.fixed("3")
	f.str(&m.Account)
	heldContract(f, part(f, &m.Contract))
	f.decimal(&m.Position, zero)
	f.double(&m.AvgCost, "0.0")
	f.required()
}

func reqPositionsMulti(f *fields, m *pb.PositionsMultiRequest) {
	f.requestID("1", &m.ReqId)
	f.str(&m.Account)
	f.str(&m.ModelCode)
}

func cancelPositionsMulti(f *fields, m *pb.CancelPositionsMulti) { f.requestID("1", &m.ReqId) }

func positionMulti(f *fields, m *pb.PositionMulti) {
	f.requestID("1", &m.ReqId)
	f.str(&m.Account)
	heldContract(f, part(f, &m.Contract))
	f.decimal(&m.Position, zero)
	f.double(&m.AvgCost, "0.0")
	f.required()
	f.str(&m.ModelCode)
}

func positionMultiEnd(f *fields, m *pb.PositionMultiEnd) { f.requestID("1", &m.ReqId) }

func reqAccountUpdatesMulti(f *fields, m *pb.AccountUpdatesMultiRequest) {
	f.requestID("1", &m.ReqId)
	f.str(&m.Account)
	f.str(&m.ModelCode)
	f.flag(&m.LedgerAndNLV)
}

func cancelAccountUpdatesMulti(f *fields, m *pb.CancelAccountUpdatesMulti) {
	f.requestID("1", &m.ReqId)
}

func accountUpdateMulti(f *fields, m *pb.AccountUpdateMulti) {
	f.requestID("1", &m.ReqId)
	f.str(&m.Account)
	f.str(&m.ModelCode)
	f.str(&m.Key)
	f.str(&m.Value)
	f.required()
	f.str(&m.Currency)
}

func accountUpdateMultiEnd(f *fields, m *pb.AccountUpdateMultiEnd) { f.requestID("1", &m.ReqId) }
