package market

import (
	"errors"
	"testing"
	"time"

	"github.com/govalues/decimal"
)

var start = time.Date(2026, 1, 5, 14, 30, 0, 0, time.UTC)

func bar(minute int, prices ...string) Bar {
	d := func(i int) decimal.Decimal { return decimal.MustParse(prices[min(i, len(prices)-1)]) }
	return Bar{
		Start: start.Add(time.Duration(minute) * time.Minute), Size: time.Minute,
		Open: d(0), High: d(1), Low: d(2), Close: d(3),
	}
}

func TestClosedGoesByTheGivenClock(t *testing.T) {
	bars := []Bar{bar(0, "1"), bar(1, "2"), bar(2, "3")}
	for _, c := range []struct {
		at   time.Duration
		want int
	}{
		{0, 0}, {time.Minute - time.Nanosecond, 0}, {time.Minute, 1}, {150 * time.Second, 2}, {time.Hour, 3},
	} {
		if got := len(Closed(bars, start.Add(c.at))); got != c.want {
			t.Errorf("%s after the first bar's start %d bars are closed, want %d", c.at, got, c.want)
		}
	}
}

func TestFreshGoesByEventTime(t *testing.T) {
	bars := []Bar{bar(0, "1")}
	end := bars[0].End()
	if err := Fresh(bars, end.Add(2*time.Minute), 2*time.Minute); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	for name, err := range map[string]error{
		"past the limit": Fresh(bars, end.Add(2*time.Minute+1), 2*time.Minute),
		"no bars":        Fresh(nil, end, time.Hour),
	} {
		if !errors.Is(err, ErrStale) {
			t.Errorf("%s: %v is not ErrStale", name, err)
		}
	}
}

func TestSane(t *testing.T) {
	limit := decimal.MustParse("0.2")
	if err := Sane([]Bar{bar(0, "100", "101", "99", "100"), bar(1, "120")}, limit); err != nil {
		t.Errorf("a move of exactly the limit: %v", err)
	}
	for name, bars := range map[string][]Bar{
		"another symbol's price": {bar(0, "424"), bar(1, "214.85")},
		"high below low":         {bar(0, "100", "90", "95", "92")},
		"zero price":             {bar(0, "0")},
		"negative price":         {bar(0, "-1")},
		"same bar twice":         {bar(0, "100"), bar(0, "100")},
		"backwards":              {bar(1, "100"), bar(0, "100")},
	} {
		if err := Sane(bars, limit); !errors.Is(err, ErrInsane) {
			t.Errorf("%s: %v is not ErrInsane", name, err)
		}
	}
}

// TestANegativeMoveIsNoLimit, wherever prices are compared by it.
func TestANegativeMoveIsNoLimit(t *testing.T) {
	off := decimal.MustParse("-1")
	one, two := []Bar{bar(0, "1")}, []Bar{bar(1, "424")}
	if err := errors.Join(Sane(append(one, two...), off), Continues(one, two, off),
		Agrees(one[0].Close, two[0].Close, decimal.One, off)); err != nil {
		t.Errorf("without a limit: %v", err)
	}
}

func TestHours(t *testing.T) {
	h, err := ParseHours(
		"20260105:0930-20260105:1600;20260106:CLOSED;20260107:0930-20260107:1300", "US/Eastern")
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour, minute int) time.Time {
		return time.Date(2026, 1, day, hour, minute, 0, 0, h.Zone)
	}
	for _, c := range []struct {
		now         time.Time
		open, known bool
	}{
		{at(5, 9, 29), false, true},
		{at(5, 9, 30), true, true},
		{at(5, 15, 59), true, true},
		{at(5, 16, 0), false, true},
		{at(6, 12, 0), false, true},
		{at(7, 13, 0), false, true},
		{at(12, 12, 0), false, false},
	} {
		if open, known := h.Open(c.now); open != c.open || known != c.known {
			t.Errorf("at %s open=%v known=%v, want %v %v", c.now, open, known, c.open, c.known)
		}
	}
}

func TestUnreadableHoursAreAnErrorNotClosed(t *testing.T) {
	for _, c := range [][2]string{
		{"", "US/Eastern"},
		{"20260105:0930-20260105:1600", ""},
		{"20260105:0930-20260105:1600", "Mars/Olympus"},
		{"20260105:1600-20260105:0930", "US/Eastern"},
		{"rubbish", "US/Eastern"},
		{"20260105:0930-", "US/Eastern"},
	} {
		if _, err := ParseHours(c[0], c[1]); !errors.Is(err, ErrHours) {
			t.Errorf("%q in %q: %v is not ErrHours", c[0], c[1], err)
		}
	}
	if open, known := (Hours{}).Open(start); open || known {
		t.Error("unknown hours claim to know")
	}
}

func TestDayRollsAtTheExchange(t *testing.T) {
	late := time.Date(2026, 1, 6, 3, 0, 0, 0, time.UTC) // 22:00 of the 5th in New York
	if got := Day(late, nil); got != "2026-01-05" {
		t.Errorf("day is %s", got)
	}
	if got := Day(late, time.UTC); got != "2026-01-06" {
		t.Errorf("day in UTC is %s", got)
	}
}

func FuzzParseHours(f *testing.F) {
	f.Add("20260105:0930-20260105:1600;20260106:CLOSED", "US/Eastern")
	f.Add(":CLOSED;-", "UTC")
	f.Fuzz(func(t *testing.T, text, zone string) {
		h, err := ParseHours(text, zone)
		if err != nil {
			return
		}
		for _, s := range h.Sessions {
			if open, _ := h.Open(s.Open); !open {
				t.Errorf("%q: not open at its own opening %s", text, s.Open)
			}
		}
	})
}

// TestContinues: an answer names no contract, so what it says of known minutes must be the same.
func TestContinues(t *testing.T) {
	bars := func(first int, closes ...string) (out []Bar) {
		for i, c := range closes {
			start := time.Unix(0, 0).Add(time.Duration(first+i) * time.Minute)
			out = append(out, Bar{Start: start, Size: time.Minute, Close: decimal.MustParse(c)})
		}
		return out
	}
	known := bars(0, "100", "101", "102")
	for name, c := range map[string]struct {
		known, bars []Bar
		ok          bool
	}{
		"nothing known":           {nil, bars(0, "7"), true},
		"no bars":                 {known, nil, true},
		"the same and one more":   {known, bars(1, "101", "102", "103"), true},
		"one revised":             {known, bars(0, "100", "101.5", "102"), true},
		"another contract's":      {known, bars(0, "103", "104", "105"), false},
		"one known, unlike":       {known[2:], bars(0, "103", "104", "105"), false},
		"none in common, near":    {known, bars(9, "110"), true},
		"none in common, far off": {known, bars(9, "226"), false},
	} {
		err := Continues(c.known, c.bars, decimal.MustParse("0.2"))
		if (err == nil) != c.ok || (err != nil && !errors.Is(err, ErrInsane)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
