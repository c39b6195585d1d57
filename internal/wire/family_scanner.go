package wire

import pb "github.com/scmhub/ibapi/protobuf"

// scannerFamily ranks instruments by what is asked for.
var scannerFamily = []spec{
	row(ReqScannerSubscription, "reqScannerSubscription", 210, reqScannerSubscription),
	row(CancelScannerSubscription, "cancelScannerSubscription", 210, cancelScannerSubscription),
	row(ScannerData, "scannerData", 210, scannerData),
	row(ReqScannerParameters, "reqScannerParameters", 210,
		versionOnly[*pb.ScannerParametersRequest]("1")),
	row(ScannerParameters, "scannerParameters", 210, scannerParameters),
}

func reqScannerSubscription(f *fields, m *pb.ScannerSubscriptionRequest) {
	f.int(&m.ReqId, zero)
	s := part(f, &m.ScannerSubscription)
	f.int(&s.NumberOfRows, empty)
	f.str(&s.Instrument)
	f.str(&s.LocationCode)
	f.str(&s.ScanCode)
	f.plain(&s.AbovePrice, empty)
	f.plain(&s.BelowPrice, empty)
	f.long(&s.AboveVolume, empty)
	f.plain(&s.MarketCapAbove, empty)
	f.plain(&s.MarketCapBelow, empty)
	f.str(&s.MoodyRatingAbove)
	f.str(&s.MoodyRatingBelow)
	f.str(&s.SpRatingAbove)
	f.str(&s.SpRatingBelow)
	f.str(&s.MaturityDateAbove)
	f.str(&s.MaturityDateBelow)
	f.plain(&s.CouponRateAbove, empty)
	f.plain(&s.CouponRateBelow, empty)
	f.flag(&s.ExcludeConvertible)
	f.long(&s.AverageOptionVolumeAbove, empty)
	f.str(&s.ScannerSettingPairs)
	f.str(&s.StockTypeFilter)
	f.required()
	f.options(&s.ScannerSubscriptionFilterOptions)
	f.options(&s.ScannerSubscriptionOptions)
}

func cancelScannerSubscription(f *fields, m *pb.CancelScannerSubscription) {
	f.requestID("1", &m.ReqId)
}

func scannerData(f *fields, m *pb.ScannerData) {
	f.requestID("3", &m.ReqId)
	const fieldsEach = 16
	list(f, &m.ScannerDataElement, fieldsEach, func(e *pb.ScannerDataElement) {
		c := part(f, &e.Contract)
		f.int(&e.Rank, zero)
		f.int(&c.ConId, zero)
		f.str(&c.Symbol)
		f.str(&c.SecType)
		f.str(&c.LastTradeDateOrContractMonth)
		f.plain(&c.Strike, zero)
		f.str(&c.Right)
		f.str(&c.Exchange)
		f.str(&c.Currency)
		f.str(&c.LocalSymbol)
		f.str(&e.MarketName)
		f.str(&c.TradingClass)
		f.str(&e.Distance)
		f.str(&e.Benchmark)
		f.str(&e.Projection)
		f.str(&e.ComboKey)
	})
	f.required()
}

func scannerParameters(f *fields, m *pb.ScannerParameters) {
	f.fixed("1")
	f.str(&m.Xml)
	f.required()
}
