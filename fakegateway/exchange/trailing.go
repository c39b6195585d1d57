package exchange

import (
	"time"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// trail is a stop that follows the market, in ticks: behind the best price that was traded since
// it began, and never back.
type trail struct {
	at         time.Time // up to here the market was followed
	best, stop int64
}

func (o *order) trailing() bool { return o.Type.manner().trigger == onTrail && !o.triggered }

// ahead is the direction in which the market takes a trail along: up for a sell.
func (o *order) ahead() int64 { return -o.Action.sign() }

// behind is where the stop is when the market has been at best.
func (o *order) behind(best int64) int64 {
	distance := must(o.TrailAmount.Quo(o.Instrument.Tick()))
	if !o.TrailPercent.IsZero() {
		distance = quo(mul(shares(best), o.TrailPercent), shares(100))
	}
	stop := sub(shares(best), mul(shares(o.ahead()), distance))
	if o.Action == Sell { // a stop between two ticks is met by the tick beyond it
		stop = stop.Floor(0)
	} else {
		stop = stop.Ceil(0)
	}
	ticks, _, _ := stop.Int64(0)
	return ticks
}

// advance is the stop after the market has been at best.
func (o *order) advance(stop, best int64) int64 {
	if behind := o.behind(best); (behind-stop)*o.ahead() > 0 {
		return behind
	}
	return stop
}

// startTrail sets a trail behind the market, or where the client wants it to begin.
func (x *Exchange) startTrail(o *order) {
	best := ticksOf(o.Instrument, x.quote(o.Instrument).Last)
	o.trail = trail{at: x.now, best: best, stop: o.behind(best)}
	if !o.StopPrice.IsZero() {
		o.trail.stop = o.advance(ticksOf(o.Instrument, o.StopPrice), best)
	}
	o.showTrail()
}

// showTrail writes the stop, and the limit that goes with it, where clients see them.
func (o *order) showTrail() {
	o.StopPrice = o.Instrument.Price(o.trail.stop)
	if o.Type == TrailLimitOrder {
		o.LimitPrice = sub(o.StopPrice, mul(shares(o.ahead()), o.LimitOffset))
	}
}

// follow takes a trail along with the market up to now; one that is held stays where it is.
func (x *Exchange) follow(o *order) {
	if !o.trailing() || o.trail.at.IsZero() || o.staged() || o.Held || x.waitsForParent(o) {
		return
	}
	for from := o.trail.at; from.Before(x.now); {
		w := x.market.Next(o.Instrument, from, o.extended())
		if w.Open.After(x.now) {
			break
		}
		end := earlier(w.Close, x.now.Add(1)) // up to and with now
		o.trail.best = x.extreme(o, later(w.Open, from), end)
		from = end
	}
	o.trail.at = x.now
	o.trail.stop = o.advance(o.trail.stop, o.trail.best)
	o.showTrail()
}

// extreme is the best price from the trail's on, in [from, until): it looks for one so many ticks
// better, with more where there was one and fewer where there was none.
func (x *Exchange) extreme(o *order, from, until time.Time) int64 {
	best := o.trail.best
	for step := int64(1); step > 0; {
		at, found := x.ahead(o, from, until, best+step*o.ahead())
		if !found {
			step /= 2
			continue
		}
		best, from = ticksOf(o.Instrument, x.market.Quote(o.Instrument, at).Last), at
		step *= 2
	}
	return best
}

// turn finds when the market first meets the trail's stop in [from, until). Until the market is
// step ticks better than ever, the stop stays short of where it would be then; so a stretch in
// which the market does not come even there needs no closer look.
func (x *Exchange) turn(o *order, from, until time.Time) (time.Time, bool) {
	t := o.trail
	for step := int64(1); ; {
		end := until
		up, rises := x.ahead(o, from, until, t.best+step*o.ahead())
		if rises {
			end = up
		}
		nearest := o.advance(t.stop, t.best+(step-1)*o.ahead())
		hit, falls := x.market.First(o.Instrument, from, end, market.Reach{
			Price: o.Instrument.Price(nearest), Above: o.Action == Buy,
		})
		switch {
		case falls && step == 1:
			return hit, true
		case falls:
			step /= 2
		case !rises:
			return time.Time{}, false
		default:
			t.best, from = ticksOf(o.Instrument, x.market.Quote(o.Instrument, up).Last), up
			t.stop = o.advance(t.stop, t.best)
			step *= 2
		}
	}
}

// ahead finds when the market first gets as good as a price, which takes a trail along.
func (x *Exchange) ahead(o *order, from, until time.Time, ticks int64) (time.Time, bool) {
	return x.market.First(o.Instrument, from, until, market.Reach{
		Price: o.Instrument.Price(ticks), Above: o.Action == Sell,
	})
}

// ticksOf is a price in whole ticks, rounded down.
func ticksOf(i market.Instrument, price decimal.Decimal) int64 {
	ticks, _, _ := must(price.Quo(i.Tick())).Floor(0).Int64(0)
	return ticks
}

// ticksUp is a price in whole ticks, rounded up.
func ticksUp(i market.Instrument, price decimal.Decimal) int64 {
	ticks, _, _ := must(price.Quo(i.Tick())).Ceil(0).Int64(0)
	return ticks
}

// later is the later of two times.
func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
