// Package lots is the arithmetic of profit: what is held of one contract, lot by lot, first in, first out.
// It is a pure layer below the journal and knows neither orders nor brokers. All numbers are exact
// decimals in the contract's currency.
//
// For every series of trades and every price: cash + quantity x price = realised + unrealised - fees,
// where cash is what the trades paid and got. The tests hold that for random series.
package lots

import (
	"fmt"

	"github.com/govalues/decimal"
)

// lot is shares of one trade that are still held, below zero when they are owed.
type lot struct{ shares, price decimal.Decimal }

// Book is what one contract's trades amount to. The zero value has none.
type Book struct {
	open     []lot // oldest first, all of one sign
	realised decimal.Decimal
	fees     decimal.Decimal
}

// Trade books a change of position at a price: shares above zero are bought, below zero sold. What
// reduces the position closes its oldest lots; what is left beyond zero opens one on the other side.
func (b *Book) Trade(shares, price, fee decimal.Decimal) error {
	for len(b.open) > 0 && shares.Sign() == -b.open[0].shares.Sign() {
		first := &b.open[0]
		closed := shares.Abs().Min(first.shares.Abs()).CopySign(first.shares)
		gain, err := profit(closed, first.price, price)
		if err != nil {
			return fmt.Errorf("close a lot: %w", err)
		}
		if b.realised, err = b.realised.Add(gain); err != nil {
			return fmt.Errorf("add up profits: %w", err)
		}
		if first.shares, err = first.shares.Sub(closed); err != nil {
			return fmt.Errorf("close a lot: %w", err)
		}
		if shares, err = shares.Add(closed); err != nil {
			return fmt.Errorf("close a lot: %w", err)
		}
		if first.shares.IsZero() {
			b.open = b.open[1:]
		}
	}
	if !shares.IsZero() {
		b.open = append(b.open, lot{shares, price})
	}
	fees, err := b.fees.Add(fee)
	if err != nil {
		return fmt.Errorf("add up fees: %w", err)
	}
	b.fees = fees
	return nil
}

// profit is shares x (to - from).
func profit(shares, from, to decimal.Decimal) (decimal.Decimal, error) {
	each, err := to.Sub(from)
	if err != nil {
		return each, err
	}
	return shares.Mul(each)
}

// Realised is the profit of the lots that were closed, before fees.
func (b *Book) Realised() decimal.Decimal { return b.realised }

// Fees are all that were paid.
func (b *Book) Fees() decimal.Decimal { return b.fees }

// Held is what is held, below zero when it is short.
func (b *Book) Held() (decimal.Decimal, error) {
	var sum decimal.Decimal
	var err error
	for _, l := range b.open {
		if sum, err = sum.Add(l.shares); err != nil {
			return sum, fmt.Errorf("add up lots: %w", err)
		}
	}
	return sum, nil
}

// Unrealised is the profit of what is held, at a price.
func (b *Book) Unrealised(price decimal.Decimal) (decimal.Decimal, error) {
	var sum decimal.Decimal
	for _, l := range b.open {
		gain, err := profit(l.shares, l.price, price)
		if err == nil {
			sum, err = sum.Add(gain)
		}
		if err != nil {
			return sum, fmt.Errorf("value lots at %s: %w", price, err)
		}
	}
	return sum, nil
}
