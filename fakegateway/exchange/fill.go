package exchange

import (
	"fmt"
	"slices"

	"github.com/govalues/decimal"
)

// IBKR's fixed commission for US stocks: 0.005 a share, at least 1.00 and at most 1 % of the value
// of an order; the cap wins.
var (
	commissionPerShare = decimal.MustParse("0.005")
	commissionMin      = decimal.MustParse("1.00")
	commissionMaxRatio = decimal.MustParse("0.01")
)

// Commission is what an order over n shares of this value costs in all.
func Commission(n int64, value decimal.Decimal) decimal.Decimal {
	c := mul(commissionPerShare, shares(n))
	if c.Less(commissionMin) {
		c = commissionMin
	}
	if limit := mul(commissionMaxRatio, value); limit.Less(c) {
		c = limit
	}
	return c
}

// fill books one execution: order, account and position change together, and then the events go
// out in the order in which a Gateway sends them.
func (x *Exchange) fill(o *order, n int64, price decimal.Decimal) {
	value := mul(price, shares(n))
	o.Filled += n
	o.Remaining -= n
	o.notional = add(o.notional, value)
	o.LastFillPrice, o.UpdatedAt = price, x.now
	o.AvgFillPrice = quo(o.notional, shares(o.Filled))
	charge := sub(Commission(o.Filled, o.notional), o.Commission)
	o.Commission = add(o.Commission, charge)
	e := Execution{
		ExecID: x.nextExecID(), PermID: o.PermID, ClientID: o.ClientID, OrderID: o.OrderID,
		OrderRef: o.OrderRef, Account: o.Account, ConID: o.ConID, Symbol: o.Symbol,
		Action: o.Action, Shares: n, Price: price, CumQuantity: o.Filled,
		AvgPrice: o.AvgFillPrice, At: x.now, Maker: o.resting, Commission: charge,
		Instrument: o.Instrument,
	}
	account := x.account(o.Account)
	account.Cash = sub(sub(account.Cash, mul(value, shares(o.Action.sign()))), charge)
	account.Commissions = add(account.Commissions, charge)
	p := x.position(o.Account, o.Instrument)
	e.Closed, e.RealizedPnL = p.apply(o.Action.sign()*n, price, charge)
	account.RealizedPnL = add(account.RealizedPnL, e.RealizedPnL)
	x.executions = append(x.executions, e)
	x.reportFill(o, e, *p)
	x.reduceGroup(o, n)
	if o.Status == Filled {
		x.releaseChildren(o)
	}
}

func (x *Exchange) reportFill(o *order, e Execution, p Position) {
	with := func(ev *Event) { ev.Execution = &e }
	x.emit(Executed, o, with)
	if o.Remaining == 0 {
		x.end(o, Filled)
	}
	x.emit(OrderChanged, o)
	x.emit(Commissioned, o, with)
	x.emit(Booked, o, with, func(ev *Event) { ev.Position = &p })
}

// nextExecID is "server.fill.part.revision" as IBKR forms it; the second part never repeats.
func (x *Exchange) nextExecID() string {
	serial := uint32(x.ids(executionStream)) + uint32(len(x.executions))
	return fmt.Sprintf("0000e0d5.%08x.01.01", serial)
}

// apply books signed shares and returns how many closed an opposite position and what those
// earned. Whatever is rounded stays in the cost basis, so that at all times
// cash = start + realized - sum of cost bases, exactly.
func (p *Position) apply(signed int64, price, charge decimal.Decimal) (int64, decimal.Decimal) {
	value := mul(price, shares(signed))
	if p.Quantity == 0 || p.Quantity > 0 == (signed > 0) {
		p.CostBasis = add(p.CostBasis, add(value, charge))
		p.settle(p.Quantity + signed)
		return 0, decimal.Decimal{}
	}
	n, have := abs(signed), abs(p.Quantity)
	closed := min(n, have)
	basis := p.CostBasis
	if closed < have {
		basis = quo(mul(p.CostBasis, shares(closed)), shares(have))
	}
	part, fee := value, charge
	if closed < n {
		part = quo(mul(value, shares(closed)), shares(n))
		fee = quo(mul(charge, shares(closed)), shares(n))
	}
	realized := sub(sub(part.Neg(), fee), basis)
	p.CostBasis = add(sub(p.CostBasis, basis), add(sub(value, part), sub(charge, fee)))
	p.RealizedPnL = add(p.RealizedPnL, realized)
	p.settle(p.Quantity + signed)
	return closed, realized
}

func (p *Position) settle(quantity int64) {
	p.Quantity = quantity
	p.AverageCost = decimal.Decimal{}
	if quantity != 0 {
		p.AverageCost = quo(p.CostBasis, shares(quantity))
	}
}

func abs(n int64) int64 { return max(n, -n) }

// reduceGroup applies a fill of n shares to the other orders of a one-cancels-all group.
func (x *Exchange) reduceGroup(o *order, n int64) {
	if o.OCAGroup == "" {
		return
	}
	for _, other := range slices.Clone(x.live) {
		if other == o || other.OCAGroup != o.OCAGroup || other.Account != o.Account ||
			other.staged() || other.Status.Done() {
			continue
		}
		if o.OCAType == 1 || other.Remaining <= n {
			x.canceled(other, codeCanceled, textCanceled)
			continue
		}
		other.Quantity -= n
		other.Remaining -= n
		x.emit(OrderChanged, other)
	}
}

// releaseChildren starts the orders that waited for this one to fill.
func (x *Exchange) releaseChildren(o *order) {
	for _, child := range slices.Clone(x.live) {
		if !child.childOf(o) || child.staged() || child.Status.Done() {
			continue
		}
		child.WhyHeld = ""
		if child.Type.stopped() {
			child.WhyHeld = "trigger"
		} else {
			child.Status = Submitted
		}
		child.due = x.now.Add(x.cfg.FillLatency)
		x.emit(OrderChanged, child)
		x.plan(child)
	}
}
