package strategy

import (
	"fmt"

	"github.com/govalues/decimal"
)

// The methods of Sizing.
const (
	Fixed    = "fixed"    // Params.Shares
	ATR      = "atr"      // so many that a fall of Multiple average true ranges costs Risk of the equity
	Fraction = "fraction" // so many as Fraction of the equity buys
)

// Sizings lists the methods.
func Sizings() []string { return []string{Fixed, ATR, Fraction} }

// Sizing says how many shares a strategy holds when it is long. Fixed keeps to its number: it buys what
// a partial fill has left out. The others decide when they enter and then leave a position as it is:
// an equity that moves with every bar must not trade with every bar.
type Sizing struct {
	Method   string          // "" is Fixed
	Risk     decimal.Decimal // of ATR: part of the equity, 0.01 is 1 %
	Period   int             // of ATR: bars in the average true range
	Multiple decimal.Decimal // of ATR: how many ranges away the exit is thought to be
	Fraction decimal.Decimal // of Fraction: part of the equity, at most 1: nothing is borrowed

	fixed decimal.Decimal
}

// with checks the numbers that the method reads.
func (s Sizing) with(shares decimal.Decimal) (Sizing, error) {
	s.fixed = shares
	const longest = 25 // as of a relative strength
	switch s.Method {
	case "", Fixed:
		s.Method = Fixed
		if !shares.IsPos() {
			return s, fmt.Errorf("shares %s is not above 0", shares)
		}
	case ATR:
		if !s.Risk.IsPos() || s.Risk.Cmp(decimal.One) >= 0 {
			return s, fmt.Errorf("risk %s, want above 0 and below 1: 0.01 is 1 %% of the equity", s.Risk)
		}
		if s.Period < 2 || s.Period > longest || !s.Multiple.IsPos() {
			return s, fmt.Errorf("%s average true ranges of %d bars, want above 0, of 2 to %d bars",
				s.Multiple, s.Period, longest)
		}
	case Fraction:
		if !s.Fraction.IsPos() || s.Fraction.Cmp(decimal.One) > 0 {
			return s, fmt.Errorf("fraction %s, want above 0 and at most 1: 0.25 is a quarter of the equity", s.Fraction)
		}
	default:
		return s, fmt.Errorf("no sizing %q, there are %v", s.Method, Sizings())
	}
	return s, nil
}

// needs is how many bars a size can be made of.
func (s Sizing) needs() int {
	if s.Method == ATR {
		return faded(s.Period)
	}
	return 0
}

func (s Sizing) start() *trueRange {
	if s.Method == ATR {
		return newTrueRange(s.Period)
	}
	return nil
}

// shares is the target of a strategy that wants to be long: whole shares, rounded down, unless Fixed
// says else.
func (s Sizing) shares(held, equity, price decimal.Decimal, ranges *trueRange) (
	target decimal.Decimal, why string, err error,
) {
	switch {
	case s.Method == Fixed:
		return s.fixed, "", nil
	case held.IsPos():
		return held, "", nil
	case !equity.IsPos():
		return decimal.Zero, fmt.Sprintf("nothing to buy with: equity is %s", equity), nil
	}
	part, each := s.Fraction, price
	if s.Method == ATR {
		reach, ok := ranges.value()
		if !ok || !reach.IsPos() {
			return decimal.Zero, "no size: the price does not move", nil
		}
		part = s.Risk
		if each, err = reach.Mul(s.Multiple); err != nil {
			return decimal.Zero, "", err
		}
	}
	money, err := equity.Mul(part)
	if err != nil {
		return decimal.Zero, "", err
	}
	if target, err = money.Quo(each); err != nil {
		return decimal.Zero, "", err
	}
	most, err := equity.Quo(price) // a calm market must not borrow
	if err != nil {
		return decimal.Zero, "", err
	}
	target = target.Min(most).Floor(0)
	return target, fmt.Sprintf("%s: %s of equity %s at %s a share", s.Method, money.Round(2), equity.Round(2),
		each.Round(4)), nil
}
