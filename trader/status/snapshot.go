package status

import (
	"fmt"
	"time"

	"github.com/govalues/decimal"
)

// Snapshot is a trader at one instant. Nobody changes one that was published, nor what it points to.
type Snapshot struct {
	At       time.Time `json:"at"` // of the last change
	Begun    time.Time `json:"begun"`
	Step     time.Time `json:"step"` // the engine's last sign of life
	Version  string    `json:"version"`
	PID      int       `json:"pid"`
	Gateway  string    `json:"gateway"` // host:port
	ClientID int       `json:"clientId"`
	Account  string    `json:"account"` // masked; "" until a session names it
	DryRun   bool      `json:"dryRun,omitempty"`
	Ended    string    `json:"ended,omitempty"` // how the life ended; "" while it runs
	// Patience is the longest that a healthy engine goes without a step; BlindAfter, without deciding on
	// a symbol until that is an alert.
	Patience   time.Duration `json:"patience"`
	BlindAfter time.Duration `json:"blindAfter"`

	Session    Session          `json:"session"`
	Cycle      Cycle            `json:"cycle"`
	Symbols    []Symbol         `json:"symbols"`
	Orders     []Order          `json:"orders"`    // whose end is not known
	Positions  []Position       `json:"positions"` // of the trader's own shares
	Money      Money            `json:"money"`
	Limits     []Limit          `json:"limits"`
	Halted     string           `json:"halted,omitempty"`     // why the kill switch is on; "" is off
	Unguarded  []string         `json:"unguarded,omitempty"`  // symbols whose protection at the broker is missing
	CloseWait  CloseWait        `json:"closeWait"`            // when the Gateway was last dialled
	Queues     Queues           `json:"queues"`               //
	Reconnects map[string]int64 `json:"reconnects,omitempty"` // ends of sessions and failed attempts, by exit name
	Rejects    map[int]int64    `json:"rejects,omitempty"`    // orders refused, by IBKR's code
	RoundTrips Histogram        `json:"roundTrips"`           // of the question for the Gateway's time
	Alerts     AlertCounts      `json:"alerts"`               //
	Timeline   []Event          `json:"timeline,omitempty"`   // of the last day, oldest first
	Losses     map[string]int64 `json:"losses,omitempty"`     // what an observer could not write, by kind
	Lost       map[string]Loss  `json:"lost,omitempty"`       // the last of each kind
}

// Loss is a line that an observer could not write.
type Loss struct {
	At       time.Time `json:"at"`
	Repaired bool      `json:"repaired"` // one was written since
}

// The states of a session.
const (
	Connecting = "connecting" // an attempt is under way
	Waiting    = "waiting"    // for the next attempt
	Connected  = "connected"  // a session that has not reconciled its books yet
	Synced     = "synced"     // and one that has: orders may be sent
	Degraded   = "degraded"   // the Gateway has lost IBKR
)

// SessionStates are all of them.
var SessionStates = []string{Connecting, Waiting, Connected, Synced, Degraded}

// Session is the connection to the Gateway.
type Session struct {
	State         string        `json:"state"`
	Since         time.Time     `json:"since"`
	Down          time.Time     `json:"down,omitzero"` // since when none has been synced; zero while one is
	Why           string        `json:"why,omitempty"` // what the last attempt or session ended with
	Generation    uint64        `json:"generation"`    // of the last session; 0 before the first
	ServerVersion int           `json:"serverVersion"` // likewise
	Handshake     []Phase       `json:"handshake,omitempty"`
	RoundTrip     time.Duration `json:"roundTrip"` // the last one
	RoundTripAt   time.Time     `json:"roundTripAt,omitzero"`
}

// Phase is a part of a handshake.
type Phase struct {
	Name string        `json:"name"`
	Took time.Duration `json:"took"`
}

// Cycle is the last cycle.
type Cycle struct {
	Completed int64         `json:"completed"` // in this life
	Failed    int64         `json:"failed"`
	Last      time.Time     `json:"last,omitzero"`   // end of the last one
	Useful    time.Time     `json:"useful,omitzero"` // end of the last one that completed
	Took      time.Duration `json:"took"`
	Failure   string        `json:"failure,omitempty"` // of the last one
	Interval  time.Duration `json:"interval"`
}

// Symbol is the last decision on one symbol.
type Symbol struct {
	Symbol  string          `json:"symbol"`
	Outcome string          `json:"outcome"` // as the journal has it; "" before the first
	Reason  string          `json:"reason,omitempty"`
	At      time.Time       `json:"at,omitzero"`
	BarEnd  time.Time       `json:"barEnd,omitzero"` // of the newest bar that was decided on
	Close   decimal.Decimal `json:"close"`
	Target  decimal.Decimal `json:"target"`
	Held    decimal.Decimal `json:"held"`
	// Blind is since when it could not be decided on; zero is not blind. Never says that no cycle of this
	// life has decided on it.
	Blind time.Time `json:"blind,omitzero"`
	Never bool      `json:"never,omitempty"`
	Why   string    `json:"why,omitempty"`
}

// Order is one that may work at the broker.
type Order struct {
	Intent   string          `json:"intent"`
	Symbol   string          `json:"symbol"`
	Action   string          `json:"action"`
	Quantity decimal.Decimal `json:"quantity"`
	Executed decimal.Decimal `json:"executed"`
	State    string          `json:"state"`
	Reason   string          `json:"reason,omitempty"`
	Since    time.Time       `json:"since"` // of the state
}

// Unknown is the state of an order of which nothing is known.
const Unknown = "unknown"

// Position is one contract's.
type Position struct {
	Symbol  string          `json:"symbol"`
	Own     decimal.Decimal `json:"own"`     // the trader's shares
	Account decimal.Decimal `json:"account"` // all that the account holds
	Price   decimal.Decimal `json:"price"`   // the newest that is known, 0 when there is none
	Value   decimal.Decimal `json:"value"`   // Own x Price
}

// Money is what the trader's own trading came to since its journal began, in the contracts' currency.
type Money struct {
	Cash  decimal.Decimal `json:"cash"`  // change by executions and commissions
	Value decimal.Decimal `json:"value"` // of the own shares
	// Equity is what the limits on losses were measured by last, which counts shares that were ceded too; or
	// Cash + Value where they are not measured.
	Equity decimal.Decimal `json:"equity"`
	// Unpriced are symbols with shares of which no price is known: Value lacks them.
	Unpriced []string `json:"unpriced,omitempty"`
}

// Limit is a risk limit and how much of it is used, in the same unit.
type Limit struct {
	Name  string          `json:"name"` // as the flag is called; with a symbol behind a blank when it is for one
	Used  decimal.Decimal `json:"used"`
	Bound decimal.Decimal `json:"bound"`
}

// CloseWait counts the sockets in CLOSE_WAIT on the Gateway's port.
type CloseWait struct {
	At      time.Time `json:"at,omitzero"` // zero: never counted
	Gateway int       `json:"gateway"`     // held by the Gateway
	Client  int       `json:"client"`      // held by its clients
}

// Queues are how much waits in the session.
type Queues struct {
	Events   int `json:"events"`   // of the Gateway, for the engine
	Requests int `json:"requests"` // of the engine, for the Gateway's socket
}

// AlertCounts says what became of alerts in this life.
type AlertCounts struct {
	Raised int64 `json:"raised"`
	Sent   int64 `json:"sent"`   // by every hook that is configured
	Failed int64 `json:"failed"` // attempts that a hook did not take
	Held   int64 `json:"held"`   // by the limit on their rate, to go with the next one
	Active int   `json:"active"` // conditions that hold now
}

// Event is a change of state worth a line in the timeline.
type Event struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind"` // session, cycle, symbol, order, fill, alert, life
	Text string    `json:"text"`
	Bad  bool      `json:"bad,omitempty"`
}

// Alive says whether the engine makes steps at all: a process that answers while its engine hangs is not.
func (s *Snapshot) Alive(now time.Time) (ok bool, why string) {
	switch idle := now.Sub(s.Step); {
	case s.Ended != "":
		return false, "the trader has ended: " + s.Ended
	case idle > s.Patience:
		return false, fmt.Sprintf("the engine has made no step for %s, limit %s", idle.Round(time.Second), s.Patience)
	}
	return true, ""
}

// Ready says whether the trader can trade at this instant, or what it lacks. Alive is not ready,
// connected is not synced, and a symbol that was not decided on for BlindAfter makes the whole not ready.
func (s *Snapshot) Ready(now time.Time) (ok bool, why string) {
	if ok, why := s.Alive(now); !ok {
		return false, why
	}
	switch {
	case s.Session.State == Connected:
		return false, "connected, but the books are not reconciled"
	case s.Session.State != Synced:
		return false, "session is " + s.Session.State + because(s.Session.Why)
	}
	for _, symbol := range s.Symbols {
		if since, late := s.Late(symbol, now); late {
			return false, fmt.Sprintf("%s: not decided on for %s%s", symbol.Symbol, since.Round(time.Second),
				because(symbol.Why))
		}
	}
	return true, ""
}

// Late says whether a symbol was not decided on in time, and since how long it was not.
func (s *Snapshot) Late(symbol Symbol, now time.Time) (since time.Duration, late bool) {
	since, blind := s.BlindFor(symbol, now)
	return since, blind && Late(since, symbol.Never, s.BlindAfter)
}

// Late says whether a symbol that is blind was not decided on in time: never in this life, or not for after.
func Late(blind time.Duration, never bool, after time.Duration) bool { return never || blind >= after }

// BlindFor says how long a symbol was not decided on: as the engine says, or by the age of its last
// decision when the engine says nothing any more.
func (s *Snapshot) BlindFor(symbol Symbol, now time.Time) (since time.Duration, blind bool) {
	if !symbol.Blind.IsZero() {
		return now.Sub(symbol.Blind), true
	}
	if age := now.Sub(symbol.At); !symbol.At.IsZero() && age > s.Cycle.Interval+s.BlindAfter {
		return age, true
	}
	return 0, false
}

// DataAge is how old the data of a symbol's last decision is; false when there was none.
func (s Symbol) DataAge(now time.Time) (time.Duration, bool) {
	return now.Sub(s.BarEnd), !s.BarEnd.IsZero()
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}
