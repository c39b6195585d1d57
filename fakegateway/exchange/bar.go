package exchange

import "time"

const (
	wapScale = 3 // digits of an average price: a tenth of a tick

	// baseMinuteVolume is a quiet minute's; the open and the close of New York trade six times it.
	baseMinuteVolume = 3_000
	sharesPerTrade   = 90
)

// tally adds up parts of a bar in order of time.
type tally struct {
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

// bar is what trades in [from, to), as far as it is known at now: parts after now do not exist,
// and the leaf that holds now has only the prices that it has reached.
func (p path) bar(from, to, now time.Time) Bar {
	forming := to.After(now)
	if forming {
		to = now
	}
	firstDay, firstLeaf, _ := leafAt(from)
	lastDay, lastLeaf, lastPoint := leafAt(to)
	var b tally
	for day := firstDay; day <= lastDay; day++ {
		lo, hi := int64(0), int64(leavesPerDay)
		if day == firstDay {
			lo = firstLeaf
		}
		if day == lastDay {
			hi = lastLeaf
		}
		if lo < hi {
			p.addLeaves(&b, day, lo, hi)
		}
	}
	if forming {
		p.addForming(&b, lastDay, lastLeaf, lastPoint)
	}
	trades := int(b.volume/sharesPerTrade) + 1
	wap := quo(fromTicks(b.turnover), shares(4*max(b.volume, 1)))
	return Bar{
		Start: from, Open: fromTicks(b.open), High: fromTicks(b.high), Low: fromTicks(b.low),
		Close: fromTicks(b.close), WAP: wap.Round(wapScale), Volume: b.volume, Trades: trades,
	}
}

// addLeaves adds leaves [lo, hi) of a day: whole minutes where they fit, so that every bar of a
// minute or more weighs the same parts.
func (p path) addLeaves(b *tally, day, lo, hi int64) {
	p.walk(day, func(nd node) visit {
		switch {
		case nd.first+nd.n <= lo:
			return skip
		case nd.first >= hi:
			return stop
		case nd.level == len(parts):
			b.add(nd.span, p.leafVolume(day, nd.first))
		case nd.level == minuteLevel && nd.first >= lo && nd.first+nd.n <= hi:
			b.add(nd.span, p.minuteVolume(day, nd.first/leavesPerMinute))
			return skip
		}
		return descend
	})
}

// addForming adds the points of the leaf that holds now.
func (p path) addForming(b *tally, day, leaf int64, point int) {
	p.walk(day, func(nd node) visit {
		switch {
		case nd.first+nd.n <= leaf:
			return skip
		case nd.level < len(parts):
			return descend
		}
		volume := p.leafVolume(day, leaf) / pointsPerLeaf
		for i, price := range p.points(day, nd) {
			if i <= point {
				b.add(span{price, price, price, price}, volume)
			}
		}
		return stop
	})
}

// minuteVolume is in shares: higher around the open and the close of New York.
func (p path) minuteVolume(day, minute int64) int64 {
	_, secondsWest := time.Unix((day*minutesPerDay+minute)*60, 0).In(Eastern).Zone()
	local := floorMod(minute+int64(secondsWest)/60, minutesPerDay)
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
func (p path) leafVolume(day, leaf int64) int64 {
	volume := p.minuteVolume(day, leaf/leavesPerMinute)
	part := leaf % leavesPerMinute
	return volume*(part+1)/leavesPerMinute - volume*part/leavesPerMinute
}
