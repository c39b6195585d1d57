package wire_test

import "github.com/scmhub/ibapi"

// The callbacks of market data, news, scans and options.

func (l *listener) TickOptionComputation(
	reqID int64, tickType ibapi.TickType, tickAttrib int64,
	impliedVol, delta, optPrice, pvDividend, gamma, vega, theta, undPrice float64,
) {
	l.hear("TickOptionComputation",
		reqID, tickType, tickAttrib, impliedVol, delta, optPrice, pvDividend, gamma, vega, theta,
		undPrice)
}

func (l *listener) TickEFP(
	reqID int64, tickType ibapi.TickType, basisPoints float64, formattedBasisPoints string,
	totalDividends float64, holdDays int64, futureLastTradeDate string,
	dividendImpact, dividendsToLastTradeDate float64,
) {
	l.hear("TickEFP",
		reqID, tickType, basisPoints, formattedBasisPoints, totalDividends, holdDays,
		futureLastTradeDate, dividendImpact, dividendsToLastTradeDate)
}

func (l *listener) UpdateMktDepth(
	reqID, position, operation, side int64, price float64, size ibapi.Decimal,
) {
	l.hear("UpdateMktDepth", reqID, position, operation, side, price, size)
}

func (l *listener) UpdateMktDepthL2(
	reqID, position int64, marketMaker string, operation, side int64, price float64,
	size ibapi.Decimal, isSmartDepth bool,
) {
	l.hear("UpdateMktDepthL2",
		reqID, position, marketMaker, operation, side, price, size, isSmartDepth)
}

func (l *listener) MktDepthExchanges(descriptions []ibapi.DepthMktDataDescription) {
	l.hear("MktDepthExchanges", descriptions)
}

func (l *listener) RerouteMktDataReq(reqID, conID int64, exchange string) {
	l.hear("RerouteMktDataReq", reqID, conID, exchange)
}

func (l *listener) RerouteMktDepthReq(reqID, conID int64, exchange string) {
	l.hear("RerouteMktDepthReq", reqID, conID, exchange)
}

func (l *listener) DeltaNeutralValidation(reqID int64, contract ibapi.DeltaNeutralContract) {
	l.hear("DeltaNeutralValidation", reqID, contract)
}

func (l *listener) TickByTickAllLast(
	reqID, tickType, time int64, price float64, size ibapi.Decimal, attrib ibapi.TickAttribLast,
	exchange, specialConditions string,
) {
	l.hear("TickByTickAllLast",
		reqID, tickType, time, price, size, attrib, exchange, specialConditions)
}

func (l *listener) TickByTickBidAsk(
	reqID, time int64, bidPrice, askPrice float64, bidSize, askSize ibapi.Decimal,
	attrib ibapi.TickAttribBidAsk,
) {
	l.hear("TickByTickBidAsk", reqID, time, bidPrice, askPrice, bidSize, askSize, attrib)
}

func (l *listener) TickByTickMidPoint(reqID, time int64, midPoint float64) {
	l.hear("TickByTickMidPoint", reqID, time, midPoint)
}

func (l *listener) HistoricalTicks(reqID int64, ticks []ibapi.HistoricalTick, done bool) {
	l.hear("HistoricalTicks", reqID, ticks, done)
}

func (l *listener) HistoricalTicksBidAsk(
	reqID int64, ticks []ibapi.HistoricalTickBidAsk, done bool,
) {
	l.hear("HistoricalTicksBidAsk", reqID, ticks, done)
}

func (l *listener) HistoricalTicksLast(reqID int64, ticks []ibapi.HistoricalTickLast, done bool) {
	l.hear("HistoricalTicksLast", reqID, ticks, done)
}

func (l *listener) HistogramData(reqID int64, data []ibapi.HistogramData) {
	l.hear("HistogramData", reqID, data)
}

func (l *listener) UpdateNewsBulletin(id, kind int64, message, exchange string) {
	l.hear("UpdateNewsBulletin", id, kind, message, exchange)
}

func (l *listener) NewsProviders(providers []ibapi.NewsProvider) {
	l.hear("NewsProviders", providers)
}

func (l *listener) NewsArticle(reqID, articleType int64, articleText string) {
	l.hear("NewsArticle", reqID, articleType, articleText)
}

func (l *listener) HistoricalNews(reqID int64, time, providerCode, articleID, headline string) {
	l.hear("HistoricalNews", reqID, time, providerCode, articleID, headline)
}

func (l *listener) HistoricalNewsEnd(reqID int64, hasMore bool) {
	l.hear("HistoricalNewsEnd", reqID, hasMore)
}

func (l *listener) TickNews(
	reqID, timeStamp int64, providerCode, articleID, headline, extraData string,
) {
	l.hear("TickNews", reqID, timeStamp, providerCode, articleID, headline, extraData)
}

func (l *listener) ScannerParameters(xml string) { l.hear("ScannerParameters", xml) }

func (l *listener) ScannerData(
	reqID, rank int64, details *ibapi.ContractDetails,
	distance, benchmark, projection, legs string,
) {
	l.hear("ScannerData", reqID, rank, details, distance, benchmark, projection, legs)
}

func (l *listener) ScannerDataEnd(reqID int64) { l.hear("ScannerDataEnd", reqID) }

func (l *listener) SecurityDefinitionOptionParameter(
	reqID int64, exchange string, underlyingConID int64, tradingClass, multiplier string,
	expirations []string, strikes []float64,
) {
	l.hear("SecurityDefinitionOptionParameter",
		reqID, exchange, underlyingConID, tradingClass, multiplier, expirations, strikes)
}

func (l *listener) SecurityDefinitionOptionParameterEnd(reqID int64) {
	l.hear("SecurityDefinitionOptionParameterEnd", reqID)
}
