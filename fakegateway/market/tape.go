package market

import (
	"slices"
	"time"
)

// Tick is one step of the tape: a trade, and the quote that holds from then on. Quote.LastSize is 0
// where nothing traded.
type Tick struct {
	At time.Time
	Quote
	Exchange   string // of the trade: "NASDAQ"
	Conditions string // of the trade, as the exchanges write them; mostly empty
}

// MaxTicks bounds a Tape.
const MaxTicks = 100_000

// Tape returns the trades and the changes of the quote in (from, to], in order of time, at most
// limit steps (0: MaxTicks). Nothing happens in halts and in closed hours.
func (m Market) Tape(i Instrument, from, to time.Time, limit int) []Tick {
	if limit <= 0 || limit > MaxTicks {
		limit = MaxTicks
	}
	var ticks []Tick
	f := m.feed(i)
	for _, w := range m.open(i, from.Add(1), to.Add(1)) {
		firstDay, leaf, point := leafAt(w.Open.Add(Step - 1)) // the first step not before w.Open
		lastDay, lastLeaf, lastPoint := leafAt(w.Close.Add(-1))
		for day := firstDay; day <= lastDay && len(ticks) < limit; day++ {
			start, end := step{}, step{leavesPerDay - 1, pointsPerLeaf - 1}
			if day == firstDay {
				start = step{leaf, point}
			}
			if day == lastDay {
				end = step{lastLeaf, lastPoint}
			}
			ticks = i.dayTape(f, day, start, end, limit, ticks)
		}
	}
	return ticks
}

// dayTape appends the steps of a day from start to end.
func (i Instrument) dayTape(f feed, day int64, start, end step, limit int, ticks []Tick) []Tick {
	flow := f.flow.day(day)
	before, _ := flow.before(start)
	f.last.walk(day, func(nd node) visit {
		switch {
		case nd.first+nd.n <= start.leaf:
			return skip
		case nd.first > end.leaf || len(ticks) >= limit:
			return stop
		case nd.level < len(parts):
			return descend
		}
		for k, price := range nd.points(f.last.highFirst(day, nd.first)) {
			s := step{nd.first, k}
			if s.before(start) || end.before(s) || len(ticks) >= limit {
				continue
			}
			after, _ := flow.before(s.next())
			t := Tick{At: pointTime(day, s.leaf, k), Quote: i.quote(f, day, s, price)}
			t.LastAt, t.LastSize = t.At, after-before
			t.Exchange = i.printedAt(day, s)
			if n := len(ticks); t.LastSize > 0 || n == 0 || !t.quotes(ticks[n-1]) {
				ticks = append(ticks, t)
			}
			before = after
		}
		return skip
	})
	return ticks
}

// quotes reports whether a tick repeats the quote of another one.
func (t Tick) quotes(other Tick) bool {
	return t.Bid == other.Bid && t.Ask == other.Ask && t.BidSize == other.BidSize && t.AskSize == other.AskSize
}

func (s step) before(other step) bool {
	return s.leaf < other.leaf || s.leaf == other.leaf && s.point < other.point
}

// TickRequest asks for historical ticks: the first Count after From, or, without From, the last
// Count up to Until.
type TickRequest struct {
	Instrument  Instrument
	From, Until time.Time // Until zero: now
	Count       int       // at most MaxTicks
	RTHOnly     bool
}

// maxTickSearch is how far back or ahead ticks are looked for: past any closed weekend.
const maxTickSearch = maxClosedDays * dayTime

// HistoricalTicks answers reqHistoricalTicks, in order of time, with nothing that is after now.
func (m Market) HistoricalTicks(now time.Time, q TickRequest) []Tick {
	until := q.Until
	if until.IsZero() || until.After(now) {
		until = now
	}
	count := min(max(q.Count, 1), MaxTicks)
	if q.From.IsZero() {
		return m.lastTicks(q, until, count)
	}
	if end := q.From.Add(maxTickSearch); end.Before(until) {
		until = end
	}
	var ticks []Tick
	for _, w := range m.trading(q.Instrument, Window{q.From, until.Add(1)}, q.RTHOnly) {
		if len(ticks) == count {
			break
		}
		ticks = append(ticks, m.Tape(q.Instrument, w.Open.Add(-1), w.Close.Add(-1), count-len(ticks))...)
	}
	return ticks
}

// lastTicks looks back from until, over ever longer stretches.
func (m Market) lastTicks(q TickRequest, until time.Time, count int) []Tick {
	var found [][]Tick // the latest first
	windows := m.trading(q.Instrument, Window{until.Add(-maxTickSearch), until.Add(1)}, q.RTHOnly)
	for _, w := range slices.Backward(windows) {
		for back := time.Duration(count) * Step; count > 0 && w.Open.Before(w.Close); back *= 2 {
			from := w.Close.Add(-min(back, MaxTicks*Step))
			if from.Before(w.Open) {
				from = w.Open
			}
			ticks := m.Tape(q.Instrument, from.Add(-1), w.Close.Add(-1), 0)
			ticks = ticks[max(len(ticks)-count, 0):]
			found, count, w.Close = append(found, ticks), count-len(ticks), from
		}
	}
	slices.Reverse(found)
	return slices.Concat(found...)
}

// trading is when an instrument trades in a window, in regular hours only or in extended ones too.
func (m Market) trading(i Instrument, in Window, rthOnly bool) []Window {
	open := m.open(i, in.Open, in.Close)
	if !rthOnly || !m.Hours.SessionsOnly {
		return open
	}
	var regular []Window
	for _, w := range open {
		for from := w.Open; from.Before(w.Close); {
			r := m.next(i, from, false)
			from = r.Close
			if r.Open.Before(w.Open) {
				r.Open = w.Open
			}
			if r.Close.After(w.Close) {
				r.Close = w.Close
			}
			if r.Open.Before(r.Close) {
				regular = append(regular, r)
			}
		}
	}
	return regular
}
