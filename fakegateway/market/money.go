package market

import (
	"fmt"

	"github.com/govalues/decimal"
)

// Prices are decimals of at most 19 digits. Instruments bound them far below that, so the
// operations here cannot overflow; if one does, going on would hide it.
const averageScale = 8 // digits kept when an average is divided

func must(d decimal.Decimal, err error) decimal.Decimal {
	if err != nil {
		panic(fmt.Sprintf("market: arithmetic out of range: %v", err))
	}
	return d
}

func add(a, b decimal.Decimal) decimal.Decimal { return must(a.Add(b)) }
func mul(a, b decimal.Decimal) decimal.Decimal { return must(a.Mul(b)) }

// quo divides and keeps averageScale digits.
func quo(a, b decimal.Decimal) decimal.Decimal { return must(a.Quo(b)).Round(averageScale) }

func whole(n int64) decimal.Decimal { return must(decimal.New(n, 0)) }

func parse(s string) decimal.Decimal { return decimal.MustParse(s) }
