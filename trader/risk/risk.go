// Package risk says no. It judges one proposed order against hard limits and keeps no state: the
// counts that a limit needs come from the journal, so a restart resets none of them.
package risk

import (
	"fmt"

	"github.com/govalues/decimal"
)

// Limits are the hard limits. Zero means the documented default, negative is off. Amounts are in the
// contract's currency, days are the exchange's.
type Limits struct {
	// For each symbol.
	MaxOrderNotional    decimal.Decimal // default 25,000
	MaxOrderShares      decimal.Decimal // default 10,000
	MaxPositionNotional decimal.Decimal // default 50,000
	MaxOrdersPerDay     int             // default 50
	MaxPriceMove        decimal.Decimal // ratio between neighbouring closes, default 0.2

	// For all symbols together.
	MaxDayNotional     decimal.Decimal // bought in a day, default 500,000
	MaxPositions       int             // contracts held or being bought, default 100
	MaxOrdersPerMinute int             // of this host's clock, default 60

	// Their breach halts the trader: see package journal's Halt.
	MaxDailyLoss   decimal.Decimal // of equity since the day began, default 1,000
	MaxDrawdown    decimal.Decimal // of equity below its peak, default 5,000
	MaxRejects     int             // refused orders in a row, default 5
	MaxUnexplained decimal.Decimal // change of the account's cash that no execution explains, default 1,000
}

// The defaults. Prices over 1,000 need larger ones on purpose.
var (
	DefaultOrderNotional    = decimal.MustNew(25_000, 0)
	DefaultOrderShares      = decimal.MustNew(10_000, 0)
	DefaultPositionNotional = decimal.MustNew(50_000, 0)
	DefaultPriceMove        = decimal.MustNew(2, 1)
	DefaultDayNotional      = decimal.MustNew(500_000, 0)
	DefaultDailyLoss        = decimal.MustNew(1_000, 0)
	DefaultDrawdown         = decimal.MustNew(5_000, 0)
	DefaultUnexplained      = decimal.MustNew(1_000, 0)
)

// The defaults that are counts.
const (
	DefaultOrdersPerDay    = 50
	DefaultPositions       = 100
	DefaultOrdersPerMinute = 60
	DefaultRejects         = 5
)

// Effective fills in the defaults.
func (l Limits) Effective() Limits {
	for _, f := range []struct {
		limit    *decimal.Decimal
		standard decimal.Decimal
	}{
		{&l.MaxOrderNotional, DefaultOrderNotional},
		{&l.MaxOrderShares, DefaultOrderShares},
		{&l.MaxPositionNotional, DefaultPositionNotional},
		{&l.MaxPriceMove, DefaultPriceMove},
		{&l.MaxDayNotional, DefaultDayNotional},
		{&l.MaxDailyLoss, DefaultDailyLoss},
		{&l.MaxDrawdown, DefaultDrawdown},
		{&l.MaxUnexplained, DefaultUnexplained},
	} {
		if f.limit.IsZero() {
			*f.limit = f.standard
		}
	}
	for _, f := range []struct {
		limit    *int
		standard int
	}{
		{&l.MaxOrdersPerDay, DefaultOrdersPerDay},
		{&l.MaxPositions, DefaultPositions},
		{&l.MaxOrdersPerMinute, DefaultOrdersPerMinute},
		{&l.MaxRejects, DefaultRejects},
	} {
		if *f.limit == 0 {
			*f.limit = f.standard
		}
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
	// OrdersToday counts the symbol's orders of this exchange day that left or may have left, and
	// OrdersThisMinute those of all symbols.
	OrdersToday, OrdersThisMinute int
	// BoughtToday is the notional of all symbols' orders to buy of this exchange day.
	BoughtToday decimal.Decimal
	// OtherPositions counts the other contracts that are held or being bought.
	OtherPositions int
}

// Reduces says whether the order only takes the position nearer to zero.
func (p Proposal) Reduces() bool { return p.Delta.IsNeg() || p.Held.IsNeg() }

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
	if p.Reduces() {
		return nil
	}
	if !p.Price.IsPos() {
		return &Refusal{"price", fmt.Sprintf("%s has no price above 0 but %s", p.Symbol, p.Price)}
	}
	if err := l.counts(p); err != nil {
		return err
	}
	if err := within("max-order-notional", p.Symbol, p.Delta, p.Price, l.MaxOrderNotional, decimal.Zero); err != nil {
		return err
	}
	if l.MaxOrderShares.IsPos() && p.Delta.Cmp(l.MaxOrderShares) > 0 {
		return &Refusal{"max-order-shares", fmt.Sprintf("%s: %s shares, limit %s", p.Symbol, p.Delta, l.MaxOrderShares)}
	}
	err = within("max-position-notional", p.Symbol, after, p.Price, l.MaxPositionNotional, decimal.Zero)
	if err != nil {
		return err
	}
	return within("max-day-notional", p.Symbol, p.Delta, p.Price, l.MaxDayNotional, p.BoughtToday)
}

// counts holds the limits that are counts.
func (l Limits) counts(p Proposal) error {
	switch {
	case l.MaxOrdersPerDay > 0 && p.OrdersToday >= l.MaxOrdersPerDay:
		return &Refusal{"max-orders-per-day", fmt.Sprintf("%s has %d orders today, limit %d",
			p.Symbol, p.OrdersToday, l.MaxOrdersPerDay)}
	case l.MaxOrdersPerMinute > 0 && p.OrdersThisMinute >= l.MaxOrdersPerMinute:
		return &Refusal{"max-orders-per-minute", fmt.Sprintf("%d orders in the last minute, limit %d",
			p.OrdersThisMinute, l.MaxOrdersPerMinute)}
	case l.MaxPositions > 0 && p.Held.IsZero() && p.OtherPositions >= l.MaxPositions:
		return &Refusal{"max-positions", fmt.Sprintf("%d contracts are held or being bought, limit %d",
			p.OtherPositions, l.MaxPositions)}
	}
	return nil
}

// Loss is the limit on losses that equity has reached, nil when there is none: equity fell from start
// since the day began, and from peak. Reaching it is enough.
func (l Limits) Loss(start, peak, equity decimal.Decimal) error {
	l = l.Effective()
	for _, f := range []struct {
		limit       string
		from, bound decimal.Decimal
	}{
		{"max-daily-loss", start, l.MaxDailyLoss},
		{"max-drawdown", peak, l.MaxDrawdown},
	} {
		lost, err := f.from.Sub(equity)
		if err != nil {
			return fmt.Errorf("take %s from %s: %w", equity, f.from, err)
		}
		if f.bound.IsPos() && lost.Cmp(f.bound) >= 0 {
			return &Refusal{f.limit, fmt.Sprintf("equity fell by %s from %s to %s, limit %s",
				lost, f.from, equity, f.bound)}
		}
	}
	return nil
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

// within is nil while had + shares x price is at most the bound.
func within(limit, symbol string, shares, price, bound, had decimal.Decimal) error {
	if bound.IsNeg() {
		return nil
	}
	notional, err := had.AddMul(shares, price)
	if err != nil {
		// Too large for the ledger's numbers is too large for any limit.
		return &Refusal{limit, fmt.Sprintf("%s: %s x %s: %v", symbol, shares, price, err)}
	}
	if notional.Cmp(bound) <= 0 {
		return nil
	}
	more := ""
	if !had.IsZero() {
		more = " after " + had.String()
	}
	return &Refusal{limit, fmt.Sprintf("%s: %s x %s%s = %s, limit %s", symbol, shares, price, more,
		notional, bound)}
}
