package market

import "time"

// tally adds up parts of a bar in order of time.
type tally struct {
	start time.Time
	span
	any      bool
	volume   int64
	trades   int64
	turnover int64 // ticks times weight times 4
	weight   int64
}

func (b *tally) add(s span, weight int64) {
	if !b.any {
		b.span, b.any = s, true
	}
	b.high, b.low, b.close = max(b.high, s.high), min(b.low, s.low), s.close
	b.weight += weight
	b.turnover += weight * (s.open + s.high + s.low + s.close)
}

// part is a stretch of time that a bar is made of.
type part struct {
	start          time.Time
	span           span
	volume, trades int64
	leaves         int64 // how long it is, for averages over time
}

// grain is how finely bars are put together. Bars of a minute or more weigh whole minutes in
// their averages, so that they all weigh the same.
type grain uint8

const (
	byMinute grain = iota
	byLeaf
	byPoint
)

func grainOf(size time.Duration) grain {
	switch {
	case size >= time.Minute:
		return byMinute
	case size >= leafTime:
		return byLeaf
	}
	return byPoint
}

// parts gives what a curve did in a window as far as it is known at now, in order of time: minutes
// where they fit and grain allows, else leaves, else points. What is still to come does not exist.
func (f feed) parts(c curve, w Window, now time.Time, g grain, add func(part)) {
	if w.Close.After(now) {
		w.Close = known(now)
	}
	firstDay, leaf, point := leafAt(w.Open)
	lastDay, lastLeaf, lastPoint := leafAt(w.Close)
	for day := firstDay; day <= lastDay; day++ {
		from, to := step{}, step{leaf: leavesPerDay}
		if day == firstDay {
			from = step{leaf, point}
		}
		if day == lastDay {
			to = step{lastLeaf, lastPoint}
		}
		if from.before(to) {
			p := parting{curve: c, day: day, from: from, to: to, grain: g, flow: f.flow.day(day), add: add}
			p.walk()
		}
	}
}

// known is the end of what has happened at now: with the step that holds then, but not with one
// that begins a leaf just then, for it repeats the last price of the leaf before.
func known(now time.Time) time.Time {
	if now.Equal(leafCeil(now)) {
		return now
	}
	return nextStep(now)
}

// parting takes the steps [from, to) of one day apart.
type parting struct {
	curve    curve
	day      int64
	from, to step
	grain    grain
	flow     traded
	add      func(part)

	volume, trades int64 // of the day, up to the next part
}

func (p *parting) walk() {
	p.volume, p.trades = p.flow.before(p.from)
	p.curve.walk(p.day, func(nd node) visit {
		start, end := step{leaf: nd.first}, step{leaf: nd.first + nd.n}
		whole := !start.before(p.from) && !p.to.before(end)
		switch {
		case !p.from.before(end):
			return skip
		case !start.before(p.to):
			return stop
		case whole && nd.level == minuteLevel && p.grain == byMinute,
			whole && nd.level == len(parts) && p.grain <= byLeaf:
			p.give(start, end, nd.span, nd.n)
			return skip
		case nd.level < len(parts):
			return descend
		}
		for k, price := range nd.points(p.curve.highFirst(p.day, nd.first)) {
			if s := (step{nd.first, k}); !s.before(p.from) && s.before(p.to) {
				p.give(s, s.next(), span{price, price, price, price}, 1)
			}
		}
		return skip
	})
}

func (p *parting) give(start, end step, s span, leaves int64) {
	volume, trades := p.flow.before(end)
	p.add(part{
		start: pointTime(p.day, start.leaf, start.point), span: s,
		volume: volume - p.volume, trades: trades - p.trades, leaves: leaves,
	})
	p.volume, p.trades = volume, trades
}

// tallies makes bars of windows, cut at multiples of size after origin. The averages of bars of
// trades are over their volume, and there are none where nothing traded; those of quotes are over
// time.
func (f feed) tallies(
	c curve, origin time.Time, windows []Window, now time.Time, size time.Duration,
	trades bool,
) []tally {
	var bars []tally
	index := int64(-1)
	for _, w := range windows {
		if size < leafTime {
			w.Open = stepsFrom(w.Open) // a step before it belongs to the bar before
		}
		f.parts(c, w, now, grainOf(size), func(p part) {
			weight := p.leaves
			if trades {
				if weight = p.volume; p.trades == 0 {
					return
				}
			}
			if k := int64(p.start.Sub(origin) / size); k != index || len(bars) == 0 {
				index = k
				bars = append(bars, tally{start: p.start})
			}
			b := &bars[len(bars)-1]
			b.add(p.span, weight)
			b.volume, b.trades = b.volume+p.volume, b.trades+p.trades
		})
	}
	return bars
}
