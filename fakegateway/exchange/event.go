package exchange

import "time"

// EventKind says what happened.
type EventKind string

// The kinds of events, each with the parts of Event that it fills beside Order.
const (
	OrderChanged  EventKind = "order"      // accepted, changed, triggered, filled
	StatusChanged EventKind = "status"     // only the status: on the way to the end of an order
	OrderNotice   EventKind = "notice"     // Code, Text: an error or warning about an order
	Bound         EventKind = "bound"      // placed by hand, and now client 0's
	Executed      EventKind = "execution"  // Execution: a fill, or a revision of one
	Commissioned  EventKind = "commission" // Execution
	Booked        EventKind = "booked"     // Execution, Position: the account has it
	Woken         EventKind = "woken"      // a WakeAt is due; there is no Order
)

// Event is one step of the books, in the order in which they changed.
type Event struct {
	Seq       int64
	At        time.Time
	Kind      EventKind
	Order     Order
	Execution *Execution
	Position  *Position
	Code      int
	Text      string
	// By is the client whose request caused the event, NoClient when it was the market or the clock.
	By int
}

// NoClient is the value of Event.By for events that no client asked for.
const NoClient = -1

// Subscriber is called under the exchange's lock for each event, in order. It may use the view
// that it gets, must not call the exchange, and must not block.
type Subscriber func(*View, Event)

// emit tells of an order.
func (x *Exchange) emit(kind EventKind, o *order) { x.tell(o, Event{Kind: kind}) }

func (x *Exchange) notice(o *order, code int, text string) {
	x.tell(o, Event{Kind: OrderNotice, Code: code, Text: text})
}

// tell completes an event, of an order unless o is nil, and hands it to the subscriber.
func (x *Exchange) tell(o *order, e Event) {
	x.seq++
	if x.subscriber == nil {
		return
	}
	e.Seq, e.At, e.By = x.seq, x.now, x.by
	if o != nil {
		x.follow(o)
		e.Order = o.Order
	}
	x.subscriber(&x.view, e)
}
