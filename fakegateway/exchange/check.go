package exchange

import (
	"errors"
	"fmt"

	"github.com/govalues/decimal"
)

// Check proves that the books add up. Orders, positions and cash are computed again from the
// executions alone and compared exactly:
//
//   - every execution id is there once and belongs to an order of its account and symbol;
//   - filled = the sum of an order's fills <= quantity, remaining = quantity - filled, the average
//     price is the fills' and a limit was never passed;
//   - an order's state fits: Filled has nothing left, an order at work has something left;
//   - positions = the sum of signed fills;
//   - cash = start - the sum of signed fill values - the sum of commissions;
//   - cash = start + realized profit - the cost of what is still held.
//
// The error names every entry that does not.
func (b Books) Check() error {
	c := newChecker(b)
	c.replay()
	c.checkOrders()
	c.checkPositions()
	c.checkAccounts()
	return errors.Join(c.errs...)
}

type holding struct{ account, symbol string }

type checker struct {
	Books
	errs    []error
	orders  map[int64]*Order
	filled  map[int64]int64
	value   map[int64]decimal.Decimal
	fees    map[int64]decimal.Decimal
	held    map[holding]int64
	spent   map[string]decimal.Decimal // by account
	charged map[string]decimal.Decimal
}

func newChecker(b Books) *checker {
	return &checker{
		Books:  b,
		orders: make(map[int64]*Order), filled: make(map[int64]int64),
		value: make(map[int64]decimal.Decimal), fees: make(map[int64]decimal.Decimal),
		held:  make(map[holding]int64),
		spent: make(map[string]decimal.Decimal), charged: make(map[string]decimal.Decimal),
	}
}

func (c *checker) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// replay adds up the executions.
func (c *checker) replay() {
	for i := range c.Orders {
		o := &c.Orders[i]
		if c.orders[o.PermID] != nil {
			c.fail("order %d: permanent id used twice", o.PermID)
		}
		c.orders[o.PermID] = o
	}
	seen := make(map[string]bool)
	for _, e := range c.Executions {
		if seen[e.ExecID] {
			c.fail("execution %s: booked twice", e.ExecID)
		}
		seen[e.ExecID] = true
		o := c.orders[e.PermID]
		if o == nil || o.Account != e.Account || o.ConID != e.ConID || o.Action != e.Action {
			c.fail("execution %s: no such order %d for %s %s", e.ExecID, e.PermID, e.Action, e.Symbol)
			continue
		}
		if e.Shares <= 0 || !e.Price.IsPos() {
			c.fail("execution %s: %d shares at %s", e.ExecID, e.Shares, e.Price)
		}
		if o.passes(e.Price) {
			c.fail("execution %s: %s at %s passes the limit %s", e.ExecID, e.Action, e.Price, o.LimitPrice)
		}
		value := mul(e.Price, shares(e.Shares))
		c.filled[e.PermID] += e.Shares
		c.value[e.PermID] = add(c.value[e.PermID], value)
		c.fees[e.PermID] = add(c.fees[e.PermID], e.Commission)
		c.held[holding{e.Account, e.Symbol}] += e.Action.sign() * e.Shares
		c.spent[e.Account] = add(c.spent[e.Account], mul(value, shares(e.Action.sign())))
		c.charged[e.Account] = add(c.charged[e.Account], e.Commission)
	}
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
		if ids[key] {
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

func (c *checker) checkPositions() {
	for _, p := range c.Positions {
		key := holding{p.Account, p.Symbol}
		if p.Quantity != c.held[key] {
			c.fail("position %s %s: %d; executions give %d", p.Account, p.Symbol, p.Quantity, c.held[key])
		}
		if p.Quantity == 0 && !p.CostBasis.IsZero() {
			c.fail("position %s %s: closed at a cost of %s", p.Account, p.Symbol, p.CostBasis)
		}
		delete(c.held, key)
	}
	for key, n := range c.held {
		c.fail("position %s %s: missing; executions give %d", key.account, key.symbol, n)
	}
}

func (c *checker) checkAccounts() {
	for _, a := range c.Accounts {
		if want := sub(sub(a.StartCash, c.spent[a.ID]), c.charged[a.ID]); !a.Cash.Equal(want) {
			c.fail("account %s: cash %s; executions give %s", a.ID, a.Cash, want)
		}
		if !a.Commissions.Equal(c.charged[a.ID]) {
			c.fail("account %s: commissions %s; executions give %s",
				a.ID, a.Commissions, c.charged[a.ID])
		}
		held := add(a.StartCash, a.RealizedPnL)
		realized := decimal.Decimal{}
		for _, p := range c.Positions {
			if p.Account == a.ID {
				held = sub(held, p.CostBasis)
				realized = add(realized, p.RealizedPnL)
			}
		}
		if !a.Cash.Equal(held) {
			c.fail("account %s: cash %s; start, profit and cost of positions give %s",
				a.ID, a.Cash, held)
		}
		if !a.RealizedPnL.Equal(realized) {
			c.fail("account %s: realized %s; positions give %s", a.ID, a.RealizedPnL, realized)
		}
		delete(c.spent, a.ID)
	}
	for id := range c.spent {
		c.fail("account %s: has executions and is not in the books", id)
	}
}
