package wire

import pb "github.com/scmhub/ibapi/protobuf"

// historyFamily asks for bars and for histograms of prices.
var historyFamily = []spec{
	row(ReqHistoricalData, "reqHistoricalData", 208, reqHistoricalData),
	row(CancelHistoricalData, "cancelHistoricalData", 208, cancelHistoricalData),
	row(HistoricalData, "historicalData", 208, historicalData),
	row(HistoricalDataEnd, "historicalDataEnd", 208, historicalDataEnd).since(196),
	row(HistoricalDataUpdate, "historicalDataUpdate", 208, historicalDataUpdate),
	row(HistoricalSchedule, "historicalSchedule", 211, historicalSchedule).since(165),
	row(ReqHeadTimestamp, "reqHeadTimestamp", 208, reqHeadTimestamp),
	row(CancelHeadTimestamp, "cancelHeadTimestamp", 208, cancelHeadTimestamp),
	row(HeadTimestamp, "headTimestamp", 208, headTimestamp),
	row(ReqRealTimeBars, "reqRealTimeBars", 208, reqRealTimeBars),
	row(CancelRealTimeBars, "cancelRealTimeBars", 208, cancelRealTimeBars),
	row(RealTimeBars, "realTimeBars", 208, realTimeBars),
	row(ReqHistogramData, "reqHistogramData", 208, reqHistogramData),
	row(CancelHistogramData, "cancelHistogramData", 208, cancelHistogramData),
	row(HistogramData, "histogramData", 208, histogramData),
}

func reqHistoricalData(f *fields, m *pb.HistoricalDataRequest) {
	f.int(&m.ReqId, zero)
	c := part(f, &m.Contract)
	requestContract(f, c)
	f.flag(&c.IncludeExpired)
	f.str(&m.EndDateTime)
	f.str(&m.BarSizeSetting)
	f.str(&m.Duration)
	f.flag(&m.UseRTH)
	f.str(&m.WhatToShow)
	f.int(&m.FormatDate, "1")
	f.required()
	dataLegs(f, c)
	f.flag(&m.KeepUpToDate)
	f.options(&m.ChartOptions)
}

func cancelHistoricalData(f *fields, m *pb.CancelHistoricalData) { f.requestID("1", &m.ReqId) }

// historicalData carried the answer's window until 196 (see SetHistoryWindow).
func historicalData(f *fields, m *pb.HistoricalData) {
	f.int(&m.ReqId, zero)
	if f.version < HistoryWindowVersion {
		start, end := f.historyWindow(m)
		if f.reading {
			defer func() { keepWindow(m, start, end) }()
		}
	}
	const fieldsEach = 8
	list(f, &m.HistoricalDataBars, fieldsEach, func(b *pb.HistoricalDataBar) {
		f.str(&b.Date)
		f.plain(&b.Open, zero)
		f.plain(&b.High, zero)
		f.plain(&b.Low, zero)
		f.plain(&b.Close, zero)
		f.decimal(&b.Volume, zero)
		f.decimal(&b.WAP, zero)
		f.int(&b.BarCount, zero)
	})
	f.required()
}

func historicalDataEnd(f *fields, m *pb.HistoricalDataEnd) {
	f.int(&m.ReqId, zero)
	f.str(&m.StartDateStr)
	f.str(&m.EndDateStr)
	f.required()
}

// historicalDataUpdate has its own order of prices: open, close, high, low.
func historicalDataUpdate(f *fields, m *pb.HistoricalDataUpdate) {
	f.int(&m.ReqId, zero)
	b := part(f, &m.HistoricalDataBar)
	f.int(&b.BarCount, zero)
	f.str(&b.Date)
	f.plain(&b.Open, zero)
	f.plain(&b.Close, zero)
	f.plain(&b.High, zero)
	f.plain(&b.Low, zero)
	f.decimal(&b.WAP, zero)
	f.decimal(&b.Volume, zero)
	f.required()
}

func historicalSchedule(f *fields, m *pb.HistoricalSchedule) {
	f.int(&m.ReqId, zero)
	f.str(&m.StartDateTime)
	f.str(&m.EndDateTime)
	f.str(&m.TimeZone)
	const fieldsEach = 3
	list(f, &m.HistoricalSessions, fieldsEach, func(s *pb.HistoricalSession) {
		f.str(&s.StartDateTime)
		f.str(&s.EndDateTime)
		f.str(&s.RefDate)
	})
	f.required()
}

func reqHeadTimestamp(f *fields, m *pb.HeadTimestampRequest) {
	f.int(&m.ReqId, zero)
	c := part(f, &m.Contract)
	requestContract(f, c)
	f.flag(&c.IncludeExpired)
	f.flag(&m.UseRTH)
	f.str(&m.WhatToShow)
	f.int(&m.FormatDate, "1")
	f.required()
}

func cancelHeadTimestamp(f *fields, m *pb.CancelHeadTimestamp) { f.onlyID(&m.ReqId) }

func headTimestamp(f *fields, m *pb.HeadTimestamp) {
	f.int(&m.ReqId, zero)
	f.str(&m.HeadTimestamp)
	f.required()
}

func reqRealTimeBars(f *fields, m *pb.RealTimeBarsRequest) {
	f.requestID("3", &m.ReqId)
	requestContract(f, part(f, &m.Contract))
	f.int(&m.BarSize, "5")
	f.str(&m.WhatToShow)
	f.flag(&m.UseRTH)
	f.required()
	f.options(&m.RealTimeBarsOptions)
}

func cancelRealTimeBars(f *fields, m *pb.CancelRealTimeBars) { f.requestID("1", &m.ReqId) }

func realTimeBars(f *fields, m *pb.RealTimeBarTick) {
	f.requestID("3", &m.ReqId)
	f.long(&m.Time, zero)
	f.plain(&m.Open, zero)
	f.plain(&m.High, zero)
	f.plain(&m.Low, zero)
	f.plain(&m.Close, zero)
	f.decimal(&m.Volume, zero)
	f.decimal(&m.WAP, zero)
	f.int(&m.Count, zero)
	f.required()
}

func reqHistogramData(f *fields, m *pb.HistogramDataRequest) {
	f.int(&m.ReqId, zero)
	c := part(f, &m.Contract)
	requestContract(f, c)
	f.flag(&c.IncludeExpired)
	f.flag(&m.UseRTH)
	f.str(&m.TimePeriod)
	f.required()
}

func cancelHistogramData(f *fields, m *pb.CancelHistogramData) { f.onlyID(&m.ReqId) }

func histogramData(f *fields, m *pb.HistogramData) {
	f.int(&m.ReqId, zero)
	const fieldsEach = 2
	list(f, &m.HistogramDataEntries, fieldsEach, func(e *pb.HistogramDataEntry) {
		f.plain(&e.Price, zero)
		f.decimal(&e.Size, zero)
	})
	f.required()
}
