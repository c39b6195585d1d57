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

// Tape is what happened in (from, to], in order of time, at most limit steps (0: MaxTicks): trades
// and changes of the quote. Nothing happens in halts and in closed hours.
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
const maxTickSearch = maxClosedDays * 24 * time.Hour

// HistoricalTicks answers reqHistoricalTicks, in order of time, with nothing that is after now.
func (m Market) HistoricalTicks(now time.Time, q TickRequest) []Tick {
	until := q.Until
	if until.IsZero() || until.After(now) {
		until = now
	}
	count := min(max(q.Count, 1), MaxTicks)
	if !q.From.IsZero() {
		if end := q.From.Add(maxTickSearch); end.Before(until) {
			until = end
		}
		return m.ticksWithin(q, q.From.Add(-1), until, count)
	}
	// Look back over ever longer stretches until there are enough.
	for back := time.Duration(count) * Step; ; back *= 4 {
		ticks := m.ticksWithin(q, until.Add(-back), until, MaxTicks)
		if len(ticks) >= count || back > maxTickSearch {
			return ticks[max(len(ticks)-count, 0):]
		}
	}
}

func (m Market) ticksWithin(q TickRequest, from, until time.Time, limit int) []Tick {
	if !q.RTHOnly || !m.Hours.SessionsOnly {
		return m.Tape(q.Instrument, from, until, limit)
	}
	var ticks []Tick
	for from.Before(until) && len(ticks) < limit {
		w := m.next(q.Instrument, from.Add(1), false)
		if w.Open.After(until) {
			break
		}
		start, end := w.Open.Add(-1), w.Close.Add(-1)
		if start.Before(from) {
			start = from
		}
		if end.After(until) {
			end = until
		}
		ticks = append(ticks, m.Tape(q.Instrument, start, end, limit-len(ticks))...)
		from = w.Close.Add(-1)
	}
	return ticks
}
