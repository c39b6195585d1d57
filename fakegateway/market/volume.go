package market

import "time"

// A flow is what an instrument trades.
type flow interface {
	// day is a day's volume: what has traded before a step of it, from its first step on.
	day(day int64) traded
}

// traded gives the volume and the number of trades of a day before a step.
type traded interface {
	before(s step) (volume, trades int64)
}

const stepsPerMinute = leavesPerMinute * pointsPerLeaf

// volumes are the trades of a seeded instrument: one at each step, so that every price is one that
// something traded at. The volume of a stretch of time
// is the difference of two sums, each computed at once.
type volumes struct {
	seed uint64
	kind *kind
}

func (v volumes) day(day int64) traded { return v.of(day) }

func (v volumes) of(day int64) dayVolume {
	_, seconds := pointTime(day, 0, 0).In(v.kind.sessions.zone).Zone()
	d := dayVolume{h: mix(v.seed, uint64(day)), kind: v.kind, shift: int64(seconds) / 60}
	d.start = d.smooth(0)
	return d
}

type dayVolume struct {
	h     uint64
	kind  *kind
	shift int64 // minutes that the exchange's clock is ahead of UTC when the day begins
	start int64
}

func (d dayVolume) before(s step) (volume, trades int64) {
	trades = s.leaf*pointsPerLeaf + int64(s.point)
	minute, q := trades/stepsPerMinute, trades%stepsPerMinute
	volume = d.minutes(minute)
	if q > 0 { // one unit each, and an uneven share of the rest
		rest := d.minutes(minute+1) - volume - stepsPerMinute
		const grain = 16
		jitter := below(mix(d.h, uint64(trades)), 0, grain)
		volume += q + rest*(q*grain+jitter)/(stepsPerMinute*grain)
	}
	return volume, trades
}

// minutes is the volume of the first n minutes of the day.
func (d dayVolume) minutes(n int64) int64 {
	volume := d.smooth(n) - d.start
	if n > 0 && n < minutesPerDay {
		volume += int64(mix(d.h, uint64(n)^0xf00d)>>48) * (d.kind.volume / 2) >> 16
	}
	return volume
}

// smooth is the volume without noise, from some midnight of the exchange on: a quiet minute's,
// and in regular hours a parabola on it, which makes the open and the close six times as busy.
func (d dayVolume) smooth(n int64) int64 {
	local := n + d.shift
	days, minute := floorDiv(local, minutesPerDay), floorMod(local, minutesPerDay)
	return days*d.sinceMidnight(minutesPerDay) + d.sinceMidnight(minute)
}

func (d dayVolume) sinceMidnight(minute int64) int64 {
	base, r := d.kind.volume, d.kind.sessions.regular
	from, until := max(int64(r.open), 0), int64(r.close)
	volume := base * minute
	if minute > from {
		half := (until - from) / 2
		x := min(minute, until) - from - half
		volume += base*(x+half) + base*4*(x*x*x+half*half*half)/(3*half*half)
	}
	return volume
}

// volumeBetween is what trades in [from, to).
func volumeBetween(f flow, from, to time.Time) (volume, trades int64) {
	firstDay, leaf, point := leafAt(from)
	lastDay, lastLeaf, lastPoint := leafAt(to)
	for day := firstDay; day <= lastDay; day++ {
		start, end := step{}, step{leaf: leavesPerDay}
		if day == firstDay {
			start = step{leaf, point}
		}
		if day == lastDay {
			end = step{lastLeaf, lastPoint}
		}
		d := f.day(day)
		v0, n0 := d.before(start)
		v1, n1 := d.before(end)
		volume, trades = volume+v1-v0, trades+n1-n0
	}
	return volume, trades
}
