package market

import (
	"errors"
	"fmt"
	"math/bits"
	"time"

	"github.com/govalues/decimal"
)

// rawRows are what was read of one symbol.
type rawRows struct {
	instrument Instrument
	times      []time.Time
	last       []span
	bid, ask   []span
	sizes      []quoteSizes
	volume     []int64
}

// value reads a price, as ticks, or a size.
func (r *rawRows) value(text string, size bool) (int64, error) {
	d, err := decimal.Parse(text)
	if err != nil {
		return 0, errors.New("not a number: digits, with a point for decimals")
	}
	if size {
		n, _, ok := d.Int64(0)
		if !ok || d.IsNeg() || n > maxSize {
			return 0, fmt.Errorf("a size is 0 to %d", int64(maxSize))
		}
		return n, nil
	}
	ticks, ok := r.instrument.nearestTick(d)
	if !ok || ticks < 1 || ticks > maxTicks {
		return 0, fmt.Errorf("a price is %s to %s", r.instrument.Price(1), r.instrument.Price(maxTicks))
	}
	return ticks, nil
}

// maxTicks and maxSize keep the sums of a bar far below what fits into 64 bits.
const (
	maxTicks = 1 << 24
	maxSize  = 1_000_000_000_000 / 16
)

// nearestTick rounds a price to ticks.
func (i Instrument) nearestTick(price decimal.Decimal) (ticks int64, ok bool) {
	k := i.of()
	d, err := price.Quo(i.Price(1))
	if err != nil || k.unit == 0 {
		return 0, false
	}
	ticks, _, ok = d.Round(0).Int64(0)
	return ticks, ok
}

// take checks and keeps the values of a row; it says which of them is wrong, and why.
func (r *rawRows) take(layout int, when time.Time, v []int64) (name, why string) {
	switch layout {
	case 0:
		s := span{open: v[0], high: v[1], low: v[2], close: v[3]}
		switch {
		case s.high < max(s.open, s.close, s.low):
			return "high", "is below the bar's open, low or close"
		case s.low > min(s.open, s.close):
			return "low", "is above the bar's open or close"
		}
		r.last, r.volume = append(r.last, s), append(r.volume, v[4])
	case 1:
		r.last, r.volume = append(r.last, span{v[0], v[0], v[0], v[0]}), append(r.volume, v[1])
	default:
		bid, ask := v[0], v[1]
		if bid >= ask {
			return "ask", "is not above the bid"
		}
		mid := (bid + ask) / 2
		r.last = append(r.last, span{mid, mid, mid, mid})
		r.bid, r.ask = append(r.bid, span{bid, bid, bid, bid}), append(r.ask, span{ask, ask, ask, ask})
		r.sizes = append(r.sizes, quoteSizes{v[2], v[3]})
	}
	r.times = append(r.times, when)
	return "", ""
}

// replay makes recordings of what was read.
func (l *loader) replay() Replay {
	r := Replay{recordings: make(map[string]*recording, len(l.rows))}
	var end time.Time
	for _, rows := range l.rows {
		if first := rows.times[0]; r.first.IsZero() || first.Before(r.first) {
			r.first = first
		}
	}
	for name, rows := range l.rows {
		r.names = append(r.names, name)
		rec := rows.recording(r.first, l.layout == 0)
		r.recordings[rows.instrument.source] = rec
		last := rows.times[len(rows.times)-1].Add(time.Duration(rec.length) * time.Microsecond)
		if last.After(end) {
			end = last
		}
	}
	r.period = max(end.Sub(r.first).Microseconds(), time.Minute.Microseconds())
	return r
}

func (r *rawRows) recording(first time.Time, bars bool) *recording {
	rec := &recording{seed: hashString(r.instrument.source), sizes: r.sizes, pieces: 1}
	var sum, traded int64
	for n, t := range r.times {
		rec.starts = append(rec.starts, t.Sub(first).Microseconds())
		rec.volume = append(rec.volume, traded)
		if r.volume != nil {
			traded += r.volume[n]
		}
		sum += r.last[n].close
	}
	rec.volume = append(rec.volume, traded)
	rec.usual = max(sum/int64(len(r.times)), 1)
	if bars {
		rec.length = shortest(rec.starts)
		leaves := min(max(rec.length/leafTime.Microseconds(), 1), maxPieces)
		rec.pieces = 1 << (bits.Len64(uint64(leaves)) - 1)
	}
	rec.last = newTrack(r.last)
	if r.sizes != nil {
		mid := make([]span, len(r.bid))
		for n := range mid {
			m := r.bid[n].open + r.ask[n].open
			mid[n] = span{m, m, m, m}
		}
		rec.bid, rec.ask, rec.mid = newTrack(r.bid), newTrack(r.ask), newTrack(mid)
	}
	return rec
}

// maxPieces are those of a bar of a day.
const maxPieces = 1 << 14

// shortest is the time between the two rows that are closest: the bars' size. A single bar is a day.
func shortest(starts []int64) int64 {
	least := dayTime.Microseconds()
	for n := 1; n < len(starts); n++ {
		least = min(least, starts[n]-starts[n-1])
	}
	return least
}
