package harness

import (
	"time"

	"github.com/govalues/decimal"
)

// Trader describes the program under test as its author knows it: the contract of
// docs/your-trader.md. It comes from a scenario's subject block, or from flags, which win. Every
// zero field means that nothing was said; then what is inferred is less, and what cannot be
// inferred is inconclusive.
type Trader struct {
	// Command is the command template, with Placeholders.
	Command []string `json:"command,omitempty"`
	// Env is added to the environment of the subject; values may hold placeholders.
	Env map[string]string `json:"env,omitempty"`
	// OnceArgs ask the program for one cycle and an exit, ContinuousArgs for cycles until SIGTERM:
	// what {args} becomes in each mode. They may hold placeholders. nil: --once, and --interval
	// with {interval}; an empty list is none.
	OnceArgs       []string `json:"onceArgs,omitzero"`
	ContinuousArgs []string `json:"continuousArgs,omitzero"`
	// ConnectWithin is how long the program takes from its start to its first connection, imports
	// included. 0: DialWithin.
	ConnectWithin time.Duration `json:"connectWithin,omitempty"`
	// Grace is how long it may take to end after SIGTERM. 0: TermWithin.
	Grace time.Duration `json:"grace,omitempty"`
	// Exits is what its exit codes mean. nil: only 0 is known, which means that the cycle was done.
	Exits map[ExitClass][]int `json:"exits,omitempty"`
	// Cycle is what one cycle of its work looks like at the Gateway.
	Cycle CycleRule `json:"cycle,omitzero"`
	// Positions are what it wants to hold, one a symbol.
	Positions []WantedPosition `json:"positions,omitempty"`
	// OrderLimit is the most orders that it means to send for one symbol in a day. 0: not said.
	OrderLimit int `json:"orderLimit,omitempty"`
	// KeepsHistoryLimits says that its requests for bars of a minute and more keep to the limits that IBKR
	// enforces for shorter ones only.
	KeepsHistoryLimits bool `json:"keepsHistoryLimits,omitempty"`
	// KeepsStops says that each of its positions has a stop at the broker.
	KeepsStops bool `json:"keepsStops,omitempty"`
	// Reference says what its orderRef stands for.
	Reference Reference `json:"reference,omitempty"`
}

// ExitClass is what an exit code says, whatever its number is in a given trader.
type ExitClass string

// The classes of exits, in the order of a session's phases.
const (
	ExitOK               ExitClass = "ok"                 // the cycle was done
	ExitRefused          ExitClass = "refused"            // nothing listens on the Gateway's port
	ExitDialTimeout      ExitClass = "dial-timeout"       // TCP was not accepted in time
	ExitNoHandshakeReply ExitClass = "no-handshake-reply" // accepted, and the version never came
	ExitHandshakeClosed  ExitClass = "handshake-closed"   // FIN during the handshake
	ExitHandshakeReset   ExitClass = "handshake-reset"    // RST during the handshake
	ExitClientIDInUse    ExitClass = "client-id-in-use"   // 326
	ExitNoAccount        ExitClass = "no-account"         // managedAccounts never came, or is another
	ExitNoNextValidID    ExitClass = "no-next-valid-id"   // nextValidId never came
	ExitZombies          ExitClass = "zombies"            // it saw zombies on the port and did not dial
	ExitSessionLost      ExitClass = "session-lost"       // a session was lost after its handshake
)

// ExitClasses lists the classes.
var ExitClasses = []ExitClass{
	ExitOK, ExitRefused, ExitDialTimeout, ExitNoHandshakeReply, ExitHandshakeClosed,
	ExitHandshakeReset, ExitClientIDInUse, ExitNoAccount, ExitNoNextValidID, ExitZombies,
	ExitSessionLost,
}

// CycleRule tells a cycle of work among what the Gateway saw. The zero rule takes any answered
// request for data, any order, and any delivered update of a live subscription. Its fields narrow
// that down, and all that are set must hold.
type CycleRule struct {
	// Request is IBKR's name of the request whose full answer is a cycle: "reqHistoricalData".
	Request string `json:"request,omitempty"`
	Symbol  string `json:"symbol,omitempty"`   // of the request's or the order's contract
	Ref     string `json:"orderRef,omitempty"` // of an order: its orderRef begins so
}

// WantedPosition is what the trader wants to hold of one symbol, in shares; negative is short.
type WantedPosition struct {
	Symbol string `json:"symbol"`
	// Want is the position at quiescence. nil: not said.
	Want *decimal.Decimal `json:"want,omitempty"`
	// Max is the most at any instant, working orders included, 0 or more: on the side of Want, which is
	// long when Want is not said, and the other side of zero is never to be held. nil: not said.
	Max *decimal.Decimal `json:"max,omitempty"`
	// Min says that both sides may be held: from Min, 0 or less, to Max. It needs Max. nil: one side.
	Min *decimal.Decimal `json:"min,omitempty"`
}

// MarshalYAML writes what was said, a zero too: none wanted is not the same as nothing said.
func (w WantedPosition) MarshalYAML() (any, error) {
	said := struct {
		Symbol string  `yaml:"symbol"`
		Want   *string `yaml:"want,omitempty"`
		Max    *string `yaml:"max,omitempty"`
		Min    *string `yaml:"min,omitempty"`
	}{Symbol: w.Symbol}
	for _, f := range []struct {
		from *decimal.Decimal
		to   **string
	}{{w.Want, &said.Want}, {w.Max, &said.Max}, {w.Min, &said.Min}} {
		if f.from != nil {
			*f.to = new(f.from.String())
		}
	}
	return said, nil
}

// Bounds are the least and the most to be held at any instant; ok is false when they were not said.
func (w WantedPosition) Bounds() (least, most decimal.Decimal, ok bool) {
	switch {
	case w.Max == nil:
		return least, most, false
	case w.Min != nil:
		return *w.Min, *w.Max, true
	case w.Want != nil && w.Want.IsNeg():
		return w.Max.Neg(), most, true
	}
	return least, *w.Max, true
}

// Contradicts reports that what is wanted at the end is never to be held.
func (w WantedPosition) Contradicts() bool {
	least, most, ok := w.Bounds()
	return ok && w.Want != nil && (w.Want.Cmp(least) < 0 || w.Want.Cmp(most) > 0)
}

// Reference is what a trader's orderRef stands for.
type Reference string

// The meanings of an orderRef.
const (
	RefUnknown  Reference = ""         // infer it from what is seen
	RefIntent   Reference = "intent"   // one value for each intent: the identity of an order
	RefStrategy Reference = "strategy" // a strategy's name: no identity
	RefNone     Reference = "none"     // not set
)
