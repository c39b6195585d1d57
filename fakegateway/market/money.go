package market

import (
	"fmt"

	"github.com/govalues/decimal"
)

// Prices are decimals of at most 19 digits. Instruments bound them far below that, so the
// operations here cannot overflow; if one does, going on would hide it.
const (
	averageScale = 8 // digits kept when an average is divided
	centScale    = 2
)

func must(d decimal.Decimal, err error) decimal.Decimal {
	if err != nil {
		panic(fmt.Sprintf("market: arithmetic out of range: %v", err))
	}
	return d
}

func add(a, b decimal.Decimal) decimal.Decimal { return must(a.Add(b)) }
func sub(a, b decimal.Decimal) decimal.Decimal { return must(a.Sub(b)) }
func mul(a, b decimal.Decimal) decimal.Decimal { return must(a.Mul(b)) }

// quo divides and keeps averageScale digits.
func quo(a, b decimal.Decimal) decimal.Decimal { return must(a.Quo(b)).Round(averageScale) }

func whole(n int64) decimal.Decimal { return must(decimal.New(n, 0)) }

// fromTicks makes a price of whole cents.
func fromTicks(ticks int64) decimal.Decimal { return must(decimal.New(ticks, centScale)) }

// toTicks gives whole cents; ok is false for a price that is not a multiple of the tick.
func toTicks(price decimal.Decimal) (ticks int64, ok bool) {
	dollars, frac, ok := price.Int64(centScale)
	if !ok || !price.Trunc(centScale).Equal(price) {
		return 0, false
	}
	return dollars*100 + frac, true
}
