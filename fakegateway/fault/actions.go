package fault

import (
	"maps"
	"slices"
)

// trigger is one way of saying when.
type trigger string

const (
	atPhase    trigger = "phase"
	atInbound  trigger = "inbound"
	atOutbound trigger = "outbound"
	atBytesOut trigger = "bytesOut"
	atTime     trigger = "at"
)

// rule is what an action takes and where it makes sense.
type rule struct {
	onListener bool
	params     []string  // of What, by their YAML names
	required   []string  // those of params that must be given
	triggers   []trigger // nil is all
	bytes      bool      // may be combined with When.Byte
	then       []Action  // allowed values of What.Then
}

var (
	thenEnds    = []Action{"", FIN, RST, Hold}
	thenRestart = []Action{"", FIN, RST}
)

// rules is the table that Validate and the documentation go by.
var rules = map[Action]rule{
	FIN:         {bytes: true},
	RST:         {bytes: true},
	HalfClose:   {bytes: true},
	StopWriting: {params: []string{"for"}, bytes: true},
	StopReading: {params: []string{"for"}, bytes: true},
	Mute: {
		params: []string{"for"}, triggers: []trigger{atPhase, atInbound, atOutbound, atTime},
	},
	Hold:         {bytes: true},
	CloseOnEOF:   {},
	IgnoreEOF:    {},
	SendAfterEOF: {},
	Cut: {
		params: []string{"then"}, triggers: []trigger{atOutbound}, bytes: true, then: thenEnds,
	},
	Garbage: {
		params: []string{"bytes", "then"}, required: []string{"bytes"}, bytes: true, then: thenEnds,
	},
	BadLength: {
		params: []string{"length", "then"}, bytes: true, then: thenEnds,
	},
	Delay: {
		params: []string{"for"}, required: []string{"for"},
		triggers: []trigger{atPhase, atInbound, atOutbound, atBytesOut}, bytes: true,
	},
	Drip: {
		params: []string{"every"}, required: []string{"every"},
		triggers: []trigger{atPhase, atOutbound, atBytesOut, atTime},
	},
	Duplicate: {params: []string{"times", "release", "set"}, triggers: []trigger{atOutbound}},
	Withhold:  {params: []string{"release", "set"}, triggers: []trigger{atOutbound}},
	Replace: {
		params: []string{"set"}, required: []string{"set"}, triggers: []trigger{atOutbound},
	},
	Corrupt: {
		params: []string{"field"}, required: []string{"field"}, triggers: []trigger{atOutbound},
	},
	Swap: {
		params: []string{"with"}, required: []string{"with"}, triggers: []trigger{atOutbound},
	},
	Reorder: {triggers: []trigger{atOutbound}},
	Drop:    {triggers: []trigger{atInbound, atOutbound}},
	Error: {
		params: []string{"code", "message"}, required: []string{"code"},
		triggers: []trigger{atPhase, atInbound, atOutbound, atTime},
	},
	Refuse:      {onListener: true, params: []string{"for"}},
	BacklogFull: {onListener: true, params: []string{"for"}},
	Operate: {
		onListener: true, params: []string{"operation", "farm", "trade", "accounts"},
		required: []string{"operation"},
	},
	Restart: {onListener: true, params: []string{"then", "downtime"}, then: thenRestart},
}

// OnListener reports whether the action is on the Gateway as a whole.
func (a Action) OnListener() bool { return rules[a].onListener }

// Telling reports whether the fault changes what the session is told of the books, message by
// message. All other actions are on the stream of bytes, the connection or the Gateway.
func (w What) Telling() bool {
	switch w.Do {
	case Withhold, Replace, Corrupt, Swap:
		return true
	case Duplicate:
		return w.Release != nil || len(w.Set) > 0
	default:
		return false
	}
}

// EndsConnection reports whether nothing more is handled on the connection after the action.
func (a Action) EndsConnection() bool { return a == FIN || a == RST || a == Hold }

// Actions lists every action, sorted by name.
func Actions() []Action { return slices.Sorted(maps.Keys(rules)) }

// Phases lists the phases in their order.
func Phases() []Phase {
	return []Phase{
		Accepted, PreambleRead, VersionSent, StartAPIRead, BootstrapSent, FirstRequested,
	}
}
