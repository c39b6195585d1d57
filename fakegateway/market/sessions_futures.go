package market

import "time"

// globex is CME Group's electronic trading of financial futures: from 17:00 in Chicago on the
// evening before to 16:00, with regular hours that follow New York's. On US holidays it ends at
// noon; it is closed on New Year's Day, Good Friday and Christmas.
var globex = &sessions{
	zone: central, zoneID: "US/Central",
	regular: hours{8*hour + 30, 15 * hour}, earlyRegular: 12 * hour,
	full: hours{17*hour - dayClock, 16 * hour}, earlyFull: 12 * hour,
	holiday: globexDay,
}

// nymex is the same for energy and metals, whose days are New York's: 18:00 to 17:00.
var nymex = &sessions{
	zone: Eastern, zoneID: ZoneName,
	regular: hours{9*hour + 30, 17 * hour}, earlyRegular: 13 * hour,
	full: hours{18*hour - dayClock, 17 * hour}, earlyFull: 13 * hour,
	holiday: globexDay,
}

func globexDay(date time.Time) special {
	switch {
	case !isHoliday(date):
		return ordinary
	case date.Month() == time.January && date.Day() <= 2, date.Month() == time.December,
		goodFriday(date):
		return closed
	}
	return early
}
