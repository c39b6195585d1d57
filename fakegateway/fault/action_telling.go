package fault

// The actions that let a session say something else than what the books have.
const (
	Withhold Action = "withhold"
	Replace  Action = "replace"
	Swap     Action = "swap"
)

const groupTelling = "tell something else"

var withhold = action{
	name: Withhold, group: groupTelling,
	doc:      "keep the message back until `release`, or for ever; others overtake it; `set` changes it",
	rule:     rule{params: []string{"release", "set"}, triggers: []trigger{atOutbound}},
	nature:   nature{preventsAnswer: true},
	sentence: func(w What) string { return "withhold it" + w.changed() + w.Release.phrase() },
	onTelling: func(x *telling) {
		x.track.withhold(x.Fall, Withheld{Hit: *x.Hit, Message: x.changed, Copies: 1})
	},
}

var replace = action{
	name: Replace, group: groupTelling,
	doc: "tell the message with the fields that are `set`",
	rule: rule{
		params: []string{"set"}, required: []string{"set"}, triggers: []trigger{atOutbound},
	},
	nature:   nature{preventsAnswer: true, sends: true},
	sentence: func(w What) string { return "tell it with " + w.Set.phrase() },
	onTelling: func(x *telling) {
		x.Wire = "told with " + x.Hit.What.Set.phrase()
		x.tell(x.note(), x.changed)
	},
}

var swap = action{
	name: Swap, group: groupTelling,
	doc: "exchange the ids of the answers to two requests: that of `answerTo` and that of `with`",
	rule: rule{
		params: []string{"with"}, required: []string{"with"}, triggers: []trigger{atOutbound}, answers: true,
	},
	nature: nature{preventsAnswer: true, sends: true},
	sentence: func(w What) string {
		r := Request{}
		if w.With != nil {
			r = *w.With
		}
		return "exchange the answers with those to " + messagePhrase(r.Nth, r.Inbound, r.Of)
	},
	// An answer is told under the id of the other request, as soon as there is one.
	onTelling: func(x *telling) {
		p := x.track.pair(x.fault)
		if p.first == nil || p.second == nil {
			x.track.withhold(x.Fall, Withheld{Hit: *x.Hit, Message: x.message, Copies: 1, swap: p})
			return
		}
		told, ok := p.exchange(x.message)
		if !ok {
			x.untouched("the two requests have no ids to exchange")
			return
		}
		x.Wire = "told as the answer to the other request"
		x.tell(x.note(), told)
	},
}

func (w What) changed() string {
	if len(w.Set) == 0 {
		return ""
	}
	return " with " + w.Set.phrase()
}
