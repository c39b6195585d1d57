package exchange

import (
	"fmt"

	"github.com/govalues/decimal"
)

// fillCombo books n combinations: an execution of the combination at its net price, which says how
// far the order is and touches nothing else, and one of each leg at that leg's quote, which has the
// commission and moves position and cash. Their ids differ in the part before the revision:
// "….01.01" is the combination, "….02.01" the first leg, as in nautilus_trader #3712. No commission
// is reported for the combination.
func (x *Exchange) fillCombo(o *order, n int64, net decimal.Decimal) {
	before := o.Remaining
	serial := x.nextExecSerial()
	all := []*Execution{x.executed(o, execID(serial, 1), n, net)}
	for k, part := range o.legs {
		e := x.executeAs(part, execID(serial, k+2), n*abs(o.Legs[k].Ratio), x.legPrice(part, x.now))
		e.Leg = k + 1
		o.Commission = add(o.Commission, e.Commission)
		all = append(all, e)
	}
	x.reserve(o)
	var held []Position
	for _, e := range all[1:] {
		held = append(held, *x.book(e))
	}
	x.executions = append(x.executions, all...)
	x.reportCombo(o, all, held)
	x.reduceGroup(o, before)
	if o.Status == Filled {
		x.releaseChildren(o)
	}
	for _, e := range all[1:] {
		x.heardOf(e)
	}
}

// reportCombo tells of the combination first and of its legs behind it: clients wait for these.
func (x *Exchange) reportCombo(o *order, all []*Execution, held []Position) {
	for _, e := range all {
		x.tell(o, Event{Kind: Executed, Execution: e})
	}
	if o.Remaining == 0 {
		x.end(o, Filled)
	}
	x.emit(OrderChanged, o)
	for _, e := range all[1:] {
		x.tell(o, Event{Kind: Commissioned, Execution: e})
	}
	for k, e := range all[1:] {
		x.tell(o, Event{Kind: Booked, Execution: e, Position: &held[k]})
	}
}

// execID is "server.fill.part.revision" as IBKR forms it.
func execID(serial uint32, part int) string {
	return fmt.Sprintf("0000e0d5.%08x.%02d.01", serial, part)
}

// needOfLegs is what the rest of a combination may take: what its legs cost, less what those bring
// that a cash account is paid for. Legs do not lower each other's margin.
func (x *Exchange) needOfLegs(o *order) (decimal.Decimal, string) {
	currency := o.Instrument.Currency
	var sum decimal.Decimal
	for _, part := range o.legs {
		if !x.paidInFull(part) {
			currency = baseCurrency
		}
	}
	for _, part := range o.legs {
		need, in := x.need(part)
		if x.paidInFull(part) && part.Action == Sell {
			need = part.Instrument.Value(x.expected(part), part.Remaining).Neg()
		}
		if in != currency {
			need = mul(need, x.dollars(in)).Round(basisScale)
		}
		sum = add(sum, need)
	}
	if sum.IsNeg() {
		sum = decimal.Decimal{}
	}
	return sum, currency
}

// affordLegs checks an order for a combination against what the account has.
func (x *Exchange) affordLegs(o *order) *Reject {
	margin := false
	for _, part := range o.legs {
		if !x.paidInFull(part) {
			margin = true
			continue
		}
		if part.Action == Sell {
			if err := x.coverable(part); err != nil {
				return err
			}
		}
	}
	need, currency := x.needOfLegs(o)
	if margin {
		free := add(x.standing(o.Account).available(), mul(o.reserved, x.dollars(o.reservedIn)))
		return enough(free, need, currency)
	}
	b := x.account(o.Account).in(currency)
	free := add(sub(b.Cash, b.reserved), o.reservedFrom(currency))
	if currency == baseCurrency {
		free = sub(free, x.tiedUp(o.Account))
	}
	return enough(free, need, currency)
}

// settleableLegs is the last gate of a cash account before n combinations are booked.
func (x *Exchange) settleableLegs(o *order, n int64) *Reject {
	var pays decimal.Decimal
	for k, part := range o.legs {
		if !x.paidInFull(part) {
			continue
		}
		units, price := n*abs(o.Legs[k].Ratio), x.legPrice(part, x.now)
		value := part.Instrument.Value(price, units)
		if part.Action == Sell {
			if err := x.settleable(part, price, units); err != nil {
				return err
			}
			value = value.Neg()
		}
		pays = add(pays, add(value, Commission(priced(part.Instrument), units, value.Abs())))
	}
	currency := o.Instrument.Currency
	if cash := x.account(o.Account).in(currency).Cash; cash.Less(pays) {
		return refused("Your Available Funds are insufficient: [%s %s].", cents(cash), currency)
	}
	return nil
}
