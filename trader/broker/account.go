package broker

import (
	"context"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi"
)

// AccountValues are the values and the portfolio of the session's account. From the first call on the
// Gateway sends what changes, every three minutes at most, which Events tells as AccountValue and Portfolio;
// calling again, as after a 1101, asks for all of it anew. All clients of a Gateway follow one account:
// another one's is an *Error of code 2101.
func (s *Session) AccountValues(ctx context.Context) (AccountReport, error) {
	items, err := askTopic[Body](ctx, s, topicAccount, func() {
		s.client.ReqAccountUpdates(true, s.Account())
	})
	var r AccountReport
	for _, item := range items {
		switch body := item.(type) {
		case AccountValue:
			r.Values = append(r.Values, body)
		case Portfolio:
			r.Portfolio = append(r.Portfolio, body)
		}
	}
	return r, err
}

// UpdateAccountValue is one value of the account.
func (c *callbacks) UpdateAccountValue(key, value, currency, account string) {
	amount, err := decimal.Parse(value)
	if err != nil { // a word, such as the account's type, or a number beyond any amount
		return
	}
	c.session.account(AccountValue{Account: account, Key: key, Amount: amount, Currency: currency})
}

// UpdatePortfolio is one holding at the market.
func (c *callbacks) UpdatePortfolio(contract *ibapi.Contract, position ibapi.Decimal, price, _, _, _, _ float64,
	account string,
) {
	var n numbers
	p := Portfolio{
		Account: account, Contract: contractOf(contract), Quantity: n.quantity("position", position),
		Price: optionalPrice(price),
	}
	if n.err != nil { // Positions has it too, and tells what cannot be read
		return
	}
	c.session.account(p)
}

// account takes an item into the answer that waits for it, else it is an event.
func (s *Session) account(item Body) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := topicAs[Body](s, topicAccount); a != nil {
		a.add(item)
		return
	}
	s.emit(item)
}

// UpdateAccountTime is the time of the values, in minutes, which nobody needs.
func (c *callbacks) UpdateAccountTime(string) {}

// AccountDownloadEnd completes AccountValues.
func (c *callbacks) AccountDownloadEnd(string) { c.endTopic(topicAccount) }
