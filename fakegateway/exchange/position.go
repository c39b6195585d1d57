package exchange

import (
	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// Position is what an account holds of one instrument. Amounts are in the instrument's currency.
type Position struct {
	Account    string         `json:"account"`
	ConID      int            `json:"conId"`
	Symbol     string         `json:"symbol"`
	SecType    market.SecType `json:"secType"`
	Currency   string         `json:"currency"`
	Multiplier int64          `json:"multiplier"`
	// PriceMagnifier divides prices that are quoted in hundredths of the currency. 0: 1.
	PriceMagnifier int `json:"priceMagnifier,omitempty"`
	Holding
	AverageCost decimal.Decimal `json:"averageCost"` // of one unit, its multiplier included
	RealizedPnL decimal.Decimal `json:"realizedPnL"` // of all that was closed
	// Opening is what was held before the first order.
	Opening Holding `json:"opening,omitzero"`

	Instrument market.Instrument `json:"-"`
	selling    int64             // what working sell orders may take
	groups     map[string]int64  // their part by one-cancels-all group
}

// Holding is a number of units and their cost.
type Holding struct {
	Quantity int64 `json:"quantity"` // below 0 when short
	// CostBasis is what the open units cost, commissions included except those of currencies;
	// below 0 when short.
	CostBasis decimal.Decimal `json:"costBasis"`
	// Unpaid is the part of CostBasis for which no cash was paid. It is the traded value of futures
	// and CFDs: with these, only profits, losses and commissions change the cash.
	Unpaid decimal.Decimal `json:"unpaid,omitzero"`
}

// margined reports instruments that are traded on margin alone: cash moves by what they earn or
// lose when they are closed.
func margined(t market.SecType) bool { return t == market.Future || t == market.CFD }

// value of signed units at a price, in the instrument's currency.
func (p *Position) value(price decimal.Decimal, signed int64) decimal.Decimal {
	i := market.Instrument{Multiplier: p.Multiplier, PriceMagnifier: p.PriceMagnifier}
	return i.Value(price, signed)
}

// apply books signed units and returns how many closed an opposite position and what those
// earned. charge is the commission that belongs to the cost. Whatever is rounded stays in the
// cost basis, so that profit, cost and cash always add up exactly.
func (p *Position) apply(signed int64, price, charge decimal.Decimal) (int64, decimal.Decimal) {
	value := p.value(price, signed)
	if p.Quantity == 0 || p.Quantity > 0 == (signed > 0) {
		p.CostBasis = add(p.CostBasis, add(value, charge))
		p.borrow(value)
		p.settle(p.Quantity + signed)
		return 0, decimal.Decimal{}
	}
	n, have := abs(signed), abs(p.Quantity)
	closed := min(n, have)
	basis := share(p.CostBasis, closed, have)
	part, fee := share(value, closed, n), share(charge, closed, n)
	realized := sub(sub(part.Neg(), fee), basis)
	p.CostBasis = add(sub(p.CostBasis, basis), add(sub(value, part), sub(charge, fee)))
	p.borrow(sub(sub(value, part), share(p.Unpaid, closed, have)))
	p.RealizedPnL = add(p.RealizedPnL, realized)
	p.settle(p.Quantity + signed)
	return closed, realized
}

// borrow adds to what was not paid for.
func (p *Position) borrow(value decimal.Decimal) {
	if margined(p.SecType) {
		p.Unpaid = add(p.Unpaid, value)
	}
}

// share is part/whole of an amount, all of it exactly.
func share(amount decimal.Decimal, part, whole int64) decimal.Decimal {
	if part == whole {
		return amount
	}
	return quo(mul(amount, shares(part)), shares(whole))
}

func (p *Position) settle(quantity int64) {
	p.Quantity = quantity
	p.AverageCost = decimal.Decimal{}
	if quantity != 0 {
		p.AverageCost = quo(p.CostBasis, shares(quantity))
	}
}

// reset takes a position back to before the first order.
func (p *Position) reset() {
	p.Holding, p.RealizedPnL = p.Opening, decimal.Decimal{}
	p.settle(p.Quantity)
}

func abs(n int64) int64 { return max(n, -n) }

type holdingKey struct {
	account string
	conID   int
}

// position is what an account has, or had, of an instrument. Its account has a balance in the
// currency from then on: an account is worth what it has in the currencies of its balances.
func (x *Exchange) position(account string, i market.Instrument) *Position {
	key := holdingKey{account, i.ConID}
	p := x.held[key]
	if p == nil {
		p = newPosition(account, i)
		x.held[key] = p
		x.positions = append(x.positions, p)
		x.awaitEnd(p)
		if a := x.account(account); a != nil {
			a.in(i.Currency)
		}
	}
	return p
}

func newPosition(account string, i market.Instrument) *Position {
	return &Position{
		Account: account, ConID: i.ConID, Symbol: i.Symbol, SecType: i.SecType,
		Currency: i.Currency, Multiplier: i.Multiplier, Instrument: i,
		PriceMagnifier: magnifier(i), groups: make(map[string]int64),
	}
}

// magnifier is what the books have of an instrument's: nothing of the usual one.
func magnifier(i market.Instrument) int {
	if i.PriceMagnifier > 1 {
		return i.PriceMagnifier
	}
	return 0
}

// quantity is a position's size, without opening one.
func (x *Exchange) quantity(account string, conID int) int64 {
	if p := x.held[holdingKey{account, conID}]; p != nil {
		return p.Quantity
	}
	return 0
}
