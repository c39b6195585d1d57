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
