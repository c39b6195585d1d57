package exchange

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/govalues/decimal"
)

// Correct replaces an execution by its next revision, as an exchange does when it has reported a
// wrong price or size. The client gets the revision, whose id has a higher last part. Order,
// position and cash are computed again with the new values; the commission stays. Correct returns
// an error when the fills would exceed the size of the order.
func (x *Exchange) Correct(now time.Time, execID string, price decimal.Decimal, n int64,
) (Execution, error) {
	defer x.begin(now, NoClient)()
	e, o, err := x.reported(execID)
	switch {
	case err != nil:
		return Execution{}, err
	case n <= 0 || o.Filled-e.Shares+n > o.Quantity:
		return Execution{}, fmt.Errorf("correct execution %s to %d: the order has filled %d of %d",
			execID, n, o.Filled, o.Quantity)
	case !price.IsPos() || MaxPrice.Less(price):
		return Execution{}, fmt.Errorf("correct execution %s: price %s is not in 0..%s",
			execID, price, MaxPrice)
	}
	revised := *e
	revised.ExecID = nextRevision(execID)
	revised.Price, revised.Shares = price, n
	return x.revise(e, o, revised), nil
}

// Bust cancels an execution, as an exchange does with a trade made in error. The client gets a
// revision of the execution with 0 shares. A working order trades the lost shares again; an order
// that has ended does not.
func (x *Exchange) Bust(now time.Time, execID string) (Execution, error) {
	defer x.begin(now, NoClient)()
	e, o, err := x.reported(execID)
	if err != nil {
		return Execution{}, err
	}
	busted := *e
	busted.ExecID = nextRevision(execID)
	busted.Shares, busted.Commission = 0, decimal.Decimal{}
	return x.revise(e, o, busted), nil
}

// reported finds an execution that still counts, and its order.
func (x *Exchange) reported(execID string) (*Execution, *order, error) {
	i := slices.IndexFunc(x.executions, func(e *Execution) bool { return e.ExecID == execID })
	if i < 0 {
		return nil, nil, fmt.Errorf("find execution %q: there is none, or it was replaced", execID)
	}
	e := x.executions[i]
	o := x.orders[e.PermID-x.firstPermID()]
	if e.Exercise != NotExercised {
		return nil, nil, fmt.Errorf("revise execution %s: it is an option's exercise", execID)
	}
	return e, o, nil
}

// nextRevision counts the last part of an execution's id up.
func nextRevision(execID string) string {
	dot := strings.LastIndexByte(execID, '.') + 1
	n, _ := strconv.Atoi(execID[dot:])
	return fmt.Sprintf("%s%02d", execID[:dot], n+1)
}

// revise puts a revision in the place of an execution and tells of all that follows from it.
func (x *Exchange) revise(e *Execution, o *order, revised Execution) Execution {
	old := *e
	old.ReplacedBy = revised.ExecID
	x.superseded = append(x.superseded, old)
	x.refill(o, old, revised)
	revised.CumQuantity, revised.AvgPrice = o.Filled, o.AvgFillPrice
	if revised.Shares > 0 {
		*e = revised
	} else {
		x.executions = slices.DeleteFunc(x.executions, func(other *Execution) bool {
			return other == e
		})
	}
	x.rebook(o.Account)
	if revised.Shares > 0 {
		revised = *e // with what it has earned
	}
	x.tell(o, Event{Kind: Executed, Execution: &revised})
	x.emit(OrderChanged, o)
	if revised.Shares > 0 {
		x.tell(o, Event{Kind: Commissioned, Execution: &revised})
	}
	p := *x.position(o.Account, o.Instrument)
	x.tell(o, Event{Kind: Booked, Execution: &revised, Position: &p})
	return revised
}

// refill adjusts an order to a revision of one of its executions.
func (x *Exchange) refill(o *order, old, revised Execution) {
	o.Filled += revised.Shares - old.Shares
	o.Remaining = o.Quantity - o.Filled
	o.notional = add(sub(o.notional, mul(old.Price, shares(old.Shares))),
		mul(revised.Price, shares(revised.Shares)))
	o.Commission = add(sub(o.Commission, old.Commission), revised.Commission)
	o.AvgFillPrice, o.LastFillPrice = decimal.Decimal{}, revised.Price
	if o.Filled > 0 {
		o.AvgFillPrice = quo(o.notional, shares(o.Filled))
	} else {
		o.LastFillPrice = decimal.Decimal{}
	}
	o.UpdatedAt = x.now
	switch {
	case o.Status == Filled && o.Remaining > 0:
		o.Status, o.Code, o.Reason = Cancelled, codeCanceled, textCanceled+"Trade busted"
	case o.Remaining == 0 && o.Status.Done():
		o.Status, o.Code, o.Reason = Filled, 0, ""
	case o.Remaining == 0:
		x.end(o, Filled)
		x.releaseChildren(o)
	case !o.Status.Done():
		x.reserve(o)
		x.plan(o)
	}
}
