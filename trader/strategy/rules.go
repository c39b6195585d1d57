package strategy

import (
	"fmt"

	"github.com/govalues/decimal"

	"ibsoak/trader/market"
)

// cross is long while the average of the last fast closes is above that of the last slow ones.
type cross struct{ fast, slow int }

func newCross(p Params) (Rule, error) {
	if p.Fast < 1 || p.Slow <= p.Fast || p.Slow > MaxBars {
		return nil, fmt.Errorf("averages of %d and %d bars, want 1 <= fast < slow <= %d", p.Fast, p.Slow, MaxBars)
	}
	return cross{p.Fast, p.Slow}, nil
}

// Needs is the slow average's length.
func (c cross) Needs() int { return c.slow }

// Start begins both averages.
func (c cross) Start() Stream {
	return &crossing{newAverage(c.fast), newAverage(c.slow)}
}

type crossing struct{ fast, slow *average }

// Next compares the averages.
func (c *crossing) Next(b market.Bar) (Signal, error) {
	if err := c.fast.next(b.Close); err != nil {
		return Signal{}, err
	}
	if err := c.slow.next(b.Close); err != nil {
		return Signal{}, err
	}
	fast, err := c.fast.value()
	if err != nil {
		return Signal{}, err
	}
	slow, err := c.slow.value()
	if err != nil {
		return Signal{}, err
	}
	s := Signal{Want: Flat, Reason: func() string {
		return fmt.Sprintf("SMA%d %s, SMA%d %s", len(c.fast.last), fast.Round(4), len(c.slow.last), slow.Round(4))
	}}
	if fast.Cmp(slow) > 0 {
		s.Want = Long
	}
	return s, nil
}

// reversion buys when the relative strength is below low, and sells when it is above high.
type reversion struct {
	period    int
	low, high decimal.Decimal
}

func newReversion(p Params) (Rule, error) {
	const most = 25 // the memory of a longer one is longer than MaxBars
	switch {
	case p.Period < 2 || p.Period > most:
		return nil, fmt.Errorf("a relative strength of %d bars, want 2 to %d", p.Period, most)
	case !p.Low.IsPos() || p.Low.Cmp(p.High) >= 0 || p.High.Cmp(hundred) >= 0:
		return nil, fmt.Errorf("levels %s and %s, want 0 < low < high < 100", p.Low, p.High)
	}
	return reversion{p.Period, p.Low, p.High}, nil
}

// Needs is when what was before has faded.
func (r reversion) Needs() int { return faded(r.period) }

// Start begins the averages.
func (r reversion) Start() Stream { return &reverting{reversion: r, strength: newStrength(r.period)} }

type reverting struct {
	reversion
	strength *strength
}

// Next compares the relative strength with the levels.
func (r *reverting) Next(b market.Bar) (Signal, error) {
	if err := r.strength.next(b.Close); err != nil {
		return Signal{}, err
	}
	v, ok, err := r.strength.value()
	if err != nil || !ok {
		return Signal{}, err
	}
	s := Signal{Reason: func() string {
		return fmt.Sprintf("RSI%d %s, buys below %s, sells above %s", r.period, v.Round(2), r.low, r.high)
	}}
	switch {
	case v.Cmp(r.low) < 0:
		s.Want = Long
	case v.Cmp(r.high) > 0:
		s.Want = Flat
	}
	return s, nil
}

// breakout buys a close above the highest high of the entry bars before it, and sells one below the
// lowest low of the exit bars before it.
type breakout struct{ entry, exit int }

func newBreakout(p Params) (Rule, error) {
	if p.Entry < 1 || p.Exit < 1 || max(p.Entry, p.Exit) >= MaxBars {
		return nil, fmt.Errorf("channels of %d and %d bars, want 1 to %d each", p.Entry, p.Exit, MaxBars-1)
	}
	return breakout{p.Entry, p.Exit}, nil
}

// Needs is the longer channel and the bar that is compared with it.
func (b breakout) Needs() int { return max(b.entry, b.exit) + 1 }

// Start begins both channels.
func (b breakout) Start() Stream {
	return &breaking{newExtreme(b.entry, highest), newExtreme(b.exit, lowest)}
}

type breaking struct{ entry, exit *extreme }

// Next compares the close with the channels before it, and only then adds the bar to them.
func (c *breaking) Next(b market.Bar) (s Signal, err error) {
	high, okHigh := c.entry.value()
	low, okLow := c.exit.value()
	s.Reason = func() string {
		return fmt.Sprintf("close %s, high of %d %s, low of %d %s", b.Close, c.entry.n, high, c.exit.n, low)
	}
	switch {
	case okHigh && b.Close.Cmp(high) > 0:
		s.Want = Long
	case okLow && b.Close.Cmp(low) < 0:
		s.Want = Flat
	}
	c.entry.next(b.High)
	c.exit.next(b.Low)
	return s, nil
}

// always is long.
type always struct{}

// Needs is one bar: the price that is paid.
func (always) Needs() int { return 1 }

// Start begins.
func (a always) Start() Stream { return a }

// Next is long.
func (always) Next(market.Bar) (Signal, error) {
	return Signal{Want: Long, Reason: func() string { return Hold }}, nil
}

// byTurns is long after every even minute.
type byTurns struct{}

// Needs is one bar.
func (byTurns) Needs() int { return 1 }

// Start begins.
func (b byTurns) Start() Stream { return b }

// Next goes by the minute that the bar ends at.
func (byTurns) Next(b market.Bar) (Signal, error) {
	const minute = 60
	if (b.End().Unix()/minute)%2 != 0 {
		return Signal{Want: Flat, Reason: func() string { return "odd minute" }}, nil
	}
	return Signal{Want: Long, Reason: func() string { return "even minute" }}, nil
}
