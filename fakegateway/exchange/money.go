package exchange

import (
	"fmt"

	"github.com/govalues/decimal"
)

// Money and prices are decimals of at most 19 digits. MaxQuantity and MaxPrice keep every amount
// that the books can meet far below that, so the operations here cannot overflow; if one does,
// the books are already wrong, and going on would hide it.
const (
	basisScale = 8 // digits kept when a cost basis is divided
	centScale  = 2
)

func must(d decimal.Decimal, err error) decimal.Decimal {
	if err != nil {
		panic(fmt.Sprintf("exchange: arithmetic out of range: %v", err))
	}
	return d
}

func add(a, b decimal.Decimal) decimal.Decimal { return must(a.Add(b)) }
func sub(a, b decimal.Decimal) decimal.Decimal { return must(a.Sub(b)) }
func mul(a, b decimal.Decimal) decimal.Decimal { return must(a.Mul(b)) }

// quo divides and keeps basisScale digits.
func quo(a, b decimal.Decimal) decimal.Decimal { return must(a.Quo(b)).Round(basisScale) }

func shares(n int64) decimal.Decimal { return must(decimal.New(n, 0)) }

func cents(d decimal.Decimal) decimal.Decimal { return d.Round(centScale).Pad(centScale) }
