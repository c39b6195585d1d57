package marketdata

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
)

// scannerParameters is the document of what can be scanned: a Gateway's names, of what is served
// here. The list of scans goes into it.
//
//go:embed scanner_parameters.xml
var scannerParameters string

// scan is a scan code of IBKR with its name in the document of parameters.
type scan struct {
	code, name string
	// score ranks stocks: those with the highest scores come first, those that are not ok are left out.
	score func(scanned) (score float64, ok bool)
}

// scans are the codes of IBKR that need nothing but prices, volumes, trades and the volatilities of
// this market. What each ranks by is from "Available Market Scanners" of the TWS API's
// documentation.
var scans = []scan{
	{"TOP_PERC_GAIN", "Top % Gainers", rising(scanned.change)},
	{"TOP_PERC_LOSE", "Top % Losers", falling(scanned.change)},
	{"MOST_ACTIVE", "Most Active", rising(scanned.shares)},
	{
		"MOST_ACTIVE_USD", "Most Active ($)",
		rising(func(s scanned) float64 { return s.shares() * client.PriceOf(s.last) }),
	},
	{"NOT_OPEN", "Not Open", func(s scanned) (float64, bool) { return 0, s.volume == 0 }},
	{"HALTED", "Halted", func(s scanned) (float64, bool) { return 0, s.halted }},
	{"HOT_BY_PRICE", "Hot Contracts by Price", rising(func(s scanned) float64 {
		return max(s.change(), -s.change()) / s.usualChange()
	})},
	{"HOT_BY_VOLUME", "Hot Contracts by Volume", rising(func(s scanned) float64 {
		return s.shares() / s.usualVolume()
	})},
	{"TOP_TRADE_COUNT", "Top Trade Count", rising(func(s scanned) float64 {
		return float64(s.market.Session(s.instrument, s.at).Trades)
	})},
	{"TOP_TRADE_RATE", "Top Trade Rate", rising(func(s scanned) float64 { _, n := s.lastMinute(); return n })},
	{"TOP_VOLUME_RATE", "Top Volume Rate", rising(func(s scanned) float64 { v, _ := s.lastMinute(); return v })},
	{"TOP_PRICE_RANGE", "Top Price Range", rising(scanned.priceRange)},
	{"HOT_BY_PRICE_RANGE", "Hot by Price Range", rising(func(s scanned) float64 {
		return s.priceRange() / s.volatility(market.HistoricalVolatility, 0)
	})},
	{"HIGH_OPEN_GAP", "Top Close-to-Open % Gainers", rising(scanned.gap)},
	{"LOW_OPEN_GAP", "Top Close-to-Open % Losers", falling(scanned.gap)},
	{"TOP_OPEN_PERC_GAIN", "Top % Gainers Since Open", rising(scanned.sinceOpen)},
	{"TOP_OPEN_PERC_LOSE", "Top % Losers Since Open", falling(scanned.sinceOpen)},
	{"HIGH_VS_13W_HL", "13-Week High", nearHigh(quarterDays)},
	{"LOW_VS_13W_HL", "13-Week Low", nearLow(quarterDays)},
	{"HIGH_VS_26W_HL", "26-Week High", nearHigh(2 * quarterDays)},
	{"LOW_VS_26W_HL", "26-Week Low", nearLow(2 * quarterDays)},
	{"HIGH_VS_52W_HL", "52-Week High", nearHigh(4 * quarterDays)},
	{"LOW_VS_52W_HL", "52-Week Low", nearLow(4 * quarterDays)},
	{"HIGH_OPT_IMP_VOLAT", "Highest Option Imp Vol", rising(scanned.implied)},
	{"LOW_OPT_IMP_VOLAT", "Lowest Option Imp Vol", func(s scanned) (float64, bool) { return -s.implied(), true }},
	{"TOP_OPT_IMP_VOLAT_GAIN", "Top Option Imp Vol % Gainers", rising(scanned.impliedGain)},
	{"TOP_OPT_IMP_VOLAT_LOSE", "Top Option Imp Vol % Losers", falling(scanned.impliedGain)},
	{"HIGH_OPT_IMP_VOLAT_OVER_HIST", "High Option Imp Vol Over Historical", func(s scanned) (float64, bool) {
		return s.implied() / s.volatility(market.HistoricalVolatility, 0), true
	}},
	{"LOW_OPT_IMP_VOLAT_OVER_HIST", "Low Option Imp Vol Over Historical", func(s scanned) (float64, bool) {
		return -s.implied() / s.volatility(market.HistoricalVolatility, 0), true
	}},
}

func scanByCode(code string) (scan, bool) {
	k := slices.IndexFunc(scans, func(s scan) bool { return s.code == code })
	if k < 0 {
		return scan{}, false
	}
	return scans[k], true
}

// scannerDocument is the answer to reqScannerParameters.
func scannerDocument() string {
	var types strings.Builder
	for _, s := range scans {
		fmt.Fprintf(&types, "\t\t<ScanType>\n\t\t\t<displayName>%s</displayName>\n"+
			"\t\t\t<scanCode>%s</scanCode>\n\t\t\t<instruments>STK</instruments>\n\t\t</ScanType>\n", s.name, s.code)
	}
	return fmt.Sprintf(scannerParameters, types.String())
}

// scanFilters are the filters of tags and values that are served, by their codes in the TWS API.
var scanFilters = map[string]func(s scanned, limit float64) bool{
	"priceAbove":      func(s scanned, limit float64) bool { return client.PriceOf(s.last) >= limit },
	"priceBelow":      func(s scanned, limit float64) bool { return client.PriceOf(s.last) <= limit },
	"usdPriceAbove":   func(s scanned, limit float64) bool { return client.PriceOf(s.last) >= limit },
	"usdPriceBelow":   func(s scanned, limit float64) bool { return client.PriceOf(s.last) <= limit },
	"volumeAbove":     func(s scanned, limit float64) bool { return s.shares() >= limit },
	"avgVolumeAbove":  func(s scanned, limit float64) bool { return s.usualVolume() >= limit },
	"changePercAbove": func(s scanned, limit float64) bool { return s.change()*100 >= limit },
	"changePercBelow": func(s scanned, limit float64) bool { return s.change()*100 <= limit },
}

// disabledFilter is the first filter of a subscription, by name, that is not served; "" when there is none.
func disabledFilter(q *protobuf.ScannerSubscription) string {
	first := ""
	for code := range q.GetScannerSubscriptionFilterOptions() {
		if scanFilters[code] == nil && (first == "" || code < first) {
			first = code
		}
	}
	return first
}

// scanned is a stock with what scans look at.
type scanned struct {
	instrument market.Instrument
	state
	market market.Market
	at     time.Time
	past   map[int]pastDays // by contract id, of the scan
}

// rising ranks by a value from the highest on, of those above zero.
func rising(value func(scanned) float64) func(scanned) (float64, bool) {
	return func(s scanned) (float64, bool) { v := value(s); return v, v > 0 }
}

// falling ranks by a value from the lowest on, of those below zero.
func falling(value func(scanned) float64) func(scanned) (float64, bool) {
	return func(s scanned) (float64, bool) { v := value(s); return -v, v < 0 }
}

// nearHigh ranks by where the last price is in the range of some trading days, those at the high first.
func nearHigh(days int) func(scanned) (float64, bool) {
	return func(s scanned) (float64, bool) { return s.place(days), true }
}

func nearLow(days int) func(scanned) (float64, bool) {
	return func(s scanned) (float64, bool) { return -s.place(days), true }
}

// shares is the day's volume.
func (s scanned) shares() float64 { return float64(s.volume) }

// change is that of the last price from yesterday's close, as a fraction.
func (s scanned) change() float64 { return growth(client.PriceOf(s.last), client.PriceOf(s.close)) }

// gap is the opening's.
func (s scanned) gap() float64 { return growth(client.PriceOf(s.opened), client.PriceOf(s.close)) }

// sinceOpen is the last price's from the opening.
func (s scanned) sinceOpen() float64 { return growth(client.PriceOf(s.last), client.PriceOf(s.opened)) }

// priceRange is the day's range, with yesterday's close where that is outside of it, as a fraction.
func (s scanned) priceRange() float64 {
	if s.high.IsZero() {
		return 0
	}
	return growth(client.PriceOf(s.high.Max(s.close)), client.PriceOf(s.low.Min(s.close)))
}

func growth(now, before float64) float64 {
	if now == 0 || before == 0 {
		return 0
	}
	return now/before - 1
}

const (
	// usualDays is the window of IBKR's averages of volume and of change.
	usualDays = 30
	// quarterDays are the trading days of 13 weeks.
	quarterDays = 63
)

// usualVolume is the moving average of the daily volume before today.
func (s scanned) usualVolume() float64 {
	return s.usual(func(day market.Session, _ float64) float64 { return float64(day.Volume) })
}

// usualChange is the moving average of the daily change before today, up or down, as a fraction.
func (s scanned) usualChange() float64 {
	return s.usual(func(day market.Session, closed float64) float64 {
		change := growth(closed, client.PriceOf(day.Open))
		return max(change, -change)
	})
}

// usual is the exponential moving average of a value of the days before today; each value gets its
// day and the day's close.
func (s scanned) usual(value func(day market.Session, closed float64) float64) float64 {
	days := s.sessions(usualDays + 1)
	const weight = 2.0 / (usualDays + 1)
	average := 0.0
	for k := range len(days) - 1 {
		v := value(days[k], client.PriceOf(days[k+1].PreviousClose))
		if k == 0 {
			average = v
		}
		average += float64(weight * (v - average))
	}
	return average
}

// place is where the last price is between the low, 0, and the high, 1, of some trading days.
func (s scanned) place(days int) float64 {
	last := client.PriceOf(s.last)
	low, high := last, last
	for _, day := range s.sessions(days) {
		if !day.High.IsZero() { // regular trading has begun
			low, high = min(low, client.PriceOf(day.Low)), max(high, client.PriceOf(day.High))
		}
	}
	if low == high {
		return 0
	}
	return (last - low) / (high - low)
}

// lastMinute is what traded in the last 60 seconds.
func (s scanned) lastMinute() (volume, trades float64) {
	for _, t := range s.market.Tape(s.instrument, s.at.Add(-time.Minute), s.at, 0) {
		if t.LastSize > 0 {
			volume, trades = volume+float64(t.LastSize), trades+1
		}
	}
	return volume, trades
}

// pastDays are the last trading days of a stock at one time, up to the newest, which had begun.
type pastDays struct {
	newest   string
	sessions []market.Session
}

// sessions are the stock's last n trading days. Of a scan that is repeated, those that are over are
// looked at once a day.
func (s scanned) sessions(n int) []market.Session {
	const closedDays = 10
	begun := s.market.Schedule(s.instrument, s.at.AddDate(0, 0, -closedDays), s.at, false)
	if len(begun) == 0 {
		return nil
	}
	newest, known := begun[len(begun)-1].RefDate, s.past[s.instrument.ConID]
	if known.newest != newest || len(known.sessions) != n {
		known = pastDays{newest, lastSessions(s.market, s.instrument, s.at, n)}
		s.past[s.instrument.ConID] = known
		return known.sessions
	}
	known.sessions[n-1] = s.market.Session(s.instrument, s.at)
	return known.sessions
}

func (s scanned) implied() float64 { return s.volatility(market.OptionImpliedVolatility, 0) }

// impliedGain is how the implied volatility has changed since yesterday, as a fraction.
func (s scanned) impliedGain() float64 {
	return growth(s.implied(), s.volatility(market.OptionImpliedVolatility, 1))
}

// volatility is that of some trading days ago, for a year; 0 when it is not known.
func (s scanned) volatility(which market.Series, ago int) float64 {
	h, err := s.market.History(s.at, market.HistoryRequest{
		Instrument: s.instrument, Duration: market.Span{Count: ago + 1, Unit: market.Day},
		BarSize: market.Span{Count: 1, Unit: market.Day}, Series: which,
	})
	if err != nil || len(h.Bars) == 0 {
		return 0
	}
	return client.PriceOf(h.Bars[0].Close)
}

// lastSessions are the last n that have begun, oldest first, as they were at their ends; the newest as it
// is. They are looked at one by one: bars of days would take a hundred times as long.
func lastSessions(m market.Market, i market.Instrument, at time.Time, n int) []market.Session {
	const daysOfWeek, tradingDaysOfWeek, closedDays = 7, 5, 10
	from := at.AddDate(0, 0, -n*daysOfWeek/tradingDaysOfWeek-closedDays)
	days := m.Schedule(i, from, at, false)
	days = days[max(0, len(days)-n):]
	list := make([]market.Session, len(days))
	for k, day := range days {
		end := day.Close.Add(-1)
		if end.After(at) {
			end = at
		}
		list[k] = m.Session(i, end)
	}
	return list
}
