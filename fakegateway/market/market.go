package market

import (
	"time"

	"github.com/govalues/decimal"
)

// Price returns a number of an instrument's ticks as a price.
func (i Instrument) Price(ticks int64) decimal.Decimal { return fromTicks(ticks) }

// Ticks returns a price in the instrument's ticks. ok is false for a price that does not conform
// to its minimum variation.
func (i Instrument) Ticks(price decimal.Decimal) (ticks int64, ok bool) { return toTicks(price) }

// Open reports whether an instrument trades at t, in regular hours or also in extended ones.
func (m Market) Open(_ Instrument, t time.Time, extended bool) bool { return m.Hours.open(t, extended) }

// Next is the trading that holds t, or the first after it.
func (m Market) Next(_ Instrument, t time.Time, extended bool) Window {
	return m.Hours.next(t, extended)
}

// Side says which of an instrument's prices is meant.
type Side uint8

// The sides.
const (
	LastPrice Side = iota
	BidPrice
	AskPrice
)

// Reach is a condition on one of an instrument's prices: at or above Price, else at or below it.
type Reach struct {
	Side  Side
	Price decimal.Decimal
	Above bool
}

// First finds the first step of the market in [from, until) at which r holds. A price that is no
// multiple of the tick is never met.
func (m Market) First(i Instrument, from, until time.Time, r Reach) (time.Time, bool) {
	ticks, ok := i.Ticks(r.Price)
	if !ok {
		return time.Time{}, false
	}
	switch r.Side {
	case LastPrice:
	case BidPrice:
		ticks += halfSpread
	case AskPrice:
		ticks -= halfSpread
	}
	return newPath(m.Seed, i).first(from, until, reach{ticks, r.Above})
}

// Holds reports whether r holds at t.
func (m Market) Holds(i Instrument, t time.Time, r Reach) bool {
	q := m.Quote(i, t)
	price := q.Last
	switch r.Side {
	case LastPrice:
	case BidPrice:
		price = q.Bid
	case AskPrice:
		price = q.Ask
	}
	if r.Above {
		return !price.Less(r.Price)
	}
	return !r.Price.Less(price)
}
