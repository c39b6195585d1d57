package market

import (
	"strings"
	"testing"
	"time"
)

func at(t *testing.T, text string) time.Time {
	t.Helper()
	loc := newYork()
	when, err := time.ParseInLocation("2006-01-02 15:04", text, loc)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

// TestCalendar has the days that formulas get wrong. The contract's hours are unknown here.
func TestCalendar(t *testing.T) {
	for when, want := range map[string]string{
		"2024-11-29 12:59": "open", // the 29th, which a formula that says 22 to 28 misses
		"2024-11-29 13:00": "closed",
		"2024-11-22 14:00": "open", // and this is no early close
		"2030-11-29 13:00": "closed",
		"2030-11-22 14:00": "open",
		"2026-07-03 11:00": "closed", // 4 July is a Saturday: a holiday, no early close
		"2026-07-02 15:00": "open",
		"2027-07-05 11:00": "closed", // 4 July is a Sunday
		"2027-07-02 15:00": "open",
		"2025-07-03 13:00": "closed",
		"2028-07-03 12:00": "open",
		"2027-12-24 11:00": "closed", // Christmas is a Saturday
		"2027-12-23 15:00": "open",
		"2027-12-31 15:00": "open", // New Year's Day on a Saturday is not kept
		"2025-01-09 11:00": "closed",
		"2026-04-03 11:00": "closed", // Good Friday
		"2026-01-02 09:29": "closed",
		"2026-01-02 09:30": "open",
		"2026-01-02 16:00": "closed",
		"2026-01-03 11:00": "closed", // a Saturday
		"2036-12-01 11:00": "unknown",
		"2023-12-25 11:00": "unknown",
	} {
		open, known, why := Calendar{}.Open(Hours{}, "US/Eastern", at(t, when))
		got := map[bool]string{true: "open", false: "closed"}[open]
		if !known {
			got = "unknown"
		}
		if got != want || (got == "closed") != (why != "") {
			t.Errorf("%s is %s (%s), want %s", when, got, why, want)
		}
		if _, known, _ := (Calendar{}).Open(Hours{}, "Asia/Tokyo", at(t, when)); known {
			t.Errorf("%s: the calendar of US stocks is taken for Tokyo's", when)
		}
	}
}

// TestTheContractsHoursComeFirst: they close what the table does not know of, and the table closes what
// they do not know of.
func TestTheContractsHoursComeFirst(t *testing.T) {
	h, err := ParseHours("20260702:0930-20260702:1200;20260703:0930-20260703:1600;"+
		"20261225:0000-20261226:0000", "US/Eastern")
	if err != nil {
		t.Fatal(err)
	}
	override, err := ParseCalendar("2026-07-03=open")
	if err != nil {
		t.Fatal(err)
	}
	shut, err := ParseCalendar("2026-12-25=closed")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		when string
		cal  Calendar
		open bool
	}{
		{"2026-07-02 11:59", Calendar{}, true},
		{"2026-07-02 12:00", Calendar{}, false},
		{"2026-07-03 11:00", Calendar{}, false},
		{"2026-07-03 11:00", override, true},
		{"2026-07-03 16:00", override, false},
		{"2026-12-25 03:00", Calendar{}, true}, // it trades around the clock, which is not the table's
		{"2026-12-25 03:00", shut, false},
	} {
		open, known, _ := c.cal.Open(h, "US/Eastern", at(t, c.when))
		if !known || open != c.open {
			t.Errorf("%s with %q: %v, known %v", c.when, c.cal, open, known)
		}
	}
}

func TestCalendarOverrides(t *testing.T) {
	const text = "2026-03-04=12:30,2027-01-09=closed,2040-12-24=open"
	c, err := ParseCalendar(" 2027-01-09=closed, 2026-03-04=12:30,2040-12-24=open,")
	if err != nil || c.String() != text {
		t.Fatalf("%q: %v", c, err)
	}
	if open, _, _ := c.Open(Hours{}, "US/Eastern", at(t, "2026-03-04 12:30")); open {
		t.Error("an early close by hand does not close")
	}
	if open, known, _ := c.Open(Hours{}, "US/Eastern", at(t, "2040-12-24 12:30")); !open || !known {
		t.Error("a day outside the table is not opened by hand")
	}
	for _, bad := range []string{
		"2026-02-30=closed", "2026-03-04", "2026-03-04=25:00", "closed", "2026-03-04=Closed",
		"2026-12-24=closed,2026-12-24=open",
	} {
		if _, err := ParseCalendar(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

// TestTheTableIsWhole: every year has its rows, no day is in both tables, and none is on a weekend.
func TestTheTableIsWhole(t *testing.T) {
	years := map[string]int{}
	for day := range holidays {
		date, err := time.Parse(time.DateOnly, day)
		if err != nil || date.Weekday() == time.Saturday || date.Weekday() == time.Sunday || earlyCloses[day] {
			t.Errorf("holiday %s: %v, a %s, early %v", day, err, date.Weekday(), earlyCloses[day])
		}
		years[day[:4]]++
	}
	for day := range earlyCloses {
		date, err := time.Parse(time.DateOnly, day)
		if err != nil || date.Weekday() == time.Saturday || date.Weekday() == time.Sunday {
			t.Errorf("early close %s: %v, a %s", day, err, date.Weekday())
		}
	}
	for y := firstYear; y <= lastYear; y++ {
		if n := years[time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006")]; n < 9 || n > 11 {
			t.Errorf("%d has %d holidays", y, n)
		}
	}
}

func TestWindows(t *testing.T) {
	w, err := ParseWindows("23:40-00:50, Sat 22:55-03:05,07:00-07:10 Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	if want := "23:40-00:50,Sat 22:55-03:05,07:00-07:10 Europe/Berlin"; w.String() != want {
		t.Errorf("%q, want %q", w, want)
	}
	for when, want := range map[string]bool{
		"2026-01-07 23:39": false, "2026-01-07 23:40": true, "2026-01-08 00:00": true, "2026-01-08 00:49": true,
		"2026-01-08 00:50": false, "2026-01-10 23:00": true, "2026-01-11 03:04": true, "2026-01-11 03:05": false,
		"2026-01-09 23:00": false, "2026-01-12 03:00": false, "2026-01-07 01:05": true, // 07:05 in Berlin
		"2026-03-08 03:04": true, // the night in which clocks are set forward
	} {
		if _, in := w.At(at(t, when)); in != want {
			t.Errorf("%s is in a window: %v, want %v", when, in, want)
		}
	}
	for _, bad := range []string{"23:45", "23:45-24:10", "01:00-01:00", "Sunday 01:00-02:00", "01:00-02:00 Mars", "Mon"} {
		if _, err := ParseWindows(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	for _, none := range []string{"none", ""} {
		if w, err := ParseWindows(none); err != nil || len(w) != 0 || w.String() != "none" {
			t.Errorf("%q is %q, %v", none, w, err)
		}
	}
	if w, err := ParseWindows(DefaultWindows); err != nil || w.String() != DefaultWindows {
		t.Errorf("the default: %q, %v", w, err)
	}
	if !strings.Contains(DefaultWindows, "23:40") {
		t.Error("Gateways restart at 23:45")
	}
}
