package fault

import (
	"time"

	"ibsoak/internal/wire"
)

// Moment is a moment that other things begin or end at: exactly one of Phase, Inbound, Outbound and
// At, or Delay alone. The messages are those of any session with the same client id.
type Moment struct {
	// Phase is start-api-read, bootstrap-sent or first-requested: of the client's next session.
	Phase Phase `json:"phase,omitempty" yaml:"phase,omitempty"`
	// Inbound, Outbound, Nth and Of are as in When; Nth 0 is the next one.
	Inbound  string `json:"inbound,omitempty" yaml:"inbound,omitempty"`
	Outbound string `json:"outbound,omitempty" yaml:"outbound,omitempty"`
	Nth      int    `json:"nth,omitempty" yaml:"nth,omitempty"`
	Of       Values `json:"of,omitempty" yaml:"of,omitempty"`
	// At is time since the Gateway started, on the scenario's clock.
	At *Duration `json:"at,omitempty" yaml:"at,omitempty"`
	// Delay is real time after the moment; alone, after the message was withheld.
	Delay Duration `json:"delay,omitempty" yaml:"delay,omitempty"`
}

// Request selects a request of the client.
type Request struct {
	Inbound string `json:"inbound" yaml:"inbound"`             // IBKR's name
	Nth     int    `json:"nth,omitempty" yaml:"nth,omitempty"` // on the connection; 0 is every one
	Of      Values `json:"of,omitempty" yaml:"of,omitempty"`
}

// bare reports whether there is no moment, only a time after something else.
func (m Moment) bare() bool {
	return m.Phase == "" && m.Inbound == "" && m.Outbound == "" && m.At == nil
}

// passed reports whether it is a time that has come.
func (m Moment) passed(elapsed time.Duration) bool {
	return m.At != nil && elapsed >= time.Duration(*m.At)
}

// occasion is what happens on a connection just now: a phase is reached, or a message passes.
type occasion struct {
	phase   Phase
	inbound bool
	message wire.Message
	counts  map[string]int // of this direction, this message included
}

// meets reports whether o is a message with this name ("" is none), number and fields.
func (o occasion) meets(name string, nth int, of Values) bool {
	return o.phase == "" && name != "" && (name == Any || name == o.message.Kind.String()) &&
		(nth == 0 || nth == o.counts[name]) && of.matches(o.message.Body)
}

// is reports whether o is the moment.
func (m Moment) is(o occasion) bool {
	switch {
	case o.phase != "":
		return m.Phase == o.phase
	case o.inbound:
		return o.meets(m.Inbound, m.Nth, m.Of)
	default:
		return o.meets(m.Outbound, m.Nth, m.Of)
	}
}

// is reports whether o is the request.
func (r Request) is(o occasion) bool { return o.inbound && o.meets(r.Inbound, r.Nth, r.Of) }
