package market

import "time"

const (
	wapScale = 3 // digits of an average price: a tenth of a tick

	// baseMinuteVolume is a quiet minute's; the open and the close of New York trade six times it.
	baseMinuteVolume = 3_000
	sharesPerTrade   = 90
)

// tally adds up parts of a bar in order of time.
type tally struct {
	start time.Time
	span
	any      bool
	volume   int64
	turnover int64 // ticks times shares times 4
}

func (b *tally) add(s span, volume int64) {
	if !b.any {
		b.span, b.any = s, true
	}
	b.high, b.low, b.close = max(b.high, s.high), min(b.low, s.low), s.close
	b.volume += volume
	b.turnover += volume * (s.open + s.high + s.low + s.close)
}

func (b *tally) bar() Bar {
	wap := quo(fromTicks(b.turnover), whole(4*max(b.volume, 1)))
	return Bar{
		Start: b.start, Open: fromTicks(b.open), High: fromTicks(b.high), Low: fromTicks(b.low),
		Close: fromTicks(b.close), WAP: wap.Round(wapScale), Volume: b.volume,
		Trades: int(b.volume/sharesPerTrade) + 1,
	}
}

// bars are what trades in [from, to), cut at multiples of size after origin, as far as it is known
// at now: parts after now do not exist, and the leaf that holds now has only the prices that it
// has reached. Bars of a minute or more weigh whole minutes, so that they all weigh the same.
func (p path) bars(origin, from, to, now time.Time, size time.Duration) []Bar {
	forming := to.After(now)
	if forming {
		to = now
	}
	var bars []Bar
	var b tally
	index := int64(-1)
	add := func(start time.Time, s span, volume int64) {
		if i := int64(start.Sub(origin) / size); i != index {
			if b.any {
				bars = append(bars, b.bar())
			}
			index, b = i, tally{start: start}
		}
		b.add(s, volume)
	}
	firstDay, firstLeaf, _ := leafAt(from)
	lastDay, lastLeaf, lastPoint := leafAt(to)
	for day := firstDay; day <= lastDay; day++ {
		lo, hi := int64(0), int64(leavesPerDay)
		if day == firstDay {
			lo = firstLeaf
		}
		if day == lastDay {
			hi = lastLeaf
		}
		p.eachPart(day, lo, hi, size < time.Minute, add)
	}
	if forming && pointTime(lastDay, lastLeaf, 0).Before(now) {
		p.eachPoint(lastDay, lastLeaf, lastPoint, add)
	}
	if b.any {
		bars = append(bars, b.bar())
	}
	return bars
}

// adder takes a part of a bar.
type adder func(start time.Time, s span, volume int64)

// eachPart gives the leaves [lo, hi) of a day in order of time; unless fine, as whole minutes
// where they fit.
func (p path) eachPart(day, lo, hi int64, fine bool, add adder) {
	if lo >= hi {
		return
	}
	shift := easternShift(day)
	p.walk(day, func(nd node) visit {
		switch {
		case nd.first+nd.n <= lo:
			return skip
		case nd.first >= hi:
			return stop
		case nd.level == len(parts):
			add(pointTime(day, nd.first, 0), nd.span, p.leafVolume(day, nd.first, shift))
		case nd.level == minuteLevel && !fine && nd.first >= lo && nd.first+nd.n <= hi:
			minute := nd.first / leavesPerMinute
			add(pointTime(day, nd.first, 0), nd.span, p.minuteVolume(day, minute, shift))
			return skip
		}
		return descend
	})
}

// eachPoint gives the prices that a leaf has reached.
func (p path) eachPoint(day, leaf int64, point int, add adder) {
	p.walk(day, func(nd node) visit {
		switch {
		case nd.first+nd.n <= leaf:
			return skip
		case nd.level < len(parts):
			return descend
		}
		volume := p.leafVolume(day, leaf, easternShift(day)) / pointsPerLeaf
		for i, price := range p.points(day, nd) {
			if i <= point {
				add(pointTime(day, leaf, 0), span{price, price, price, price}, volume)
			}
		}
		return stop
	})
}

// easternShift is how many minutes the market's clock is behind UTC when a UTC day begins.
func easternShift(day int64) int64 {
	_, seconds := pointTime(day, 0, 0).In(Eastern).Zone()
	return int64(-seconds) / 60
}

// minuteVolume is in shares: higher around the open and the close of New York.
func (p path) minuteVolume(day, minute, shift int64) int64 {
	local := floorMod(minute-shift, minutesPerDay)
	const open, noon, shut = 9*60 + 30, 12*60 + 45, 16 * 60
	volume := int64(baseMinuteVolume)
	if local >= open && local < shut {
		off := local - noon
		volume += baseMinuteVolume + 4*baseMinuteVolume*off*off/(195*195)
	}
	h := mix(mix(p.seed, uint64(day)), uint64(minute)^0xf00d)
	return volume/2 + below(h, 0, volume)
}

// leafVolume splits a minute's volume exactly.
func (p path) leafVolume(day, leaf, shift int64) int64 {
	volume := p.minuteVolume(day, leaf/leavesPerMinute, shift)
	part := leaf % leavesPerMinute
	return volume*(part+1)/leavesPerMinute - volume*part/leavesPerMinute
}
