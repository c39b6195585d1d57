package exchange

import (
	"time"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// searchTime bounds how far ahead the market is searched for the price that an order waits for.
// The order is looked at again then.
const searchTime = 14 * 24 * time.Hour

// plan computes when an order has to be looked at next.
func (x *Exchange) plan(o *order) {
	if o.Status.Done() || o.staged() {
		x.schedule(o, time.Time{})
		return
	}
	next := earlier(x.expiry(o), o.cancelAt)
	if !x.waitsForParent(o) && !o.Held {
		from := later(later(x.now, o.due), o.GoodAfter)
		switch {
		case o.waitsForConditions():
			next = earlier(next, x.meets(o, from))
		default:
			next = earlier(next, x.trades(o, from))
		}
		if o.cancels {
			next = earlier(next, x.meets(o, from))
		}
	}
	if !next.IsZero() {
		next = later(next, x.now)
	}
	x.schedule(o, next)
}

func (x *Exchange) waitsForParent(o *order) bool {
	parent := x.parent(o)
	return parent != nil && parent.Status != Filled
}

// onHold reports an order that a time or a condition holds back.
func (x *Exchange) onHold(o *order) bool {
	return o.waitsForConditions() || o.GoodAfter.After(x.now)
}

// trades is when an order may trade or trigger next, from an instant on.
func (x *Exchange) trades(o *order, from time.Time) time.Time {
	if !o.auction.IsZero() {
		return later(from, o.auction)
	}
	w := x.window(o, from, o.extended())
	if w.Open.After(from) {
		return w.Open
	}
	until := from.Add(searchTime)
	if x.window(o, w.Close, o.extended()).Open.After(w.Close) {
		until = earlier(until, w.Close)
	}
	if o.trailing() && o.trail.at.IsZero() { // it begins when nothing holds it back
		return from
	}
	if o.trailing() {
		x.follow(o)
		if at, found := x.turn(o, from, until); found {
			return at
		}
		return until
	}
	if o.Type.manner().follows {
		return x.meetsQuotes(o, from, until)
	}
	if o.combo() {
		return x.netMeets(o, from, until)
	}
	r, waits := o.waits()
	if !waits {
		return from
	}
	at, found := x.market.First(o.Instrument, from, until, r)
	if !found {
		return until
	}
	o.resting = o.resting || at.After(from)
	return at
}

// waits is the price that an order waits for; false if it takes any.
func (o *order) waits() (market.Reach, bool) {
	limit, limited := o.limit()
	buys := o.Action == Buy
	switch trigger := o.Type.manner().trigger; {
	case o.TIF.atOnce():
		return market.Reach{}, false
	case trigger == onStop && !o.triggered:
		return market.Reach{Price: o.StopPrice, Above: buys}, true
	case trigger == onTouch && !o.triggered:
		return market.Reach{Price: o.StopPrice, Above: !buys}, true
	case limited && buys:
		return market.Reach{Side: market.AskPrice, Price: limit}, true
	case limited:
		return market.Reach{Side: market.BidPrice, Price: limit, Above: true}, true
	}
	return market.Reach{}, false
}

// expiry is when an order ends unfilled: a DAY order with the session that it can trade in, any
// with its instrument. Zero is never.
func (x *Exchange) expiry(o *order) time.Time {
	last := o.lastTrade()
	switch {
	case o.TIF == GTD:
		return earlier(last, o.GoodTill)
	case o.TIF == GTC:
		return earlier(last, o.AutoCancel)
	case o.TIF == DAY && o.auction.IsZero():
		w := x.window(o, later(o.PlacedAt, o.GoodAfter), o.extended())
		return earlier(last, w.Close)
	}
	return last
}

// act looks at an order whose time has come.
func (x *Exchange) act(o *order) {
	expiry := x.expiry(o)
	switch {
	case o.Status.Done():
		return
	case !expiry.IsZero() && !x.now.Before(expiry),
		!o.cancelAt.IsZero() && !x.now.Before(o.cancelAt):
		x.canceled(o, codeCanceled, textCanceled)
		return
	case x.waitsForParent(o) || o.Held || x.now.Before(o.due) || x.now.Before(o.GoodAfter):
		x.plan(o)
		return
	case o.cancels && x.met(o):
		x.canceled(o, codeCanceled, textCanceled)
		return
	case o.waitsForConditions() && !x.met(o):
		x.plan(o)
		return
	}
	if o.waitsForConditions() {
		o.released = true
		x.setAuction(o)
	}
	x.work(o)
}

// work lets an order that nothing holds back trade or trigger, when the market lets it.
func (x *Exchange) work(o *order) {
	if !o.auction.IsZero() {
		if x.now.Before(o.auction) {
			x.plan(o)
			return
		}
		x.submit(o)
		x.auction(o)
		return
	}
	if !x.trading(o) {
		x.plan(o)
		return
	}
	if !o.Type.stopped() && !x.atOnce(o) {
		x.submit(o)
	}
	if o.Type.stopped() && !o.triggered && !x.trigger(o) {
		x.plan(o)
		return
	}
	x.trade(o)
}

// submit says that an order which was held has begun to work.
func (x *Exchange) submit(o *order) {
	if o.Status == PreSubmitted {
		o.Status = Submitted
		x.emit(OrderChanged, o)
	}
}

// trigger lets a stop or a touch order work when the last price has reached it.
func (x *Exchange) trigger(o *order) bool {
	if o.trailing() {
		if o.trail.at.IsZero() {
			x.startTrail(o)
		}
		x.follow(o)
	}
	r := market.Reach{Price: o.StopPrice, Above: o.Action == Buy}
	if o.Type.manner().trigger == onTouch {
		r.Above = !r.Above
	}
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
	if o.Type.manner().follows {
		return x.following(o, x.now)
	}
	price := x.atMarket(o)
	limit, limited := o.limit()
	if !limited {
		return price, true
	}
	worse := o.worse(price, limit)
	if !worse && o.resting && !o.combo() { // the market came to the order
		price = limit
	}
	return price, !worse
}

// atMarket is what an order without a limit gets now.
func (x *Exchange) atMarket(o *order) decimal.Decimal {
	if o.combo() {
		return x.net(o, x.now)
	}
	q := x.quote(o.Instrument)
	if o.Action == Sell {
		return q.Bid
	}
	return q.Ask
}

// clip is how much of an order one execution may fill; 0 if it takes more than that or nothing.
func (x *Exchange) clip(o *order) int64 {
	n := o.Remaining
	if limit := x.cfg.MaxFillShares; limit > 0 {
		n = min(limit, n)
	}
	if n < o.Remaining && (o.AllOrNone || o.TIF == FOK || o.Filled+n < o.MinQuantity) {
		return 0
	}
	return n
}

// atOnce reports an IOC or FOK order that the market does not take.
func (x *Exchange) atOnce(o *order) bool {
	if !o.TIF.atOnce() {
		return false
	}
	_, marketable := x.price(o)
	return !marketable || x.clip(o) == 0
}

// trade fills what the market takes now and decides what becomes of the rest.
func (x *Exchange) trade(o *order) {
	price, marketable := x.price(o)
	n := x.clip(o)
	switch {
	case x.atOnce(o):
		x.kill(o)
		return
	case n == 0: // the market never offers as much at a time
		x.schedule(o, earlier(x.expiry(o), o.cancelAt))
		return
	case !marketable:
		o.resting = true
		if o.Type.manner().follows {
			o.due = x.now.Add(market.Step)
		}
		x.plan(o)
		return
	}
	if err := x.settleable(o, price, n); err != nil {
		x.canceled(o, err.Code, err.Text)
		return
	}
	if o.Type == MarketToLimit && o.LimitPrice.IsZero() {
		o.LimitPrice = price
	}
	if o.combo() {
		x.fillCombo(o, n, price)
	} else {
		x.fill(o, n, price)
	}
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
