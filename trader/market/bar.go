// Package market holds what the trader knows of the market: bars, when they are closed and fresh,
// and an exchange's sessions. It asks nobody; time is always the Gateway's, handed in.
package market

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/govalues/decimal"
)

// Bar is one bar of trades. It covers [Start, Start+Size).
type Bar struct {
	Start                  time.Time
	Size                   time.Duration
	Open, High, Low, Close decimal.Decimal
}

// End is the instant at which the bar is closed.
func (b Bar) End() time.Time { return b.Start.Add(b.Size) }

// Equal says whether two bars are of the same time and the same prices.
func (b Bar) Equal(o Bar) bool {
	return b.Start.Equal(o.Start) && b.Close.Equal(o.Close) && b.High.Equal(o.High) &&
		b.Low.Equal(o.Low) && b.Open.Equal(o.Open)
}

// Closed keeps the bars, which are in order of time, that had ended at now, which is the Gateway's time: a
// local clock that runs ahead would trade on a bar that is still being written.
func Closed(bars []Bar, now time.Time) []Bar {
	n := len(bars)
	for n > 0 && bars[n-1].End().After(now) {
		n--
	}
	return bars[:n]
}

// ErrStale says that the newest closed bar is too old to decide on.
var ErrStale = errors.New("stale data")

// Fresh is nil when the last bar ended no longer than limit before now. It goes by the bars' own
// time, never by their time of arrival: frozen data arrives on time.
func Fresh(bars []Bar, now time.Time, limit time.Duration) error {
	if len(bars) == 0 {
		return fmt.Errorf("no closed bar: %w", ErrStale)
	}
	end := bars[len(bars)-1].End()
	if age := now.Sub(end); age > limit {
		return fmt.Errorf("newest closed bar ended %s, %s ago, limit %s: %w",
			end.UTC().Format(time.RFC3339), age.Round(time.Second), limit, ErrStale)
	}
	return nil
}

// ErrInsane says that a price cannot be right.
var ErrInsane = errors.New("price not plausible")

// Sane is nil when the bars ascend strictly in time, each is consistent in itself, and no close
// moved by more than maxMove (a ratio: 0.2 is 20 %, negative is no limit) from the one before it. It catches another
// contract's answer and another session's stream, which cost real accounts money.
func Sane(bars []Bar, maxMove decimal.Decimal) error {
	for i, b := range bars {
		if err := b.consistent(); err != nil {
			return err
		}
		if i == 0 {
			continue
		}
		prev := bars[i-1]
		if !b.Start.After(prev.Start) {
			return fmt.Errorf("bar at %s follows the bar at %s: %w", stamp(b), stamp(prev), ErrInsane)
		}
		far, err := beyond(prev.Close, b.Close, maxMove)
		if err != nil {
			return fmt.Errorf("compare bars: %w", err)
		}
		if far {
			return fmt.Errorf("close moved from %s to %s at %s, limit %s of it: %w",
				prev.Close, b.Close, stamp(b), maxMove, ErrInsane)
		}
	}
	return nil
}

// Continues is nil when bars can be those of the contract whose earlier bars are known, both in order of
// time: of the minutes that both have, most closed alike. Without a minute in common the last closes must
// not be further apart than maxMove, unless known is empty.
func Continues(known, bars []Bar, maxMove decimal.Decimal) error {
	both, unlike, at := 0, 0, 0
	var example string
	for _, b := range bars {
		for at < len(known) && known[at].Start.Before(b.Start) {
			at++
		}
		if at == len(known) || !known[at].Start.Equal(b.Start) {
			continue
		}
		both++
		before := known[at].Close
		far, err := beyond(before, b.Close, revision)
		if err != nil {
			return fmt.Errorf("compare bars: %w", err)
		}
		if far {
			unlike++
			example = fmt.Sprintf("the bar at %s closed at %s, now at %s", stamp(b), before, b.Close)
		}
	}
	switch {
	case both > 0 && 2*unlike > both:
		return fmt.Errorf("these are not this contract's bars: %s: %w", example, ErrInsane)
	case both > 0 || len(known) == 0 || len(bars) == 0:
		return nil
	}
	last := known[len(known)-1]
	if far, err := beyond(last.Close, bars[len(bars)-1].Close, maxMove); err != nil || far {
		return fmt.Errorf("last known close %s at %s, now %s: %w", last.Close, stamp(last),
			bars[len(bars)-1].Close, errors.Join(err, ErrInsane))
	}
	return nil
}

// revision is the part of a close by which a closed bar may still be corrected.
var revision = decimal.MustNew(1, 3)

func (b Bar) consistent() error {
	low, high := b.Low, b.High
	ok := low.IsPos() && low.Cmp(b.Open) <= 0 && low.Cmp(b.Close) <= 0 &&
		high.Cmp(b.Open) >= 0 && high.Cmp(b.Close) >= 0
	if !ok {
		return fmt.Errorf("bar at %s has open %s high %s low %s close %s: %w",
			stamp(b), b.Open, b.High, b.Low, b.Close, ErrInsane)
	}
	return nil
}

// beyond says whether to is further from from than part of it; a negative part is no limit. A product costs a
// tenth of a quotient, and every bar that a decision sees is compared.
func beyond(from, to, part decimal.Decimal) (bool, error) {
	if part.IsNeg() {
		return false, nil
	}
	move, err := to.SubAbs(from)
	if err != nil {
		return false, err
	}
	most, err := from.Abs().Mul(part)
	return move.Cmp(most) > 0, err
}

// Sorted is a copy in ascending order of time.
func Sorted(bars []Bar) []Bar {
	out := slices.Clone(bars)
	slices.SortStableFunc(out, func(a, b Bar) int { return a.Start.Compare(b.Start) })
	return out
}

func stamp(b Bar) string { return b.Start.UTC().Format(time.RFC3339) }

// Agrees is ErrInsane when a close is further than maxMove from what the account says that its shares are
// worth. The account's price is in the currency, of which magnifier units of the close make one.
func Agrees(account, price, magnifier, maxMove decimal.Decimal) error {
	same, err := account.Mul(magnifier)
	if err != nil {
		return fmt.Errorf("compare with the account's price: %w", err)
	}
	if far, err := beyond(same, price, maxMove); err != nil || far {
		return fmt.Errorf("the bars end at %s, the account's shares are at %s, limit %s of it: %w",
			price, same, maxMove, errors.Join(err, ErrInsane))
	}
	return nil
}
