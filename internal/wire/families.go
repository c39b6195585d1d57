package wire

// families lists every table of messages.
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
