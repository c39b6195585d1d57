package exchange

import (
	"time"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// setAuction binds an order to the one auction that it trades in: the close of the session, or
// the next opening.
func (x *Exchange) setAuction(o *order) {
	o.auction = time.Time{}
	w := x.market.Next(o.Instrument, later(x.now, o.GoodAfter), false)
	switch {
	case o.Type.manner().atClose:
		o.auction = w.Close
	case o.TIF == OPG && w.Open.After(x.now):
		o.auction = w.Open
	case o.TIF == OPG:
		o.auction = x.market.Next(o.Instrument, w.Close, false).Open
	}
}

// auction trades an order at the one price of its auction: the last price of the session, or the
// first. What the price leaves is cancelled.
func (x *Exchange) auction(o *order) {
	at := x.now
	if o.Type.manner().atClose {
		at = at.Add(-1) // the session does not hold its own end
	}
	price := x.market.Quote(o.Instrument, at).Last
	limit, limited := o.limit()
	if limited && o.worse(price, limit) {
		x.canceled(o, codeCanceled, textCanceled)
		return
	}
	if err := x.settleable(o, price, o.Remaining); err != nil {
		x.canceled(o, err.Code, err.Text)
		return
	}
	x.fill(o, o.Remaining, price)
}

// midpoint is half way between bid and ask, rounded to a tick that suits the order.
func midpoint(o *order, q market.Quote) decimal.Decimal {
	if o.Action == Buy {
		return o.Instrument.Price(ticksOf(o.Instrument, q.Mid()))
	}
	return o.Instrument.Price(ticksUp(o.Instrument, q.Mid()))
}

// pegSteps bounds how far ahead a pegged order is planned; it is looked at again then.
const pegSteps = 256

// peg is where a relative order has stood since the step before t: its own side's quote, improved
// by its offset, no worse than its limit. It trades when the last price comes to it, which it may
// do whenever the market turns against it by more than the offset is short of the spread.
func (x *Exchange) peg(o *order, t time.Time) (price decimal.Decimal, met bool) {
	q := x.market.Quote(o.Instrument, t.Add(-market.Step))
	price = add(q.Bid, o.Offset)
	if o.Action == Sell {
		price = sub(q.Ask, o.Offset)
	}
	if limit, limited := o.limit(); limited && o.worse(price, limit) {
		price = limit
	}
	last := x.market.Quote(o.Instrument, t).Last
	return price, !o.worse(last, price)
}

// meetsPeg is the first step of the market at which it comes to a relative order.
func (x *Exchange) meetsPeg(o *order, from, until time.Time) time.Time {
	for range pegSteps {
		if !from.Before(until) {
			return until
		}
		if _, met := x.peg(o, from); met {
			break
		}
		from = from.Truncate(market.Step).Add(market.Step)
	}
	return from
}
