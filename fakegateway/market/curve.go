package market

import "time"

// A curve is one price of an instrument over time, in ticks: a tree of spans over each UTC day.
// Spans are exactly those of their parts, except that the spans of quotes above minutes may be wider.
type curve interface {
	// walk offers the nodes of a day, in order of time, each before its parts.
	walk(day int64, see func(node) visit)
	// highFirst says whether a leaf reaches its high before its low.
	highFirst(day, leaf int64) bool
	// at is the price of one step.
	at(day, leaf int64, point int) int64
	// firstIn finds the first step of a day, not before from, at which r holds.
	firstIn(day int64, from step, r reach) (step, bool)
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

// step is a place on a day's grid.
type step struct {
	leaf  int64
	point int
}

// points are the prices of a leaf in order of time.
func (leaf span) points(highFirst bool) [pointsPerLeaf]int64 {
	if highFirst {
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

// nextStep is the first step of the grid after t.
func nextStep(t time.Time) time.Time {
	day, leaf, point := leafAt(t)
	return pointTime(day, leaf, point).Add(Step)
}

// reach is a condition on a price: at or above ticks, else at or below it.
type reach struct {
	ticks int64
	above bool
}

func (r reach) by(price int64) bool {
	if r.above {
		return price >= r.ticks
	}
	return price <= r.ticks
}

// far is the price of a span that comes closest to the condition.
func (r reach) far(s span) int64 {
	if r.above {
		return s.high
	}
	return s.low
}

// first finds the first step in [from, until) at which a price satisfies r.
func first(c curve, from, until time.Time, r reach) (time.Time, bool) {
	day, leaf, point := leafAt(from)
	start := step{leaf, point}
	for ; pointTime(day, 0, 0).Before(until); day, start = day+1, (step{}) {
		s, ok := c.firstIn(day, start, r)
		if !ok {
			continue
		}
		found := pointTime(day, s.leaf, s.point)
		if found.Before(from) { // the point that holds at from
			found = from
		}
		if !found.Before(until) {
			break
		}
		return found, true
	}
	return time.Time{}, false
}

// firstByWalk is firstIn for a curve that can be walked cheaply.
func firstByWalk(c curve, day int64, from step, r reach) (found step, ok bool) {
	c.walk(day, func(nd node) visit {
		switch {
		case nd.first+nd.n <= from.leaf || !r.by(r.far(nd.span)):
			return skip
		case nd.level < len(parts):
			return descend
		}
		for k, price := range nd.points(c.highFirst(day, nd.first)) {
			if (nd.first > from.leaf || k >= from.point) && r.by(price) {
				found, ok = step{nd.first, k}, true
				return stop
			}
		}
		return skip
	})
	return found, ok
}

// between is what a curve of trades, whose spans are exact at all levels, did from one step of a
// day to another, both included.
func between(c curve, day int64, from, to step) span {
	var b tally
	c.walk(day, func(nd node) visit {
		switch {
		case nd.first+nd.n <= from.leaf:
			return skip
		case nd.first > to.leaf:
			return stop
		case nd.first > from.leaf && nd.first+nd.n <= to.leaf:
			b.add(nd.span, 0)
			return skip
		case nd.level < len(parts):
			return descend
		}
		for k, price := range nd.points(c.highFirst(day, nd.first)) {
			if (nd.first > from.leaf || k >= from.point) && (nd.first < to.leaf || k <= to.point) {
				b.add(span{price, price, price, price}, 0)
			}
		}
		return skip
	})
	return b.span
}
