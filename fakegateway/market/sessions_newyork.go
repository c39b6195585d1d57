package market

import "time"

// newYork is the New York Stock Exchange's calendar, with the extended hours of electronic
// venues.
var newYork = &sessions{
	zone: Eastern, zoneID: ZoneName,
	regular: hours{9*hour + 30, 16 * hour}, earlyRegular: 13 * hour,
	full: hours{4 * hour, 20 * hour}, earlyFull: 17 * hour,
	holiday: func(date time.Time) special {
		switch {
		case isHoliday(date):
			return closed
		case isEarlyClose(date):
			return early
		}
		return ordinary
	},
}

// isHoliday follows the New York Stock Exchange's rule 7.2: a holiday on a Sunday is kept on the
// Monday, one on a Saturday on the Friday, except New Year's Day on a Saturday, which is not kept.
func isHoliday(day time.Time) bool {
	y, m, d := day.Date()
	wd := day.Weekday()
	nth := (d-1)/7 + 1
	observed := func(month time.Month, date int) bool {
		holiday := time.Date(y, month, date, 0, 0, 0, 0, day.Location())
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
	return goodFriday(day)
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
func easter(y int, zone *time.Location) time.Time {
	a, b, c := y%19, y/100, y%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	j, k := c/4, c%4
	m := (a + 11*h) / 319
	r := (2*e + 2*j - k - h + m + 32) % 7
	month := (h - m + r + 90) / 25
	day := (h - m + r + month + 19) % 32
	return time.Date(y, time.Month(month), day, 0, 0, 0, 0, zone)
}
