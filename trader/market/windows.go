package market

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// DefaultWindows are IBKR's nightly reset of its servers in North America
// (https://www.interactivebrokers.com/en/software/systemStatus.php) and with it the time at which Gateways
// restart themselves by default, 23:45.
const DefaultWindows = "23:40-00:50"

// MaxWindows bounds how many there may be.
const MaxWindows = 16

// Windows are times of day in which nothing new is sent: the servers' nightly reset, the Gateway's own
// restart. The zero value has none.
type Windows []Window

// Window is one of them.
type Window struct {
	Days     []time.Weekday // on which it begins; none is every day
	From, To time.Duration  // since midnight; To before From ends on the next day
	Zone     *time.Location
}

var weekdays = map[string]time.Weekday{
	"Sun": time.Sunday, "Mon": time.Monday, "Tue": time.Tuesday, "Wed": time.Wednesday,
	"Thu": time.Thursday, "Fri": time.Friday, "Sat": time.Saturday,
}

// ParseWindows reads windows between commas: "23:40-00:50", "Sat 22:55-03:05 America/New_York". A window
// without a zone is in New York's; "none" has none.
func ParseWindows(text string) (Windows, error) {
	if text == "none" || text == "" {
		return nil, nil
	}
	var all Windows
	for part := range strings.SplitSeq(text, ",") {
		w, err := parseWindow(strings.Fields(part))
		if err != nil {
			return nil, fmt.Errorf("quiet window %q: %w: want [DAY] HH:MM-HH:MM [ZONE], "+
				"as in Sat 22:55-03:05", part, err)
		}
		all = append(all, w)
	}
	if len(all) > MaxWindows {
		return nil, fmt.Errorf("%d quiet windows, at most %d", len(all), MaxWindows)
	}
	return all, nil
}

func parseWindow(words []string) (w Window, err error) {
	w.Zone = newYork()
	if len(words) > 0 {
		if day, ok := weekdays[words[0]]; ok {
			w.Days, words = []time.Weekday{day}, words[1:]
		}
	}
	const spanAndZone = 2
	if len(words) == 0 || len(words) > spanAndZone {
		return w, errors.New("it has no span or too many words")
	}
	from, to, ok := strings.Cut(words[0], "-")
	if !ok {
		return w, fmt.Errorf("%q is no span", words[0])
	}
	if w.From, err = timeOfDay(from); err != nil {
		return w, err
	}
	if w.To, err = timeOfDay(to); err != nil {
		return w, err
	}
	if w.From == w.To {
		return w, errors.New("it is empty")
	}
	if len(words) == spanAndZone {
		w.Zone, err = time.LoadLocation(words[1])
	}
	return w, err
}

// String is what ParseWindows reads.
func (all Windows) String() string {
	if len(all) == 0 {
		return "none"
	}
	parts := make([]string, len(all))
	for i, w := range all {
		parts[i] = w.String()
	}
	return strings.Join(parts, ",")
}

// String is the window as it is written.
func (w Window) String() string {
	text := clockText(w.From) + "-" + clockText(w.To)
	if len(w.Days) == 1 {
		text = w.Days[0].String()[:3] + " " + text
	}
	if w.Zone.String() != DefaultZone {
		text += " " + w.Zone.String()
	}
	return text
}

// At is the window that now is in. Times of day are the wall clock's: on the day on which it is set
// forward a window is shorter, and on the other one longer.
func (all Windows) At(now time.Time) (Window, bool) {
	for _, w := range all {
		if w.has(now) {
			return w, true
		}
	}
	return Window{}, false
}

func (w Window) has(now time.Time) bool {
	local := now.In(w.Zone)
	at, day := sinceMidnight(local), local.Weekday()
	if w.From < w.To {
		return at >= w.From && at < w.To && w.begins(day)
	}
	const week = 7
	return at >= w.From && w.begins(day) || at < w.To && w.begins((day+week-1)%week)
}

func (w Window) begins(day time.Weekday) bool {
	return len(w.Days) == 0 || w.Days[0] == day
}
