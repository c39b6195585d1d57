package exchange

import (
	"slices"
	"strings"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// baseCurrency is that of every account.
const baseCurrency = "USD"

// Account is an account's cash: in US dollars, and in the other currencies that it has ever had.
type Account struct {
	ID string `json:"id"`
	Balance
	Foreign []Balance `json:"foreign,omitempty"` // by name
}

// Balance is the cash in one currency, with the commissions and realized profits that are part of it.
type Balance struct {
	Currency    string          `json:"currency"`
	StartCash   decimal.Decimal `json:"startCash"`
	Cash        decimal.Decimal `json:"cash"`
	Commissions decimal.Decimal `json:"commissions"`
	RealizedPnL decimal.Decimal `json:"realizedPnL"`

	reserved decimal.Decimal // what working orders may take
}

func newAccount(id string, start decimal.Decimal) *Account {
	return &Account{ID: id, Balance: Balance{Currency: baseCurrency, StartCash: start, Cash: start}}
}

// in is the balance in a currency. The pointer is good until another currency is asked for.
func (a *Account) in(currency string) *Balance {
	if currency == a.Currency {
		return &a.Balance
	}
	i, found := slices.BinarySearchFunc(a.Foreign, currency, func(b Balance, c string) int {
		return strings.Compare(b.Currency, c)
	})
	if !found {
		a.Foreign = slices.Insert(a.Foreign, i, Balance{Currency: currency})
	}
	return &a.Foreign[i]
}

// balances lists all currencies, US dollars first.
func (a *Account) balances() []Balance {
	return append([]Balance{a.Balance}, a.Foreign...)
}

func (b *Balance) pay(amount decimal.Decimal) { b.Cash = sub(b.Cash, amount) }

// reset takes an account back to before the first order; what orders have reserved stays so.
func (a *Account) reset() {
	for i := range a.Foreign {
		a.Foreign[i].reset()
	}
	a.Balance.reset()
}

func (b *Balance) reset() {
	b.Cash, b.Commissions, b.RealizedPnL = b.StartCash, decimal.Decimal{}, decimal.Decimal{}
}

func (x *Exchange) account(id string) *Account {
	for _, a := range x.accounts {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// book lets an execution act on its position and on cash.
func (x *Exchange) book(e *Execution) *Position {
	a, p := x.account(e.Account), x.position(e.Account, e.Instrument)
	signed, fee := e.Action.sign()*e.Shares, e.Commission
	if p.SecType == market.Cash { // IBKR's cost of a currency has no commission in it
		fee = decimal.Decimal{}
	}
	unpaid := p.Unpaid
	e.Closed, e.RealizedPnL = p.apply(signed, e.Price, fee)
	b := a.in(p.Currency)
	b.pay(sub(p.value(e.Price, signed), sub(p.Unpaid, unpaid)))
	b.RealizedPnL = add(b.RealizedPnL, e.RealizedPnL)
	if p.SecType == market.Cash {
		a.in(p.Symbol).pay(shares(-signed))
	}
	b = a.in(e.CommissionCurrency)
	b.pay(e.Commission)
	b.Commissions = add(b.Commissions, e.Commission)
	return p
}

// rebook computes an account again from its executions, after one has changed.
func (x *Exchange) rebook(account string) {
	x.account(account).reset()
	for _, p := range x.positions {
		if p.Account == account {
			p.reset()
		}
	}
	for _, e := range x.executions {
		if e.Account == account {
			x.book(e)
		}
	}
}

// pair is the market of a currency against US dollars.
type pair struct {
	market.Instrument
	inverse bool // US dollars in the currency
	none    bool // there is no market
}

// dollars is what a unit of a currency is worth now: 1 for US dollars, and for a currency that has
// no market against them.
func (x *Exchange) dollars(currency string) decimal.Decimal {
	one := shares(1)
	if currency == baseCurrency {
		return one
	}
	p, known := x.pairs[currency]
	if !known {
		p = x.pairOf(currency)
		x.pairs[currency] = p
	}
	switch {
	case p.none:
		return one
	case p.inverse:
		return quo(one, x.quote(p.Instrument).Last)
	}
	return x.quote(p.Instrument).Last
}

func (x *Exchange) pairOf(currency string) pair {
	q := market.Query{Symbol: currency, SecType: string(market.Cash), Currency: baseCurrency}
	if found := x.market.Find(x.now, q); len(found) == 1 {
		return pair{Instrument: found[0]}
	}
	q.Symbol, q.Currency = q.Currency, q.Symbol
	if found := x.market.Find(x.now, q); len(found) == 1 {
		return pair{Instrument: found[0], inverse: true}
	}
	return pair{none: true}
}
