package exchange

import (
	"errors"
	"fmt"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// Check proves that the books add up. Orders, positions and cash are computed again from the
// executions alone and compared exactly:
//
//   - every execution id is there once and belongs to an order of its account and contract;
//   - filled = the sum of an order's fills <= quantity, remaining = quantity - filled, the average
//     price is the fills' and a limit was never passed;
//   - the legs of a combination have filled in its ratios, at prices that make its net price;
//   - an order's state fits: Filled has nothing left, an order at work has something left;
//   - positions are what the executions make of the opening ones, in size, cost and profit;
//   - cash in each currency = start - signed fill values + what of them is not paid for (futures,
//     CFDs) - commissions + the units of that currency that were bought + cash that was transferred;
//   - cash in each currency = start + realized profit - the cost of what is still held and was not
//     transferred, with the same exceptions.
//
// The error names every entry that does not.
func (b Books) Check() error {
	c := newChecker(b)
	c.readOrders()
	c.replay()
	c.checkOrders()
	c.checkPositions()
	c.checkAccounts()
	return errors.Join(c.errs...)
}

type checker struct {
	Books
	errs    []error
	orders  map[int64]*Order
	filled  map[int64]int64
	value   map[int64]decimal.Decimal
	fees    map[int64]decimal.Decimal
	legs    map[legKey]legTotal // of combinations
	revised map[int64]bool      // orders with a corrected or busted execution
	found   map[holdingKey]*Position
	held    map[holdingKey]*Position // replayed
	spent   map[purse]decimal.Decimal
	charged map[purse]decimal.Decimal
	moved   map[purse]transferred
}

// purse is an account's cash in one currency.
type purse struct{ account, currency string }

func newChecker(b Books) *checker {
	return &checker{
		Books:  b,
		orders: make(map[int64]*Order), filled: make(map[int64]int64),
		value: make(map[int64]decimal.Decimal), fees: make(map[int64]decimal.Decimal),
		legs:    make(map[legKey]legTotal),
		revised: make(map[int64]bool),
		found:   make(map[holdingKey]*Position), held: make(map[holdingKey]*Position),
		spent: make(map[purse]decimal.Decimal), charged: make(map[purse]decimal.Decimal),
		moved: make(map[purse]transferred),
	}
}

func (c *checker) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

func (c *checker) readOrders() {
	for i := range c.Orders {
		o := &c.Orders[i]
		if c.orders[o.PermID] != nil {
			c.fail("order %d: permanent id used twice", o.PermID)
		}
		c.orders[o.PermID] = o
	}
	for i := range c.Positions {
		p := &c.Positions[i]
		key := holdingKey{p.Account, p.ConID}
		c.found[key] = p
		again := *p
		again.reset()
		c.held[key] = &again
	}
}

// replay adds up the executions.
func (c *checker) replay() {
	seen := make(map[string]bool)
	for _, e := range c.Superseded {
		seen[e.ExecID] = true
		c.revised[e.PermID] = true
	}
	pending := c.Transfers
	for n, e := range c.Executions {
		pending = c.transfer(pending, n)
		if seen[e.ExecID] {
			c.fail("execution %s: booked twice", e.ExecID)
		}
		seen[e.ExecID] = true
		o := c.orders[e.PermID]
		if e.Leg > 0 {
			c.replayLeg(o, e)
			continue
		}
		if o == nil || o.Account != e.Account || o.ConID != e.ConID || o.Action != e.Action {
			c.fail("execution %s: no such order %d for %s %s", e.ExecID, e.PermID, e.Action, e.Symbol)
			continue
		}
		if e.Shares <= 0 || !e.Price.IsPos() && e.Exercise == NotExercised && !e.Summary() {
			c.fail("execution %s: %d shares at %s", e.ExecID, e.Shares, e.Price)
		}
		if o.passes(e.Price) && !c.revised[e.PermID] {
			c.fail("execution %s: %s at %s passes the limit %s", e.ExecID, e.Action, e.Price, o.LimitPrice)
		}
		c.filled[e.PermID] += e.Shares
		c.value[e.PermID] = add(c.value[e.PermID], mul(e.Price, shares(e.Shares)))
		c.fees[e.PermID] = add(c.fees[e.PermID], e.Commission)
		if !e.Summary() {
			c.hold(e)
		}
	}
	c.transfer(pending, len(c.Executions))
}

// hold lets an execution act on its position and on cash.
func (c *checker) hold(e Execution) {
	p := c.held[holdingKey{e.Account, e.ConID}]
	if p == nil {
		c.fail("position %s %s: missing; there are executions", e.Account, e.Symbol)
		return
	}
	signed, fee := e.Action.sign()*e.Shares, e.Commission
	money, fees := purse{e.Account, p.Currency}, purse{e.Account, e.CommissionCurrency}
	if p.SecType == market.Cash {
		fee = decimal.Decimal{}
		bought := purse{e.Account, p.Symbol}
		c.spent[bought] = sub(c.spent[bought], shares(signed))
	}
	closed, realized := p.apply(signed, e.Price, fee)
	if closed != e.Closed || !realized.Equal(e.RealizedPnL) {
		c.fail("execution %s: closed %d for %s; replayed it is %d for %s",
			e.ExecID, e.Closed, e.RealizedPnL, closed, realized)
	}
	c.spent[money] = add(c.spent[money], p.value(e.Price, signed))
	c.charged[fees] = add(c.charged[fees], e.Commission)
}

// passes reports whether a price is worse than the order's limit. A limit that was changed after
// a fill says nothing about that fill.
func (o *Order) passes(price decimal.Decimal) bool {
	if !o.Type.limited() || o.Modifications > 0 {
		return false
	}
	if o.Action == Buy {
		return o.LimitPrice.Less(price)
	}
	return price.Less(o.LimitPrice)
}

func (c *checker) checkOrders() {
	ids := make(map[orderKey]bool)
	for _, o := range c.Orders {
		key := orderKey{o.ClientID, o.OrderID}
		if ids[key] && (o.OrderID != 0 || !o.Manual) && o.SplitFrom == 0 {
			c.fail("order %d: client %d used order id %d twice", o.PermID, o.ClientID, o.OrderID)
		}
		ids[key] = true
		filled := c.filled[o.PermID]
		if o.Filled != filled || o.Remaining != o.Quantity-filled || filled > o.Quantity {
			c.fail("order %d: filled %d, remaining %d of %d; its executions fill %d",
				o.PermID, o.Filled, o.Remaining, o.Quantity, filled)
		}
		if filled > 0 {
			if average := quo(c.value[o.PermID], shares(filled)); !average.Equal(o.AvgFillPrice) {
				c.fail("order %d: average price %s; its executions give %s",
					o.PermID, o.AvgFillPrice, average)
			}
		}
		c.checkLegs(o)
		if !o.Commission.Equal(c.fees[o.PermID]) {
			c.fail("order %d: commission %s; its executions give %s",
				o.PermID, o.Commission, c.fees[o.PermID])
		}
		if full := o.Remaining == 0; full != (o.Status == Filled) {
			c.fail("order %d: %s with %d remaining", o.PermID, o.Status, o.Remaining)
		}
		if o.Status.Done() == o.DoneAt.IsZero() {
			c.fail("order %d: %s, done at %v", o.PermID, o.Status, o.DoneAt)
		}
	}
}
