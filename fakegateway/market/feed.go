package market

import "time"

// Market is the prices of every instrument under one seed. It has no state.
type Market struct {
	Seed  uint64
	Hours Hours
	// Halts stop trading in single symbols. Overlapping ones are one.
	Halts []Halt
	// HaltsPerThousandDays is the number of days, of each thousand, on which a stock is halted for
	// five minutes. The times depend on the seed. Default 0: never.
	HaltsPerThousandDays int
	// Replay is a file of prices that takes the place of the seeded ones for the symbols in it.
	Replay *Replay
	// Universe is what is listed beside what always is. Default: nothing.
	Universe *Universe
}

// feed is where the prices, sizes and volumes of an instrument come from.
type feed struct {
	last   curve
	quotes quoter
	flow   flow
}

// feed puts an instrument's together.
func (m Market) feed(i Instrument) feed {
	k := i.of()
	seed := m.seedOf(i)
	last := m.last(i)
	f := feed{
		last:   last,
		quotes: &spreads{seed: seed, kind: k, last: last, wide: m.wide(i)},
		flow:   volumes{seed: seed, kind: k},
	}
	if rec := m.Replay.of(i.source); rec != nil && !i.SecType.IsOption() {
		r := recorded{rec, m.Replay, rec.last}
		f.flow = recordedFlow{r}
		if rec.quoted() && k.root == nil {
			f.quotes = recordedQuotes{r}
		}
	}
	return f
}

// seedOf makes the quotes and volumes of an instrument.
func (m Market) seedOf(i Instrument) uint64 {
	return mix(mix(m.Seed, hashString(i.source)), i.series())
}

// series tells the quotes and volumes of instruments apart that share a path.
func (i Instrument) series() uint64 {
	if i.LastTradeDate == "" {
		return 0
	}
	return uint64(i.ConID)
}

// last is the curve of an instrument's trades.
func (m Market) last(i Instrument) curve {
	var root curve = newPath(m.Seed, i.source, i.baseTicks)
	months := int64(carry)
	if rec := m.Replay.of(i.source); rec != nil {
		root, months = recorded{rec, m.Replay, rec.last}, 0
	}
	switch {
	case i.SecType == Option:
		return m.optionCurve(i, root)
	case i.SecType == FutureOption:
		return m.optionCurve(i, m.last(m.under(i)))
	case i.of().root != nil || i.LastTradeDate != "" && i.SecType != Bond:
		return futureCurve(i, root, months)
	}
	return root
}

// wide reports the minutes in which spreads are doubled: outside of regular hours, and never in a
// market that has no hours.
func (m Market) wide(i Instrument) func(day, minute int64) bool {
	if !m.Hours.SessionsOnly {
		return nil
	}
	s := i.of().sessions
	return func(day, minute int64) bool {
		t := pointTime(day, minute*leavesPerMinute, 0)
		return !m.Hours.next(s, t, false).contains(t)
	}
}

// curve is the price of one side.
func (f feed) curve(which side) curve { return f.quotes.curve(which) }

// moment is the last step of an instrument's market at t: t's own, or the last before the market
// closed, was halted, or ended with the instrument's last trading day.
func (m Market) moment(i Instrument, t time.Time) (at time.Time, halted bool) {
	if last, ok := i.LastTrade(); ok && !t.Before(last) {
		t = last.Add(-1)
	}
	if m.Hours.SessionsOnly {
		if w := m.Hours.last(i.of().sessions, t.Add(1), true); !w.contains(t) {
			t = w.Close.Add(-1)
		}
	}
	if h, ok := m.haltAt(i, t); ok {
		return h.Open.Add(-1), true
	}
	return t, false
}
