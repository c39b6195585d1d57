package broker

import "time"

// EventQueue bounds the events that wait for the consumer. One more ends the session with
// ErrEventOverflow: an event is never dropped.
const EventQueue = 8192

// Event is something that the Gateway said unasked, or beside an answer.
type Event struct {
	Generation uint64    // the session's; nothing of an old generation may be applied
	At         time.Time // when it was read from the wire
	Body       Body
}

// Body is one of OrderStatus, OpenOrder, Execution, Commission, Position, BarUpdate, Unreadable, Notice,
// StateChange, DataFarm.
type Body interface{ event() }

func (OrderStatus) event() {}
func (OpenOrder) event()   {}
func (Execution) event()   {}
func (Commission) event()  {}
func (Position) event()    {}
func (BarUpdate) event()   {}
func (Unreadable) event()  {}
func (Notice) event()      {}
func (StateChange) event() {}
func (DataFarm) event()    {}

// BarUpdate is the newest bar of a subscription: the one that is being written, or the next.
type BarUpdate struct {
	ID  int64 // SubscribeBars gave it
	Bar Bar
}

// Unreadable is an item about one order or holding that makes no sense. It is left out of what it came
// for: others' orders are told to every client, and one of them must not end every session.
type Unreadable struct {
	What     string // "open order", "execution", ...
	OrderID  int64  // of this client, 0 when it is another's or not known
	OrderRef string
	ConID    int64
	Err      error
}

// Notice is an error message of the Gateway that completed no request: about an order, or about
// the system (ID -1).
type Notice struct {
	ID      int64 // order id, request id, or -1
	Code    int
	Message string
	Class   Class
	// RejectJSON is the advanced reject document of an order, "" if there is none.
	RejectJSON string
}

// State says whether the session can carry orders.
type State uint8

// The states of a session.
const (
	// Ready carries orders.
	Ready State = iota
	// Degraded is a Gateway without its connection to IBKR (1100, 2110): no orders, no reconnect.
	Degraded
	// Over is a session that ended; Session.Err says why.
	Over
)

// String names the state.
func (s State) String() string { return [...]string{"ready", "degraded", "over"}[s] }

// StateChange is a change between Ready and Degraded, or a restoration without one.
type StateChange struct {
	State State
	Code  int // 1100, 1101, 1102, 2110
	// Resubscribe says that IBKR lost this client's subscriptions (1101). It is true in exactly
	// one event for each 1101.
	Resubscribe bool
}

// DataFarm is a change of a data farm's connection. A broken farm makes data stale and leaves the
// order channel open.
type DataFarm struct {
	Name   string // "usfarm"
	Kind   string // "market data", "historical data" or "security definitions"
	Broken bool
	Code   int
}
