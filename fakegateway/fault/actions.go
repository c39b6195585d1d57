package fault

import (
	"maps"
	"slices"
)

// moment is one way of saying when.
type moment string

const (
	atPhase    moment = "phase"
	atInbound  moment = "inbound"
	atOutbound moment = "outbound"
	atBytesOut moment = "bytesOut"
	atTime     moment = "at"
)

// rule is what an action takes and where it makes sense.
type rule struct {
	onListener bool
	params     []string // of What, by their YAML names
	required   []string // those of params that must be given
	moments    []moment // nil is all
	bytes      bool     // may be combined with When.Byte
	then       []Action // allowed values of What.Then
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
		params: []string{"for"}, moments: []moment{atPhase, atInbound, atOutbound, atTime},
	},
	Hold:         {bytes: true},
	CloseOnEOF:   {},
	IgnoreEOF:    {},
	SendAfterEOF: {},
	Cut: {
		params: []string{"then"}, moments: []moment{atOutbound}, bytes: true, then: thenEnds,
	},
	Garbage: {
		params: []string{"bytes", "then"}, required: []string{"bytes"}, bytes: true, then: thenEnds,
	},
	BadLength: {
		params: []string{"length", "then"}, bytes: true, then: thenEnds,
	},
	Delay: {
		params: []string{"for"}, required: []string{"for"},
		moments: []moment{atPhase, atInbound, atOutbound, atBytesOut}, bytes: true,
	},
	Drip: {
		params: []string{"every"}, required: []string{"every"},
		moments: []moment{atPhase, atOutbound, atBytesOut, atTime},
	},
	Duplicate: {
		params: []string{"times"}, required: []string{"times"}, moments: []moment{atOutbound},
	},
	Reorder: {moments: []moment{atOutbound}},
	Drop:    {moments: []moment{atInbound, atOutbound}},
	Error: {
		params: []string{"code", "message"}, required: []string{"code"},
		moments: []moment{atPhase, atInbound, atOutbound, atTime},
	},
	Refuse:      {onListener: true, params: []string{"for"}},
	BacklogFull: {onListener: true, params: []string{"for"}},
	Operate: {
		onListener: true, params: []string{"operation", "farm"}, required: []string{"operation"},
	},
	Restart: {onListener: true, params: []string{"then", "downtime"}, then: thenRestart},
}

// OnListener reports whether the action is on the Gateway as a whole.
func (a Action) OnListener() bool { return rules[a].onListener }

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
