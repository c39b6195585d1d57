package protect

import (
	"fmt"
	"strings"

	"github.com/govalues/decimal"
)

// Kind says how a distance from the price of the entry is measured.
type Kind uint8

// The kinds of distances.
const (
	Off     Kind = iota
	Percent      // of the entry's price
	Amount       // of money a share, in the contract's currency
	ATR          // multiples of the average true range of the bars that are traded on
)

// Distance is how far from the price of the entry a level is. The zero Distance is none.
type Distance struct {
	Kind  Kind
	Value decimal.Decimal // above 0
	// Trailing lets the broker take a stop along with the market, and never back.
	Trailing bool
}

// On says whether there is one.
func (d Distance) On() bool { return d.Kind != Off }

// Spec is the protection of every position. The zero Spec is none.
type Spec struct {
	Stop   Distance
	Target Distance // only beside a stop
}

// On says whether positions are protected.
func (s Spec) On() bool { return s.Stop.On() }

// The texts of distances.
const (
	off     = "off"
	trails  = "trail:"
	percent = "%"
	ranges  = "atr"
)

// The bounds of distances: nearer is noise or a mistyped ratio, farther is no protection.
var (
	leastPercent = decimal.MustNew(1, 2) // 0.01 %
	mostPercent  = decimal.MustNew(50, 0)
	mostRanges   = decimal.MustNew(100, 0)
)

// ParseStop reads off, 2%, 1.50 (an amount a share), 1.5atr, trail:1% or trail:0.50.
func ParseStop(text string) (Distance, error) {
	rest, trailing := strings.CutPrefix(text, trails)
	d, err := parse(rest)
	switch {
	case err != nil, trailing && !d.On(), trailing && d.Kind == ATR:
		return Distance{}, fmt.Errorf("stop %q is none of off, 2%%, 1.50, 1.5atr, trail:1%%, trail:0.50 "+
			"(between 0.01%% and 50%%, at most 100atr)", text)
	}
	d.Trailing = trailing
	return d, nil
}

// ParseTarget reads off, 4%, 3.00 (an amount a share) or 2atr.
func ParseTarget(text string) (Distance, error) {
	d, err := parse(text)
	if err != nil {
		return d, fmt.Errorf("target %q is none of off, 4%%, 3.00, 2atr "+
			"(between 0.01%% and 50%%, at most 100atr)", text)
	}
	return d, nil
}

func parse(text string) (Distance, error) {
	if text == off {
		return Distance{}, nil
	}
	d := Distance{Kind: Amount}
	number := text
	if n, ok := strings.CutSuffix(text, percent); ok {
		d.Kind, number = Percent, n
	} else if n, ok := strings.CutSuffix(text, ranges); ok {
		d.Kind, number = ATR, n
	}
	var err error
	if d.Value, err = decimal.Parse(number); err != nil {
		return Distance{}, err
	}
	bad := !d.Value.IsPos() ||
		d.Kind == Percent && (d.Value.Cmp(leastPercent) < 0 || d.Value.Cmp(mostPercent) > 0) ||
		d.Kind == ATR && d.Value.Cmp(mostRanges) > 0
	if bad {
		return Distance{}, fmt.Errorf("%s is out of range", number)
	}
	return d, nil
}

// String is the text that ParseStop or ParseTarget reads.
func (d Distance) String() string {
	text := d.Value.String()
	switch d.Kind {
	case Off:
		return off
	case Percent:
		text += percent
	case ATR:
		text += ranges
	case Amount:
	}
	if d.Trailing {
		text = trails + text
	}
	return text
}

// Levels are the prices of one position's orders.
type Levels struct {
	Stop   decimal.Decimal // of a trailing stop where it begins
	Target decimal.Decimal // zero: none
}

// Levels computes them from the price of the entry, on the contract's tick: the stop on the far side of
// it for a position of that sign, the target on the near one. atr is the average true range; zero is
// not known, and then a distance in multiples of it is an error.
func (s Spec) Levels(entry, atr, tick decimal.Decimal, short bool) (l Levels, err error) {
	if l.Stop, err = s.Stop.from(entry, atr, tick, !short); err != nil {
		return l, fmt.Errorf("stop at %s from %s: %w", s.Stop, entry, err)
	}
	if s.Target.On() {
		if l.Target, err = s.Target.from(entry, atr, tick, short); err != nil {
			return l, fmt.Errorf("target at %s from %s: %w", s.Target, entry, err)
		}
	}
	return l, nil
}

var hundred = decimal.MustNew(100, 0)

// from is the price at the distance below or above entry, rounded away from it to the tick.
func (d Distance) from(entry, atr, tick decimal.Decimal, below bool) (decimal.Decimal, error) {
	by := d.Value
	var err error
	switch d.Kind {
	case Percent:
		if by, err = entry.Mul(d.Value); err == nil {
			by, err = by.Quo(hundred)
		}
	case ATR:
		if !atr.IsPos() {
			return by, fmt.Errorf("the average true range is not known")
		}
		by, err = atr.Mul(d.Value)
	case Amount, Off:
	}
	if err != nil {
		return by, err
	}
	price, err := entry.Add(by)
	if below {
		price, err = entry.Sub(by)
	}
	if err != nil {
		return by, err
	}
	return onTick(price, tick, below)
}

// onTick rounds a price to the tick, down or up. A price that is then not above 0 is an error.
func onTick(price, tick decimal.Decimal, down bool) (decimal.Decimal, error) {
	if !tick.IsPos() {
		tick = decimal.MustNew(1, 2)
	}
	ticks, err := price.Quo(tick)
	if err != nil {
		return price, err
	}
	if down {
		ticks = ticks.Floor(0)
	} else {
		ticks = ticks.Ceil(0)
	}
	price, err = ticks.Mul(tick)
	if err == nil && !price.IsPos() {
		err = fmt.Errorf("price %s is not above 0", price)
	}
	return price, err
}
