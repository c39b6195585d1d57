package exchange

import (
	"fmt"

	"github.com/govalues/decimal"
)

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
	o.Filled += n
	o.Remaining -= n
	o.notional = add(o.notional, mul(price, shares(n)))
	o.LastFillPrice, o.UpdatedAt = price, x.now
	o.AvgFillPrice = quo(o.notional, shares(o.Filled))
	charge, currency := x.charge(o, o.Instrument.Value(price, n))
	o.Commission = add(o.Commission, charge)
	return &Execution{
		ExecID: x.nextExecID(), PermID: o.PermID, ClientID: o.ClientID, OrderID: o.OrderID,
		OrderRef: o.OrderRef, Account: o.Account, ConID: o.ConID, Symbol: o.Symbol,
		Action: o.Action, Shares: n, Price: price, CumQuantity: o.Filled,
		AvgPrice: o.AvgFillPrice, At: x.now, Maker: o.resting, Commission: charge,
		CommissionCurrency: currency, Instrument: o.Instrument,
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

// nextExecID is "server.fill.part.revision" as IBKR forms it; the second part never repeats.
func (x *Exchange) nextExecID() string {
	serial := uint32(x.ids(executionStream)) + uint32(x.fills)
	x.fills++
	return fmt.Sprintf("0000e0d5.%08x.01.01", serial)
}

// releaseChildren starts the orders that waited for this one to fill.
func (x *Exchange) releaseChildren(o *order) {
	for _, child := range x.childrenOf(o) {
		if child.staged() {
			continue
		}
		child.WhyHeld = ""
		switch {
		case child.Type.stopped():
			child.WhyHeld = "trigger"
		case !x.onHold(child):
			child.Status = Submitted
		}
		x.start(child)
		x.reserve(child)
		x.emit(OrderChanged, child)
		x.plan(child)
	}
}
