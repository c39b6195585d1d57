package market

import "time"

// TradingDay is one session of a schedule.
type TradingDay struct {
	Window
	RefDate string // the trading date it belongs to: "20261123"
}

// Schedule is the sessions that begin in [from, to), extended ones or regular hours only.
func (m Market) Schedule(i Instrument, from, to time.Time, rthOnly bool) []TradingDay {
	s := i.of().sessions
	var days []TradingDay
	for date := midnight(from, s.zone); date.Before(to.Add(dayTime)); date = nextMidnight(date) {
		w, ok := m.Hours.of(s, date, !rthOnly)
		if ok && w.Close.After(from) && w.Open.Before(to) {
			days = append(days, TradingDay{w, date.Format(dateForm)})
		}
	}
	return days
}

// HistorySchedule answers a request of history for SCHEDULE: the sessions of its window.
func (m Market) HistorySchedule(now time.Time, q HistoryRequest) (History, []TradingDay) {
	h := History{End: q.End}
	if h.End.IsZero() || h.End.After(now) {
		h.End = now
	}
	h.Start = m.start(h.End, q)
	if least := h.End.Add(-maxHistory); h.Start.Before(least) {
		h.Start = least
	}
	return h, m.Schedule(q.Instrument, h.Start, h.End, q.RTHOnly)
}
