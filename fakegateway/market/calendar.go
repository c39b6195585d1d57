package market

import (
	"strings"
	"time"
	_ "time/tzdata" // the market's hours must not depend on the machine's zone files
)

// ZoneName is the name of the market's time zone as Gateways write it.
const ZoneName = "US/Eastern"

// Eastern is the market's time zone.
var Eastern = mustZone("America/New_York")

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // the zone is embedded
	}
	return zone
}

// Hours says when the simulated market trades. The default is always, every day of the week:
// a soak run must mean the same on a Sunday night as on a Tuesday noon. With SessionsOnly it
// keeps the New York Stock Exchange's sessions.
type Hours struct {
	SessionsOnly bool
}

// Window is a stretch of trading [open, close).
type Window struct{ Open, Close time.Time }

func (w Window) contains(t time.Time) bool { return !t.Before(w.Open) && t.Before(w.Close) }

// midnight is the start of t's day in the market's zone.
func midnight(t time.Time) time.Time {
	y, m, d := t.In(Eastern).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, Eastern)
}

func nextMidnight(t time.Time) time.Time { return midnight(t).AddDate(0, 0, 1) }

// of is the trading of the day that holds t: regular hours, or with extended ones. ok is false
// for a day without trading.
func (h Hours) of(t time.Time, extended bool) (w Window, ok bool) {
	start := midnight(t)
	if !h.SessionsOnly {
		return Window{start, nextMidnight(start)}, true
	}
	if wd := start.Weekday(); wd == time.Saturday || wd == time.Sunday || isHoliday(start) {
		return Window{}, false
	}
	at := func(hour, minute int) time.Time {
		return time.Date(start.Year(), start.Month(), start.Day(), hour, minute, 0, 0, Eastern)
	}
	early := isEarlyClose(start)
	switch {
	case extended && early:
		return Window{at(4, 0), at(17, 0)}, true
	case extended:
		return Window{at(4, 0), at(20, 0)}, true
	case early:
		return Window{at(9, 30), at(13, 0)}, true
	}
	return Window{at(9, 30), at(16, 0)}, true
}

// maxClosedDays is more than the longest run of days without trading.
const maxClosedDays = 10

// open reports whether the market trades at t.
func (h Hours) open(t time.Time, extended bool) bool {
	w, ok := h.of(t, extended)
	return ok && w.contains(t)
}

// next is the trading that holds t, or the first after it.
func (h Hours) next(t time.Time, extended bool) Window {
	day := t
	for range maxClosedDays {
		if w, ok := h.of(day, extended); ok && w.Close.After(t) {
			return w
		}
		day = nextMidnight(day)
	}
	panic("market: no trading day within " + t.String()) // isHoliday would be broken
}

// last is the trading that holds t, or the last that began before it.
func (h Hours) last(t time.Time, extended bool) Window {
	day := t
	for range maxClosedDays {
		if w, ok := h.of(day, extended); ok && w.Open.Before(t) {
			return w
		}
		day = midnight(day).Add(-time.Nanosecond)
	}
	panic("market: no trading day before " + t.String())
}

const hoursDays = 6

// Format writes the trading hours of six days from t on, as contract details carry them:
// "20261123:0930-20261123:1600;20261126:CLOSED;...".
func (h Hours) Format(t time.Time, extended bool) string {
	const stamp = "20060102:1504"
	var days []string
	for day := midnight(t); len(days) < hoursDays; day = nextMidnight(day) {
		w, ok := h.of(day, extended)
		if !ok {
			days = append(days, day.Format("20060102")+":CLOSED")
			continue
		}
		days = append(days, w.Open.Format(stamp)+"-"+w.Close.Format(stamp))
	}
	return strings.Join(days, ";")
}

// isHoliday follows the New York Stock Exchange's rule 7.2: a holiday on a Sunday is kept on the
// Monday, one on a Saturday on the Friday, except New Year's Day on a Saturday, which is not kept.
func isHoliday(day time.Time) bool {
	y, m, d := day.Date()
	wd := day.Weekday()
	nth := (d-1)/7 + 1
	observed := func(month time.Month, date int) bool {
		holiday := time.Date(y, month, date, 0, 0, 0, 0, Eastern)
		switch holiday.Weekday() {
		case time.Saturday:
			holiday = holiday.AddDate(0, 0, -1)
		case time.Sunday:
			holiday = holiday.AddDate(0, 0, 1)
		default:
		}
		return holiday.Equal(day) && holiday.Year() == y // 1 January on a Saturday is not kept
	}
	switch {
	case observed(time.January, 1), observed(time.July, 4), observed(time.December, 25):
		return true
	case y >= 2022 && observed(time.June, 19):
		return true
	case wd == time.Monday && (m == time.January || m == time.February) && nth == 3:
		return true // Martin Luther King, Presidents
	case wd == time.Monday && m == time.May && d > 24:
		return true // Memorial Day
	case wd == time.Monday && m == time.September && nth == 1:
		return true // Labor Day
	case wd == time.Thursday && m == time.November && nth == 4:
		return true // Thanksgiving
	}
	return easter(y).AddDate(0, 0, -2).Equal(day) // Good Friday
}

// isEarlyClose is a day that ends at 13:00: the eves of Independence Day and Christmas when both
// are trading days, and the day after Thanksgiving.
func isEarlyClose(day time.Time) bool {
	_, m, d := day.Date()
	weekday := func(t time.Time) bool {
		return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday
	}
	switch {
	case m == time.July && d == 3, m == time.December && d == 24:
		return weekday(day) && weekday(day.AddDate(0, 0, 1))
	case m == time.November && day.Weekday() == time.Friday:
		return isHoliday(day.AddDate(0, 0, -1))
	}
	return false
}

// easter is the anonymous Gregorian algorithm (Meeus, Jones, Butcher).
func easter(y int) time.Time {
	a, b, c := y%19, y/100, y%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	j, k := c/4, c%4
	m := (a + 11*h) / 319
	r := (2*e + 2*j - k - h + m + 32) % 7
	month := (h - m + r + 90) / 25
	day := (h - m + r + month + 19) % 32
	return time.Date(y, time.Month(month), day, 0, 0, 0, 0, Eastern)
}
