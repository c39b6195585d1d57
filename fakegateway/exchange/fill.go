package exchange

import "github.com/govalues/decimal"

// fill books one execution: order, account and position change together, and then the events go
// out in the order in which a Gateway sends them.
func (x *Exchange) fill(o *order, n int64, price decimal.Decimal) *Execution {
	before := o.Remaining
	e := x.execute(o, n, price)
	x.reserve(o)
	p := x.book(e)
	x.executions = append(x.executions, e)
	x.reportFill(o, e, *p)
	x.reduceGroup(o, before)
	if o.Status == Filled {
		x.releaseChildren(o)
	}
	x.heardOf(e)
	return e
}

// execute takes n units off an order and makes the execution that says so.
func (x *Exchange) execute(o *order, n int64, price decimal.Decimal) *Execution {
	return x.executeAs(o, execID(x.nextExecSerial(), 1), n, price)
}

// executeAs is execute under an id, with the commission.
func (x *Exchange) executeAs(o *order, id string, n int64, price decimal.Decimal) *Execution {
	e := x.executed(o, id, n, price)
	e.Commission, e.CommissionCurrency = x.charge(o, o.Instrument.Value(price, n))
	o.Commission = add(o.Commission, e.Commission)
	return e
}

// executed is executeAs without a commission.
func (x *Exchange) executed(o *order, id string, n int64, price decimal.Decimal) *Execution {
	o.Filled += n
	o.Remaining -= n
	o.notional = add(o.notional, mul(price, shares(n)))
	o.LastFillPrice, o.UpdatedAt = price, x.now
	o.AvgFillPrice = quo(o.notional, shares(o.Filled))
	return &Execution{
		ExecID: id, PermID: o.PermID, ClientID: o.ClientID, OrderID: o.OrderID,
		OrderRef: o.OrderRef, Account: o.Account, ConID: o.ConID, Symbol: o.Symbol,
		Action: o.Action, Shares: n, Price: price, CumQuantity: o.Filled,
		AvgPrice: o.AvgFillPrice, At: x.now, Maker: o.resting,
		CommissionCurrency: o.Instrument.Currency, Instrument: o.Instrument,
	}
}

func (x *Exchange) reportFill(o *order, e *Execution, p Position) {
	x.tell(o, Event{Kind: Executed, Execution: e})
	if o.Remaining == 0 {
		x.end(o, Filled)
	}
	x.emit(OrderChanged, o)
	x.tell(o, Event{Kind: Commissioned, Execution: e})
	x.tell(o, Event{Kind: Booked, Execution: e, Position: &p})
}

// nextExecSerial is the part of an execution's id that never repeats.
func (x *Exchange) nextExecSerial() uint32 {
	serial := uint32(x.ids(executionStream)) + uint32(x.fills)
	x.fills++
	return serial
}

// releaseChildren starts the orders that waited for this one to fill.
func (x *Exchange) releaseChildren(o *order) {
	for _, child := range x.childrenOf(o) {
		if child.staged() || child.Held {
			continue
		}
		child.WhyHeld = child.heldFor(false)
		if !child.Type.stopped() && !x.onHold(child) {
			child.Status = Submitted
		}
		x.start(child)
		x.reserve(child)
		x.emit(OrderChanged, child)
		x.plan(child)
	}
}
