package wire

import pb "github.com/scmhub/ibapi/protobuf"

// marketDataFamily subscribes to quotes.
var marketDataFamily = []spec{
	row(ReqMktData, "reqMktData", 206, reqMktData),
	row(CancelMktData, "cancelMktData", 206, cancelMktData),
	row(ReqMarketDataType, "reqMarketDataType", 206, reqMarketDataType),
	row(MarketDataType, "marketDataType", 206, marketDataType),
}

func reqMktData(f *fields, m *pb.MarketDataRequest) {
	f.requestID("11", &m.ReqId)
	c := part(f, &m.Contract)
	requestContract(f, c)
	dataLegs(f, c)
	deltaNeutralContract(f, c)
	f.str(&m.GenericTickList)
	f.flag(&m.Snapshot, zero)
	f.required()
	f.flag(&m.RegulatorySnapshot, zero)
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
