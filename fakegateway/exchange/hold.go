package exchange

import (
	"fmt"
	"slices"
	"time"
)

// Locate is IBKR's only word in whyHeld for what it holds itself: it looks for shares to borrow
// (EWrapper.orderStatus). An order that is held so reads Inactive, is among the open orders, and
// fills when it has been let go: Inactive is no end (nautilus_trader #3655).
const Locate = "locate"

// Shown is the status that clients read: an order that is held reads Inactive.
func (o Order) Shown() Status {
	if o.Held && !o.Status.Done() && o.Status != PendingCancel {
		return Inactive
	}
	return o.Status
}

// Hold keeps a working order of anybody from trading until Release, or until it ends.
func (x *Exchange) Hold(now time.Time, permID int64) (Order, error) {
	defer x.begin(now, NoClient)()
	o := x.liveOrder(permID)
	if o == nil || o.staged() || o.Held {
		return Order{}, fmt.Errorf("hold order %d: it is not at work", permID)
	}
	x.follow(o)
	o.hold()
	o.UpdatedAt = x.now
	x.emit(OrderChanged, o)
	x.plan(o)
	return o.Order, nil
}

// Release lets an order go that is held: it works, and trades if the market lets it.
func (x *Exchange) Release(now time.Time, permID int64) (Order, error) {
	defer x.begin(now, NoClient)()
	o := x.liveOrder(permID)
	if o == nil || !o.Held {
		return Order{}, fmt.Errorf("release order %d: it is not held", permID)
	}
	x.release(o)
	return o.Order, nil
}

// HoldNew holds each order that is transmitted from now on.
func (x *Exchange) HoldNew(now time.Time) {
	defer x.begin(now, NoClient)()
	x.holding = true
}

// ReleaseAll ends HoldNew and lets every order go that is held. It returns how many there were.
func (x *Exchange) ReleaseAll(now time.Time) (released int) {
	defer x.begin(now, NoClient)()
	x.holding = false
	for _, o := range slices.Clone(x.live) {
		if o.Held && !o.Status.Done() {
			x.release(o)
			released++
		}
	}
	return released
}

func (x *Exchange) liveOrder(permID int64) *order {
	i := slices.IndexFunc(x.live, func(o *order) bool {
		return o.PermID == permID && !o.Status.Done()
	})
	if i < 0 {
		return nil
	}
	return x.live[i]
}

func (o *order) hold() { o.Held, o.WhyHeld = true, Locate }

func (x *Exchange) release(o *order) {
	o.Held = false
	child := x.waitsForParent(o)
	o.WhyHeld, o.UpdatedAt = o.heldFor(child), x.now
	if o.Status != PendingCancel {
		o.Status = PreSubmitted
	}
	if !child {
		x.start(o)
		if o.Status == PreSubmitted && o.WhyHeld == "" && o.auction.IsZero() &&
			!x.onHold(o) && x.trading(o) {
			o.Status = Submitted
		}
	}
	x.emit(OrderChanged, o)
	x.proceed(o)
}

// proceed plans an order, and looks at it at once if that is due.
func (x *Exchange) proceed(o *order) {
	x.plan(o)
	if !o.next.IsZero() && !o.next.After(x.now) {
		x.act(o)
	}
}
