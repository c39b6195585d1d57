package exchange

import (
	"fmt"
	"time"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// searchTime bounds how far ahead the market is searched for the price that an order waits for.
// The order is looked at again then.
const searchTime = 14 * 24 * time.Hour

// plan computes when an order has to be looked at next.
func (x *Exchange) plan(o *order) {
	o.next = time.Time{}
	if o.Status.Done() || o.staged() {
		return
	}
	if !x.waitsForParent(o) {
		o.next = x.trades(o)
	}
	if o.TIF == DAY {
		o.next = earlier(o.next, x.expiry(o))
	}
	o.next = earlier(o.next, o.cancelAt)
	if !o.next.IsZero() && o.next.Before(x.now) {
		o.next = x.now
	}
}

func (x *Exchange) waitsForParent(o *order) bool {
	parent := x.parent(o)
	return parent != nil && parent.Status != Filled
}

// trades is when an order may trade or trigger next.
func (x *Exchange) trades(o *order) time.Time {
	from := x.now
	if o.due.After(from) {
		from = o.due
	}
	w := x.market.Next(o.Instrument, from, o.extended())
	if w.Open.After(from) {
		return w.Open
	}
	r, waits := o.waits()
	if !waits {
		return from
	}
	until := from.Add(searchTime)
	if x.market.Hours.SessionsOnly && w.Close.Before(until) {
		until = w.Close
	}
	at, found := x.market.First(o.Instrument, from, until, r)
	if !found {
		at = until
	}
	o.resting = o.resting || at.After(from)
	return at
}

// waits is the price that an order waits for; false if it takes any.
func (o *order) waits() (market.Reach, bool) {
	switch {
	case o.TIF == IOC || o.TIF == FOK:
		return market.Reach{}, false
	case o.Type.stopped() && !o.triggered:
		return market.Reach{Price: o.StopPrice, Above: o.Action == Buy}, true
	case o.Type.limited() && o.Action == Buy:
		return market.Reach{Side: market.AskPrice, Price: o.LimitPrice}, true
	case o.Type.limited():
		return market.Reach{Side: market.BidPrice, Price: o.LimitPrice, Above: true}, true
	}
	return market.Reach{}, false
}

// expiry is when a DAY order ends: with the session that it can trade in.
func (x *Exchange) expiry(o *order) time.Time {
	return x.market.Next(o.Instrument, o.PlacedAt, o.extended()).Close
}

// act looks at an order whose time has come.
func (x *Exchange) act(o *order) {
	switch {
	case o.Status.Done():
		return
	case o.TIF == DAY && !x.now.Before(x.expiry(o)),
		!o.cancelAt.IsZero() && !x.now.Before(o.cancelAt):
		x.canceled(o, codeCanceled, textCanceled)
		return
	case x.waitsForParent(o) || !x.market.Open(o.Instrument, x.now, o.extended()) || x.now.Before(o.due):
		x.plan(o)
		return
	}
	if o.Status == PreSubmitted && !o.Type.stopped() && !x.atOnce(o) { // the session has begun
		o.Status = Submitted
		x.emit(OrderChanged, o)
	}
	if o.Type.stopped() && !o.triggered && !x.trigger(o) {
		x.plan(o)
		return
	}
	x.trade(o)
}

// trigger turns a stop into a market or limit order when the last price has reached it.
func (x *Exchange) trigger(o *order) bool {
	r, _ := o.waits()
	if !x.market.Holds(o.Instrument, x.now, r) {
		return false
	}
	o.triggered, o.resting, o.WhyHeld = true, false, ""
	if o.Status == PreSubmitted {
		o.Status = Submitted
	}
	o.UpdatedAt = x.now
	x.emit(OrderChanged, o)
	return true
}

// price is what the market gives an order, and whether the order takes it.
func (x *Exchange) price(o *order) (decimal.Decimal, bool) {
	q := x.market.Quote(o.Instrument, x.now)
	price := q.Ask
	if o.Action == Sell {
		price = q.Bid
	}
	if !o.Type.limited() {
		return price, true
	}
	worse := o.LimitPrice.Less(price)
	if o.Action == Sell {
		worse = price.Less(o.LimitPrice)
	}
	if !worse && o.resting { // the market came to the order
		price = o.LimitPrice
	}
	return price, !worse
}

// clip is how much of an order one execution may fill.
func (x *Exchange) clip(o *order) int64 {
	if limit := x.cfg.MaxFillShares; limit > 0 {
		return min(limit, o.Remaining)
	}
	return o.Remaining
}

// trade fills what the market takes now and decides what becomes of the rest.
func (x *Exchange) trade(o *order) {
	price, marketable := x.price(o)
	if x.atOnce(o) {
		x.kill(o)
		return
	}
	if !marketable {
		o.resting = true
		x.plan(o)
		return
	}
	if err := x.settleable(o, price); err != nil {
		x.canceled(o, err.Code, err.Text)
		return
	}
	x.fill(o, x.clip(o), price)
	switch {
	case o.Status.Done():
	case o.TIF == IOC:
		x.kill(o)
	default:
		o.due = x.now.Add(market.Step)
		x.plan(o)
	}
}

// kill ends what is left of an IOC or FOK order.
func (x *Exchange) kill(o *order) {
	if o.TIF == FOK {
		x.end(o, Inactive)
		x.emit(OrderChanged, o)
		x.cancelChildren(o)
		return
	}
	o.Status = PendingCancel
	x.emit(OrderChanged, o)
	x.finish(o, Cancelled)
}

// settleable is the last gate of a cash account: what was affordable when the order came in may
// no longer be.
func (x *Exchange) settleable(o *order, price decimal.Decimal) *Reject {
	n := x.clip(o)
	if o.Action == Sell {
		if held := x.held(o.Account, o.ConID); !x.cfg.AllowShort && held < n {
			return &Reject{Code: codeRejected, Text: rejected + fmt.Sprintf(
				"Short stock positions can only be held in a margin account. "+
					"%d %s are held, the order sells %d.", held, o.Symbol, n)}
		}
		return nil
	}
	value := mul(price, shares(n))
	if cash := x.account(o.Account).Cash; cash.Less(add(value, Commission(n, value))) {
		return &Reject{Code: codeRejected, Text: rejected + fmt.Sprintf(
			"Your Available Funds are insufficient: [%s USD].", cents(cash))}
	}
	return nil
}
