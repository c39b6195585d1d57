package market

// recorded is a recording on the scenario's grid: one of its prices as a curve, its volume as a
// flow, its quotes as a quoter.
type recorded struct {
	*recording
	replay *Replay
	track  track
}

// position is that of a step; steps of the next day's first leaf are allowed.
func (c recorded) position(day int64, s step) int64 {
	return c.replay.position(pointTime(day, s.leaf, s.point))
}

// span is what the track did at the positions [from, to).
func (c recorded) span(from, to int64) span {
	period := c.replay.period
	if c.replay.Once {
		return c.seen(c.track, c.recording.at(from), c.recording.at(max(to-1, from)))
	}
	from, to = floorMod(from, period), to-from+floorMod(from, period)
	if to <= period {
		return c.seen(c.track, c.recording.at(from), c.recording.at(max(to-1, from)))
	}
	first, last := c.recording.at(0), c.recording.at(period)
	s := c.seen(c.track, c.recording.at(from), last)
	if to > 2*period {
		s = s.with(c.seen(c.track, first, last))
	}
	return s.with(c.seen(c.track, first, c.recording.at(floorMod(to-1, period))))
}

func (c recorded) leaf(day, first, n int64) span {
	return c.span(c.position(day, step{leaf: first}), c.position(day, step{leaf: first + n}))
}

// highFirst depends on the place in the file, so that every round is the same.
func (c recorded) highFirst(day, leaf int64) bool {
	return mix(c.seed, uint64(c.inFile(c.position(day, step{leaf: leaf}))))&1 == 0
}

// inFile is a position within the file, of whichever round.
func (c recorded) inFile(position int64) int64 {
	if c.replay.Once {
		return position
	}
	return floorMod(position, c.replay.period)
}

func (c recorded) at(day, leaf int64, point int) int64 {
	return c.leaf(day, leaf, 1).points(c.highFirst(day, leaf))[point]
}

func (c recorded) walk(day int64, see func(node) visit) {
	c.walkNode(day, node{n: leavesPerDay}, see)
}

func (c recorded) walkNode(day int64, nd node, see func(node) visit) (more bool) {
	nd.span = c.leaf(day, nd.first, nd.n)
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
	part := node{level: nd.level + 1, first: nd.first, n: nd.n / parts[nd.level]}
	for range parts[nd.level] {
		if !c.walkNode(day, part, see) {
			return false
		}
		part.first += part.n
	}
	return true
}

func (c recorded) firstIn(day int64, from step, r reach) (step, bool) {
	return firstByWalk(c, day, from, r)
}

// recordedFlow is the volume of a recording.
type recordedFlow struct{ recorded }

func (f recordedFlow) day(day int64) traded { return recordedDay{f.recorded, day} }

type recordedDay struct {
	recorded
	day int64
}

func (d recordedDay) before(s step) (volume, trades int64) {
	v0, n0 := d.sinceStart(d.position(d.day, step{}))
	v1, n1 := d.sinceStart(d.position(d.day, s))
	return v1 - v0, n1 - n0
}

// sinceStart counts from the first row of the file, over its repetitions too.
func (d recordedDay) sinceStart(position int64) (volume, trades int64) {
	if d.quoted() { // quotes are no trades
		return 0, 0
	}
	if d.replay.Once {
		return d.traded(position)
	}
	period := d.replay.period
	rounds := floorDiv(position, period)
	all, points := d.traded(period)
	volume, trades = d.traded(position - rounds*period)
	return volume + rounds*all, trades + rounds*points
}

// recordedQuotes are the quotes of a file of quotes.
type recordedQuotes struct{ recorded }

func (q recordedQuotes) curve(which side) curve {
	c := q.recorded
	switch which {
	case bidSide:
		c.track = c.bid
	case askSide:
		c.track = c.ask
	case midSide:
		c.track = c.mid
	case lastSide:
		c.track = c.last
	}
	return c
}

func (q recordedQuotes) at(day int64, s step, _ int64) ticksQuote {
	size := q.sizes[q.recording.at(q.inFile(q.position(day, s))).row]
	return ticksQuote{
		bid: q.curve(bidSide).at(day, s.leaf, s.point), bidSize: size.bid,
		ask: q.curve(askSide).at(day, s.leaf, s.point), askSize: size.ask,
	}
}
