package market

import (
	"testing"
	"time"
)

// The New York Stock Exchange's own calendar of holidays and early closings.
func TestHolidays(t *testing.T) {
	closed := map[int][]string{
		2024: {"0101", "0115", "0219", "0329", "0527", "0619", "0704", "0902", "1128", "1225"},
		2025: {"0101", "0120", "0217", "0418", "0526", "0619", "0704", "0901", "1127", "1225"},
		2026: {"0101", "0119", "0216", "0403", "0525", "0619", "0703", "0907", "1126", "1225"},
		2027: {"0101", "0118", "0215", "0326", "0531", "0618", "0705", "0906", "1125", "1224"},
		2028: {"0117", "0221", "0414", "0529", "0619", "0704", "0904", "1123", "1225"},
	}
	early := map[int][]string{
		2024: {"0703", "1129", "1224"}, 2025: {"0703", "1128", "1224"}, 2026: {"1127", "1224"},
		2027: {"1126"}, 2028: {"0703", "1124"},
	}
	for year := 2024; year <= 2028; year++ {
		var gotClosed, gotEarly []string
		for day := time.Date(year, 1, 1, 0, 0, 0, 0, Eastern); day.Year() == year; day = nextMidnight(day) {
			w, ok := Hours{SessionsOnly: true}.of(newYork, day, false)
			weekend := day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
			switch {
			case !ok && !weekend:
				gotClosed = append(gotClosed, day.Format("0102"))
			case ok && w.Close.Hour() == 13:
				gotEarly = append(gotEarly, day.Format("0102"))
			}
		}
		assertDays(t, year, "closed", gotClosed, closed[year])
		assertDays(t, year, "early", gotEarly, early[year])
	}
}

func assertDays(t *testing.T, year int, what string, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d %s: %v, want %v", year, what, got, want)
		return
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("%d %s: %v, want %v", year, what, got, want)
			return
		}
	}
}

func TestHoursAsText(t *testing.T) {
	wednesday := time.Date(2026, 11, 25, 22, 0, 0, 0, time.UTC)
	h := Hours{SessionsOnly: true}
	if got, want := h.format(newYork, wednesday, false), "20261125:0930-20261125:1600;20261126:CLOSED;"+
		"20261127:0930-20261127:1300;20261128:CLOSED;20261129:CLOSED;20261130:0930-20261130:1600"; got != want {
		t.Errorf("liquid hours\n got %s\nwant %s", got, want)
	}
	if got, want := (Hours{}).format(newYork, wednesday, false)[:27], "20261125:0000-20261126:0000"; got != want {
		t.Errorf("hours of a market that never closes begin %s, want %s", got, want)
	}
}

func TestDaylightSavingDays(t *testing.T) {
	for _, day := range []time.Time{
		time.Date(2026, 3, 8, 12, 0, 0, 0, Eastern), time.Date(2026, 11, 1, 12, 0, 0, 0, Eastern),
	} {
		w, ok := Hours{}.of(newYork, midnight(day, Eastern), false)
		if !ok || w.Open.Hour() != 0 || w.Close.Hour() != 0 || w.Close.Day() != day.Day()+1 {
			t.Errorf("%v: %v to %v", day, w.Open, w.Close)
		}
	}
}
