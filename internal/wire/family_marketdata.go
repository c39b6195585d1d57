package wire

import pb "github.com/scmhub/ibapi/protobuf"

// marketDataFamily subscribes to quotes.
var marketDataFamily = []spec{
	row(ReqMktData, "reqMktData", 206, reqMktData),
	row(CancelMktData, "cancelMktData", 206, cancelMktData),
	row(ReqMarketDataType, "reqMarketDataType", 206, reqMarketDataType),
	row(MarketDataType, "marketDataType", 206, marketDataType),
	row(TickReqParams, "tickReqParams", 206, tickReqParams),
	row(TickPrice, "tickPrice", 206, tickPrice),
	row(TickSize, "tickSize", 206, tickSize),
	row(TickString, "tickString", 206, tickString),
	row(TickGeneric, "tickGeneric", 206, tickGeneric),
	row(TickEFP, "tickEFP", 0, tickEFP),
	row(TickSnapshotEnd, "tickSnapshotEnd", 206, tickSnapshotEnd),
	row(RerouteMktDataReq, "rerouteMktDataReq", 211, rerouteMktDataReq),
	row(DeltaNeutralValidation, "deltaNeutralValidation", 0, deltaNeutralValidation),
}

func reqMktData(f *fields, m *pb.MarketDataRequest) {
	f.requestID("11", &m.ReqId)
	c := part(f, &m.Contract)
	requestContract(f, c)
	dataLegs(f, c)
	deltaNeutralContract(f, c)
	f.str(&m.GenericTickList)
	f.flag(&m.Snapshot)
	f.required()
	f.flag(&m.RegulatorySnapshot)
	f.options(&m.MarketDataOptions)
}

func cancelMktData(f *fields, m *pb.CancelMarketData) { f.requestID("2", &m.ReqId) }

func reqMarketDataType(f *fields, m *pb.MarketDataTypeRequest) {
	f.fixed("1")
	f.int(&m.MarketDataType, "1")
	f.required()
}

func marketDataType(f *fields, m *pb.MarketDataType) {
	f.requestID("1", &m.ReqId)
	f.int(&m.MarketDataType, "1")
	f.required()
}

func tickReqParams(f *fields, m *pb.TickReqParams) {
	f.int(&m.ReqId, zero)
	f.decimal(&m.MinTick, zero)
	f.str(&m.BboExchange)
	f.int(&m.SnapshotPermissions, zero)
	f.required()
}

func tickPrice(f *fields, m *pb.TickPrice) {
	f.requestID("6", &m.ReqId)
	f.int(&m.TickType, zero)
	f.plain(&m.Price, zero)
	f.decimal(&m.Size, zero)
	f.int(&m.AttrMask, zero)
	f.required()
}

func tickSize(f *fields, m *pb.TickSize) {
	f.requestID("6", &m.ReqId)
	f.int(&m.TickType, zero)
	f.decimal(&m.Size, zero)
	f.required()
}

func tickString(f *fields, m *pb.TickString) {
	f.requestID("6", &m.ReqId)
	f.int(&m.TickType, zero)
	f.str(&m.Value)
	f.required()
}

func tickGeneric(f *fields, m *pb.TickGeneric) {
	f.requestID("6", &m.ReqId)
	f.int(&m.TickType, zero)
	f.plain(&m.Value, zero)
	f.required()
}

func tickEFP(f *fields, m *TickEFPBody) {
	f.requestID("1", &m.ReqId)
	f.int(&m.TickType, zero)
	f.plain(&m.BasisPoints, zero)
	f.str(&m.FormattedBasisPoints)
	f.plain(&m.ImpliedFuturesPrice, zero)
	f.int(&m.HoldDays, zero)
	f.str(&m.FutureLastTradeDate)
	f.plain(&m.DividendImpact, zero)
	f.plain(&m.DividendsToLastTradeDate, zero)
	f.required()
}

func tickSnapshotEnd(f *fields, m *pb.TickSnapshotEnd) { f.requestID("1", &m.ReqId) }

func rerouteMktDataReq(f *fields, m *pb.RerouteMarketDataRequest) {
	f.int(&m.ReqId, zero)
	f.int(&m.ConId, zero)
	f.str(&m.Exchange)
	f.required()
}

func deltaNeutralValidation(f *fields, m *DeltaNeutralValidationBody) {
	f.requestID("1", &m.ReqId)
	f.int(&m.ConId, zero)
	f.plain(&m.Delta, zero)
	f.plain(&m.Price, zero)
	f.required()
}
