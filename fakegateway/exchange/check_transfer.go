package exchange

import "github.com/govalues/decimal"

// transferred is what transfers have brought in a currency.
type transferred struct {
	cash, basis, unpaid decimal.Decimal // the cost of what came, and the part of it never paid
}

// transfer lets those transfers act that came before the n-th execution, and returns the others.
func (c *checker) transfer(pending []Transfer, n int) []Transfer {
	for len(pending) > 0 && pending[0].After <= n {
		t := pending[0]
		pending = pending[1:]
		key := purse{t.Account, t.Currency}
		sum := c.moved[key]
		sum.cash = add(sum.cash, t.Cash)
		if t.Quantity != 0 {
			p := c.held[holdingKey{t.Account, t.ConID}]
			if p == nil || t.Quantity < 0 && p.Quantity < -t.Quantity {
				c.fail("transfer of %d %s: account %s does not hold them", t.Quantity, t.Symbol, t.Account)
				continue
			}
			basis, unpaid := p.move(t)
			sum.basis, sum.unpaid = add(sum.basis, basis), add(sum.unpaid, unpaid)
		}
		c.moved[key] = sum
	}
	return pending
}
