package market

import "time"

// interbank is forex: from 17:15 in New York to 17:00 on the next day, from Sunday to Friday. It
// is closed on New Year's Day and Christmas.
var interbank = &sessions{
	zone: Eastern, zoneID: ZoneName,
	regular: hours{17*hour + 15 - dayClock, 17 * hour}, earlyRegular: 17 * hour,
	full: hours{17*hour + 15 - dayClock, 17 * hour}, earlyFull: 17 * hour,
	holiday: closedOn(newYearsDay, christmas),
}

// coins is crypto currencies: every day, from midnight to midnight.
var coins = &sessions{
	zone: Eastern, zoneID: ZoneName,
	regular: hours{0, dayClock}, full: hours{0, dayClock},
	earlyRegular: dayClock, earlyFull: dayClock,
	holiday: closedOn(), weekends: true,
}

// listedOptions trade in the regular hours of their stocks; options on indices until a quarter
// past four.
var (
	listedOptions = regularOnly(16*hour, 13*hour)
	indexOptions  = regularOnly(16*hour+15, 13*hour+15)
	// indices are computed while their stocks trade.
	indices = regularOnly(16*hour, 13*hour)
)

func regularOnly(until, early clock) *sessions {
	h := hours{9*hour + 30, until}
	return &sessions{
		zone: Eastern, zoneID: ZoneName, regular: h, full: h,
		earlyRegular: early, earlyFull: early, holiday: newYork.holiday,
	}
}

// bondDesk is the trading of bonds over the counter.
var bondDesk = &sessions{
	zone: Eastern, zoneID: ZoneName,
	regular: hours{8 * hour, 17 * hour}, earlyRegular: 14 * hour,
	full: hours{8 * hour, 17 * hour}, earlyFull: 14 * hour,
	holiday: newYork.holiday,
}

// The exchanges of the stocks that are listed outside the United States.
var (
	mexicoCity = abroad(mexico, "America/Mexico_City", 8*hour+30, 15*hour)
	swiss      = abroad(zurich, "MET", 9*hour, 17*hour+30)
	frankfurt  = abroad(berlin, "MET", 9*hour, 17*hour+30)
	londonDesk = abroad(london, "GB-Eire", 8*hour, 16*hour+30)
	// The names that Gateways have for these zones are not known: they are those of the zone files.
	helsinki = abroad(mustZone("Europe/Helsinki"), "Europe/Helsinki", 10*hour, 18*hour+30)
	hongKong = abroad(mustZone("Asia/Hong_Kong"), "Asia/Hong_Kong", 9*hour+30, 16*hour) // lunch is traded
	// Toronto's other holidays are traded here.
	toronto = func() *sessions {
		s := abroad(Eastern, ZoneName, 9*hour+30, 16*hour)
		s.holiday = closedOn(newYearsDay, goodFriday, christmas)
		return s
	}()
	// eurexDay is Eurex's long day, around the regular hours of Frankfurt.
	eurexDay = func() *sessions {
		s := abroad(berlin, "MET", 9*hour, 17*hour+30)
		s.full, s.earlyFull = hours{hour + 10, 22 * hour}, 22*hour
		return s
	}()
)

// metals are traded from 18:00 in New York to 17:00 on the next day.
var metals = &sessions{
	zone: Eastern, zoneID: ZoneName,
	regular: hours{18*hour - dayClock, 17 * hour}, earlyRegular: 17 * hour,
	full: hours{18*hour - dayClock, 17 * hour}, earlyFull: 17 * hour,
	holiday: closedOn(newYearsDay, christmas),
}

// calendars are the hours that a listing can name.
var calendars = map[string]*sessions{
	"newyork": newYork, "toronto": toronto, "mexico": mexicoCity, "london": londonDesk,
	"frankfurt": frankfurt, "zurich": swiss, "helsinki": helsinki, "hongkong": hongKong,
	"eurex": eurexDay, "globex": globex, "nymex": nymex, "interbank": interbank, "metals": metals,
	"bonds": bondDesk, "coins": coins, "indices": indices,
}

// abroad are the sessions of an exchange that keeps New Year's Day, Good Friday, Easter Monday and
// Christmas; its other holidays are traded here.
func abroad(zone *time.Location, id string, open, until clock) *sessions {
	h := hours{open, until}
	return &sessions{
		zone: zone, zoneID: id, regular: h, full: h, earlyRegular: until, earlyFull: until,
		holiday: closedOn(newYearsDay, goodFriday, easterMonday, christmas),
	}
}

// closedOn is a calendar that knows some holidays, on their dates.
func closedOn(holidays ...func(time.Time) bool) func(time.Time) special {
	return func(date time.Time) special {
		for _, is := range holidays {
			if is(date) {
				return closed
			}
		}
		return ordinary
	}
}

func newYearsDay(date time.Time) bool { return date.YearDay() == 1 }

func christmas(date time.Time) bool {
	return date.Month() == time.December && date.Day() == 25
}

func goodFriday(date time.Time) bool {
	return easter(date.Year(), date.Location()).AddDate(0, 0, -2).Equal(date)
}

func easterMonday(date time.Time) bool {
	return easter(date.Year(), date.Location()).AddDate(0, 0, 1).Equal(date)
}
