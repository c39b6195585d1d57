package fault

import (
	"fmt"
	"maps"
	"slices"
)

// Action is what a fault does.
type Action string

// action is one action, whole: its name, what it takes, how it reads, what the judge may conclude from
// it, and what it does wherever it can fall. Each stands in a file action_*.go and in the table below;
// nothing else knows the actions one by one.
type action struct {
	name  Action
	doc   string // what it does, for the schema and the page
	group string // of the page
	rule
	nature
	sentence func(What) string

	// What it does, by where it falls; at least one, and one for every trigger that its rule allows.
	onMessage    func(Flow, Hit) Effect       // a request before it is handled, a frame before it is written
	onStream     func(Stream, Hit) Effect     // a frame before it is written, or between frames
	onConnection func(Connection, Hit) Effect // whatever the connection is doing
	onClientFIN  clientFIN                    // later, when the client's FIN comes
	onGateway    func(Gateway, Hit) (wire string, err error)
	onTelling    func(*telling) // a message of the session, before it is a frame
}

// trigger is one way of saying when.
type trigger string

const (
	atPhase    trigger = "phase"
	atInbound  trigger = "inbound"
	atOutbound trigger = "outbound"
	atBytesOut trigger = "bytesOut"
	atTime     trigger = "at"
)

var allTriggers = []trigger{atPhase, atInbound, atOutbound, atBytesOut, atTime}

// rule is what an action takes and where it makes sense. Validate, the schema and the page go by it.
type rule struct {
	params    []string  // of What, by their YAML names
	required  []string  // those of params that must be given
	exclusive []string  // those of params of which only one may be given
	beside    []string  // those of params that need an outbound message
	triggers  []trigger // nil is all
	bytes     bool      // may be combined with When.Byte
	then      []Action  // allowed values of What.Then
	version   bool      // needs an agreed version
	answers   bool      // needs When.AnswerTo, and in it a request with an id
	tellsWith []string  // of an action with onTelling and others: the params that make it tell
}

// nature is what follows from an action for whoever judges a run.
type nature struct {
	endsConnection    bool // nothing more is handled
	endsWriting       bool // nothing more is written
	endsWork          bool // a connection does no more work after it
	spoilsStream      bool // a client cannot read on after it
	preventsAnswer    bool // it can keep a client from its answer
	sends             bool // it has acted only when something is on the wire
	outlivesClientFIN bool // the session goes on after the client's FIN
}

// table has every action by its name. It is filled by init: actions and plan refer to each other.
var table = make(map[Action]*action)

func init() {
	for _, a := range []action{
		fin, rst, halfClose, hold,
		mute, stopWriting, stopReading,
		cut, garbage, badLength, drip, delay, reorder, shuffle,
		drop, duplicate, errorInstead, notice,
		withhold, replace, corrupt, swap,
		ignoreEOF, sendPastEOF, closeOnEOF,
		refuse, backlogFull, restart, operate,
	} {
		if err := register(table, a); err != nil {
			panic("fault: " + err.Error())
		}
	}
}

// register refuses an action that could fall and do nothing.
func register(into map[Action]*action, a action) error {
	switch {
	case a.name == "" || a.doc == "" || a.group == "" || a.sentence == nil:
		return fmt.Errorf("action %q: it needs a name, a doc, a group and a sentence", a.name)
	case into[a.name] != nil:
		return fmt.Errorf("action %s is registered already", a.name)
	case a.onClientFIN != nil && a.onConnection == nil:
		return fmt.Errorf("action %s waits for the client's FIN and never falls", a.name)
	}
	for _, at := range a.fallsAt() {
		if !a.actsAt(at) {
			return fmt.Errorf("action %s has no behaviour for %s", a.name, at)
		}
	}
	into[a.name] = &a
	return nil
}

func (a *action) fallsAt() []trigger {
	if a.triggers == nil {
		return allTriggers
	}
	return a.triggers
}

// actsAt reports whether there is a behaviour for what falls at a trigger.
func (a *action) actsAt(at trigger) bool {
	switch {
	case a.onConnection != nil || a.onStream != nil || a.onGateway != nil:
		return true
	case at == atOutbound && a.onTelling != nil:
		return true
	default:
		return a.onMessage != nil && at != atTime
	}
}

func (a *action) takes(param string) bool    { return slices.Contains(a.params, param) }
func (a *action) needs(param string) bool    { return slices.Contains(a.required, param) }
func (a *action) allowsThen(end Action) bool { return slices.Contains(a.then, end) }

// unknown stands for an action that does not exist: of a schedule that was not validated.
var unknown = action{sentence: func(w What) string { return fmt.Sprintf("do %q, which is no action", w.Do) }}

func (a Action) action() *action {
	if known := table[a]; known != nil {
		return known
	}
	return &unknown
}

// OnListener reports whether the action is on the Gateway as a whole.
func (a Action) OnListener() bool { return a.action().onGateway != nil }

// EndsConnection reports whether nothing more is handled on the connection after the action.
func (a Action) EndsConnection() bool { return a.action().endsConnection }

// EndsWriting reports whether nothing more is written after it.
func (a Action) EndsWriting() bool { return a.action().endsWriting }

// EndsWork reports whether a connection does no more work after it.
func (a Action) EndsWork() bool { return a.action().endsWork }

// SpoilsStream reports whether a client cannot read on after it.
func (a Action) SpoilsStream() bool { return a.action().spoilsStream }

// PreventsAnswer reports whether it can keep a client from its answer.
func (a Action) PreventsAnswer() bool { return a.action().preventsAnswer || a.EndsWork() }

// Sends reports whether it has acted only when something is on the wire; the effect of others is what
// they keep back.
func (a Action) Sends() bool { return a.action().sends }

// OutlivesClientFIN reports whether the session goes on after the client's FIN.
func (a Action) OutlivesClientFIN() bool { return a.action().outlivesClientFIN }

// Telling reports whether the fault changes what the session is told of the books, message by
// message. All other actions are on the stream of bytes, the connection or the Gateway.
func (w What) Telling() bool {
	a := w.Do.action()
	return a.onTelling != nil && (a.tellsWith == nil || slices.ContainsFunc(a.tellsWith, w.given))
}

// InMessages reports whether the hit acts between messages, in the goroutine that handles or writes
// them. All others act on the connection, whatever that is doing, or on the Gateway.
func (h Hit) InMessages() bool { return h.What.Do.action().onMessage != nil }

// InStream reports whether the hit acts in the goroutine that writes.
func (h Hit) InStream() bool { return h.What.Do.action().onStream != nil }

// OnMessage lets a hit with InMessages act.
func (h Hit) OnMessage(f Flow) Effect { return h.What.Do.action().onMessage(f, h) }

// OnStream lets a hit with InMessages or InStream act at the writer.
func (h Hit) OnStream(s Stream) Effect {
	if act := h.What.Do.action().onStream; act != nil {
		return act(s, h)
	}
	return h.OnMessage(s)
}

// OnConnection lets a hit act between messages. One that cannot does nothing, and says so.
func (h Hit) OnConnection(c Connection) Effect {
	if act := h.What.Do.action().onConnection; act != nil {
		return act(c, h)
	}
	return Effect{Wire: "nothing", Mismatch: "the action needs a message"} // Validate lets none come here
}

// OnGateway lets a hit act that is on the listener.
func (h Hit) OnGateway(g Gateway) (wire string, err error) { return h.What.Do.action().onGateway(g, h) }

// OnClientFIN lets a hit that was given to Connection.OnClientFIN answer the client's FIN. handled is
// false when the Gateway is to answer it as ever.
func (h Hit) OnClientFIN(c Connection, file func(wire string)) (goOn, handled bool) {
	act := h.What.Do.action().onClientFIN
	if act == nil {
		return false, false
	}
	return act(c, h, file), true
}

// Planned is the action that the schedule has, also for what follows from it.
func (h Hit) Planned() Action {
	if h.planned != "" {
		return h.planned
	}
	return h.What.Do
}

// Then is the hit that follows from this one on the connection, at once and whole.
func (h Hit) Then(do Action) Hit {
	h.planned = h.Planned()
	h.What = What{Do: do}
	h.When.Byte, h.When.Delay = 0, 0
	return h
}

// End is the reason in the ledger of a connection that the hit has ended.
func (h Hit) End() string { return string(h.Planned()) + " by fault " + h.ID }

// Actions lists every action, sorted by name.
func Actions() []Action { return slices.Sorted(maps.Keys(table)) }

// Phases lists the phases in their order.
func Phases() []Phase {
	return []Phase{
		Accepted, PreambleRead, VersionSent, StartAPIRead, BootstrapSent, FirstRequested,
	}
}
