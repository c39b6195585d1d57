package fault

import "time"

// The actions after which a connection says, or takes, nothing.
const (
	Mute        Action = "mute"
	StopWriting Action = "stop-writing"
	StopReading Action = "stop-reading"
)

const groupSilence = "fall silent"

var mute = action{
	name: Mute, group: groupSilence,
	doc: "read everything and answer nothing, `for` a while or for good",
	rule: rule{
		params: []string{"for"}, triggers: []trigger{atPhase, atInbound, atOutbound, atTime},
	},
	nature:       nature{endsWork: true},
	sentence:     lasting("read everything and answer nothing"),
	onConnection: silence(Connection.Mute),
}

var stopWriting = action{
	name: StopWriting, group: groupSilence,
	doc:          "write nothing, `for` a while or for good; what the client sends is still acknowledged",
	rule:         rule{params: []string{"for"}, bytes: true},
	nature:       nature{endsWork: true},
	sentence:     lasting("write nothing"),
	onConnection: silence(Connection.StopWriting),
}

var stopReading = action{
	name: StopReading, group: groupSilence,
	doc:          "read nothing, `for` a while or for good, so that the receive window fills",
	rule:         rule{params: []string{"for"}, bytes: true},
	nature:       nature{endsWork: true},
	sentence:     lasting("read nothing"),
	onConnection: silence(Connection.StopReading),
}

// silence begins one, for a while or until the fault is lifted.
func silence(begin func(Connection) (resume func())) func(Connection, Hit) Effect {
	return func(c Connection, h Hit) Effect {
		return Effect{
			Wire: "nothing" + h.What.forHow(), Lasts: time.Duration(h.What.For), Resume: begin(c),
		}
	}
}

// lasting is a sentence with how long it lasts.
func lasting(text string) func(What) string {
	return func(w What) string { return text + w.forHow() }
}

func (w What) forHow() string {
	if w.For == 0 {
		return " for good"
	}
	return " for " + w.For.String()
}
