package market

import "slices"

// recording is what a file says of one symbol, in ticks and in microseconds after the file's first
// row.
type recording struct {
	starts []int64 // of the rows, rising
	// length is how long a row's path takes: the time between two bars; 0 for ticks.
	length int64
	pieces int64 // into how many leaves a row's path is split: a power of two, some 5 seconds each
	seed   uint64
	usual  int64 // the mean price

	last          track
	bid, ask, mid track // of files of quotes; mid in halves of a tick
	sizes         []quoteSizes

	volume []int64 // traded before each row; one more than rows, the last is the total
}

// quoted reports whether the file has quotes of the symbol instead of trades.
func (r *recording) quoted() bool { return r.sizes != nil }

type quoteSizes struct{ bid, ask int64 }

// track is one price of a recording: a span for each row, and the extremes of ever longer runs of
// them: level k holds those of 2^k rows.
type track struct {
	rows   []span
	ranges [][]span
}

func newTrack(rows []span) track {
	t := track{rows: rows}
	for below, width := rows, 1; width < len(rows); width *= 2 {
		level := make([]span, (len(below)+1)/2)
		for k := range level {
			level[k] = below[2*k]
			if 2*k+1 < len(below) {
				level[k] = level[k].with(below[2*k+1])
			}
		}
		t.ranges = append(t.ranges, level)
		below = level
	}
	return t
}

// with is a span and the one that follows it.
func (s span) with(next span) span {
	return span{s.open, max(s.high, next.high), min(s.low, next.low), next.close}
}

// between is the span of the rows [from, to), of which there is at least one.
func (t track) between(from, to int) span {
	s := t.rows[from]
	for at := from + 1; at < to; {
		width, level := 1, -1
		for level+1 < len(t.ranges) && at%(2*width) == 0 && at+2*width <= to {
			width, level = 2*width, level+1
		}
		if level < 0 {
			s = s.with(t.rows[at])
		} else {
			s = s.with(t.ranges[level][at/width])
		}
		at += width
	}
	return s
}

// moment is a place in a recording: a point of a row's path.
type moment struct {
	row   int
	point int64
}

// points are in a row's path.
func (r *recording) points() int64 {
	if r.length == 0 {
		return 1
	}
	return r.pieces * pointsPerLeaf
}

// at is the point that holds at a position; before the first row it is the first.
func (r *recording) at(position int64) moment {
	row, exact := slices.BinarySearch(r.starts, position)
	if !exact {
		row--
	}
	if row < 0 {
		return moment{}
	}
	for row+1 < len(r.starts) && r.starts[row+1] == position {
		row++ // ticks of one time
	}
	if r.length == 0 {
		return moment{row: row}
	}
	within := position - r.starts[row]
	if within >= r.length { // the close stands until the next row
		return moment{row, r.points() - 1}
	}
	return moment{row, within * r.points() / r.length}
}

// seen is what a track did from one moment to another, both included.
func (r *recording) seen(t track, from, to moment) span {
	if from.row == to.row {
		return r.path(t, from.row, from.point, to.point)
	}
	s := r.path(t, from.row, from.point, r.points()-1)
	if from.row+1 < to.row {
		s = s.with(t.between(from.row+1, to.row))
	}
	return s.with(r.path(t, to.row, 0, to.point))
}

// path is the points [from, to] of a row.
func (r *recording) path(t track, row int, from, to int64) span {
	s := t.rows[row]
	if s.high == s.low {
		return s
	}
	return r.descend(s, mix(r.seed, uint64(row)), 0, r.pieces, from, to)
}

// descend splits a piece of a path, of n leaves from leaf first on, down to the points [from, to].
func (r *recording) descend(s span, h uint64, first, n, from, to int64) span {
	if from <= first*pointsPerLeaf && (first+n)*pointsPerLeaf-1 <= to {
		return s
	}
	if n == 1 {
		prices := [...]int64{s.open, s.high, s.low, s.close}
		if h&1 == 0 {
			prices[1], prices[2] = s.low, s.high
		}
		from, to = max(from-first*pointsPerLeaf, 0), min(to-first*pointsPerLeaf, pointsPerLeaf-1)
		p := prices[from]
		seen := span{p, p, p, p}
		for _, p := range prices[from+1 : to+1] {
			seen = seen.with(span{p, p, p, p})
		}
		return seen
	}
	left, right := cut(s, 2, h)
	middle := (first + n/2) * pointsPerLeaf
	switch {
	case to < middle:
		return r.descend(left, mix(h, 1), first, n/2, from, to)
	case from >= middle:
		return r.descend(right, mix(h, 2), first+n/2, n/2, from, to)
	}
	return r.descend(left, mix(h, 1), first, n/2, from, to).
		with(r.descend(right, mix(h, 2), first+n/2, n/2, from, to))
}

// traded is the volume and the number of points before a position.
func (r *recording) traded(position int64) (volume, points int64) {
	if position <= r.starts[0] {
		return 0, 0
	}
	m := r.at(position - 1) // the last point that has begun
	n := r.points()
	before, all := r.volume[m.row], r.volume[m.row+1]
	return before + (all-before)*(m.point+1)/n, int64(m.row)*n + m.point + 1
}
