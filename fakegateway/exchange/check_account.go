package exchange

import (
	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

func (c *checker) checkPositions() {
	for key, p := range c.found {
		again := c.held[key]
		if p.Holding != again.Holding && (p.Quantity != again.Quantity ||
			!p.CostBasis.Equal(again.CostBasis) || !p.Unpaid.Equal(again.Unpaid)) {
			c.fail("position %s %s: %d for %s, unpaid %s; executions give %d for %s, unpaid %s",
				p.Account, p.Symbol, p.Quantity, p.CostBasis, p.Unpaid,
				again.Quantity, again.CostBasis, again.Unpaid)
		}
		if !p.RealizedPnL.Equal(again.RealizedPnL) || !p.AverageCost.Equal(again.AverageCost) {
			c.fail("position %s %s: realized %s, average cost %s; executions give %s, %s", p.Account,
				p.Symbol, p.RealizedPnL, p.AverageCost, again.RealizedPnL, again.AverageCost)
		}
		if p.Quantity == 0 && (!p.CostBasis.IsZero() || !p.Unpaid.IsZero()) {
			c.fail("position %s %s: closed at a cost of %s, unpaid %s",
				p.Account, p.Symbol, p.CostBasis, p.Unpaid)
		}
	}
}

func (c *checker) checkAccounts() {
	for _, a := range c.Accounts {
		for _, b := range a.balances() {
			c.checkBalance(a.ID, b)
		}
	}
	for p := range c.spent {
		c.fail("account %s: has executions in %s and is not in the books", p.account, p.currency)
	}
	for p := range c.charged {
		c.fail("account %s: has commissions in %s and is not in the books", p.account, p.currency)
	}
}

// checkBalance computes cash in two ways: from what was traded, and from what was earned and is
// held.
func (c *checker) checkBalance(account string, b Balance) {
	key := purse{account, b.Currency}
	var unpaid, invested, realized, bought, uncosted decimal.Decimal
	for _, p := range c.Positions {
		if p.Account != account {
			continue
		}
		if p.SecType == market.Cash && p.Symbol == b.Currency {
			bought = add(bought, shares(p.Quantity-p.Opening.Quantity))
		}
		if p.Currency == b.Currency {
			unpaid = add(unpaid, sub(p.Unpaid, p.Opening.Unpaid))
			invested = add(invested, sub(p.CostBasis, p.Opening.CostBasis))
			realized = add(realized, p.RealizedPnL)
		}
	}
	for _, e := range c.Executions { // commissions that are in no cost
		p := c.found[holdingKey{e.Account, e.ConID}]
		if e.Account == account && p != nil && p.SecType == market.Cash &&
			e.CommissionCurrency == b.Currency {
			uncosted = add(uncosted, e.Commission)
		}
	}
	moved := c.moved[key]
	unpaid, invested = sub(unpaid, moved.unpaid), sub(invested, moved.basis)
	start := add(b.StartCash, moved.cash)
	traded := sub(add(sub(start, c.spent[key]), unpaid), c.charged[key])
	if !b.Cash.Equal(traded) {
		c.fail("account %s: cash %s %s; executions give %s", account, b.Cash, b.Currency, traded)
	}
	kept := add(add(sub(add(start, realized), invested), unpaid), sub(bought, uncosted))
	if !b.Cash.Equal(kept) {
		c.fail("account %s: cash %s %s; start, profit and cost of positions give %s",
			account, b.Cash, b.Currency, kept)
	}
	if !b.Commissions.Equal(c.charged[key]) {
		c.fail("account %s: commissions %s %s; executions give %s",
			account, b.Commissions, b.Currency, c.charged[key])
	}
	if !b.RealizedPnL.Equal(realized) {
		c.fail("account %s: realized %s %s; positions give %s",
			account, b.RealizedPnL, b.Currency, realized)
	}
	delete(c.spent, key)
	delete(c.charged, key)
}
