package exchange

import "time"

// SplitNext makes two orders of the next working one that a client changes: the change becomes a
// second order under the same order id with a permanent id of its own, and the first stays at work
// as it was. Either can fill. IBKR did so with a change that came in an outage (nautilus_trader
// #4564); a cancel by the order id then reached the first alone. When the first has ended, the id
// is the second's.
func (x *Exchange) SplitNext(now time.Time) {
	defer x.begin(now, NoClient)()
	x.splitting = true
}

// split answers a change with a second order for what the first has not filled.
func (x *Exchange) split(o *order, r OrderRequest) (Order, error) {
	x.splitting = false
	r.Quantity -= o.Filled
	second := x.enter(r)
	second.SplitFrom = o.PermID
	x.byID[o.key()] = o
	o.second = second
	return x.transmit(second)
}

// succeed hands the order id of an order that has ended to the second one that it was split into.
func (x *Exchange) succeed(o *order) {
	if o.second != nil && !o.second.Status.Done() && x.byID[o.key()] == o {
		x.byID[o.key()] = o.second
	}
}
