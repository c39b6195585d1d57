// Package strategy turns closed bars into the position that the trader should hold. A strategy
// sees nothing else: no session, no order, no clock, so the same bars always give the same target.
package strategy

import (
	"errors"
	"fmt"

	"github.com/govalues/decimal"

	"ibsoak/trader/market"
)

// Strategy decides on a target position.
type Strategy interface {
	// Name is what the configuration calls it.
	Name() string
	// Needs is how many closed bars Decide must be given at least.
	Needs() int
	// Decide is handed closed bars, oldest first. It returns ErrWarmUp when there are too few.
	Decide(bars []market.Bar) (Decision, error)
}

// Decision is the position to hold, in shares, and why. Targets are never negative.
type Decision struct {
	Target decimal.Decimal
	Reason string
}

// ErrWarmUp says that there are not yet enough bars to decide on.
var ErrWarmUp = errors.New("not enough bars yet")

// Names of the strategies that New makes.
const (
	SMACross  = "sma-cross" // long while the fast average is above the slow one, else flat
	Hold      = "hold"      // long from the first bar on
	Alternate = "alternate" // long and flat by turns, one minute each: exercises the order path
)

// Names lists what New accepts.
func Names() []string { return []string{SMACross, Hold, Alternate} }

// Params are the numbers of a strategy.
type Params struct {
	Shares decimal.Decimal // held when long
	Fast   int             // bars in the fast average
	Slow   int             // bars in the slow average
}

// MaxBars bounds the slow average: an hour and a half of minutes is what one request asks for.
const MaxBars = 90

// New makes the named strategy.
func New(name string, p Params) (Strategy, error) {
	if !p.Shares.IsPos() {
		return nil, fmt.Errorf("strategy %s: shares %s is not above 0", name, p.Shares)
	}
	switch name {
	case SMACross:
		if p.Fast < 1 || p.Slow <= p.Fast || p.Slow > MaxBars {
			return nil, fmt.Errorf("strategy %s: averages of %d and %d bars, want 1 <= fast < slow <= %d",
				name, p.Fast, p.Slow, MaxBars)
		}
		return smaCross(p), nil
	case Hold:
		return hold(p), nil
	case Alternate:
		return alternate(p), nil
	default:
		return nil, fmt.Errorf("no strategy %q, there are %v", name, Names())
	}
}

type smaCross Params

// Name is SMACross.
func (smaCross) Name() string { return SMACross }

// Needs is how many bars Decide looks at.
func (s smaCross) Needs() int { return s.Slow }

// Decide is the strategy itself.
func (s smaCross) Decide(bars []market.Bar) (Decision, error) {
	if len(bars) < s.Slow {
		return Decision{}, fmt.Errorf("%d of %d: %w", len(bars), s.Slow, ErrWarmUp)
	}
	closes := market.Closes(bars)
	fast, err := decimal.Mean(closes[len(closes)-s.Fast:]...)
	if err != nil {
		return Decision{}, fmt.Errorf("average %d closes: %w", s.Fast, err)
	}
	slow, err := decimal.Mean(closes[len(closes)-s.Slow:]...)
	if err != nil {
		return Decision{}, fmt.Errorf("average %d closes: %w", s.Slow, err)
	}
	d := Decision{Reason: fmt.Sprintf("SMA%d %s, SMA%d %s", s.Fast, fast.Round(4), s.Slow, slow.Round(4))}
	if fast.Cmp(slow) > 0 {
		d.Target = s.Shares
	}
	return d, nil
}

type hold Params

// Name is Hold.
func (hold) Name() string { return Hold }

// Needs is how many bars Decide looks at.
func (hold) Needs() int { return 1 }

// Decide is the strategy itself.
func (h hold) Decide(bars []market.Bar) (Decision, error) {
	if len(bars) < h.Needs() {
		return Decision{}, ErrWarmUp
	}
	return Decision{Target: h.Shares, Reason: "hold"}, nil
}

type alternate Params

// Name is Alternate.
func (alternate) Name() string { return Alternate }

// Needs is how many bars Decide looks at.
func (alternate) Needs() int { return 1 }

// Decide is the strategy itself.
func (a alternate) Decide(bars []market.Bar) (Decision, error) {
	if len(bars) < a.Needs() {
		return Decision{}, ErrWarmUp
	}
	last := bars[len(bars)-1]
	if (last.End().Unix()/60)%2 != 0 {
		return Decision{Reason: "odd minute"}, nil
	}
	return Decision{Target: a.Shares, Reason: "even minute"}, nil
}
