package fault

import (
	"fmt"
	"time"
)

// The actions that spoil the stream of bytes.
const (
	Cut       Action = "cut"
	Garbage   Action = "garbage"
	BadLength Action = "bad-length"
	Drip      Action = "drip"
)

const groupSpoil = "spoil the stream"

var cut = action{
	name: Cut, group: groupSpoil,
	doc: "write no more of the frame than its first `byte` bytes; `then` end the connection or go on",
	rule: rule{
		params: []string{"then"}, triggers: []trigger{atOutbound}, bytes: true, then: thenEnds,
	},
	nature:   nature{spoilsStream: true, preventsAnswer: true, sends: true},
	sentence: func(w What) string { return "write no more of the message" + w.thenHow() },
	onStream: func(s Stream, h Hit) Effect { // the bytes ahead of the cut are out
		return Effect{
			Wire:    fmt.Sprintf("%d bytes of %s", h.When.Byte, s.FrameName()),
			Swallow: true, Then: h.What.Then,
		}
	},
}

var garbage = action{
	name: Garbage, group: groupSpoil,
	doc: "write so many `bytes` of noise, the same for the same seed; `then` end the connection or go on",
	rule: rule{
		params: []string{"bytes", "then"}, required: []string{"bytes"}, bytes: true, then: thenEnds,
	},
	nature: nature{spoilsStream: true, preventsAnswer: true, sends: true},
	sentence: func(w What) string {
		return fmt.Sprintf("write %d bytes of noise%s", w.Bytes, w.thenHow())
	},
	onStream: func(s Stream, h Hit) Effect { return writeRaw(s, h, s.Noise(h.What.Bytes)) },
}

var badLength = action{
	name: BadLength, group: groupSpoil,
	doc:    "write a length prefix that says `length`; `then` end the connection or go on",
	rule:   rule{params: []string{"length", "then"}, bytes: true, then: thenEnds},
	nature: nature{spoilsStream: true, preventsAnswer: true, sends: true},
	sentence: func(w What) string {
		return fmt.Sprintf("write the length prefix %d%s", w.length(), w.thenHow())
	},
	onStream: func(s Stream, h Hit) Effect {
		n := uint32(h.What.length())
		return writeRaw(s, h, []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
	},
}

// writeRaw writes what is no frame. When the connection breaks off in it nothing more follows.
func writeRaw(s Stream, h Hit, raw []byte) Effect {
	e := Effect{Wire: fmt.Sprintf("%d bytes", len(raw)), Then: h.What.Then}
	if !s.WriteRaw(raw) {
		e.Then, e.Do = "", func() bool { return false }
	}
	return e
}

func (w What) thenHow() string {
	switch w.Then {
	case "":
		return " and go on"
	case FIN:
		return ", then FIN"
	case RST:
		return ", then RST"
	default:
		return ", then " + string(w.Then)
	}
}

var drip = action{
	name: Drip, group: groupSpoil,
	doc: "write byte by byte, each `every` so long",
	rule: rule{
		params: []string{"every"}, required: []string{"every"},
		triggers: []trigger{atPhase, atOutbound, atBytesOut, atTime},
	},
	nature:   nature{sends: true},
	sentence: func(w What) string { return fmt.Sprintf("write byte by byte, %s apart", w.Every) },
	// It is the frame at hand that drips; without one, everything from now on.
	onStream: func(s Stream, h Hit) Effect {
		e := Effect{Wire: "byte by byte, " + h.What.Every.String() + " apart"}
		was := s.Drip(time.Duration(h.What.Every))
		if !s.OnMessage() {
			e.Resume = func() { s.Drip(0) }
			return e
		}
		e.Swallow = true
		e.Do = func() bool {
			goOn := s.Write("drip") && s.Flush()
			s.Drip(was)
			return goOn
		}
		return e
	},
}
