package broker

import (
	"errors"
	"fmt"

	"ibsoak/trader/link"
)

var (
	// ErrNotSent says that not one byte of the request was handed to the kernel: placing the
	// order later cannot duplicate it.
	ErrNotSent = errors.New("not sent")
	// ErrUnknown says that the request may have reached the Gateway. Only the Gateway's open
	// orders and executions can say whether it did; never send it again before they have.
	ErrUnknown = errors.New("outcome unknown")
	// ErrIncomplete says that an answer's End did not come, or came without what it ends. What
	// came of it is not returned.
	ErrIncomplete = errors.New("answer incomplete")
	// ErrSpent refuses a request without an id whose answer could not be told from that of an earlier
	// one: two were asked and one End came. A new session can ask again.
	ErrSpent = errors.New("an earlier answer of this kind is still to come")
	// ErrEventOverflow ends a session whose events were not consumed.
	ErrEventOverflow = errors.New("event queue overflow")
	// ErrOver says that the session has ended; Session.Err has the cause.
	ErrOver = errors.New("session is over")
	// ErrDegraded refuses orders while the Gateway has no connection to IBKR. It comes with
	// ErrNotSent.
	ErrDegraded = link.ErrDegraded
	// ErrBadOrder refuses an order that no Gateway would accept. It comes with ErrNotSent.
	ErrBadOrder = errors.New("order is malformed")
)

// Error is the Gateway's refusal of a request.
type Error struct {
	ID      int // request id, order id, or -1
	Code    int // IBKR's
	Message string
	Class   Class
}

// Error gives code and text as the Gateway sent them.
func (e *Error) Error() string {
	return fmt.Sprintf("gateway error %d (%s, id %d): %s", e.Code, e.Class, e.ID, e.Message)
}
