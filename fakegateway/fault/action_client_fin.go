package fault

import (
	"fmt"
	"time"
)

// The actions that say what the Gateway makes of the client's FIN. The last one that fell counts.
const (
	CloseOnEOF   Action = "close-on-eof"
	IgnoreEOF    Action = "ignore-eof"
	SendAfterEOF Action = "send-past-eof"
)

const groupClientFIN = "on the client's FIN"

// PastEOFGrace is how long a Gateway goes on with a client that has said FIN before it says its own.
// It is well below the time after which a socket in CLOSE_WAIT counts as a zombie.
const PastEOFGrace = 300 * time.Millisecond

// farmOKCode is IBKR's notice that a market data farm is connected.
const farmOKCode = 2104

var closeOnEOF = action{
	name: CloseOnEOF, group: groupClientFIN,
	doc:          "answer the client's FIN with FIN, as the Gateway does anyway",
	sentence:     saying("answer the client's FIN with FIN"),
	onConnection: awaitClientFIN,
}

var ignoreEOF = action{
	name: IgnoreEOF, group: groupClientFIN,
	doc:          "never close when the client sends FIN: the socket leaks",
	sentence:     saying("never close when the client sends FIN"),
	onConnection: awaitClientFIN,
	onClientFIN: func(c Connection, _ Hit, _ func(string)) bool {
		c.Hold("the client's FIN is ignored")
		return false
	},
}

// sendPastEOF sends a notice to a client that has said FIN, and goes on with what it had asked for;
// FIN follows after PastEOFGrace. A client that has closed its socket answers with RST. Before the
// version is agreed upon there is nothing that could be sent.
var sendPastEOF = action{
	name: SendAfterEOF, group: groupClientFIN,
	doc:          "go on sending after the client's FIN, and only then send FIN",
	nature:       nature{sends: true, outlivesClientFIN: true},
	sentence:     saying("go on sending after the client's FIN"),
	onConnection: awaitClientFIN,
	onClientFIN: func(c Connection, h Hit, file func(string)) bool {
		if !c.HasVersion() {
			c.FIN(h.End(), nil)
			return false
		}
		c.SendError(h, farmOKCode, ErrorText(farmOKCode), noID, func(bytes int) {
			file(fmt.Sprintf("%d bytes after the client's FIN", bytes))
		})
		c.After(PastEOFGrace, func() { c.FIN(h.End(), nil) })
		return true
	},
}

func awaitClientFIN(c Connection, h Hit) Effect {
	c.OnClientFIN(h)
	return Effect{Wire: "nothing"}
}
