package wire

// families lists every table of messages.
var families = [][]spec{
	sessionFamily,
	accountFamily,
	contractFamily,
	historyFamily,
	marketDataFamily,
	orderFamily,
	executionFamily,
	pnlFamily,
	protobufFamily,
}
