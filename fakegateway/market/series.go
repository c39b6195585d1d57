package market

import (
	"time"

	"github.com/govalues/decimal"
)

// wapScale is the digits that an average price has more than the price: a tenth of a tick.
const wapScale = 1

// series makes the bars of a request out of its sessions.
func (m Market) series(sessions []session, now time.Time, q HistoryRequest) []Bar {
	f := m.feed(q.Instrument)
	switch q.Series {
	case HistoricalVolatility, OptionImpliedVolatility:
		return m.volatilities(f, sessions, now, q)
	case BidAsk:
		bids, asks := m.cut(f, bidSide, sessions, now, q), m.cut(f, askSide, sessions, now, q)
		bars := make([]Bar, len(bids))
		for n, b := range bids {
			bars[n] = q.Instrument.quoteBar(b, asks[n])
		}
		return bars
	case Bid:
		return q.Instrument.bars(m.cut(f, bidSide, sessions, now, q), false)
	case Ask:
		return q.Instrument.bars(m.cut(f, askSide, sessions, now, q), false)
	case Midpoint:
		return q.Instrument.halfBars(m.cut(f, midSide, sessions, now, q))
	case Trades, AdjustedLast:
	}
	return q.Instrument.bars(m.cut(f, lastSide, sessions, now, q), true)
}

// cut makes bars of one side's prices.
func (m Market) cut(f feed, which side, sessions []session, now time.Time, q HistoryRequest) []tally {
	c, size := f.curve(which), time.Duration(q.BarSize.Count)*time.Second
	var bars []tally
	for _, s := range sessions {
		until := s.Close
		if until.After(now) {
			until = now.Add(1)
		}
		if q.BarSize.Unit != Second {
			size = s.Close.Sub(s.origin) // one bar
		}
		windows := without(s.Open, s.Close, m.halts(q.Instrument, s.Open, until))
		made := f.tallies(c, s.origin, windows, now, size, which == lastSide)
		if q.BarSize.Unit == Second && size <= leafTime {
			made = filled(c, made, s.origin, windows, now, size, which == lastSide)
		}
		if q.BarSize.Unit == Second {
			bars = append(bars, made...)
			continue
		}
		for _, b := range made {
			b.start = s.date
			if n := len(bars); n > 0 && q.BarSize.Unit.same(bars[n-1].start, b.start) {
				bars[n-1].join(b)
				bars[n-1].start = b.start
				continue
			}
			bars = append(bars, b)
		}
	}
	return bars
}

// same reports whether two trading dates share a bar of a unit.
func (u Unit) same(a, b time.Time) bool {
	switch u {
	case Week:
		y, week := a.ISOWeek()
		z, other := b.ISOWeek()
		return y == z && week == other
	case Month:
		return a.Year() == b.Year() && a.Month() == b.Month()
	case Second, Day, Year:
	}
	return false
}

// join adds what follows.
func (b *tally) join(next tally) {
	b.high, b.low, b.close = max(b.high, next.high), min(b.low, next.low), next.close
	b.volume, b.trades = b.volume+next.volume, b.trades+next.trades
	b.turnover, b.weight = b.turnover+next.turnover, b.weight+next.weight
}

// bars writes tallies as prices. Quotes have no volume: IBKR writes -1.
func (i Instrument) bars(tallies []tally, trades bool) []Bar {
	bars := make([]Bar, len(tallies))
	for n, b := range tallies {
		bars[n] = Bar{
			Start: b.start, Open: i.Price(b.open), High: i.Price(b.high), Low: i.Price(b.low),
			Close: i.Price(b.close), WAP: whole(-1), Volume: -1, Trades: -1,
		}
		if trades {
			bars[n].WAP = i.average(b)
			bars[n].Volume, bars[n].Trades = b.volume, int(b.trades)
		}
	}
	return bars
}

// halfBars writes tallies in halves of a tick.
func (i Instrument) halfBars(tallies []tally) []Bar {
	bars := make([]Bar, len(tallies))
	for n, b := range tallies {
		bars[n] = Bar{
			Start: b.start, Open: i.half(b.open), High: i.half(b.high), Low: i.half(b.low),
			Close: i.half(b.close), WAP: whole(-1), Volume: -1, Trades: -1,
		}
	}
	return bars
}

// quoteBar is a bar of bids and one of asks as one.
func (i Instrument) quoteBar(bid, ask tally) Bar {
	return Bar{
		Start: bid.start, Open: i.average(bid), High: i.Price(ask.high), Low: i.Price(bid.low),
		Close: i.average(ask), WAP: whole(-1), Volume: -1, Trades: -1,
	}
}

// average is the average price of a tally, to a tenth of a tick.
func (i Instrument) average(b tally) decimal.Decimal {
	ticks := quo(whole(b.turnover), whole(4*max(b.weight, 1)))
	return mul(ticks, i.Price(1)).Round(i.of().scale + wapScale)
}
