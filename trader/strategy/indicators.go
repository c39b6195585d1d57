package strategy

import (
	"math"

	"github.com/govalues/decimal"

	"ibsoak/trader/market"
)

// Indicators take one value after the other; the work for each does not depend on how many there were.
// They are exact decimals, rounded to nineteen digits where a division needs it: binary floating point
// may differ between processors, and with it a decision.

var hundred = decimal.MustNew(100, 0)

// average is the mean of the last values.
type average struct {
	last []decimal.Decimal // as many as are averaged, in a ring
	n    int               // had so far
	sum  decimal.Decimal
}

func newAverage(n int) *average { return &average{last: make([]decimal.Decimal, n)} }

func (a *average) next(v decimal.Decimal) (err error) {
	at := a.n % len(a.last)
	if a.n >= len(a.last) {
		if a.sum, err = a.sum.Sub(a.last[at]); err != nil {
			return err
		}
	}
	a.last[at] = v
	a.n++
	a.sum, err = a.sum.Add(v)
	return err
}

// value is the mean of what there is.
func (a *average) value() (decimal.Decimal, error) {
	return a.sum.Quo(whole(min(max(a.n, 1), len(a.last))))
}

func whole(n int) decimal.Decimal { return decimal.MustNew(int64(n), 0) }

// wilder is the average of J. Welles Wilder (New Concepts in Technical Trading Systems, 1978): the mean
// of the first n values, from then on (n-1)/n of itself and 1/n of the next.
type wilder struct {
	n, had int
	v      decimal.Decimal // the sum, until there are n
}

func (w *wilder) next(v decimal.Decimal) (err error) {
	n := whole(w.n)
	w.had++
	if w.had > w.n {
		if w.v, err = w.v.Mul(whole(w.n - 1)); err != nil {
			return err
		}
	}
	if w.v, err = w.v.Add(v); err != nil || w.had < w.n {
		return err
	}
	w.v, err = w.v.Quo(n)
	return err
}

func (w *wilder) ready() bool { return w.had >= w.n }

// faded is after how many bars an average after Wilder has forgotten what was before but for a
// millionth.
func faded(n int) int {
	const left = 1e-6
	return n + 1 + int(math.Ceil(math.Log(left)/math.Log(1-1/float64(n))))
}

// strength is Wilder's relative strength index, 0 to 100: the average rise between two closes, in
// percent of the average rise and fall.
type strength struct {
	before          decimal.Decimal
	any             bool
	rising, falling wilder
}

func newStrength(n int) *strength {
	return &strength{rising: wilder{n: n}, falling: wilder{n: n}}
}

func (s *strength) next(price decimal.Decimal) error {
	before, any := s.before, s.any
	s.before, s.any = price, true
	if !any {
		return nil
	}
	change, err := price.Sub(before)
	if err != nil {
		return err
	}
	if err := s.rising.next(change.Max(decimal.Zero)); err != nil {
		return err
	}
	return s.falling.next(change.Neg().Max(decimal.Zero))
}

// value is 50 where nothing has moved: neither rose more than the other.
func (s *strength) value() (v decimal.Decimal, ok bool, err error) {
	if !s.rising.ready() {
		return v, false, nil
	}
	all, err := s.rising.v.Add(s.falling.v)
	if err != nil {
		return v, false, err
	}
	if all.IsZero() {
		const middle = 50
		return whole(middle), true, nil
	}
	if v, err = s.rising.v.Quo(all); err != nil {
		return v, false, err
	}
	v, err = v.Mul(hundred)
	return v, err == nil, err
}

// trueRange is Wilder's average true range: how far a bar reaches, the gap to the close before it
// included.
type trueRange struct {
	before decimal.Decimal
	any    bool
	mean   wilder
}

func newTrueRange(n int) *trueRange { return &trueRange{mean: wilder{n: n}} }

func (t *trueRange) next(b market.Bar) error {
	before, any := t.before, t.any
	t.before, t.any = b.Close, true
	if !any {
		return nil // a first bar has no close before it
	}
	reach, err := b.High.Max(before).Sub(b.Low.Min(before))
	if err != nil {
		return err
	}
	return t.mean.next(reach)
}

func (t *trueRange) value() (v decimal.Decimal, ok bool) { return t.mean.v, t.mean.ready() }

// extreme is the highest, or lowest, of the last n values. Of the values that can still become it, it
// keeps those that no later one beats: each value is added and taken out once.
type extreme struct {
	n     int
	beats func(a, b decimal.Decimal) bool
	had   int
	best  []placed // in order, the extreme first
}

type placed struct {
	at int
	v  decimal.Decimal
}

func highest(a, b decimal.Decimal) bool { return a.Cmp(b) >= 0 }
func lowest(a, b decimal.Decimal) bool  { return a.Cmp(b) <= 0 }

func newExtreme(n int, beats func(a, b decimal.Decimal) bool) *extreme {
	return &extreme{n: n, beats: beats, best: make([]placed, 0, 2*n)}
}

func (e *extreme) next(v decimal.Decimal) {
	for len(e.best) > 0 && e.beats(v, e.best[len(e.best)-1].v) {
		e.best = e.best[:len(e.best)-1]
	}
	if len(e.best) > 0 && e.best[0].at <= e.had-e.n {
		e.best = append(e.best[:0], e.best[1:]...)
	}
	e.best = append(e.best, placed{e.had, v})
	e.had++
}

// value is there when there were n values.
func (e *extreme) value() (v decimal.Decimal, ok bool) {
	if e.had < e.n {
		return v, false
	}
	return e.best[0].v, true
}
