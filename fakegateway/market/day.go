package market

import (
	"time"

	"github.com/govalues/decimal"
)

// Session is what a trading day has seen so far: the prices of its regular hours and the volume of
// all. Before regular trading begins the prices but PreviousClose are zero.
type Session struct {
	Open, High, Low decimal.Decimal
	PreviousClose   decimal.Decimal // of the regular hours of the day before
	Volume          int64
	Trades          int64
}

// Session is the day that holds t, or the last before it.
func (m Market) Session(i Instrument, t time.Time) Session {
	at, _ := m.moment(i, t)
	s := i.of().sessions
	all := m.Hours.last(s, at.Add(1), true)
	f := m.feed(i)
	var day Session
	for _, w := range without(all.Open, known(at), m.halts(i, all.Open, at)) {
		volume, trades := volumeBetween(f.flow, w.Open, w.Close)
		day.Volume, day.Trades = day.Volume+volume, day.Trades+trades
	}
	before := m.Hours.last(s, all.Open, false)
	last, _ := m.moment(i, before.Close.Add(-1))
	day.PreviousClose = i.Price(f.last.at(leafAt(last)))
	regular := m.Hours.next(s, all.Open, false)
	if regular.Open.After(at) {
		return day
	}
	if regular.Close.After(at) {
		regular.Close = nextStep(at)
	}
	if seen := m.seen(i, f.last, regular); seen.any {
		day.Open, day.High, day.Low = i.Price(seen.open), i.Price(seen.high), i.Price(seen.low)
	}
	return day
}

// seen is what a curve of trades did in a window, halts apart.
func (m Market) seen(i Instrument, c curve, w Window) tally {
	var b tally
	for _, open := range without(w.Open, w.Close, m.halts(i, w.Open, w.Close)) {
		firstDay, leaf, point := leafAt(open.Open)
		lastDay, lastLeaf, lastPoint := leafAt(open.Close.Add(-1))
		for day := firstDay; day <= lastDay; day++ {
			from, to := step{}, step{leavesPerDay - 1, pointsPerLeaf - 1}
			if day == firstDay {
				from = step{leaf, point}
			}
			if day == lastDay {
				to = step{lastLeaf, lastPoint}
			}
			b.add(between(c, day, from, to), 0)
		}
	}
	return b
}
