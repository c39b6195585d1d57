package market

import (
	"fmt"
	"time"

	"github.com/govalues/decimal"
)

// Bar is what traded between Start and the next bar.
type Bar struct {
	Start                  time.Time
	Open, High, Low, Close decimal.Decimal
	WAP                    decimal.Decimal // weighted by volume; exact over bars of 1 minute and up
	Volume                 int64           // shares
	Trades                 int
}

// Unit is the unit of a bar size or of a duration.
type Unit uint8

// The units. Months and years are the calendar's.
const (
	Second Unit = iota
	Day
	Week
	Month
	Year
)

// Span is a bar size or a duration: Count units.
type Span struct {
	Count int
	Unit  Unit
}

// Series says which prices bars are made of.
type Series uint8

// The series. The spread is two ticks around the last trade, so midpoints are trades.
const (
	Trades Series = iota
	Midpoint
	Bid
	Ask
)

// HistoryRequest asks for the bars of a stretch of time.
type HistoryRequest struct {
	Instrument Instrument
	End        time.Time // zero: now
	Duration   Span
	BarSize    Span // 5 seconds to 1 day, 1 week, 1 month
	RTHOnly    bool // regular trading hours only
	Series     Series
}

// History is the answer: bars in order of time. The last one may still be forming.
type History struct {
	Start, End time.Time // the window that was looked at
	Bars       []Bar
}

// MaxBars bounds an answer: 20 years of days, or a week of 10 seconds.
const MaxBars = 100_000

// maxHistory bounds the work of one request.
const maxHistory = 20 * 366 * 24 * time.Hour

// ErrTooMuch is a request for more than MaxBars bars or for more than 20 years.
var ErrTooMuch = fmt.Errorf("more than %d bars or 20 years", MaxBars)

// Market is the prices of every instrument under one seed. It has no state.
type Market struct {
	Seed  uint64
	Hours Hours
}

// Quote is the market at an instant.
type Quote struct{ Bid, Ask, Last decimal.Decimal }

// halfSpread in ticks.
const halfSpread = 1

// Quote is the market for an instrument at t. Outside the sessions it is as it would have been.
func (m Market) Quote(i Instrument, t time.Time) Quote {
	last := newPath(m.Seed, i).last(t)
	return Quote{
		Bid: fromTicks(last - halfSpread), Ask: fromTicks(last + halfSpread), Last: fromTicks(last),
	}
}

// History computes bars. Bars start at multiples of their size after midnight in the market's
// zone, clipped to the session. A duration of N days is N sessions, the one that holds End
// included; when the market never closes it is N times 24 hours for bars below a day.
func (m Market) History(now time.Time, q HistoryRequest) (History, error) {
	end := q.End
	if end.IsZero() || end.After(now) {
		end = now
	}
	h := History{End: end, Start: m.start(end, q)}
	if end.Sub(h.Start) > maxHistory {
		return History{}, ErrTooMuch
	}
	p := newPath(m.Seed, q.Instrument)
	var err error
	if q.BarSize.Unit == Second {
		h.Bars, err = m.intraday(p, h, time.Duration(q.BarSize.Count)*time.Second, !q.RTHOnly)
	} else {
		h.Bars = m.daily(p, h, q.BarSize, !q.RTHOnly)
	}
	for i := range h.Bars {
		h.Bars[i].shift(q.Series)
	}
	return h, err
}

func (b *Bar) shift(s Series) {
	ticks := int64(0)
	switch s {
	case Bid:
		ticks = -halfSpread
	case Ask:
		ticks = halfSpread
	case Trades, Midpoint:
	}
	if s != Trades { // quotes have no volume: IBKR writes -1
		b.Volume, b.Trades, b.WAP = -1, -1, whole(-1)
	}
	by := fromTicks(ticks)
	b.Open, b.High = add(b.Open, by), add(b.High, by)
	b.Low, b.Close = add(b.Low, by), add(b.Close, by)
}

// Earliest is the first session of which History gives bars at now.
func (m Market) Earliest(now time.Time, rthOnly bool) time.Time {
	return m.Hours.next(now.Add(-maxHistory).Add(24*time.Hour), !rthOnly).Open
}

// start is where the window of a request begins.
func (m Market) start(end time.Time, q HistoryRequest) time.Time {
	n := q.Duration.Count
	switch q.Duration.Unit {
	case Second:
		return m.last(end, q).Add(-time.Duration(n) * time.Second)
	case Day:
		if !m.Hours.SessionsOnly && q.BarSize.Unit == Second {
			return end.Add(-time.Duration(n) * 24 * time.Hour)
		}
		w := m.Hours.last(end, !q.RTHOnly)
		for ; n > 1 && end.Sub(w.Open) <= maxHistory; n-- {
			w = m.Hours.last(w.Open, !q.RTHOnly)
		}
		return w.Open
	case Week:
		return end.AddDate(0, 0, -7*n)
	case Month:
		return end.AddDate(0, -n, 0)
	default:
		return end.AddDate(-n, 0, 0)
	}
}

// last is the last moment of trading up to end: seconds are counted back from there.
func (m Market) last(end time.Time, q HistoryRequest) time.Time {
	if w := m.Hours.last(end, !q.RTHOnly); w.Close.Before(end) {
		return w.Close
	}
	return end
}

func (m Market) intraday(p path, h History, size time.Duration, extended bool) ([]Bar, error) {
	if !m.Hours.SessionsOnly && h.End.Sub(h.Start)/size > MaxBars {
		return nil, ErrTooMuch
	}
	var bars []Bar
	for day := midnight(h.Start); day.Before(h.End); day = nextMidnight(day) {
		w, ok := m.Hours.of(day, extended)
		if !ok || !w.Open.Before(h.End) {
			continue
		}
		// The first bar that begins inside the window; the first of a session may be short.
		if w.Open.Before(h.Start) {
			w.Open = day.Add((h.Start.Sub(day) + size - 1).Truncate(size))
		}
		if !w.Open.Before(w.Close) || !w.Open.Before(h.End) {
			continue
		}
		if most := w.Close.Sub(w.Open)/size + 2; len(bars)+int(most) > MaxBars {
			return nil, ErrTooMuch
		}
		bars = append(bars, p.bars(day, w.Open, w.Close, h.End, size)...)
	}
	return bars, nil
}

// daily makes bars of whole sessions and joins them for weeks and months. A bar is dated by its
// first session.
func (m Market) daily(p path, h History, size Span, extended bool) []Bar {
	var bars []Bar
	var group, since int
	for day := midnight(h.Start); day.Before(h.End); day = nextMidnight(day) {
		w, ok := m.Hours.of(day, extended)
		if !ok || !w.Open.Before(h.End) {
			continue
		}
		b := p.bars(w.Open, w.Open, w.Close, h.End, w.Close.Sub(w.Open))[0]
		b.Start = day
		g := len(bars)
		switch size.Unit {
		case Week:
			y, week := day.ISOWeek()
			g = y*100 + week
		case Month:
			g = day.Year()*100 + int(day.Month())
		default:
		}
		if since > 0 && g == group && size.Unit != Day {
			bars[len(bars)-1].join(b)
			continue
		}
		group, since = g, since+1
		bars = append(bars, b)
	}
	return bars
}

func (b *Bar) join(next Bar) {
	volume := b.Volume + next.Volume
	turnover := add(mul(b.WAP, whole(b.Volume)), mul(next.WAP, whole(next.Volume)))
	b.WAP = quo(turnover, whole(max(volume, 1))).Round(wapScale)
	b.High, b.Low, b.Close = b.High.Max(next.High), b.Low.Min(next.Low), next.Close
	b.Volume, b.Trades = volume, b.Trades+next.Trades
}
