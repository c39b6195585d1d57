package market

import (
	"time"

	"github.com/govalues/decimal"
)

// Open reports whether an instrument trades at t, in regular hours or also in extended ones. While
// it is halted, and after its last trade, it does not.
func (m Market) Open(i Instrument, t time.Time, extended bool) bool {
	return m.next(i, t, extended).contains(t) && !m.Halted(i, t) && !i.expired(t)
}

// next is the session that holds t, or the first after it.
func (m Market) next(i Instrument, t time.Time, extended bool) Window {
	return m.Hours.next(i.of().sessions, t, extended)
}

// Next returns the trading hours that contain t, or the next ones after t. During a halt they begin
// at its end. For an expired instrument they are those that it would have had.
func (m Market) Next(i Instrument, t time.Time, extended bool) Window {
	w := m.next(i, t, extended)
	for {
		from := t
		if w.Open.After(t) {
			from = w.Open
		}
		h, halted := m.haltAt(i, from)
		switch {
		case !halted:
			return w
		case h.Close.Before(w.Close):
			w.Open = h.Close
			return w
		}
		t = h.Close // halted to the end of the session
		w = m.next(i, t, extended)
	}
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

func (s Side) side() side { return [...]side{lastSide, bidSide, askSide}[s] }

// First finds the first step of the market in [from, until) at which r holds. Halts, and in a
// market with sessions the closed hours, are not searched. A price that is not a multiple of the
// tick is never reached.
func (m Market) First(i Instrument, from, until time.Time, r Reach) (time.Time, bool) {
	ticks, ok := i.wholeTicks(r.Price)
	if !ok {
		return time.Time{}, false
	}
	c := m.feed(i).curve(r.Side.side())
	for _, w := range m.open(i, from, until) {
		if at, ok := first(c, w.Open, w.Close, reach{ticks, r.Above}); ok {
			return at, true
		}
	}
	return time.Time{}, false
}

// open is when the prices of [from, until) can move.
func (m Market) open(i Instrument, from, until time.Time) []Window {
	if last, ok := i.LastTrade(); ok && last.Before(until) {
		until = last
	}
	halts := m.halts(i, from, until)
	if !m.Hours.SessionsOnly {
		return without(from, until, halts)
	}
	var open []Window
	for from.Before(until) {
		w := m.next(i, from, true)
		if w.Open.Before(from) {
			w.Open = from
		}
		if w.Close.After(until) {
			w.Close = until
		}
		if w.Open.Before(w.Close) {
			open = append(open, without(w.Open, w.Close, halts)...)
		}
		from = w.Close
		if !w.Open.Before(until) {
			break
		}
	}
	return open
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
