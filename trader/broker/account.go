package broker

import (
	"context"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi"
)

// AccountReport is what the Gateway said of an account at once: its values and its portfolio.
type AccountReport struct {
	Values    []AccountValue
	Portfolio []Portfolio
}

// AccountValue is one of an account's values: NetLiquidation, CashBalance, TotalCashBalance, ... Values
// that are no numbers are left out.
type AccountValue struct {
	Account  string
	Key      string
	Amount   decimal.Decimal
	Currency string // "BASE" for the sum of all in the account's base currency, "" where it has none
}

// Portfolio is a holding at the market, in the contract's currency. Price is nil if the Gateway knows
// none.
type Portfolio struct {
	Account  string
	Contract Contract
	Quantity decimal.Decimal
	Price    *decimal.Decimal
}

// accountItem is one of the two.
type accountItem struct {
	value   *AccountValue
	holding *Portfolio
}

// AccountValues are the values and the portfolio of the session's account, as they are now: Gateways
// bring them up to date when a holding changes, and else every three minutes. The subscription that they
// come by is ended with the answer. All clients of a Gateway follow one account at a time: while others
// follow another one the answer is an *Error of code 2101.
func (s *Session) AccountValues(ctx context.Context) (r AccountReport, err error) {
	items, err := askTopic[accountItem](ctx, s, topicAccount, func() {
		s.client.ReqAccountUpdates(true, s.Account())
	})
	if err != nil {
		return r, err
	}
	s.forget(ctx, func() { s.client.ReqAccountUpdates(false, s.Account()) })
	for _, item := range items {
		if item.value != nil {
			r.Values = append(r.Values, *item.value)
		}
		if item.holding != nil {
			r.Portfolio = append(r.Portfolio, *item.holding)
		}
	}
	return r, nil
}

// UpdateAccountValue is one value of the account.
func (c *callbacks) UpdateAccountValue(key, value, currency, account string) {
	amount, err := decimal.Parse(value)
	if err != nil { // a word, such as the account's type, or a number beyond any amount
		return
	}
	c.session.takeAccount(accountItem{value: &AccountValue{account, key, amount, currency}})
}

// UpdatePortfolio is one holding at the market. One whose number makes no sense is Positions' to tell.
func (c *callbacks) UpdatePortfolio(contract *ibapi.Contract, position ibapi.Decimal, price, _, _, _, _ float64,
	account string,
) {
	q, err := quantity(position)
	if err != nil {
		return
	}
	c.session.takeAccount(accountItem{holding: &Portfolio{account, contractOf(contract), q, optionalPrice(price)}})
}

func (s *Session) takeAccount(item accountItem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := topicAs[accountItem](s, topicAccount); a != nil {
		a.add(item)
	}
}

// UpdateAccountTime is the time of the values, in minutes, which nobody needs.
func (c *callbacks) UpdateAccountTime(string) {}

// AccountDownloadEnd completes AccountValues.
func (c *callbacks) AccountDownloadEnd(string) { c.endTopic(topicAccount) }
