package exchange

import (
	"time"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// followSteps bounds how far ahead an order that follows the quotes is planned; it is looked at
// again then.
const followSteps = 256

// following is the price of an order that follows the quotes, and whether the market takes it at
// t. The midpoint trades whenever the order's limit allows it.
func (x *Exchange) following(o *order, t time.Time) (price decimal.Decimal, met bool) {
	if o.Type == RelativeOrder {
		return x.peg(o, t)
	}
	mid := x.market.Quote(o.Instrument, t).Mid()
	price = o.Instrument.Price(ticksOf(o.Instrument, mid))
	if o.Action == Sell { // rounded to a tick that suits the order
		price = o.Instrument.Price(ticksUp(o.Instrument, mid))
	}
	limit, limited := o.limit()
	return price, !limited || !o.worse(price, limit)
}

// peg returns the price of a relative order since the step before t: the quote of its own side,
// improved by the order's offset, but not beyond the other side, where it trades, nor its limit. Such
// an order trades when the last price reaches its peg: when the market moves against the order by more
// than the spread minus the offset.
func (x *Exchange) peg(o *order, t time.Time) (price decimal.Decimal, met bool) {
	q := x.market.Quote(o.Instrument, t.Add(-market.Step))
	price, other := add(q.Bid, o.Offset), q.Ask
	if o.Action == Sell {
		price, other = sub(q.Ask, o.Offset), q.Bid
	}
	if o.worse(price, other) {
		price = other
	}
	if limit, limited := o.limit(); limited && o.worse(price, limit) {
		price = limit
	}
	last := x.market.Quote(o.Instrument, t).Last
	return price, !o.worse(last, price)
}

// meetsQuotes is the first step of the market that takes an order which follows the quotes. With a
// limit, that is not before the better side of the market is within it.
func (x *Exchange) meetsQuotes(o *order, from, until time.Time) time.Time {
	if limit, limited := o.limit(); limited {
		r := market.Reach{Side: market.BidPrice, Price: limit}
		if o.Action == Sell {
			r.Side, r.Above = market.AskPrice, true
		}
		at, found := x.market.First(o.Instrument, from, until, r)
		if !found {
			return until
		}
		from = at
	}
	for range followSteps {
		if !from.Before(until) {
			return until
		}
		if _, met := x.following(o, from); met {
			break
		}
		from = from.Truncate(market.Step).Add(market.Step)
	}
	return from
}
