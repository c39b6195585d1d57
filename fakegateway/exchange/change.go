package exchange

import (
	"fmt"
	"slices"
	"time"

	"github.com/govalues/decimal"
)

// change handles an order id that the client has used before.
func (x *Exchange) change(o *order, r OrderRequest) (Order, error) {
	switch {
	case !x.sees(o.Account):
		return Order{}, &Reject{Code: codeDuplicateID, Text: textDuplicateID}
	case o.Status == Filled:
		return Order{}, &Reject{Code: codeFilled, Text: textFilled}
	case o.Status.Done():
		return Order{}, &Reject{Code: codeDuplicateID, Text: textDuplicateID}
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
	if err := unchangeable(o, r); err != nil {
		return Order{}, err
	}
	if x.splitting {
		return x.split(o, r)
	}
	before := *o
	x.set(o, r)
	if err := x.afford(o); err != nil {
		x.restore(o, before)
		return Order{}, err
	}
	o.Modifications++
	o.resting = false
	x.retype(o, before.Type)
	x.reserve(o)
	if !x.waitsForParent(o) {
		x.restart(o)
	}
	x.emit(OrderChanged, o)
	if o.Type.stopped() && !o.triggered { // captured: a Gateway says so twice
		x.emit(OrderChanged, o)
	}
	x.proceed(o)
	return o.Order, nil
}

// unchangeable refuses what a client may not change about a working order.
func unchangeable(o *order, r OrderRequest) *Reject {
	switch {
	case o.Action != r.Action || o.ConID != r.Instrument.ConID || o.Account != r.Account,
		r.Quantity <= o.Filled:
		return &Reject{Code: codeMismatch, Text: textMismatch}
	case !sameLegs(o.Legs, r.Legs):
		return &Reject{Code: codeMismatch, Text: textMismatch}
	case !mayBecome(o.Type, r.Type):
		return &Reject{Code: codeTypeChange, Text: textTypeChange}
	case r.OCAGroup != "" && o.OCAGroup != r.OCAGroup:
		return &Reject{Code: codeGroupChange, Text: textGroupChange}
	}
	return nil
}

func sameLegs(a, b []Leg) bool {
	return slices.EqualFunc(a, b, func(a, b Leg) bool { return a.ConID == b.ConID && a.Ratio == b.Ratio })
}

// restore takes a change back that the account cannot afford.
func (x *Exchange) restore(o *order, before order) {
	x.unlink(o)
	x.unwatch(o)
	before.slot = o.slot // the queue may have moved it
	before.reserved, before.selling = decimal.Decimal{}, 0
	*o = before
	o.setLegs(o.Legs)
	x.link(o)
	x.watch(o)
	x.reserve(o)
	x.plan(o)
}

// restart applies a change to an order that may be at work.
func (x *Exchange) restart(o *order) {
	x.setAuction(o)
	switch {
	case !o.trailing():
	case x.onHold(o):
		o.trail = trail{}
	default:
		x.startTrail(o)
	}
	if o.Status == Submitted && x.onHold(o) {
		o.Status = PreSubmitted
	}
}

// Cancel cancels the order that the client placed under an id, or, when there is none and others
// is true, the working order that any client placed under it. A *Reject says why not.
func (x *Exchange) Cancel(now time.Time, client, orderID int, others bool) error {
	defer x.begin(now, client)()
	o := x.byID[orderKey{client, orderID}]
	if o != nil && !x.sees(o.Account) {
		o = nil
	}
	if o == nil && others && orderID != 0 {
		i := slices.IndexFunc(x.live, func(o *order) bool {
			return o.OrderID == orderID && !o.Status.Done() && x.sees(o.Account)
		})
		if i >= 0 {
			o = x.live[i]
		}
	}
	if o == nil {
		return notFound(orderID)
	}
	return x.cancelable(o)
}

// cancelable cancels an order, unless it is too late.
func (x *Exchange) cancelable(o *order) error {
	switch {
	case o.Status.Done():
		return &Reject{Code: codeDone, Text: fmt.Sprintf(
			"OrderId %d that needs to be cancelled can not be cancelled, state: %s.",
			o.OrderID, o.Status)}
	case o.Status == PendingCancel:
		return &Reject{Code: codeNotCancel, Text: fmt.Sprintf("Cancel attempted when order is not "+
			"in a cancellable state.  Order permId =%d", o.PermID)}
	}
	x.cancel(o)
	return nil
}

// CancelAll cancels every working order of every client.
func (x *Exchange) CancelAll(now time.Time, client int) {
	defer x.begin(now, client)()
	for _, o := range slices.Clone(x.live) {
		if !o.Status.Done() && o.Status != PendingCancel && x.sees(o.Account) {
			x.cancel(o)
		}
	}
}

func (x *Exchange) cancel(o *order) {
	o.Status, o.UpdatedAt, o.CanceledByClient = PendingCancel, x.now, true
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
	x.follow(o)
	o.Status, o.WhyHeld, o.Held = s, "", false
	o.UpdatedAt, o.DoneAt = x.now, x.now
	x.schedule(o, time.Time{})
	x.unreserve(o)
	x.unlink(o)
	x.unwatch(o)
	x.leave()
	x.succeed(o)
}

// leave counts an order that has ended among the live ones. They are tidied when half have ended,
// so that an end costs the same beside many orders as beside few.
func (x *Exchange) leave() {
	if x.ended++; 2*x.ended > len(x.live) {
		x.live = slices.DeleteFunc(x.live, func(o *order) bool { return o.Status.Done() })
		x.ended = 0
	}
}

func (x *Exchange) cancelChildren(o *order) {
	for _, child := range x.childrenOf(o) {
		if !child.Status.Done() {
			x.canceled(child, codeCanceled, textCanceled)
		}
	}
}
