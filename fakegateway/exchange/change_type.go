package exchange

import "slices"

// replaceable are the order types among which a client may change a working order: those that a
// limit and a stop price describe in full, which is all that a change states. A Gateway at 200 has
// filled a limit order that was changed to MKT. To and from the other types it answers 329: a trail,
// a peg and an auction are more than their two prices (deepentropy/ibx #342 has recorded what
// becomes of a trail that such a change describes).
var replaceable = []OrderType{
	MarketOrder, LimitOrder, StopOrder, StopLimitOrder, MarketIfTouched, LimitIfTouched,
}

func mayBecome(from, to OrderType) bool {
	return from == to || slices.Contains(replaceable, from) && slices.Contains(replaceable, to)
}

// retype lets an order begin again as one of its new type: with its stop not met yet, and shown as
// orders of that type are.
func (x *Exchange) retype(o *order, before OrderType) {
	if o.Type == before {
		return
	}
	o.triggered = false
	if o.Held {
		return
	}
	child := x.waitsForParent(o)
	o.WhyHeld = o.heldFor(child)
	switch {
	case child:
	case o.Type.stopped():
		o.Status = PreSubmitted
	case o.Status == PreSubmitted && !x.onHold(o) && x.trading(o):
		o.Status = Submitted
	}
}

// heldFor is what keeps a new order from working, in IBKR's words; "" is nothing.
func (o *order) heldFor(child bool) string {
	waits := o.Type.stopped() && !o.triggered
	switch {
	case child && waits:
		return "child,trigger"
	case child:
		return "child"
	case waits:
		return "trigger"
	}
	return ""
}
