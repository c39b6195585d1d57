package market

import (
	"math"
	"time"

	"github.com/govalues/decimal"
)

const (
	tradingDays = 252 // of a year
	// volatilityDays is how many daily returns a historical volatility is made of.
	volatilityDays = 30
	// volatilityScale is the digits of a volatility: 0.284713 is 28.4713 % a year.
	volatilityScale = 6
)

// volatilities are bars of a volatility, which changes from day to day.
func (m Market) volatilities(f feed, sessions []session, now time.Time, q HistoryRequest) []Bar {
	tallies := m.cut(f, lastSide, sessions, now, q)
	bars := make([]Bar, len(tallies))
	for n, b := range tallies {
		day, _, _ := leafAt(b.start)
		v := historicalVolatility(f, day)
		if q.Series == OptionImpliedVolatility {
			v = m.atTheMoney(q.Instrument, day)
		}
		value := fromFloat(v, volatilityScale)
		bars[n] = Bar{
			Start: b.start, Open: value, High: value, Low: value, Close: value,
			WAP: whole(-1), Volume: -1, Trades: -1,
		}
	}
	return bars
}

// historicalVolatility is the standard deviation of the last daily returns before a day, for a
// year.
func historicalVolatility(f feed, day int64) float64 {
	var sum, squares float64
	last := log(float64(max(f.last.at(day-volatilityDays, 0, 0), 1)))
	for d := day - volatilityDays + 1; d <= day; d++ {
		next := log(float64(max(f.last.at(d, 0, 0), 1)))
		r := next - last
		sum, squares, last = sum+r, squares+float64(r*r), next
	}
	const n = volatilityDays
	variance := (squares - float64(sum*sum)/n) / (n - 1)
	return math.Sqrt(float64(max(variance, 0) * tradingDays))
}

// atTheMoney is the volatility of an instrument's options at the money on a day: 20 to 45 % a year,
// drifting slowly with the day.
func (m Market) atTheMoney(i Instrument, day int64) float64 {
	const period = 20 // days
	noise := func(k int64) float64 {
		h := mix(mix(m.Seed, hashString(i.source)), uint64(k)^0x701)
		return float64(below(h, 0, 10_000)) / 10_000
	}
	k := floorDiv(day, period)
	x := float64(day-k*period) / period
	level := float64(noise(k)*(1-x)) + float64(noise(k+1)*x)
	usual := float64(hashString(i.source)%15) / 100
	return 0.20 + usual + float64(0.10*level)
}

// fromFloat rounds a float to a decimal.
func fromFloat(x float64, scale int) decimal.Decimal {
	return must(decimal.New(int64(math.Floor(float64(x*float64(pow10(scale)))+0.5)), scale))
}
