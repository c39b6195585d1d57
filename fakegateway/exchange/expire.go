package exchange

import (
	"slices"
	"time"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// ends is when the instrument of a position is traded for the last time.
func (p *Position) ends() time.Time {
	last, _ := p.Instrument.LastTrade()
	return last
}

// awaitEnd notes a new position whose instrument expires.
func (x *Exchange) awaitEnd(p *Position) {
	if _, ok := p.Instrument.LastTrade(); !ok || p.SecType == market.Bond {
		return
	}
	i, _ := slices.BinarySearchFunc(x.expiring, p, func(a, b *Position) int {
		if c := a.ends().Compare(b.ends()); c != 0 {
			return c
		}
		return -1 // behind those that end with it
	})
	x.expiring = slices.Insert(x.expiring, i, p)
}

// nextEnd is when the next position ends; zero if none does.
func (x *Exchange) nextEnd() time.Time {
	if len(x.expiring) == 0 {
		return time.Time{}
	}
	return x.expiring[0].ends()
}

// expire settles the position that ends first: a future and an option on an index at their last
// value, in cash; an option on a stock or a future in that, if it is in the money.
func (x *Exchange) expire() {
	p := x.expiring[0]
	x.expiring = x.expiring[1:]
	x.setNow(p.ends())
	n := p.Quantity
	switch {
	case n == 0:
	case !p.SecType.IsOption():
		x.clear(p.Account, p.Instrument, -n, x.lastPrice(p.Instrument), HasExpired)
	default:
		x.expireOption(p, n)
	}
}

func (x *Exchange) expireOption(p *Position, n int64) {
	under, delivers := x.underlying(p.Instrument)
	worth := intrinsic(p.Instrument, x.lastPrice(under))
	how := AutoExercised
	if n < 0 {
		how = WasAssigned
	}
	switch {
	case !worth.IsPos():
		x.clear(p.Account, p.Instrument, -n, decimal.Decimal{}, HasExpired)
	case !delivers:
		x.clear(p.Account, p.Instrument, -n, worth, HasExpired)
	default:
		x.clear(p.Account, p.Instrument, -n, decimal.Decimal{}, how)
		x.deliver(p.Account, p.Instrument, under, n, how)
	}
}

// lastPrice is the last price before now.
func (x *Exchange) lastPrice(i market.Instrument) decimal.Decimal {
	return x.market.Quote(i, x.now.Add(-1)).Last
}
