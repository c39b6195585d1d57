package exchange

import "github.com/govalues/decimal"

// legKey names a leg of an order for a combination, from 1.
type legKey struct {
	permID int64
	leg    int
}

// legTotal is what the executions of a leg come to.
type legTotal struct {
	filled int64
	value  decimal.Decimal // price times size
}

// replayLeg lets the execution of a combination's leg act on its position and on cash.
func (c *checker) replayLeg(o *Order, e Execution) {
	if o == nil || e.Leg > len(o.Legs) || o.Account != e.Account ||
		o.Legs[e.Leg-1].ConID != e.ConID || o.legAction(e.Leg) != e.Action {
		c.fail("execution %s: no such leg %d of order %d", e.ExecID, e.Leg, e.PermID)
		return
	}
	if e.Shares <= 0 || !e.Price.IsPos() {
		c.fail("execution %s: %d shares at %s", e.ExecID, e.Shares, e.Price)
	}
	key := legKey{e.PermID, e.Leg}
	total := c.legs[key]
	total.filled += e.Shares
	total.value = add(total.value, mul(e.Price, shares(e.Shares)))
	c.legs[key] = total
	c.fees[e.PermID] = add(c.fees[e.PermID], e.Commission)
	c.hold(e)
}

// legAction is the side of a leg of an order, from 1.
func (o *Order) legAction(leg int) Action {
	if o.Legs[leg-1].Ratio < 0 {
		return opposite(o.Action)
	}
	return o.Action
}

// checkLegs compares what the legs of an order have filled with what the order has.
func (c *checker) checkLegs(o Order) {
	var net decimal.Decimal
	for n, leg := range o.Legs {
		total := c.legs[legKey{o.PermID, n + 1}]
		if want := c.filled[o.PermID] * abs(leg.Ratio); total.filled != want {
			c.fail("order %d: leg %d has filled %d; its ratio makes %d",
				o.PermID, n+1, total.filled, want)
		}
		if leg.Ratio < 0 {
			net = sub(net, total.value)
		} else {
			net = add(net, total.value)
		}
	}
	if len(o.Legs) > 0 && !net.Equal(c.value[o.PermID]) {
		c.fail("order %d: legs for %s; the combination for %s", o.PermID, net, c.value[o.PermID])
	}
}
