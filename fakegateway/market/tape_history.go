package market

import (
	"slices"
	"time"
)

// TickRequest asks for historical ticks: the first Count after From, or, without From, the last
// Count up to Until. Count is a least number, for the times of historical ticks are whole seconds:
// the second that the last of them is in is told in full (nautilus_trader #2956).
type TickRequest struct {
	Instrument  Instrument
	From, Until time.Time // Until zero: now
	Count       int       // at most MaxTicks
	RTHOnly     bool
	TradesOnly  bool // leave out steps at which nothing traded
}

// maxTickSearch is how far back or ahead ticks are looked for: past any closed weekend.
const maxTickSearch = maxClosedDays * dayTime

// HistoricalTicks answers reqHistoricalTicks, in order of time, with nothing that is after now or
// before the instrument's head timestamp.
func (m Market) HistoricalTicks(now time.Time, q TickRequest) []Tick {
	until := q.Until
	if until.IsZero() || until.After(now) {
		until = now
	}
	count := min(max(q.Count, 1), MaxTicks)
	from, end := q.From, until
	if q.From.IsZero() {
		from = until.Add(-maxTickSearch)
	} else if latest := q.From.Add(maxTickSearch); latest.Before(until) {
		end = latest
	}
	if head := m.Earliest(q.Instrument, now, q.RTHOnly); from.Before(head) {
		from = head
	}
	if end.Before(from) {
		return nil
	}
	windows := m.trading(q.Instrument, Window{from, end.Add(1)}, q.RTHOnly)
	if q.From.IsZero() {
		return m.lastTicks(q, windows, count)
	}
	return m.firstTicks(q, windows, count)
}

// firstTicks looks ahead, a part at a time.
func (m Market) firstTicks(q TickRequest, windows []Window, count int) []Tick {
	var ticks []Tick
	for _, w := range windows {
		for w.Open.Before(w.Close) {
			part := m.Tape(q.Instrument, w.Open.Add(-1), w.Close.Add(-1), count)
			if len(part) == 0 {
				break
			}
			for _, t := range part {
				if enough(ticks, count, t) {
					return ticks
				}
				if q.wants(t) {
					ticks = append(ticks, t)
				}
			}
			w.Open = part[len(part)-1].At.Add(1)
		}
	}
	return ticks
}

// lastTicks looks back, over ever longer stretches.
func (m Market) lastTicks(q TickRequest, windows []Window, count int) []Tick {
	var ticks []Tick // the latest first
	for _, w := range slices.Backward(windows) {
		for back := time.Duration(count) * Step; w.Open.Before(w.Close); back *= 2 {
			from := w.Close.Add(-min(back, MaxTicks*Step))
			if from.Before(w.Open) {
				from = w.Open
			}
			for _, t := range slices.Backward(m.Tape(q.Instrument, from.Add(-1), w.Close.Add(-1), 0)) {
				if enough(ticks, count, t) {
					slices.Reverse(ticks)
					return ticks
				}
				if q.wants(t) {
					ticks = append(ticks, t)
				}
			}
			w.Close = from
		}
	}
	slices.Reverse(ticks)
	return ticks
}

func (q TickRequest) wants(t Tick) bool { return !q.TradesOnly || t.LastSize > 0 }

// enough reports whether count ticks have been found and the next is of another second.
func enough(found []Tick, count int, next Tick) bool {
	return len(found) >= count && next.At.Unix() != found[len(found)-1].At.Unix()
}
