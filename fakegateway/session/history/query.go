package history

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/contract"
)

// InvalidTime is the refusal of a time that ParseRequestTime does not read.
var InvalidTime = client.Refused(10314, textEndTime)

const (
	codeImpliedZone = 2174

	textEndTime = "End Date/Time: The date, time, or time-zone entered is invalid.\n" +
		"The correct format is yyyymmdd hh:mm:ss xx/xxxx\n" +
		"where yyyymmdd and xx/xxxx are optional.\n" +
		"E.g.: 20031126 15:59:00 US/Eastern\n\n" +
		"Note that there is a space between the date and time,\n" +
		"and between the time and time-zone.\n\n" +
		"If no date is specified, current date is assumed.\n" +
		"If no time-zone is specified, local time-zone is assumed(deprecated).\n\n" +
		"You can also provide yyyymmddd-hh:mm:ss time is in UTC.\n" +
		"Note that there is a dash between the date and time in UTC notation."
	textImpliedZone = "Warning: You submitted request with date-time attributes without explicit " +
		"time zone. Please switch to use yyyymmdd-hh:mm:ss in UTC or use instrument time zone, " +
		"like US/Eastern. Implied time zone functionality will be removed in the next API release"

	// maxYears is how far back bars go.
	maxYears = 20
)

// historyQuery is a request for bars or for sessions that has passed its checks.
type historyQuery struct {
	market.HistoryRequest
	show        string // whatToShow in capitals
	venue       string // the exchange of the request
	format      barFormat
	keep        bool // keepUpToDate
	schedule    bool
	unserved    bool // legal, but there is no such data of what is listed here
	impliedZone bool // the end has no time zone
}

// noData is the text for a request that there are no bars for.
func (q historyQuery) noData() string {
	return fmt.Sprintf("%sHMDS query returned no data: %s@%s %s",
		client.TextHistory, q.Instrument.Symbol, q.venue, title(q.show))
}

// historyQuery makes the checks of a Gateway in its order: end, duration, bar size, whatToShow,
// formatDate, keepUpToDate.
func (s *Session) historyQuery(i market.Instrument, m *protobuf.HistoricalDataRequest) (
	q historyQuery, bad *client.Refusal,
) {
	q = historyQuery{
		show: strings.ToUpper(m.GetWhatToShow()), venue: requestVenue(m.GetContract()),
		keep: m.GetKeepUpToDate(),
	}
	q.Instrument, q.RTHOnly = i, m.GetUseRTH()
	var err error
	if q.End, q.impliedZone, err = ParseRequestTime(m.GetEndDateTime(), s.client.Now(), i.Zone()); err != nil {
		return q, InvalidTime
	}
	q.impliedZone = q.impliedZone && s.client.Version() >= client.ZonedVersion
	var cause string
	if q.Duration, cause = parseDuration(m.GetDuration()); cause != "" {
		return q, client.Invalid(cause)
	}
	var ok bool
	if q.BarSize, ok = barSizes[strings.ToLower(m.GetBarSizeSetting())]; !ok {
		return q, client.Invalid("Historical data bar size setting is invalid. Legal ones are: " +
			legalBarSizes)
	}
	if q.Series, ok = seriesByName[q.show]; !ok && !slices.Contains(otherSeries, q.show) {
		return q, client.Invalid("What to show value of " + m.GetWhatToShow() + " rejected.")
	}
	q.schedule, q.unserved = q.show == "SCHEDULE", !ok
	if n := m.FormatDate; n != nil && (*n < 1 || *n > 3) {
		return q, client.Invalid(fmt.Sprintf("Date formatting selection of %d rejected.", *n))
	}
	if cause := q.conflict(!q.End.IsZero()); cause != "" {
		return q, client.Invalid(cause)
	}
	if bad := q.refusedHistory(); bad != nil {
		return q, bad
	}
	q.format = barFormat{
		version: s.client.Version(), daily: q.BarSize.Unit != market.Second, style: m.GetFormatDate(),
		instrument: i,
	}
	return q, nil
}

// conflict is why parts of a request exclude each other; "" when they do not.
func (q historyQuery) conflict(ends bool) string {
	live := q.show == "TRADES" || q.show == "MIDPOINT" || q.show == "BID" || q.show == "ASK"
	adjusted := q.show == "ADJUSTED_LAST"
	long := q.BarSize.Unit != market.Second && q.BarSize.Unit != market.Day
	day := market.Span{Count: 1, Unit: market.Day}
	switch {
	case adjusted && ends:
		return "End date not supported with adjusted last"
	case adjusted && long:
		return "Multi day bar size not supported with adjusted last"
	case q.keep && ends:
		return "End date not supported with live updates"
	case q.keep && !live:
		return "Source price not supported with live updates"
	case q.schedule && q.BarSize != day:
		return "Only daily resolution supported for Schedule requests"
	}
	return ""
}

// seriesByName are the values of whatToShow that the market has prices for.
var seriesByName = map[string]market.Series{
	"TRADES": market.Trades, "ADJUSTED_LAST": market.AdjustedLast, "AGGTRADES": market.Trades,
	"MIDPOINT": market.Midpoint, "BID": market.Bid, "ASK": market.Ask, "BID_ASK": market.BidAsk,
	"HISTORICAL_VOLATILITY":     market.HistoricalVolatility,
	"OPTION_IMPLIED_VOLATILITY": market.OptionImpliedVolatility,
}

// otherSeries are legal too.
var otherSeries = []string{
	"SCHEDULE", "FEE_RATE", "NAV_LAST", "INDICATIVE_AUCTION_PRICE_SIZE",
	"YIELD_ASK", "YIELD_BID", "YIELD_BID_ASK", "YIELD_MARK", "YIELD_LAST",
}

const legalBarSizes = "1 secs, 5 secs, 10 secs, 15 secs, 30 secs, 1 min, 2 mins, 3 mins, 5 mins, " +
	"10 mins, 15 mins, 20 mins, 30 mins, 1 hour, 2 hours, 3 hours, 4 hours, 8 hours, 1 day, " +
	"1W, 1M"

// barSizes are IBKR's names in small letters.
var barSizes = func() map[string]market.Span {
	week, month := market.Span{Count: 1, Unit: market.Week}, market.Span{Count: 1, Unit: market.Month}
	sizes := map[string]market.Span{
		"1 day": {Count: 1, Unit: market.Day},
		"1w":    week, "1 w": week, "1 week": week, "1m": month, "1 m": month, "1 month": month,
	}
	units := map[string]int{"secs": 1, "min": 60, "mins": 60, "hour": 3600, "hours": 3600}
	for name := range strings.SplitSeq(legalBarSizes, ", ") {
		count, unit, _ := strings.Cut(name, " ")
		n, _ := strconv.Atoi(count)
		if seconds := units[unit]; seconds > 0 {
			sizes[name] = market.Span{Count: n * seconds, Unit: market.Second}
		}
	}
	return sizes
}()

// durationUnit is a unit of a duration, with the most that can be asked for and what a Gateway says
// to more.
type durationUnit struct {
	unit market.Unit
	most int
	more string
}

var durationUnits = map[string]durationUnit{
	"S": {
		market.Second, 86400,
		"Historical data request for greater than 86400 seconds rejected.",
	},
	"D": {
		market.Day, 365,
		"Historical data requests for durations longer than 365 days must be made in years.",
	},
	"W": {
		market.Week, 52,
		"Historical data request for durations longer than 52 weeks must be made in years.",
	},
	"M": {
		market.Month, 12,
		"Historical data request for durations longer than 12 months must be made in years.",
	},
	"Y": {
		market.Year, maxYears,
		fmt.Sprintf("Historical data request for durations longer than %d years rejected.", maxYears),
	},
}

// parseDuration reads "1 D", "300 S", "2 W", "6 M", "1 Y", and "300" as seconds. bad is the cause of
// a refusal.
func parseDuration(text string) (d market.Span, bad string) {
	if text == "" {
		return d, "Historical data request duration not specified."
	}
	count, unit, spaced := strings.Cut(text, " ")
	if !spaced {
		unit = "S"
	}
	u, known := durationUnits[strings.ToUpper(unit)]
	n, err := strconv.Atoi(count)
	switch {
	case !known, err != nil && strings.Trim(count, "0123456789") != "":
		return d, "When specifying a unit, historical data request duration format is " +
			"integer{SPACE}unit (S|D|W|M|Y)."
	case err != nil, n < 1:
		return d, "Historical data requested duration is invalid."
	case n > u.most:
		return d, u.more
	}
	return market.Span{Count: n, Unit: u.unit}, ""
}

// requestVenue is the exchange of a request as texts name it.
func requestVenue(c *protobuf.Contract) string {
	if c.GetExchange() == "" {
		return contract.SMART
	}
	return c.GetExchange()
}
