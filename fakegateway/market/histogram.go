package market

import (
	"slices"
	"time"

	"github.com/govalues/decimal"
)

// HistogramRow is what traded at one price.
type HistogramRow struct {
	Price decimal.Decimal
	Size  int64
}

// fineHistogram is up to how long a time trades are counted one by one. Beyond that a minute's
// volume is shared among its four prices.
const fineHistogram = dayTime

// Histogram answers reqHistogramData: the volume at each price of the window that a request for
// history of this duration looks at, by rising price.
func (m Market) Histogram(now time.Time, i Instrument, duration Span, rthOnly bool) []HistogramRow {
	q := HistoryRequest{
		Instrument: i, Duration: duration, BarSize: Span{60, Second}, RTHOnly: rthOnly,
	}
	h := History{End: now, Start: m.start(now, q)}
	if now.Sub(h.Start) > maxHistory {
		return nil
	}
	volume := map[int64]int64{}
	f, g := m.feed(i), byMinute
	if now.Sub(h.Start) <= fineHistogram {
		g = byPoint
	}
	for _, w := range m.trading(i, Window{h.Start, now}, rthOnly) {
		f.count(w, now, g, volume)
	}
	rows := make([]HistogramRow, 0, len(volume))
	for ticks, size := range volume {
		rows = append(rows, HistogramRow{i.Price(ticks), size})
	}
	slices.SortFunc(rows, func(a, b HistogramRow) int { return a.Price.Cmp(b.Price) })
	return rows
}

func (f feed) count(w Window, now time.Time, g grain, volume map[int64]int64) {
	f.parts(f.last, w, now, g, func(p part) {
		prices := [...]int64{p.span.open, p.span.high, p.span.low, p.span.close}
		const n = int64(len(prices))
		for k, price := range prices {
			if size := p.volume*(int64(k)+1)/n - p.volume*int64(k)/n; size > 0 {
				volume[price] += size
			}
		}
	})
}
