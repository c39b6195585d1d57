package market

// side is one of the prices of an instrument.
type side uint8

const (
	lastSide side = iota
	bidSide
	askSide
	midSide // in halves of a tick
)

// quoter makes quotes around trades.
type quoter interface {
	// curve is one side's price.
	curve(side) curve
	// at is the quote of one step, in ticks, at which the last trade was at last.
	at(day int64, s step, last int64) ticksQuote
}

type ticksQuote struct{ bid, ask, bidSize, askSize int64 }

// spreads are the quotes of a seeded instrument. Each minute has its own spread, so that within it
// bid, ask and midpoint rise and fall with the trades.
type spreads struct {
	seed uint64
	kind *kind
	last curve
	// wide doubles the spread in a minute of a day: outside of regular hours.
	wide func(day, minute int64) bool
}

// around is a spread: how far below and above a trade the quotes are, before they are rounded to
// prices of the market rule.
type around struct{ below, above int64 }

const maxNoise = 2 // ticks that a spread may be wider than usual

// in is the spread of a minute: mostly the narrowest, at times a tick or two more, and twice that
// outside of regular hours.
func (s *spreads) in(day, minute int64) around {
	h := mix(mix(s.seed, uint64(day)), uint64(minute)^0x5bad)
	total := s.kind.spread + below(h, 0, maxNoise+1)*below(h, 16, 2)
	if s.wide != nil && s.wide(day, minute) {
		total *= 2
	}
	a := around{total / 2, total - total/2}
	if h>>63 == 1 {
		a.below, a.above = a.above, a.below
	}
	return a
}

func (s *spreads) narrowest() around { return around{s.kind.spread / 2, s.kind.spread / 2} }

func (s *spreads) widest() around {
	most := s.kind.spread + maxNoise
	return around{most, most} // of a doubled spread, one half
}

// price is a side of the quote around a trade. It never falls while last rises.
func (s *spreads) price(which side, a around, last int64) int64 {
	bid := func() int64 { return max(s.kind.rule.floor(last-a.below-s.share(last)), 1) }
	ask := func() int64 { return s.kind.rule.ceil(last + a.above + s.share(last)) }
	switch which {
	case bidSide:
		return bid()
	case askSide:
		return ask()
	case midSide:
		return bid() + ask()
	case lastSide:
	}
	return last
}

// share is what the price of an instrument adds to each half of its spread.
func (s *spreads) share(last int64) int64 {
	if s.kind.spreadShare == 0 {
		return 0
	}
	return last / s.kind.spreadShare
}

func (s *spreads) curve(which side) curve {
	if which == lastSide {
		return s.last
	}
	return quoteCurve{s, which}
}

func (s *spreads) at(day int64, at step, last int64) ticksQuote {
	a := s.in(day, at.leaf/leavesPerMinute)
	h := mix(mix(s.seed, uint64(day)), uint64(at.leaf*pointsPerLeaf+int64(at.point))^0x512e)
	const most = 9
	return ticksQuote{
		bid: s.price(bidSide, a, last), bidSize: (1 + below(h, 0, most)) * s.kind.lot,
		ask: s.price(askSide, a, last), askSize: (1 + below(h, 16, most)) * s.kind.lot,
	}
}

// quoteCurve is one side of the quotes of a seeded instrument.
type quoteCurve struct {
	*spreads
	side side
}

func (c quoteCurve) highFirst(day, leaf int64) bool { return c.last.highFirst(day, leaf) }

func (c quoteCurve) at(day, leaf int64, point int) int64 {
	return c.price(c.side, c.in(day, leaf/leavesPerMinute), c.last.at(day, leaf, point))
}

func (c quoteCurve) walk(day int64, see func(node) visit) {
	c.last.walk(day, func(nd node) visit {
		low, high := c.bounds(day, nd)
		nd.span = span{
			open: c.price(c.side, low, nd.open), close: c.price(c.side, low, nd.close),
			low: c.price(c.side, low, nd.low), high: c.price(c.side, high, nd.high),
		}
		return see(nd)
	})
}

// bounds are the spreads that give the lowest and the highest price within a node.
func (c quoteCurve) bounds(day int64, nd node) (low, high around) {
	if nd.level >= minuteLevel {
		a := c.in(day, nd.first/leavesPerMinute)
		return a, a
	}
	narrow, wide := c.narrowest(), c.widest()
	switch c.side {
	case bidSide:
		return wide, narrow
	case askSide:
		return narrow, wide
	case midSide, lastSide:
	}
	return around{wide.below, narrow.above}, around{narrow.below, wide.above}
}

// firstIn looks for trades that could do with the most favourable spread, and then at the minutes
// of those trades with the spreads that they have.
func (c quoteCurve) firstIn(day int64, from step, r reach) (step, bool) {
	low, high := c.bounds(day, node{})
	best := low
	if r.above {
		best = high
	}
	for {
		hope, ok := c.last.firstIn(day, from, c.needs(r, best))
		if !ok {
			return step{}, false
		}
		minute := hope.leaf / leavesPerMinute
		found, ok := c.last.firstIn(day, hope, c.needs(r, c.in(day, minute)))
		if ok && found.leaf/leavesPerMinute == minute {
			return found, true
		}
		from = step{leaf: (minute + 1) * leavesPerMinute}
		if from.leaf >= leavesPerDay {
			return step{}, false
		}
	}
}

// needs is the condition on trades that is the same as r on this side of the quotes.
func (c quoteCurve) needs(r reach, a around) reach {
	return r.through(func(last int64) int64 { return c.price(c.side, a, last) },
		r.ticks+2*(a.below+a.above)+r.ticks/2+2*c.kind.rule.coarsest())
}

// through is the condition on x that is the same as r on f(x), for a rising f and x in 0..most.
func (r reach) through(f func(int64) int64, most int64) reach {
	if r.above {
		return reach{lowest(f, r.ticks, most), true}
	}
	return reach{lowest(f, r.ticks+1, most) - 1, false}
}

// lowest is the smallest x in 0..most with f(x) >= want, for a rising f; most+1 if there is none.
func lowest(f func(int64) int64, want, most int64) int64 {
	low, high := int64(0), most+1
	for low < high {
		if mid := low + (high-low)/2; f(mid) >= want {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}
