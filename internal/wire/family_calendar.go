package wire

import pb "github.com/scmhub/ibapi/protobuf"

// calendarFamily is research about companies: Wall Street Horizon's events and fundamentals.
var calendarFamily = []spec{
	row(ReqWshMetaData, "reqWshMetaData", 209, reqWshMetaData).since(161),
	row(CancelWshMetaData, "cancelWshMetaData", 209, cancelWshMetaData).since(161),
	row(WshMetaData, "wshMetaData", 209, wshMetaData).since(161),
	row(ReqWshEventData, "reqWshEventData", 209, reqWshEventData).since(161),
	row(CancelWshEventData, "cancelWshEventData", 209, cancelWshEventData).since(161),
	row(WshEventData, "wshEventData", 209, wshEventData).since(161),
	row(ReqFundamentalData, "reqFundamentalData", 210, reqFundamentalData),
	row(CancelFundamentalData, "cancelFundamentalData", 210, cancelFundamentalData),
	row(FundamentalData, "fundamentalData", 210, fundamentalData),
}

func reqWshMetaData(f *fields, m *pb.WshMetaDataRequest) { f.onlyID(&m.ReqId) }

func cancelWshMetaData(f *fields, m *pb.CancelWshMetaData) { f.onlyID(&m.ReqId) }

func wshMetaData(f *fields, m *pb.WshMetaData) {
	f.int(&m.ReqId, zero)
	f.str(&m.DataJson)
	f.required()
}

func reqWshEventData(f *fields, m *pb.WshEventDataRequest) {
	f.int(&m.ReqId, zero)
	f.int(&m.ConId, unsetInt)
	f.required()
	if f.version >= 171 {
		f.str(&m.Filter)
		f.flag(&m.FillWatchlist)
		f.flag(&m.FillPortfolio)
		f.flag(&m.FillCompetitors)
	}
	if f.version >= 173 {
		f.str(&m.StartDate)
		f.str(&m.EndDate)
		f.int(&m.TotalLimit, unsetInt)
	}
}

func cancelWshEventData(f *fields, m *pb.CancelWshEventData) { f.onlyID(&m.ReqId) }

func wshEventData(f *fields, m *pb.WshEventData) {
	f.int(&m.ReqId, zero)
	f.str(&m.DataJson)
	f.required()
}

func reqFundamentalData(f *fields, m *FundamentalsDataRequest) {
	f.requestID("2", &m.ReqId)
	c := part(f, &m.Contract)
	f.int(&c.ConId, zero)
	f.str(&c.Symbol)
	f.str(&c.SecType)
	f.str(&c.Exchange)
	f.str(&c.PrimaryExch)
	f.str(&c.Currency)
	f.str(&c.LocalSymbol)
	f.str(&m.ReportType)
	f.required()
	f.countedOptions(&m.FundamentalsDataOptions)
}

func cancelFundamentalData(f *fields, m *CancelFundamentalsData) { f.requestID("1", &m.ReqId) }

func fundamentalData(f *fields, m *FundamentalsData) {
	f.requestID("1", &m.ReqId)
	f.str(&m.Data)
	f.required()
}
