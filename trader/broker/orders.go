package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/scmhub/ibapi"

	"ibsoak/trader/link"
)

// PlaceOrder hands an order to the kernel. Nil means that the Gateway will get it if the
// connection lives; whether it took it, events tell. An error is ErrNotSent, and then not one byte
// of it left, or ErrUnknown.
func (s *Session) PlaceOrder(ctx context.Context, o Order) error {
	if o.Account == "" {
		o.Account = s.Account()
	}
	order, err := o.toAPI()
	if err != nil {
		return fmt.Errorf("place order %d: %w: %w: %w", o.ID, ErrNotSent, ErrBadOrder, err)
	}
	if s.isRequestID(o.ID) {
		return fmt.Errorf("place order %d: %w: %w: its id is in use for requests", o.ID, ErrNotSent, ErrBadOrder)
	}
	if s.State() == Degraded {
		return fmt.Errorf("place order %d: %w: %w", o.ID, ErrNotSent, ErrDegraded)
	}
	s.ids.atLeast(o.ID + 1)
	err = s.handOver(ctx, o.ID, o.Permit, func() { s.client.PlaceOrder(o.ID, o.Contract.toAPI(), order) })
	if err != nil {
		return fmt.Errorf("place order %d: %w", o.ID, err)
	}
	return nil
}

// CancelOrder asks the Gateway to cancel an order that this client id placed. Its errors are
// PlaceOrder's. A cancelled order may still have filled: only its status and executions tell.
func (s *Session) CancelOrder(ctx context.Context, orderID int64) error {
	err := s.handOver(ctx, orderID, nil, func() {
		s.client.CancelOrder(orderID, ibapi.NewOrderCancel())
	})
	if err != nil {
		return fmt.Errorf("cancel order %d: %w", orderID, err)
	}
	return nil
}

// handOver submits a message about an order and waits for its fate. Time that runs out takes back
// what was not yet written; what was being written is waited for, which the link's WriteTimeout
// bounds.
func (s *Session) handOver(ctx context.Context, id int64, permit func() error, send func()) error {
	r, err := s.link.SubmitOrder(ctx, permit, send)
	if errors.Is(err, link.ErrNoRequest) {
		return fmt.Errorf("%w: %w", ErrNotSent, s.refusal(id))
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotSent, overError(err))
	}
	select {
	case <-r.Done():
	case <-ctx.Done():
		if r.Withdraw() {
			return fmt.Errorf("%w: %w", ErrNotSent, context.Cause(ctx))
		}
		<-r.Done()
	}
	switch {
	case r.Fate() == link.Sent:
		return nil
	case r.Fate() == link.Unknown:
		return fmt.Errorf("%w: %w", ErrUnknown, overError(r.Err()))
	default:
		return fmt.Errorf("%w: %w", ErrNotSent, overError(r.Err()))
	}
}

// orderKey tells orders apart: IBKR's permanent id, or while that is not known the placing
// client's own id.
type orderKey struct{ perm, client, id int64 }

func keyOf(o OpenOrder) orderKey {
	if o.PermID != 0 {
		return orderKey{perm: o.PermID}
	}
	return orderKey{client: o.ClientID, id: o.OrderID}
}

// lastReports keeps the last report of each order, in the order of the first. An order whose last
// status is an end is kept: being listed counts, the word does not.
func lastReports(reports []OpenOrder) []OpenOrder {
	last := make(map[orderKey]OpenOrder, len(reports))
	for _, o := range reports {
		last[keyOf(o)] = o
	}
	var listed []OpenOrder
	for _, o := range reports {
		if final, ok := last[keyOf(o)]; ok {
			delete(last, keyOf(o))
			listed = append(listed, final)
		}
	}
	return listed
}
