package market

import (
	"time"

	"github.com/govalues/decimal"
)

// Level is one row of an order book.
type Level struct {
	Price decimal.Decimal
	Size  int64
	Maker string // the exchange or market maker, for books that show them
}

// MaxDepth is the rows of an order book.
const MaxDepth = 20

// Depth is the order book at t: at most rows of each side, best first. The first rows are the
// quote's.
func (m Market) Depth(i Instrument, t time.Time, rows int) (bids, asks []Level) {
	at, _ := m.moment(i, t)
	day, leaf, point := leafAt(at)
	f := m.feed(i)
	q := f.quotes.at(day, step{leaf, point}, f.last.at(day, leaf, point))
	rows = min(max(rows, 0), MaxDepth)
	makers := i.makers()
	// Rows further out change more slowly: with the minute, not with the step.
	h := mix(mix(m.Seed, hashString(i.source)), uint64(day*minutesPerDay+leaf/leavesPerMinute))
	bids, asks = make([]Level, 0, rows), make([]Level, 0, rows)
	bid, ask, rule, lot := q.bid, q.ask, i.of().rule, i.of().lot
	for k := range rows {
		h = mix(h, uint64(k))
		size := (1 + below(h, 0, 12+int64(k))) * lot
		if k > 0 {
			bid, ask = rule.floor(bid-1), rule.ceil(ask+1)
			q.bidSize, q.askSize = size, (1+below(h, 16, 12+int64(k)))*lot
		}
		if bid > 0 {
			bids = append(bids, Level{i.Price(bid), q.bidSize, makers[below(h, 32, int64(len(makers)))]})
		}
		asks = append(asks, Level{i.Price(ask), q.askSize, makers[below(h, 48, int64(len(makers)))]})
	}
	return bids, asks
}

// makers are the exchanges that quote an instrument.
func (i Instrument) makers() []string {
	if m := i.of().makers; len(m) > 0 {
		return m
	}
	return []string{i.Exchange}
}

// printedAt is the exchange of the trade at a step.
func (i Instrument) printedAt(day int64, s step) string {
	makers := i.of().makers
	if len(makers) == 0 {
		return i.Exchange
	}
	h := mix(hashString(i.source)^uint64(day), uint64(s.leaf*pointsPerLeaf+int64(s.point)))
	return makers[below(h, 0, int64(len(makers)))]
}
