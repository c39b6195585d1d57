package marketdata

import (
	"fmt"
	"math"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
)

// genericValues sends the values of generic ticks, all computed from the market. Ticks of what
// changes once a day are sent once.
type genericValues struct {
	s          *Session
	out        *tickBodies
	view       *exchange.View
	instrument market.Instrument
	now        state
	at         time.Time
	first      bool // nothing was sent yet
	all        bool // the minute's look
	traded     bool // there was a trade since the last look
	ticks      *generics
}

// IBKR's numbers of the ticks that generic ticks bring.
const (
	historicalVolatilityTick = 23
	impliedVolatilityTick    = 24
	callOpenInterestTick     = 27
	putOpenInterestTick      = 28
	callVolumeTick           = 29
	putVolumeTick            = 30
	futurePremiumTick        = 31
	auctionVolumeTick        = 34
	auctionPriceTick         = 35
	auctionImbalanceTick     = 36
	markPriceTick            = 37
	low13WeeksTick           = 15
	low26WeeksTick           = 17
	low52WeeksTick           = 19
	averageVolumeTick        = 21
	shortableTick            = 46
	tradeVolumeTick          = 48
	tradeCountTick           = 54
	tradeRateTick            = 55
	volumeRateTick           = 56
	lastRegularTradeTick     = 57
	realTimeVolatilityTick   = 58
	dividendsTick            = 59
	bondFactorTick           = 60
	volume3MinutesTick       = 63
	slowMarkPriceTick        = 79
	futuresOpenInterestTick  = 86
	averageOptionVolumeTick  = 87
	shortableSharesTick      = 89
)

// sessions are the last n, of which the newest goes on.
func (g *genericValues) sessions(n int) []market.Session {
	return lastSessions(g.s.login.exchange.Market(), g.instrument, g.at, n)
}

// statistics are the lows and highs of a quarter, a half and a whole year, and the average volume of
// 90 days.
func (g *genericValues) statistics() {
	if !g.first {
		return
	}
	const quarter = 63 // trading days
	year := g.sessions(4 * quarter)
	for k, tick := range []int32{low13WeeksTick, low26WeeksTick, low52WeeksTick} {
		var low, high decimal.Decimal
		for _, day := range year[max(0, len(year)-quarter<<k):] {
			if day.High.IsZero() { // regular trading has not begun
				continue
			}
			if high = high.Max(day.High); low.IsZero() || day.Low.Less(low) {
				low = day.Low
			}
		}
		g.out.price(tick, low, 0)
		g.out.price(tick+1, high, 0)
	}
	g.out.size(averageVolumeTick, g.averageVolume(averageDays))
}

// averageDays is IBKR's window of average volumes.
const averageDays = 90

// averageVolume is that of the last n sessions.
func (g *genericValues) averageVolume(n int) int64 {
	days := g.sessions(n)
	if len(days) == 0 {
		return 0
	}
	total := int64(0)
	for _, d := range days {
		total += d.Volume
	}
	return total / int64(len(days))
}

// The options on a stock trade about a contract for every 400 shares, 3 calls to 2 puts, and
// there are ten days' volume of them: this market has prices of options, but no orders for them.
const (
	sharesPerOption = 400
	daysOfInterest  = 10
)

func optionSplit(shares int64) (calls, puts int64) {
	contracts := shares / sharesPerOption
	calls = contracts * 3 / 5
	return calls, contracts - calls
}

func (g *genericValues) optionVolume() {
	if g.all {
		calls, puts := optionSplit(g.now.volume)
		g.out.size(callVolumeTick, calls)
		g.out.size(putVolumeTick, puts)
	}
}

func (g *genericValues) openInterest() {
	if g.first {
		calls, puts := optionSplit(daysOfInterest * g.averageVolume(daysOfInterest))
		g.out.size(callOpenInterestTick, calls)
		g.out.size(putOpenInterestTick, puts)
	}
}

func (g *genericValues) averageOptionVolume() {
	if g.first {
		g.out.size(averageOptionVolumeTick, g.averageVolume(averageDays)/sharesPerOption)
	}
}

func (g *genericValues) futuresOpenInterest() {
	if g.first && g.instrument.SecType == market.Future {
		g.out.size(futuresOpenInterestTick, g.averageVolume(daysOfInterest))
	}
}

func (g *genericValues) impliedVolatility() {
	if g.all {
		g.out.generic(impliedVolatilityTick, g.s.login.exchange.Market().Volatility(g.instrument, g.at))
	}
}

// volatilityDays is IBKR's window of the historical volatility.
const volatilityDays = 30

func (g *genericValues) optionHistoricalVolatility() {
	if g.first {
		g.out.generic(historicalVolatilityTick, volatility(g.sessions(volatilityDays+1)))
	}
}

func (g *genericValues) historicalVolatility() {
	if g.first {
		g.out.generic(realTimeVolatilityTick, volatility(g.sessions(volatilityDays+1)))
	}
}

// volatility is the standard deviation of daily returns, a year.
func volatility(days []market.Session) float64 {
	const tradingDays = 252
	if len(days) < 3 {
		return 0
	}
	var sum, squares float64
	for k, d := range days[1:] {
		r := math.Log(client.PriceOf(d.PreviousClose) / client.PriceOf(days[k].PreviousClose))
		sum += r
		squares += r * r
	}
	n := float64(len(days) - 1)
	return math.Sqrt((squares - sum*sum/n) / (n - 1) * tradingDays)
}

// futurePremium is how much the next future is above the index; the market has no premium.
func (g *genericValues) futurePremium() {
	if g.all {
		g.out.generic(futurePremiumTick, 0)
	}
}

func (g *genericValues) markPrice() {
	if g.first || g.traded {
		g.out.price(markPriceTick, g.mark(), 0)
	}
}

func (g *genericValues) slowMarkPrice() {
	if g.all {
		g.out.price(slowMarkPriceTick, g.mark(), 0)
	}
}

// mark is the last price between the quotes, else the nearer quote: IBKR's mark price.
func (g *genericValues) mark() decimal.Decimal {
	return g.now.last.Max(g.now.bid).Min(g.now.ask)
}

// auction is that of the next opening or closing, of which nothing is known during continuous
// trading.
func (g *genericValues) auction() {
	if g.first {
		g.out.size(auctionVolumeTick, 0)
		g.out.price(auctionPriceTick, decimal.Zero, 0)
		g.out.size(auctionImbalanceTick, 0)
	}
}

// tradeVolume is a trade in IBKR's form: price, size, time in milliseconds, the day's volume, its
// average price, and whether one market maker filled it.
func (g *genericValues) tradeVolume() {
	if !g.traded || g.now.lastAt.IsZero() {
		return
	}
	g.out.string(tradeVolumeTick, fmt.Sprintf("%s;%d;%d;%d;%s;%t", g.now.last, g.now.lastSize,
		g.now.lastAt.UnixMilli(), g.now.volume, g.average(), g.now.lastSize%2 == 0))
}

// average is the average price of the day so far.
func (g *genericValues) average() decimal.Decimal {
	h, err := g.s.login.exchange.Market().History(g.at, market.HistoryRequest{
		Instrument: g.instrument, End: g.at, Duration: oneDay, BarSize: oneDay,
	})
	if err != nil || len(h.Bars) == 0 {
		return g.now.last
	}
	return h.Bars[len(h.Bars)-1].WAP
}

var oneDay = market.Span{Count: 1, Unit: market.Day}

// IBKR's number for at least a thousand shares that can be borrowed.
const easyToBorrow = 3

func (g *genericValues) shortable() {
	if g.first {
		g.out.generic(shortableTick, easyToBorrow)
		g.out.size(shortableSharesTick, g.averageVolume(daysOfInterest))
	}
}

// Requests that a login without the subscription to them gets an error for, though their other ticks
// come: captured from Gateways at 200 and later.
func (g *genericValues) fundamentals() {
	if g.first {
		g.s.client.Fail(int(g.out.id), 10358, "Fundamentals data is not allowed")
	}
}

// dividends are those of the past and of the coming 12 months and the next: there are none.
func (g *genericValues) dividends() {
	if g.first {
		g.out.string(dividendsTick, ",,,")
	}
}

// bondFactor is what is left of a bond's principal.
func (g *genericValues) bondFactor() {
	if g.first && g.instrument.SecType == market.Bond {
		g.out.generic(bondFactorTick, 1)
	}
}

func (g *genericValues) tradeCount() {
	if g.all {
		day := g.s.login.exchange.Market().Session(g.instrument, g.at)
		g.out.generic(tradeCountTick, float64(day.Trades))
	}
}

func (g *genericValues) tradeRate() {
	if g.all {
		_, trades := g.lastMinutes(1)
		g.out.generic(tradeRateTick, float64(trades))
	}
}

func (g *genericValues) volumeRate() {
	if g.all {
		volume, _ := g.lastMinutes(1)
		g.out.generic(volumeRateTick, float64(volume))
	}
}

// lastMinutes is what has traded in the last n minutes that are over.
func (g *genericValues) lastMinutes(n int) (volume int64, trades int) {
	end := g.at.Truncate(time.Minute)
	h, err := g.s.login.exchange.Market().History(g.at, market.HistoryRequest{
		Instrument: g.instrument, End: end,
		Duration: market.Span{Count: 60 * n, Unit: market.Second},
		BarSize:  market.Span{Count: 60, Unit: market.Second},
	})
	if err != nil {
		return 0, 0
	}
	for _, b := range h.Bars {
		volume += max(b.Volume, 0)
		trades += max(b.Trades, 0)
	}
	return volume, trades
}

func (g *genericValues) shortTermVolume() {
	if !g.all {
		return
	}
	for k, minutes := range []int{3, 5, 10} {
		volume, _ := g.lastMinutes(minutes)
		g.out.size(volume3MinutesTick+int32(k), volume)
	}
}

// lastRegularTrade is the price of the last trade in regular hours.
func (g *genericValues) lastRegularTrade() {
	m, at := g.s.login.exchange.Market(), g.at
	if m.Open(g.instrument, at, false) {
		if g.first || g.traded {
			g.out.price(lastRegularTradeTick, g.now.last, 0)
		}
		return
	}
	const closedDays = 10
	if days := m.Schedule(g.instrument, at.AddDate(0, 0, -closedDays), at, true); g.first && len(days) > 0 {
		end := days[len(days)-1].Close.Add(-1)
		g.out.price(lastRegularTradeTick, m.Quote(g.instrument, end).Last, 0)
	}
}
