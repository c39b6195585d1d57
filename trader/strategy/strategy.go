// Package strategy turns closed bars into the position that the trader should hold. A strategy sees
// nothing else: no session, no order, no clock, so the same bars always give the same target. It is
// handed one bar after the other and can neither ask for another nor look ahead.
package strategy

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/market"
)

// Rule is how a strategy reads bars. It knows nothing of shares, money and what is held.
type Rule interface {
	// Needs is how many bars a stream must have had before its signals count.
	Needs() int
	// Start begins a stream of one symbol's bars.
	Start() Stream
}

// Stream reads one symbol's bars.
type Stream interface {
	// Next takes the next closed bar and says what it calls for. Its work does not grow with the number
	// of bars.
	Next(bar market.Bar) (Signal, error)
}

// Want is what a bar calls for.
type Want uint8

// What bars call for. Keep leaves a position as it is, whichever it is: so a rule with one level to enter
// and another to leave needs no memory of its own, which a restart would lose.
const (
	Keep Want = iota
	Long
	Flat
)

// Signal is what a bar calls for, and why.
type Signal struct {
	Want   Want
	Reason func() string // made when it is asked for; may be nil
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
	RSI       = "rsi"       // buys what has fallen too far, until it has recovered: mean reversion
	Donchian  = "donchian"  // buys a new high, sells a new low: breakout
	Hold      = "hold"      // long from the first bar on
	Alternate = "alternate" // long and flat by turns, one minute each: exercises the order path
)

// Names lists what New accepts.
func Names() []string { return []string{SMACross, RSI, Donchian, Hold, Alternate} }

// Params are the numbers of a strategy. Those of other strategies than the named one are not read.
type Params struct {
	Fast, Slow int // bars in the averages of SMACross

	Period    int             // bars in the relative strength of RSI
	Low, High decimal.Decimal // of RSI: it buys below Low and sells above High, 0 to 100

	Entry, Exit int // of Donchian: it buys above the high of Entry bars, sells below the low of Exit

	Shares decimal.Decimal // of Fixed sizing, which is the default
	Sizing Sizing
}

// MaxBars bounds every number of bars: six hours of minutes are within a session.
const MaxBars = 360

// Strategy is a rule and a sizing of what it buys. It has no state: Start gives that.
type Strategy struct {
	name   string
	rule   Rule
	sizing Sizing
}

// New makes the named strategy.
func New(name string, p Params) (*Strategy, error) {
	newRule, ok := rules[name]
	if !ok {
		return nil, fmt.Errorf("no strategy %q, there are %v", name, Names())
	}
	rule, err := newRule(p)
	if err != nil {
		return nil, fmt.Errorf("strategy %s: %w", name, err)
	}
	sizing, err := p.Sizing.with(p.Shares)
	if err != nil {
		return nil, fmt.Errorf("strategy %s: %w", name, err)
	}
	return &Strategy{name, rule, sizing}, nil
}

// rules are those that New knows, by name.
var rules = map[string]func(Params) (Rule, error){
	SMACross: newCross, RSI: newReversion, Donchian: newBreakout,
	Hold:      func(Params) (Rule, error) { return always{}, nil },
	Alternate: func(Params) (Rule, error) { return byTurns{}, nil },
}

// Name is what the configuration calls it.
func (s *Strategy) Name() string { return s.name }

// Needs is how many closed bars it must have had before it decides.
func (s *Strategy) Needs() int { return max(s.rule.Needs(), s.sizing.needs()) }

// ByEquity says whether a decision depends on what the trader is worth.
func (s *Strategy) ByEquity() bool { return s.sizing.Method != Fixed }

// Start begins the stream of one symbol's bars.
func (s *Strategy) Start() *Reader {
	return &Reader{of: s, stream: s.rule.Start(), ranges: s.sizing.start()}
}

// Reader is a strategy on one symbol's bars. The bars are its only state, so one that has read as many
// as Needs, and one that has read a year of them, decide alike: to the last digit, but for averages
// after Wilder, whose older part has faded to a millionth by then.
type Reader struct {
	of     *Strategy
	stream Stream
	ranges *trueRange // nil: sizing does not ask
	read   int
	had    []market.Bar // what was read last, as far back as it was given
	last   market.Bar
	signal Signal
}

// Read takes bars, oldest first: those after the last one that it has had. Bars that do not reach back
// to that one, and bars that say something else about it or those before it, begin a new stream: so
// a gap or a correction leads to what a restart would lead to. bars must not change afterwards.
func (r *Reader) Read(bars []market.Bar) error {
	fresh := bars
	if r.read > 0 {
		at, known := slices.BinarySearchFunc(bars, r.last.Start, startOf)
		if known && r.agrees(bars[:at+1]) {
			fresh = bars[at+1:]
		} else {
			*r = *r.of.Start()
		}
	}
	r.had = bars
	for _, b := range fresh {
		if err := r.take(b); err != nil {
			return fmt.Errorf("strategy %s: bar at %s: %w", r.of.name, b.Start.UTC().Format("2006-01-02T15:04Z"), err)
		}
	}
	return nil
}

func startOf(b market.Bar, at time.Time) int { return b.Start.Compare(at) }

// agrees says whether bars, which end with the last one that was read, say what was read.
func (r *Reader) agrees(bars []market.Bar) bool {
	a, b := len(bars)-1, len(r.had)-1
	for ; a >= 0 && b >= 0; a, b = a-1, b-1 {
		if !bars[a].Equal(r.had[b]) {
			return false
		}
	}
	return true
}

func (r *Reader) take(b market.Bar) (err error) {
	if r.signal, err = r.stream.Next(b); err != nil {
		return err
	}
	if r.ranges != nil {
		if err := r.ranges.next(b); err != nil {
			return err
		}
	}
	r.last = b
	r.read++
	return nil
}

// Decide gives the target after the bars so far. held is the trader's own shares, equity what the trader
// is worth in the contract's currency, which is read only when ByEquity says so. It returns ErrWarmUp
// when there were too few bars: that is not flat.
func (r *Reader) Decide(held, equity decimal.Decimal) (Decision, error) {
	if r.read < r.of.Needs() {
		return Decision{}, fmt.Errorf("%d of %d: %w", r.read, r.of.Needs(), ErrWarmUp)
	}
	d := Decision{Target: held}
	if r.signal.Reason != nil {
		d.Reason = r.signal.Reason()
	}
	switch r.signal.Want {
	case Flat:
		d.Target = decimal.Zero
	case Long:
		shares, why, err := r.of.sizing.shares(held, equity, r.last.Close, r.ranges)
		if err != nil {
			return d, fmt.Errorf("strategy %s: size: %w", r.of.name, err)
		}
		d.Target = shares
		if why != "" {
			d.Reason += "; " + why
		}
	case Keep:
	}
	return d, nil
}
