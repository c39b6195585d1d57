package wire

// families lists every table of messages. The order of the fields and the versions that changed it
// are those of IBKR's clients, as github.com/scmhub/ibapi v0.10.47 translates them (client.go for
// requests, decoder.go for answers), compared with the official Python client and @stoqey/ib
// 1.6.10. Where one of these deviates from the official order, the layout says so.
var families = [][]spec{
	sessionFamily,
	accountFamily,
	advisorFamily,
	contractFamily,
	referenceFamily,
	optionFamily,
	historyFamily,
	ticksFamily,
	marketDataFamily,
	depthFamily,
	newsFamily,
	scannerFamily,
	calendarFamily,
	orderFamily,
	executionFamily,
	pnlFamily,
	windowFamily,
	configFamily,
}
