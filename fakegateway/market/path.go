package market

// A path is one series of prices: a pure function of (seed, name, time), in whole ticks and in
// integer arithmetic only, so that every platform computes the same market.
//
// Prices are drawn top-down. A UTC day has an open, high, low and close; it is split into parts
// that together have exactly these, and so on down to leaves of 5 seconds. A bar of any size is
// the union of the largest parts that make it up, so bars of all sizes agree by construction, and
// the first time that a price is reached is found by skipping every part that does not reach it.
type path struct {
	seed uint64
	base int64 // ticks
}

func newPath(seed uint64, source string, base int64) path {
	return path{seed: mix(seed, hashString(source)), base: base}
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

// highFirst tosses a coin.
func (p path) highFirst(day, leaf int64) bool { return mix(p.seed^uint64(day), uint64(leaf))&1 == 0 }

// at descends to the leaf without looking at its neighbours; it computes what walk does.
func (p path) at(day, leaf int64, point int) int64 {
	nd := node{span: p.daySpan(day), n: leavesPerDay}
	for nd.level < len(parts) {
		nd = p.part(day, nd, leaf)
	}
	return nd.points(p.highFirst(day, leaf))[point]
}

// part is the part of a node that holds a leaf.
func (p path) part(day int64, nd node, leaf int64) node {
	count := parts[nd.level]
	part := node{level: nd.level + 1, first: nd.first, n: nd.n / count}
	h := mix(mix(p.seed, uint64(day)), uint64(nd.level)<<32|uint64(nd.first))
	rest := nd.span
	for left := count; left > 1; left-- {
		h = mix(h, uint64(left))
		part.span, rest = cut(rest, left, h)
		if leaf < part.first+part.n {
			return part
		}
		part.first += part.n
	}
	part.span = rest
	return part
}

func (p path) firstIn(day int64, from step, r reach) (step, bool) {
	return firstByWalk(p, day, from, r)
}
