package session

import (
	"time"

	"ibsoak/fakegateway/market"
)

// IBKR's numbers and names, as tests know them without asking the code that they test.

// tickTypes are the numbers of the ticks of one kind of data.
type tickTypes struct {
	bid, ask, last, bidSize, askSize, lastSize, high, low, volume, close, open, at int32

	bidOption, askOption, lastOption, model int32
}

var (
	liveTicks    = tickTypes{1, 2, 4, 0, 3, 5, 6, 7, 8, 9, 14, 45, 10, 11, 12, 13}
	delayedTicks = tickTypes{66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 88, 80, 81, 82, 83}
)

const (
	low13WeeksTick           = 15
	low26WeeksTick           = 17
	low52WeeksTick           = 19
	averageVolumeTick        = 21
	historicalVolatilityTick = 23
	impliedVolatilityTick    = 24
	callOpenInterestTick     = 27
	putOpenInterestTick      = 28
	callVolumeTick           = 29
	putVolumeTick            = 30
	auctionVolumeTick        = 34
	markPriceTick            = 37
	shortableTick            = 46
	tradeVolumeTick          = 48
	haltedTick               = 49
	customOption             = 53
	tradeCountTick           = 54
	tradeRateTick            = 55
	volumeRateTick           = 56
	lastRegularTradeTick     = 57
	realTimeVolatilityTick   = 58
	volume3MinutesTick       = 63
	slowMarkPriceTick        = 79
	averageOptionVolumeTick  = 87
	shortableSharesTick      = 89
)

const (
	liveData    = 1
	frozenData  = 2
	delayedData = 3

	codeDepthHalted = 316
	codeDepthReset  = 317
	insertRow       = 0
	updateRow       = 1
	deleteRow       = 2
	deepWithMakers  = "Deep2"

	faGroups  = 1
	faAliases = 3

	epochStyle   = 2 // formatDate: seconds since 1970
	utcForm      = "20060102-15:04:05"
	maxScanners  = 10
	paceRequests = 60 // in ten minutes

	delay        = 15 * time.Minute // of delayed data
	updateEvery  = 5 * time.Second  // of bars that are kept up to date
	realTimeBar  = 5 * time.Second
	pnlEvery     = time.Second
	accountEvery = 3 * time.Minute
)

const legalBarSizes = "1 secs, 5 secs, 10 secs, 15 secs, 30 secs, 1 min, 2 mins, 3 mins, 5 mins, " +
	"10 mins, 15 mins, 20 mins, 30 mins, 1 hour, 2 hours, 3 hours, 4 hours, 8 hours, 1 day, 1W, 1M"

// barSizes are those of legalBarSizes in small letters.
var barSizes = map[string]market.Span{
	"1 secs": {Count: 1}, "5 secs": {Count: 5}, "10 secs": {Count: 10}, "15 secs": {Count: 15},
	"30 secs": {Count: 30}, "1 min": {Count: 60}, "2 mins": {Count: 120}, "3 mins": {Count: 180},
	"5 mins": {Count: 300}, "10 mins": {Count: 600}, "15 mins": {Count: 900},
	"20 mins": {Count: 1200}, "30 mins": {Count: 1800}, "1 hour": {Count: 3600},
	"2 hours": {Count: 7200}, "3 hours": {Count: 10800}, "4 hours": {Count: 14400},
	"8 hours": {Count: 28800}, "1 day": {Count: 1, Unit: market.Day},
	"1w": {Count: 1, Unit: market.Week}, "1m": {Count: 1, Unit: market.Month},
}

// servedSeries are the values of whatToShow that are answered with bars; otherSeries are legal too.
var (
	servedSeries = []string{
		"TRADES", "ADJUSTED_LAST", "AGGTRADES", "MIDPOINT", "BID", "ASK", "BID_ASK",
		"HISTORICAL_VOLATILITY", "OPTION_IMPLIED_VOLATILITY",
	}
	otherSeries = []string{
		"SCHEDULE", "FEE_RATE", "NAV_LAST", "INDICATIVE_AUCTION_PRICE_SIZE",
		"YIELD_ASK", "YIELD_BID", "YIELD_BID_ASK", "YIELD_MARK", "YIELD_LAST",
	}
)

// dayStart is when the accounts' day began: midnight in New York.
func dayStart(now time.Time) time.Time {
	y, m, d := now.In(market.Eastern).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, market.Eastern)
}
