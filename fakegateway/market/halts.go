package market

import (
	"cmp"
	"slices"
	"time"
)

// Halt stops trading in every instrument of a symbol and in its derivatives, from From to To, as a
// limit-up-limit-down pause does: quotes do not change and nothing trades. Halts begin and end at
// multiples of five seconds.
type Halt struct {
	Symbol string    `json:"symbol" yaml:"symbol"`
	From   time.Time `json:"from" yaml:"from"`
	To     time.Time `json:"to" yaml:"to"`
}

// pause is how long a seeded halt lasts, as a limit-up-limit-down pause of US stocks does.
const pause = 5 * time.Minute

// Halted reports whether trading in an instrument is halted at t.
func (m Market) Halted(i Instrument, t time.Time) bool {
	_, halted := m.haltAt(i, t)
	return halted
}

func (m Market) haltAt(i Instrument, t time.Time) (Window, bool) {
	for _, h := range m.halts(i, t, t.Add(1)) {
		if h.contains(t) {
			return h, true
		}
	}
	return Window{}, false
}

// halts are the halts that meet [from, to), in order of time, none overlapping another.
func (m Market) halts(i Instrument, from, to time.Time) []Window {
	var halts []Window
	for _, h := range m.Halts {
		w := Window{leafCeil(h.From), leafCeil(h.To)}
		if (h.Symbol == i.Symbol || h.Symbol == i.UnderSymbol) && w.Open.Before(w.Close) {
			halts = append(halts, w)
		}
	}
	if m.HaltsPerThousandDays > 0 && i.halts() {
		day, _, _ := leafAt(from.Add(-pause))
		last, _, _ := leafAt(to)
		for ; day <= last; day++ {
			if w, ok := m.seededHalt(i, day); ok {
				halts = append(halts, w)
			}
		}
	}
	if len(halts) == 0 {
		return nil
	}
	return slices.DeleteFunc(join(halts), func(w Window) bool {
		return !w.Close.After(from) || !w.Open.Before(to)
	})
}

// halts reports whether an instrument is of the kinds that are paused: stocks and what follows
// from them.
func (i Instrument) halts() bool { return i.SecType == Stock || i.UnderSecType == Stock }

func (m Market) seededHalt(i Instrument, day int64) (Window, bool) {
	symbol := i.Symbol
	if i.UnderSymbol != "" {
		symbol = i.UnderSymbol
	}
	h := mix(mix(m.Seed, hashString(symbol)), uint64(day)^0x4a17)
	if below(h, 0, 1000) >= int64(m.HaltsPerThousandDays) {
		return Window{}, false
	}
	const opens, minutes = 15 * 60, 5*60 - 5 // 15:00 to 20:00 UTC are regular hours all year
	from := pointTime(day, (opens+below(h, 16, minutes))*leavesPerMinute, 0)
	return Window{from, from.Add(pause)}, true
}

// leafCeil is the first multiple of five seconds that is not before t.
func leafCeil(t time.Time) time.Time {
	day, leaf, _ := leafAt(t.Add(leafTime - 1))
	return pointTime(day, leaf, 0)
}

// join sorts windows and makes those that overlap one.
func join(windows []Window) []Window {
	slices.SortFunc(windows, func(a, b Window) int {
		return cmp.Compare(a.Open.UnixNano(), b.Open.UnixNano())
	})
	joined := windows[:1]
	for _, w := range windows[1:] {
		last := &joined[len(joined)-1]
		switch {
		case w.Open.After(last.Close):
			joined = append(joined, w)
		case w.Close.After(last.Close):
			last.Close = w.Close
		}
	}
	return joined
}

// without cuts windows out of [from, to).
func without(from, to time.Time, cut []Window) []Window {
	var rest []Window
	for _, w := range cut {
		if from.Before(w.Open) {
			rest = append(rest, Window{from, w.Open})
		}
		if w.Close.After(from) {
			from = w.Close
		}
	}
	if from.Before(to) {
		rest = append(rest, Window{from, to})
	}
	return rest
}
