package market

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// The days on which US stocks do not trade, or close early at 13:00 (New York Stock Exchange, hours and
// calendars: https://www.nyse.com/markets/hours-calendars). A table, because a formula gets the odd ones
// wrong: 3 July 2026 is a holiday and no early close, for 4 July is a Saturday; 2 July 2027 is an
// ordinary day, for 4 July is a Sunday; the day after Thanksgiving 2024 and 2030 is the 29th; 9 January
// 2025 was declared ten days before. From 2029 on the exchange has published nothing yet: those rows
// follow its rules of 2028.
var (
	holidays = days(`
2024 01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25
2025 01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25
2026 01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25
2027 01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24
2028 01-17 02-21 04-14 05-29 06-19 07-04 09-04 11-23 12-25
2029 01-01 01-15 02-19 03-30 05-28 06-19 07-04 09-03 11-22 12-25
2030 01-01 01-21 02-18 04-19 05-27 06-19 07-04 09-02 11-28 12-25`)
	earlyCloses = days(`
2024 07-03 11-29 12-24
2025 07-03 11-28 12-24
2026 11-27 12-24
2027 11-26
2028 07-03 11-24
2029 07-03 11-23 12-24
2030 07-03 11-29 12-24`)
)

// The years that the table has.
const firstYear, lastYear = 2024, 2030

func days(table string) map[string]bool {
	all := map[string]bool{}
	for line := range strings.Lines(strings.TrimSpace(table)) {
		words := strings.Fields(line)
		for _, day := range words[1:] {
			all[words[0]+"-"+day] = true
		}
	}
	return all
}

// Special is what is special about a day: closed, or its close as time of day; neither is an ordinary one.
type Special struct {
	Closed bool
	Close  time.Duration // since midnight; 0 is the ordinary close
}

// Calendar says which days of US stocks are special: the table, and what a person adds to it or takes
// out of it. The zero value is the table.
type Calendar struct{ overrides map[string]Special }

// earlyClose is when early days end in New York.
const earlyClose = 13 * time.Hour

// ParseCalendar reads overrides: "2027-01-09=closed,2027-03-04=13:00,2026-07-03=open".
func ParseCalendar(text string) (Calendar, error) {
	c := Calendar{overrides: map[string]Special{}}
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		day, what, _ := strings.Cut(part, "=")
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return c, fmt.Errorf("calendar: %q is not DATE=closed, DATE=open or DATE=HH:MM, "+
				"as in 2027-03-04=13:00", part)
		}
		var s Special
		switch what {
		case "closed":
			s.Closed = true
		case "open":
		default:
			at, err := timeOfDay(what)
			if err != nil {
				return c, fmt.Errorf("calendar: %q: %w: want closed, open or HH:MM", part, err)
			}
			s.Close = at
		}
		if _, twice := c.overrides[day]; twice {
			return c, fmt.Errorf("calendar: %s is there twice: say once what it is", day)
		}
		c.overrides[day] = s
	}
	return c, nil
}

// String is what ParseCalendar reads.
func (c Calendar) String() string {
	parts := make([]string, 0, len(c.overrides))
	for _, day := range slices.Sorted(maps.Keys(c.overrides)) {
		what := "open"
		switch s := c.overrides[day]; {
		case s.Closed:
			what = "closed"
		case s.Close > 0:
			what = clockText(s.Close)
		}
		parts = append(parts, day+"="+what)
	}
	return strings.Join(parts, ",")
}

// Day is what is special about a day of US stocks; known is false for one that is neither in the table's
// years nor among the overrides.
func (c Calendar) Day(day string) (s Special, known bool) {
	if s, ok := c.overrides[day]; ok {
		return s, true
	}
	date, err := time.Parse(time.DateOnly, day)
	if err != nil || date.Year() < firstYear || date.Year() > lastYear {
		return Special{}, false
	}
	switch weekday := date.Weekday(); {
	case weekday == time.Saturday, weekday == time.Sunday, holidays[day]:
		return Special{Closed: true}, true
	case earlyCloses[day]:
		return Special{Close: earlyClose}, true
	}
	return Special{}, true
}

// usZones are the names of New York's time that IBKR gives to contracts.
var usZones = map[string]bool{"US/Eastern": true, "America/New_York": true, "EST5EDT": true, "EST": true}

// The regular hours of US stocks, in New York.
const (
	regularOpen  = 9*time.Hour + 30*time.Minute
	regularClose = 16 * time.Hour
)

// Open says whether a stock trades at now, and why not. The contract's own hours come first: what they
// close is closed. The table is for stocks that keep the regular hours of New York: it closes holidays and
// shortens early days where the contract's hours say that the day is an ordinary one, and decides with
// the regular hours where they say nothing of the day. Overrides are for every stock of New York's zone.
// known is false when neither has the day.
func (c Calendar) Open(h Hours, zone string, now time.Time) (open, known bool, why string) {
	open, known = h.Open(now)
	if known && !open {
		return false, true, "outside the exchange's session"
	}
	if !usZones[zone] {
		return open, known, ""
	}
	local := now.In(newYork())
	day := local.Format(time.DateOnly)
	s, listed := c.Day(day)
	_, overridden := c.overrides[day]
	if !listed || known && !overridden && !h.regular(now) {
		return open, known, ""
	}
	since := sinceMidnight(local)
	closes := s.Close
	if closes == 0 {
		closes = regularClose
	}
	switch {
	case s.Closed:
		return false, true, "the calendar says that US stocks do not trade on " + day
	case s.Close > 0 && since >= s.Close:
		return false, true, fmt.Sprintf("the calendar says that US stocks close at %s on %s", clockText(s.Close), day)
	case !known && (since < regularOpen || since >= closes):
		return false, true, "outside the regular hours of US stocks"
	}
	return true, true, ""
}

// regular says whether the session that now is in has the regular hours of US stocks.
func (h Hours) regular(now time.Time) bool {
	for _, s := range h.Sessions {
		if !now.Before(s.Open) && now.Before(s.Close) {
			return sinceMidnight(s.Open.In(newYork())) == regularOpen &&
				sinceMidnight(s.Close.In(newYork())) == regularClose
		}
	}
	return false
}

// newYork is where US stocks trade. Package time/tzdata is linked in, so it cannot be missing.
var newYork = sync.OnceValue(func() *time.Location {
	loc, err := time.LoadLocation(DefaultZone)
	if err != nil {
		return time.UTC
	}
	return loc
})

// sinceMidnight is the time that the wall clock shows, whatever the day's length.
func sinceMidnight(local time.Time) time.Duration {
	h, m, s := local.Clock()
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second
}

func timeOfDay(text string) (time.Duration, error) {
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("%q is no time of day", text)
	}
	return sinceMidnight(t), nil
}

func clockText(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}
