package market

import "time"

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
