package market

import "time"

// A path is one instrument's prices: a pure function of (seed, symbol, time), in whole ticks and
// in integer arithmetic only, so that every platform computes the same market.
//
// Prices are drawn top-down. A UTC day has an open, high, low and close; it is split into parts
// that together have exactly these, and so on down to leaves of 5 seconds. A bar of any size is
// the union of the largest parts that make it up, so bars of all sizes agree by construction, and
// the first time that a price is reached is found by skipping every part that does not reach it.
type path struct {
	seed uint64
	base int64 // ticks
}

// span is what a part of a day traded at, in ticks.
type span struct{ open, high, low, close int64 }

const (
	leafSeconds = 5
	leafTime    = leafSeconds * time.Second

	// A leaf trades at four prices: its open, its two extremes and its close.
	pointsPerLeaf = 4
	// Step is how often the market moves.
	Step = leafTime / pointsPerLeaf

	leavesPerDay    = 86400 / leafSeconds
	leavesPerMinute = 60 / leafSeconds
	minutesPerDay   = 24 * 60
)

// parts says into how many equal parts a node of each level is split: a day into 12 hours, 6, 3,
// 1 hour, 30 minutes, 15, 5, 1 minute, 30 seconds, 10 and 5.
var parts = [...]int64{2, 2, 2, 3, 2, 2, 3, 5, 2, 3, 2}

// minuteLevel is the level of one-minute nodes.
const minuteLevel = 8

// node is a part of a day: n leaves from leaf first.
type node struct {
	span
	level    int
	first, n int64
}

// visit says what to do with a node.
type visit uint8

const (
	skip    visit = iota // leave the node and its parts alone
	descend              // look at its parts; a leaf has none
	stop                 // end the walk
)

func newPath(seed uint64, i Instrument) path {
	return path{seed: mix(seed, hashString(i.Symbol)), base: i.baseTicks}
}

// walk offers the nodes of a day, in order of time, each before its parts.
func (p path) walk(day int64, see func(node) visit) {
	p.walkNode(day, node{span: p.daySpan(day), n: leavesPerDay}, see)
}

func (p path) walkNode(day int64, nd node, see func(node) visit) (more bool) {
	switch see(nd) {
	case stop:
		return false
	case skip:
		return true
	case descend:
	}
	if nd.level == len(parts) {
		return true
	}
	count := parts[nd.level]
	part := node{level: nd.level + 1, first: nd.first, n: nd.n / count}
	h := mix(mix(p.seed, uint64(day)), uint64(nd.level)<<32|uint64(nd.first))
	rest := nd.span
	for left := count; left > 1; left-- {
		h = mix(h, uint64(left))
		part.span, rest = cut(rest, left, h)
		if !p.walkNode(day, part, see) {
			return false
		}
		part.first += part.n
	}
	part.span = rest
	return p.walkNode(day, part, see)
}

// shrink is by how much the range of a walk shrinks with its time: the square roots of 1/k and of
// (k-1)/k, in thousandths.
var shrink = [...]struct{ first, rest int64 }{
	2: {707, 707}, 3: {577, 816}, 4: {500, 866}, 5: {447, 894},
}

// cut splits off the first k-th of a span. Both pieces lie inside the whole, they meet at one
// price, and together they reach its high and its low, one each: a piece that got both would be
// as wild as the whole in less time.
func cut(s span, k int64, h uint64) (first, rest span) {
	reach := (s.high - s.low) / 4
	meet := (s.open + (s.close-s.open)/k + (s.low+s.high)/2) / 2
	meet = min(max(meet+below(h, 0, 2*reach+1)-reach, s.low), s.high)
	first = span{open: s.open, high: max(s.open, meet), low: min(s.open, meet), close: meet}
	rest = span{open: meet, high: max(meet, s.close), low: min(meet, s.close), close: s.close}
	up := s.close-s.open > below(h, 16, 2*reach+1)-reach
	lowFirst, highFirst := up, !up
	for _, extreme := range []struct {
		first bool
		price int64
	}{{highFirst, s.high}, {lowFirst, s.low}} {
		piece := &rest
		if extreme.first {
			piece = &first
		}
		piece.high, piece.low = max(piece.high, extreme.price), min(piece.low, extreme.price)
	}
	h = mix(h, 0)
	first.widen(s, shrink[k].first, h)
	rest.widen(s, shrink[k].rest, h>>32)
	return first, rest
}

// widen gives a piece about the range that its share of the time makes likely.
func (s *span) widen(whole span, share int64, h uint64) {
	const least, spread = 700, 200 // thousandths of the likely range
	likely := (whole.high - whole.low) * share * (least + below(h, 0, spread)) / 1_000_000
	missing := min(likely+1, whole.high-whole.low) - (s.high - s.low)
	if missing <= 0 {
		return
	}
	above, under := whole.high-s.high, s.low-whole.low
	up := min(max(below(h, 16, missing+1), missing-under), above)
	s.high += up
	s.low -= missing - up
}

// octaves are value noise on a lattice of days: slow, wide waves and fast, narrow ones. Their
// amplitudes add up to a third, which bounds prices to 2/3..4/3 of the base for ever.
var octaves = [...]struct{ days, partsPerMillion int64 }{
	{512, 150_000}, {128, 80_000}, {32, 50_000}, {8, 30_000}, {2, 12_000}, {1, 8_000},
}

// level is the price at the start of a day.
func (p path) level(day int64) int64 {
	const million = 1_000_000
	shift := int64(0)
	for k, o := range octaves {
		i := floorDiv(day, o.days)
		x := day - i*o.days
		a, b := p.lattice(k, i), p.lattice(k, i+1)
		shift += (a*(o.days-x) + b*x) / o.days * o.partsPerMillion / latticeUnit
	}
	return p.base * (million + shift) / million
}

const latticeUnit = 1 << 15

// lattice is noise in -latticeUnit..latticeUnit.
func (p path) lattice(octave int, i int64) int64 {
	h := mix(mix(p.seed, uint64(octave)+1), uint64(i))
	return below(h, 0, 2*latticeUnit+1) - latticeUnit
}

// daySpan is the whole day: it closes where the next one opens.
func (p path) daySpan(day int64) span {
	s := span{open: p.level(day), close: p.level(day + 1)}
	h := mix(p.seed, uint64(day)^0xdada)
	s.high = max(s.open, s.close) + 4 + below(h, 0, p.base*12/1000)
	s.low = min(s.open, s.close) - 4 - below(h, 16, p.base*12/1000)
	return s
}

// points are the prices of a leaf in order of time.
func (p path) points(day int64, leaf node) [pointsPerLeaf]int64 {
	if mix(p.seed^uint64(day), uint64(leaf.first))&1 == 0 {
		return [...]int64{leaf.open, leaf.high, leaf.low, leaf.close}
	}
	return [...]int64{leaf.open, leaf.low, leaf.high, leaf.close}
}

// leafAt finds the leaf and the point that hold at t.
func leafAt(t time.Time) (day, leaf int64, point int) {
	steps := floorDiv(t.UnixNano(), int64(Step))
	leaves := floorDiv(steps, pointsPerLeaf)
	day = floorDiv(leaves, leavesPerDay)
	return day, leaves - day*leavesPerDay, int(steps - leaves*pointsPerLeaf)
}

func pointTime(day, leaf int64, point int) time.Time {
	return time.Unix((day*leavesPerDay+leaf)*leafSeconds, 0).Add(time.Duration(point) * Step)
}

// last is the price of the latest trade at t.
func (p path) last(t time.Time) int64 {
	day, leaf, point := leafAt(t)
	price := int64(0)
	p.walk(day, func(nd node) visit {
		switch {
		case nd.first+nd.n <= leaf:
			return skip
		case nd.level < len(parts):
			return descend
		}
		price = p.points(day, nd)[point]
		return stop
	})
	return price
}

// reach is a condition on the last price.
type reach struct {
	ticks int64
	above bool // at or above ticks; else at or below
}

func (r reach) by(ticks int64) bool {
	if r.above {
		return ticks >= r.ticks
	}
	return ticks <= r.ticks
}

// first finds the first step in [from, until) at which the last price satisfies r.
func (p path) first(from, until time.Time, r reach) (time.Time, bool) {
	day, leaf, point := leafAt(from)
	var found time.Time
	for ; found.IsZero() && pointTime(day, 0, 0).Before(until); day, leaf, point = day+1, 0, 0 {
		p.walk(day, func(nd node) visit {
			far := nd.low
			if r.above {
				far = nd.high
			}
			switch {
			case nd.first+nd.n <= leaf || !r.by(far):
				return skip
			case nd.level < len(parts):
				return descend
			}
			for i, price := range p.points(day, nd) {
				if (nd.first > leaf || i >= point) && r.by(price) {
					found = pointTime(day, nd.first, i)
					return stop
				}
			}
			return skip
		})
	}
	if found.IsZero() || !found.Before(until) {
		return time.Time{}, false
	}
	if found.Before(from) { // the point that holds at from
		found = from
	}
	return found, true
}
