package market

import (
	"strings"
	"time"
	_ "time/tzdata" // the market's hours must not depend on the machine's zone files
)

// ZoneName is the name of New York's time zone as Gateways write it.
const ZoneName = "US/Eastern"

// The time zones of the sessions.
var (
	Eastern = mustZone("America/New_York")
	central = mustZone("America/Chicago")
	mexico  = mustZone("America/Mexico_City")
	zurich  = mustZone("Europe/Zurich")
	berlin  = mustZone("Europe/Berlin")
	london  = mustZone("Europe/London")
)

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // the zone is embedded
	}
	return zone
}

// Hours says when the simulated markets trade. By default they always trade, on every day of the
// week: a long run must mean the same on a Sunday night as on a Tuesday noon. With SessionsOnly
// every instrument trades in the sessions of its exchange only, and its prices do not change
// between them.
type Hours struct {
	SessionsOnly bool
}

// Window is a stretch of trading [Open, Close).
type Window struct{ Open, Close time.Time }

func (w Window) contains(t time.Time) bool { return !t.Before(w.Open) && t.Before(w.Close) }

// sessions are an exchange's days: at most one stretch of regular trading and one of extended
// trading for each trading date. A session may begin on the evening before its date; it ends on it.
type sessions struct {
	zone    *time.Location
	zoneID  string // as Gateways write it
	regular hours
	full    hours // with extended trading
	// holiday says what is special about a trading date that is no weekend.
	holiday  func(date time.Time) special
	weekends bool // which are days as any
	// The ends of an early day.
	earlyRegular, earlyFull clock
}

// special is what a holiday does to trading.
type special uint8

const (
	ordinary special = iota
	early
	closed
)

// hours are wall-clock times of the trading date.
type hours struct{ open, close clock }

// clock is minutes after midnight; negative on the day before.
type clock int

const (
	hour     clock = 60
	dayClock       = 24 * hour
)

// on is a wall-clock time of a date in its zone, also on days with 23 or 25 hours.
func (c clock) on(date time.Time) time.Time {
	y, m, d := date.Date()
	return time.Date(y, m, d, 0, int(c), 0, 0, date.Location())
}

// midnight is the start of t's day in a zone.
func midnight(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}

func nextMidnight(t time.Time) time.Time { return midnight(t, t.Location()).AddDate(0, 0, 1) }

func lastMidnight(t time.Time) time.Time { return midnight(t, t.Location()).AddDate(0, 0, -1) }

// on is the trading of a date: regular hours, or with extended ones. ok is false for a date
// without trading.
func (s *sessions) on(date time.Time, extended bool) (w Window, ok bool) {
	if wd := date.Weekday(); !s.weekends && (wd == time.Saturday || wd == time.Sunday) {
		return Window{}, false
	}
	h, end := s.regular, s.earlyRegular
	if extended {
		h, end = s.full, s.earlyFull
	}
	switch s.holiday(date) {
	case closed:
		return Window{}, false
	case early:
		h.close = end
	case ordinary:
	}
	return Window{h.open.on(date), h.close.on(date)}, true
}

// of is the trading of a date in the zone of s.
func (h Hours) of(s *sessions, date time.Time, extended bool) (w Window, ok bool) {
	if !h.SessionsOnly {
		return Window{date, nextMidnight(date)}, true
	}
	return s.on(date, extended)
}

// maxClosedDays is more than the longest run of days without trading.
const maxClosedDays = 10

// next is the trading that holds t, or the first after it. A session ends on its date, so no
// earlier date's can hold t.
func (h Hours) next(s *sessions, t time.Time, extended bool) Window {
	date := midnight(t, s.zone)
	for range maxClosedDays {
		if w, ok := h.of(s, date, extended); ok && w.Close.After(t) {
			return w
		}
		date = nextMidnight(date)
	}
	panic("market: no trading day within " + t.String()) // a holiday would be broken
}

// last is the trading that holds t, or the last that began before it.
func (h Hours) last(s *sessions, t time.Time, extended bool) Window {
	date := nextMidnight(t.In(s.zone)) // which may have begun already
	for range maxClosedDays {
		if w, ok := h.of(s, date, extended); ok && w.Open.Before(t) {
			return w
		}
		date = lastMidnight(date)
	}
	panic("market: no trading day before " + t.String())
}

const hoursDays = 6

// format writes the trading of six days from t on, as contract details carry it:
// "20261123:0930-20261123:1600;20261126:CLOSED;...".
func (h Hours) format(s *sessions, t time.Time, extended bool) string {
	const stamp = "20060102:1504"
	var days []string
	for date := midnight(t, s.zone); len(days) < hoursDays; date = nextMidnight(date) {
		w, ok := h.of(s, date, extended)
		if !ok {
			days = append(days, date.Format("20060102")+":CLOSED")
			continue
		}
		days = append(days, w.Open.Format(stamp)+"-"+w.Close.Format(stamp))
	}
	return strings.Join(days, ";")
}

// TradingHours are the sessions of six days as contract details carry them, extended ones
// included.
func (m Market) TradingHours(i Instrument, now time.Time) string {
	return m.Hours.format(i.of().sessions, now, true)
}

// LiquidHours are the regular sessions of six days as contract details carry them.
func (m Market) LiquidHours(i Instrument, now time.Time) string {
	return m.Hours.format(i.of().sessions, now, false)
}
