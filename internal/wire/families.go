package wire

// families lists every table of messages.
var families = [][]spec{}
