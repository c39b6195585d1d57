package fault

import (
	"fmt"
	"time"
)

// The actions that change when, how often and in which order messages go out.
const (
	Delay     Action = "delay"
	Reorder   Action = "reorder"
	Drop      Action = "drop"
	Duplicate Action = "duplicate"
)

const groupMessage = "a message more or less"

var delay = action{
	name: Delay, group: groupSpoil,
	doc: "hold the message back `for` a while; everything behind it waits too",
	rule: rule{
		params: []string{"for"}, required: []string{"for"},
		triggers: []trigger{atPhase, atInbound, atOutbound, atBytesOut}, bytes: true,
	},
	sentence: func(w What) string { return fmt.Sprintf("wait %s before going on", w.For) },
	onMessage: func(f Flow, h Hit) Effect {
		return Effect{
			Wire: "held back " + h.What.For.String(),
			Do:   func() bool { return f.Wait(time.Duration(h.What.For)) },
		}
	},
}

var reorder = action{
	name: Reorder, group: groupSpoil,
	doc:      "write the message behind the next one; never, if none comes",
	rule:     rule{triggers: []trigger{atOutbound}},
	nature:   nature{sends: true},
	sentence: saying("write it behind the next message"),
	onStream: func(s Stream, _ Hit) Effect {
		s.WriteLater()
		return Effect{Wire: "message behind the next one", Swallow: true}
	},
}

var drop = action{
	name: Drop, group: groupMessage,
	doc:       "throw the message away",
	rule:      rule{triggers: []trigger{atInbound, atOutbound}},
	nature:    nature{preventsAnswer: true},
	sentence:  saying("drop the message"),
	onMessage: func(Flow, Hit) Effect { return Effect{Wire: "message dropped", Swallow: true} },
}

var duplicate = action{
	name: Duplicate, group: groupMessage,
	doc: "write the message so many `times` in all; with `set` or `release` the copies are changed, or told later",
	rule: rule{
		params: []string{"times", "release", "set"}, triggers: []trigger{atOutbound},
		tellsWith: []string{"release", "set"},
	},
	nature: nature{sends: true},
	sentence: func(w What) string {
		if !w.Telling() {
			return fmt.Sprintf("write it %d times", 1+w.copies())
		}
		s := "write it, and "
		if n := w.copies(); n > 1 {
			s += fmt.Sprintf("%d more times", n)
		} else {
			s += "once more"
		}
		s += w.changed()
		if w.Release != nil {
			s += ", withheld" + w.Release.phrase()
		}
		return s
	},
	onStream: func(s Stream, h Hit) Effect {
		return Effect{
			Wire: fmt.Sprintf("%d copies", 1+h.What.copies()), Swallow: true,
			Do: func() bool {
				goOn := s.Write("")
				for range h.What.copies() {
					goOn = goOn && s.Write("duplicate")
				}
				return goOn
			},
		}
	},
	onTelling: func(x *telling) {
		w := x.Hit.What
		x.Wire = plural(w.copies(), "more copy", "more copies")
		x.tell("", x.message)
		if w.Release != nil {
			x.track.withhold(x.Fall, Withheld{Hit: *x.Hit, Message: x.changed, Copies: w.copies()})
			return
		}
		for range w.copies() {
			x.tell(x.note(), x.changed)
		}
	},
}

// copies is how many a duplicate adds.
func (w What) copies() int { return max(2, w.Times) - 1 }
