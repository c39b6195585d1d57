// Package fault says what goes wrong at a fake Gateway: where, when, what and until. It knows no
// sockets; the Gateway asks it what to do and hands back a Receipt of what really went out.
//
// A schedule is concrete: all randomness is resolved before a run, so the same schedule and the
// same client behaviour give the same run. It is written in YAML or JSON, or as Go literals.
package fault

import (
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Schedule is a list of planned faults, tried in order: the first whose conditions hold at a
// point acts there, and no other.
type Schedule struct {
	// Hook is a Starlark file that is asked about every message; "" is none.
	Hook   string `json:"hook,omitempty" yaml:"hook,omitempty"`
	Faults Faults `json:"faults" yaml:"faults"`
}

// Faults is a list of faults. In a file that holds more than a schedule, uses of the library's
// blocks may stand in it as well; they are read as the faults that they come to.
type Faults []Fault

// Fault is one planned fault.
type Fault struct {
	// ID names the fault in receipts and in the control API. Empty: "f1", "f2", … by position.
	ID string `json:"id,omitempty" yaml:"id,omitempty"`
	// Why is a sentence for the people who read reports.
	Why   string `json:"why,omitempty" yaml:"why,omitempty"`
	Where Where  `json:"where,omitempty" yaml:"where,omitempty"`
	When  When   `json:"when" yaml:"when"`
	What  What   `json:"what" yaml:"what"`
	Until Until  `json:"until,omitempty" yaml:"until,omitempty"`
}

// Where selects connections. The zero value is every connection.
type Where struct {
	// Connection is the k-th accepted connection of the Gateway's life, from 1. Planted zombies
	// are not counted.
	Connection int `json:"connection,omitempty" yaml:"connection,omitempty"`
	// FromConnection is the k-th and every later connection.
	FromConnection int `json:"fromConnection,omitempty" yaml:"fromConnection,omitempty"`
	// ClientID selects by the id in START_API, so it matches from phase start-api on.
	ClientID *int `json:"clientId,omitempty" yaml:"clientId,omitempty"`
}

// Phase is a moment in a connection's handshake.
type Phase string

// The phases, in order. Each names what has just happened.
const (
	Accepted       Phase = "accepted"        // TCP is up; nothing was read
	PreambleRead   Phase = "preamble-read"   // the version reply was not yet sent
	VersionSent    Phase = "version-sent"    // START_API was not yet read
	StartAPIRead   Phase = "start-api-read"  // nothing of the bootstrap was sent
	BootstrapSent  Phase = "bootstrap-sent"  // accounts, next id and farm notices are out
	FirstRequested Phase = "first-requested" // the first request after START_API was read
)

// When is the moment. Exactly one of Phase, Inbound, Outbound, BytesOut and At is set (AnswerTo
// alone means Outbound "any"); Delay may be added to any of them.
type When struct {
	Phase Phase `json:"phase,omitempty" yaml:"phase,omitempty"`
	// Inbound is IBKR's name of a client message ("placeOrder", or "any"): just read, not yet handled.
	Inbound string `json:"inbound,omitempty" yaml:"inbound,omitempty"`
	// Outbound is IBKR's name of a Gateway message ("openOrder", or "any"): about to be written.
	Outbound string `json:"outbound,omitempty" yaml:"outbound,omitempty"`
	// Nth is the k-th message of that kind on the connection, from 1; 0 is every one.
	Nth int `json:"nth,omitempty" yaml:"nth,omitempty"`
	// Byte is where inside the outbound frame (length prefix included) a cut falls: that many
	// bytes of the frame go out first. Only with Outbound.
	Byte int `json:"byte,omitempty" yaml:"byte,omitempty"`
	// BytesOut is a count of bytes on the connection: the fault falls when exactly so many have
	// gone out, version reply included. 0 is before the first byte and must be given explicitly.
	BytesOut *int64 `json:"bytesOut,omitempty" yaml:"bytesOut,omitempty"`
	// At is time since the Gateway started, on the scenario's clock.
	At *Duration `json:"at,omitempty" yaml:"at,omitempty"`
	// Of selects the message by what it is about: {orderId: 7, status: Filled}.
	Of Values `json:"of,omitempty" yaml:"of,omitempty"`
	// AnswerTo selects the Gateway's messages that answer a request which was read while the fault
	// was in force, by the request's id; Outbound may then be left out.
	AnswerTo *Request `json:"answerTo,omitempty" yaml:"answerTo,omitempty"`
	// After lets the fault act on a connection only when this moment has come on it.
	After *Moment `json:"after,omitempty" yaml:"after,omitempty"`
	// Delay is waited out after the moment, in real time, before the fault acts. An action on a
	// message holds it back meanwhile; any other lets the connection go on.
	Delay Duration `json:"delay,omitempty" yaml:"delay,omitempty"`
}

// Action is what a fault does.
type Action string

// The actions. Those marked (listener) act on the Gateway, the others on one connection.
const (
	FIN          Action = "fin"           // drain what has arrived, close: FIN
	RST          Action = "rst"           // linger 0, close: RST
	HalfClose    Action = "half-close"    // FIN, then go on reading; times the peer's FIN
	StopWriting  Action = "stop-writing"  // the peer's kernel still acknowledges our silence
	StopReading  Action = "stop-reading"  // the receive window fills
	Mute         Action = "mute"          // read everything, answer nothing
	Hold         Action = "hold"          // a zombie: never close, keep the socket pinned
	Cut          Action = "cut"           // write only Byte bytes of the frame, then What.Then
	Garbage      Action = "garbage"       // write Bytes bytes of seeded noise, then What.Then
	BadLength    Action = "bad-length"    // write a length prefix of What.Length, then What.Then
	Delay        Action = "delay"         // hold the message back for What.For
	Drip         Action = "drip"          // write byte by byte, What.Every apart
	Duplicate    Action = "duplicate"     // write the message What.Times times in all
	Withhold     Action = "withhold"      // keep the message back until What.Release
	Replace      Action = "replace"       // tell something else: the message with What.Set
	Corrupt      Action = "corrupt"       // make What.Field unreadable
	Swap         Action = "swap"          // exchange the answers to this request and What.With
	Drop         Action = "drop"          // swallow the message
	Reorder      Action = "reorder"       // write the message behind the next one; never, if none comes
	Error        Action = "error"         // send error What.Code in place of the answer
	Refuse       Action = "refuse"        // (listener) port closed for What.For
	BacklogFull  Action = "backlog-full"  // (listener) accept queue full, not accepting, for What.For
	Restart      Action = "restart"       // (listener) end all sessions, be down, come back
	Operate      Action = "operate"       // (listener) do What.Operation to the whole Gateway
	CloseOnEOF   Action = "close-on-eof"  // default: answer the peer's FIN with ours
	IgnoreEOF    Action = "ignore-eof"    // never close on the peer's FIN: leak the socket
	SendAfterEOF Action = "send-past-eof" // send on after the peer's FIN, and only then ours
)

// What is the action and its parameters; a parameter that the action does not use is an error.
type What struct {
	Do Action `json:"do" yaml:"do"`
	// For is how long: of delay, stop-* and mute in real time, of refuse and backlog-full on the
	// scenario's clock. 0 is for ever (delay: an error).
	For Duration `json:"for,omitempty" yaml:"for,omitempty"`
	// Every is the gap between bytes of a drip.
	Every Duration `json:"every,omitempty" yaml:"every,omitempty"`
	// Times is the number of copies of a duplicate, from 2. 0: 2.
	Times int `json:"times,omitempty" yaml:"times,omitempty"`
	// Release is when a withheld message is told after all, and when the copies of a duplicate are.
	// nil is never, and for copies at once. A moment (other than a mere delay) that releases something
	// or closes what When.After has opened ends the fault on that connection, until After comes again.
	Release *Moment `json:"release,omitempty" yaml:"release,omitempty"`
	// Set changes fields of a replaced or withheld message, and of the copies of a duplicate.
	Set Values `json:"set,omitempty" yaml:"set,omitempty"`
	// Field is the dotted path of the field that corrupt spoils.
	Field string `json:"field,omitempty" yaml:"field,omitempty"`
	// With is the other request of a swap.
	With *Request `json:"with,omitempty" yaml:"with,omitempty"`
	// Bytes is the amount of garbage.
	Bytes int `json:"bytes,omitempty" yaml:"bytes,omitempty"`
	// Length is the bad length, as the peer would read it (signed 32 bits).
	Length int64 `json:"length,omitempty" yaml:"length,omitempty"`
	// Code and Message are those of an error.
	Code    int    `json:"code,omitempty" yaml:"code,omitempty"`
	Message string `json:"message,omitempty" yaml:"message,omitempty"`
	// Then ends the connection after cut, garbage and bad-length: fin, rst, hold or "" (go on).
	// For restart it says how sessions end: fin (default) or rst.
	Then Action `json:"then,omitempty" yaml:"then,omitempty"`
	// Operation is what operate does.
	Operation Operation `json:"operation,omitempty" yaml:"operation,omitempty"`
	// Farm is the data farm of a farm-* operation ("usfarm").
	Farm string `json:"farm,omitempty" yaml:"farm,omitempty"`
	// Trade is what fill-by-hand and transfer move, and Accounts are those of log-in.
	Trade    *Trade   `json:"trade,omitempty" yaml:"trade,omitempty"`
	Accounts []string `json:"accounts,omitempty" yaml:"accounts,omitempty"`
	// Downtime is restart's way back up.
	Downtime *Downtime `json:"downtime,omitempty" yaml:"downtime,omitempty"`
}

// Downtime is how a Gateway comes back: each phase lasts as long as it says, on the scenario's
// clock, in this order. Clients that wait in a phase are answered when it is over.
type Downtime struct {
	// Refused: the port is closed.
	Refused Duration `json:"refused,omitempty" yaml:"refused,omitempty"`
	// AcceptMute: TCP connects, answers wait.
	AcceptMute Duration `json:"acceptMute,omitempty" yaml:"acceptMute,omitempty"`
	// VersionOnly: the version reply comes, accounts and the next order id wait.
	VersionOnly Duration `json:"versionOnly,omitempty" yaml:"versionOnly,omitempty"`
	// Approval lets the last phase (VersionOnly, when there is none) go on until the login's
	// second factor is approved: operation approve-2fa.
	Approval bool `json:"approval,omitempty" yaml:"approval,omitempty"`
}

// Until ends a fault. The zero value lets it act once per matching point on each connection.
type Until struct {
	// Count is how often the fault acts in all; 0 is no bound.
	Count int `json:"count,omitempty" yaml:"count,omitempty"`
	// Elapsed is time since the Gateway started, on the scenario's clock, after which it is over.
	Elapsed Duration `json:"elapsed,omitempty" yaml:"elapsed,omitempty"`
}

// Receipt is what a fault really put on the wire.
type Receipt struct {
	Fault      string    `json:"fault"`      // the fault's ID
	Planned    Action    `json:"planned"`    // What.Do
	Wire       string    `json:"wire"`       // "FIN", "RST", "17 bytes", "nothing", "port closed", …
	Connection int       `json:"connection"` // ledger number; 0 for the listener
	Point      string    `json:"point"`      // where it acted: "outbound openOrder #1 byte 7"
	At         time.Time `json:"at"`
	BytesOut   int64     `json:"bytesOut"` // on the connection, before the fault
	// Mismatch says how the wire differs from the plan; empty when it does not. A FIN that went
	// out as RST because input was unread is the classic one: it voids a run.
	Mismatch string `json:"mismatch,omitempty"`
}

// Duration is a time.Duration that is written "1.5s" in YAML and JSON.
type Duration time.Duration

// String formats it as time.Duration does.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText writes "1.5s".
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what time.ParseDuration accepts.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("duration %q: want a number and a unit, like 1.5s or 2m", text)
	}
	*d = Duration(v)
	return nil
}

// UnmarshalYAML is UnmarshalText with the place in the error.
func (d *Duration) UnmarshalYAML(node ast.Node) error {
	text := strings.Trim(node.String(), `"'`)
	if err := d.UnmarshalText([]byte(text)); err != nil {
		return &yaml.SyntaxError{Message: err.Error(), Token: node.GetToken()}
	}
	return nil
}
