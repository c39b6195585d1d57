// Package risk says no. It judges one proposed order against hard limits and keeps no state: the
// counts that a limit needs come from the journal, so a restart resets none of them.
package risk

import (
	"fmt"

	"github.com/govalues/decimal"
)

// Limits are the hard limits for one symbol. Zero means the documented default, negative is off.
type Limits struct {
	MaxOrderNotional    decimal.Decimal // in the contract's currency, default 25,000
	MaxPositionNotional decimal.Decimal // in the contract's currency, default 50,000
	MaxOrdersPerDay     int             // per exchange day, default 50
	MaxPriceMove        decimal.Decimal // ratio between neighbouring closes, default 0.2
}

// The defaults. Prices over 1,000 need larger ones on purpose.
var (
	DefaultOrderNotional    = decimal.MustNew(25_000, 0)
	DefaultPositionNotional = decimal.MustNew(50_000, 0)
	DefaultPriceMove        = decimal.MustNew(2, 1)
)

// DefaultOrdersPerDay is the default of MaxOrdersPerDay.
const DefaultOrdersPerDay = 50

// Effective fills in the defaults.
func (l Limits) Effective() Limits {
	if l.MaxOrderNotional.IsZero() {
		l.MaxOrderNotional = DefaultOrderNotional
	}
	if l.MaxPositionNotional.IsZero() {
		l.MaxPositionNotional = DefaultPositionNotional
	}
	if l.MaxOrdersPerDay == 0 {
		l.MaxOrdersPerDay = DefaultOrdersPerDay
	}
	if l.MaxPriceMove.IsZero() {
		l.MaxPriceMove = DefaultPriceMove
	}
	return l
}

// Proposal is an order that somebody would like to send.
type Proposal struct {
	Symbol string
	// Delta is the signed change of the position, in shares.
	Delta decimal.Decimal
	// Held is the trader's own position before it, in shares.
	Held decimal.Decimal
	// Account is what the account holds of it, others' shares included.
	Account decimal.Decimal
	// Pledged is what working sell orders of others may still take of that.
	Pledged decimal.Decimal
	// Price is what a share is taken to cost: the newest closed bar's close.
	Price decimal.Decimal
	// OrdersToday counts the symbol's orders of this exchange day that left or may have left.
	OrdersToday int
}

// Refusal is a limit that an order would break.
type Refusal struct {
	Limit  string // "max-order-notional", as the flag is called
	Detail string
}

// Error says which limit and by how much.
func (r *Refusal) Error() string { return fmt.Sprintf("%s refuses: %s", r.Limit, r.Detail) }

// Check is nil when the order may be sent. An order that only reduces the position passes every
// limit but one: it must not cross zero, neither the trader's position nor the account's. Limits
// that kept a position open would be no limits.
func (l Limits) Check(p Proposal) error {
	l = l.Effective()
	after, err := p.Held.Add(p.Delta)
	if err != nil {
		return fmt.Errorf("add %s to %s shares: %w", p.Delta, p.Held, err)
	}
	if err := p.crosses(after); err != nil {
		return err
	}
	if p.Delta.IsNeg() || p.Held.IsNeg() {
		return nil
	}
	if !p.Price.IsPos() {
		return &Refusal{"price", fmt.Sprintf("%s has no price above 0 but %s", p.Symbol, p.Price)}
	}
	if l.MaxOrdersPerDay > 0 && p.OrdersToday >= l.MaxOrdersPerDay {
		return &Refusal{"max-orders-per-day", fmt.Sprintf("%s has %d orders today, limit %d",
			p.Symbol, p.OrdersToday, l.MaxOrdersPerDay)}
	}
	if err := within("max-order-notional", p.Symbol, p.Delta, p.Price, l.MaxOrderNotional); err != nil {
		return err
	}
	return within("max-position-notional", p.Symbol, after, p.Price, l.MaxPositionNotional)
}

// crosses is nil when neither position changes its sign: after is the trader's own.
func (p Proposal) crosses(after decimal.Decimal) error {
	free, err := p.Account.Sub(p.Pledged)
	if err != nil {
		return fmt.Errorf("take %s from %s shares: %w", p.Pledged, p.Account, err)
	}
	left, err := free.Add(p.Delta)
	if err != nil {
		return fmt.Errorf("add %s to %s shares: %w", p.Delta, free, err)
	}
	switch {
	case p.Delta.IsNeg() && after.IsNeg():
		return &Refusal{"long-only", fmt.Sprintf("%s would hold %s shares", p.Symbol, after)}
	case p.Held.IsNeg() && after.IsPos():
		return &Refusal{"long-only", fmt.Sprintf("%s is short %s: buy that back first", p.Symbol, p.Held.Neg())}
	case p.Delta.IsNeg() && left.IsNeg():
		return &Refusal{"long-only", fmt.Sprintf("the account holds %s %s, and others' sell orders may take %s",
			p.Account, p.Symbol, p.Pledged)}
	case p.Delta.IsPos() && p.Account.IsNeg() && !p.Held.IsNeg():
		return &Refusal{"long-only", fmt.Sprintf("the account is short %s %s, which is not the trader's",
			p.Account.Neg(), p.Symbol)}
	}
	return nil
}

func within(limit, symbol string, shares, price, bound decimal.Decimal) error {
	if bound.IsNeg() {
		return nil
	}
	notional, err := shares.Mul(price)
	if err != nil {
		// Too large for the ledger's numbers is too large for any limit.
		return &Refusal{limit, fmt.Sprintf("%s: %s x %s: %v", symbol, shares, price, err)}
	}
	if notional.Cmp(bound) > 0 {
		return &Refusal{limit, fmt.Sprintf("%s: %s x %s = %s, limit %s",
			symbol, shares, price, notional, bound)}
	}
	return nil
}
