package exchange

import (
	"fmt"
	"slices"
	"time"
)

// change handles an order id that the client has used before.
func (x *Exchange) change(o *order, r OrderRequest) (Order, error) {
	switch {
	case o.Status == Filled:
		return Order{}, &Reject{Code: 104, Text: textFilled}
	case o.Status.Done():
		return Order{}, &Reject{Code: 103, Text: textDuplicateID}
	}
	if err := x.validate(r); err != nil {
		return Order{}, err
	}
	if o.staged() {
		x.set(o, r)
		if r.Staged {
			return o.Order, nil
		}
		return x.transmit(o)
	}
	switch {
	case o.Action != r.Action || o.ConID != r.Instrument.ConID || o.Account != r.Account,
		r.Quantity <= o.Filled:
		return Order{}, &Reject{Code: 105, Text: textMismatch}
	case o.Type != r.Type:
		return Order{}, &Reject{Code: 329, Text: textTypeChange}
	}
	before := *o
	x.set(o, r)
	if err := x.afford(o); err != nil {
		*o = before
		x.plan(o)
		return Order{}, err
	}
	o.Modifications++
	o.resting = false
	x.emit(OrderChanged, o)
	x.plan(o)
	if !o.next.IsZero() && !o.next.After(x.now) {
		x.act(o)
	}
	return o.Order, nil
}

// Cancel cancels the order that the client placed under an id, or, when there is none and others
// is true, the working order that any client placed under it. A *Reject says why not.
func (x *Exchange) Cancel(now time.Time, client, orderID int, others bool) error {
	defer x.begin(now, client)()
	o := x.byID[orderKey{client, orderID}]
	if o == nil && others {
		i := slices.IndexFunc(x.live, func(o *order) bool { return o.OrderID == orderID })
		if i >= 0 {
			o = x.live[i]
		}
	}
	switch {
	case o == nil:
		return &Reject{Code: 10147, Text: fmt.Sprintf(
			"OrderId %d that needs to be cancelled is not found.", orderID)}
	case o.Status.Done():
		return &Reject{Code: 10148, Text: fmt.Sprintf(
			"OrderId %d that needs to be cancelled can not be cancelled, state: %s.",
			orderID, o.Status)}
	case o.Status == PendingCancel:
		return &Reject{Code: 161, Text: fmt.Sprintf("Cancel attempted when order is not in a "+
			"cancellable state.  Order permId =%d", o.PermID)}
	}
	x.cancel(o)
	return nil
}

// CancelAll cancels every working order of every client.
func (x *Exchange) CancelAll(now time.Time, client int) {
	defer x.begin(now, client)()
	for _, o := range slices.Clone(x.live) {
		if !o.Status.Done() && o.Status != PendingCancel {
			x.cancel(o)
		}
	}
}

func (x *Exchange) cancel(o *order) {
	o.Status, o.UpdatedAt = PendingCancel, x.now
	x.emit(StatusChanged, o)
	o.cancelAt = x.now.Add(x.cfg.CancelLatency)
	if x.cfg.CancelLatency == 0 {
		x.canceled(o, codeCanceled, textCanceled)
		return
	}
	x.plan(o)
}

// canceled ends an order with an error to its client.
func (x *Exchange) canceled(o *order, code int, reason string) {
	o.Code, o.Reason = code, reason
	x.finish(o, Cancelled)
	x.notice(o, code, reason)
}

// finish ends an order unfilled, with its children.
func (x *Exchange) finish(o *order, s Status) {
	x.end(o, s)
	x.emit(StatusChanged, o)
	x.cancelChildren(o)
}

// end takes an order off the market without a word.
func (x *Exchange) end(o *order, s Status) {
	o.Status, o.WhyHeld, o.next = s, "", time.Time{}
	o.UpdatedAt, o.DoneAt = x.now, x.now
	x.live = slices.DeleteFunc(slices.Clone(x.live), func(l *order) bool { return l == o })
}

func (x *Exchange) cancelChildren(o *order) {
	for _, child := range slices.Clone(x.live) {
		if child.childOf(o) && !child.Status.Done() {
			x.canceled(child, codeCanceled, textCanceled)
		}
	}
}
