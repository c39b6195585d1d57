package fault

// The actions that end a connection.
const (
	FIN       Action = "fin"
	RST       Action = "rst"
	HalfClose Action = "half-close"
	Hold      Action = "hold"
)

const groupEnd = "end the connection"

// thenEnds are what may follow on a spoilt stream; "" is to go on.
var thenEnds = []Action{"", FIN, RST, Hold}

var fin = action{
	name: FIN, group: groupEnd,
	doc:      "close the connection with FIN, when everything that has arrived is read",
	rule:     rule{bytes: true},
	nature:   nature{endsConnection: true, endsWriting: true, endsWork: true, sends: true},
	sentence: saying("close the connection with FIN"),
	onConnection: func(c Connection, h Hit) Effect {
		return Effect{Wire: "FIN", Close: func(done Closed) { c.FIN(h.End(), done) }}
	},
}

var rst = action{
	name: RST, group: groupEnd,
	doc:      "reset the connection: RST",
	rule:     rule{bytes: true},
	nature:   nature{endsConnection: true, endsWriting: true, endsWork: true, sends: true},
	sentence: saying("reset the connection (RST)"),
	onConnection: func(c Connection, h Hit) Effect {
		e := Effect{Wire: "RST", Do: func() bool { c.RST(h.End()); return false }}
		if c.Ended() {
			e.Mismatch = "the connection had ended already"
		}
		return e
	},
}

var halfClose = action{
	name: HalfClose, group: groupEnd,
	doc:      "send FIN, and go on reading and handling; the ledger times the client's FIN",
	rule:     rule{bytes: true},
	nature:   nature{endsWriting: true, endsWork: true, sends: true},
	sentence: saying("send FIN and go on reading"),
	onConnection: func(c Connection, h Hit) Effect {
		return Effect{Wire: "FIN", Close: func(done Closed) { c.HalfClose(h.End(), done) }}
	},
}

var hold = action{
	name: Hold, group: groupEnd,
	doc:      "do nothing more and never close the socket: a zombie",
	rule:     rule{bytes: true},
	nature:   nature{endsConnection: true, endsWriting: true, endsWork: true},
	sentence: saying("hold the socket open as a zombie"),
	onConnection: func(c Connection, h Hit) Effect {
		return Effect{Wire: "nothing", Do: func() bool { c.Hold(h.End()); return false }}
	},
}
