package wire

import pb "github.com/scmhub/ibapi/protobuf"

// depthFamily shows the order book of an exchange.
var depthFamily = []spec{
	row(ReqMktDepth, "reqMktDepth", 206, reqMktDepth),
	row(CancelMktDepth, "cancelMktDepth", 206, cancelMktDepth),
	row(UpdateMktDepth, "updateMktDepth", 206, updateMktDepth),
	row(UpdateMktDepthL2, "updateMktDepthL2", 206, updateMktDepthL2),
	row(ReqMktDepthExchanges, "reqMktDepthExchanges", 213,
		noFields[*pb.MarketDepthExchangesRequest]),
	row(MktDepthExchanges, "mktDepthExchanges", 213, mktDepthExchanges),
	row(RerouteMktDepthReq, "rerouteMktDepthReq", 211, rerouteMktDepthReq),
}

func reqMktDepth(f *fields, m *pb.MarketDepthRequest) {
	f.requestID("5", &m.ReqId)
	requestContract(f, part(f, &m.Contract))
	f.int(&m.NumRows, zero)
	f.required()
	f.flag(&m.IsSmartDepth)
	f.options(&m.MarketDepthOptions)
}

func cancelMktDepth(f *fields, m *pb.CancelMarketDepth) {
	f.requestID("1", &m.ReqId)
	f.flag(&m.IsSmartDepth)
}

func updateMktDepth(f *fields, m *pb.MarketDepth) {
	f.requestID("1", &m.ReqId)
	d := part(f, &m.MarketDepthData)
	f.int(&d.Position, zero)
	f.int(&d.Operation, zero)
	f.int(&d.Side, zero)
	f.plain(&d.Price, zero)
	f.decimal(&d.Size, zero)
	f.required()
}

func updateMktDepthL2(f *fields, m *pb.MarketDepthL2) {
	f.requestID("1", &m.ReqId)
	d := part(f, &m.MarketDepthData)
	f.int(&d.Position, zero)
	f.str(&d.MarketMaker)
	f.int(&d.Operation, zero)
	f.int(&d.Side, zero)
	f.plain(&d.Price, zero)
	f.decimal(&d.Size, zero)
	f.flag(&d.IsSmartDepth)
	f.required()
}

// mktDepthExchanges has the kind of book in its fourth field. github.com/scmhub/ibapi v0.10.47
// takes that for the security type, in text.
func mktDepthExchanges(f *fields, m *pb.MarketDepthExchanges) {
	const fieldsEach = 5
	list(f, &m.DepthMarketDataDescriptions, fieldsEach, func(d *pb.DepthMarketDataDescription) {
		f.str(&d.Exchange)
		f.str(&d.SecType)
		f.str(&d.ListingExch)
		f.str(&d.ServiceDataType)
		f.int(&d.AggGroup, unsetInt)
	})
	f.required()
}

func rerouteMktDepthReq(f *fields, m *pb.RerouteMarketDepthRequest) {
	f.int(&m.ReqId, zero)
	f.int(&m.ConId, zero)
	f.str(&m.Exchange)
	f.required()
}
