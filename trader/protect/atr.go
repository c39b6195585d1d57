package protect

import (
	"github.com/govalues/decimal"

	"ibsoak/trader/market"
)

// ATRBars is how many true ranges are averaged.
const ATRBars = 14

// AverageRange is the plain average of the last ATRBars true ranges of closed bars, oldest first: the
// most of high - low and of both away from the close before. Zero when there are too few bars.
func AverageRange(bars []market.Bar) (decimal.Decimal, error) {
	if len(bars) <= ATRBars {
		return decimal.Zero, nil
	}
	bars = bars[len(bars)-ATRBars-1:]
	all := make([]decimal.Decimal, 0, ATRBars)
	for i, b := range bars[1:] {
		before := bars[i].Close
		span, err := b.High.Max(before).Sub(b.Low.Min(before))
		if err != nil {
			return decimal.Zero, err
		}
		all = append(all, span)
	}
	return decimal.Mean(all...)
}
