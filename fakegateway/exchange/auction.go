package exchange

import "time"

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
