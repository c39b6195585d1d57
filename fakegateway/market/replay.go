package market

import (
	"slices"
	"time"
)

// Replay is a file of prices that takes the place of the seeded market for the symbols in it. At
// Start the file is at From, and from then on it runs Speed times as fast as the clock. Every price
// is a function of time, as in the seeded market: history, the future and quotes come from it.
//
// Prices are rounded to the tick of their instrument. A bar's path is made up: it begins at the open,
// reaches the high and the low and ends at the close, and is the same for everyone. Where the file
// says nothing, over its nights and weekends, the last price stands and nothing trades.
// Options follow the file's prices; all months of a future have them. Sessions and halts, where
// there are any, are the scenario's, not the file's.
type Replay struct {
	// Speed is how many seconds of the file pass in a second: 1 (default) to MaxSpeed.
	Speed int
	// Start is when the scenario begins, cut to whole minutes so that the file's bars are bars of the
	// scenario. Default: the file's own time, which is what a scenario with its own clock wants.
	Start time.Time
	// From is where in the file the scenario begins. Default: its beginning.
	From time.Time
	// Once ends the file's trading with its last row: from then on the last price stands, and before
	// its first row there is nothing. Default: the file repeats without end, backwards too, so that
	// there is history from the first moment on.
	Once bool

	recordings map[string]*recording // by Instrument.source
	names      []string
	first      time.Time // the first row of all
	period     int64     // microseconds from the first row to the end of the last
}

// MaxSpeed is the fastest Replay.
const MaxSpeed = 10_000

// Symbols is the number of symbols in the file.
func (r *Replay) Symbols() int { return len(r.recordings) }

// Period is how much time the file covers.
func (r *Replay) Period() time.Duration { return time.Duration(r.period) * time.Microsecond }

// of is the recording of a path; nil if the file has none.
func (r *Replay) of(source string) *recording {
	if r == nil {
		return nil
	}
	return r.recordings[source]
}

func (r *Replay) speed() int64 { return int64(min(max(r.Speed, 1), MaxSpeed)) }

// position is where in the file the market is at t, in microseconds after its first row. It may be
// before the first row or after the last.
func (r *Replay) position(t time.Time) int64 {
	start, from := r.Start.Truncate(time.Minute), r.From
	if from.IsZero() {
		from = r.first
	}
	if r.Start.IsZero() {
		start = from
	}
	const most = 1 << 62 // keeps what is centuries away from wrapping around
	elapsed, limit := t.UnixMicro()-start.UnixMicro(), most/r.speed()
	return from.Sub(r.first).Microseconds() + min(max(elapsed, -limit), limit)*r.speed()
}

// begins is when the market is at the file's first row.
func (r *Replay) begins() time.Time {
	if r.Start.IsZero() {
		return r.first
	}
	ahead := time.Duration(r.position(r.Start.Truncate(time.Minute))) * time.Microsecond
	return r.Start.Truncate(time.Minute).Add(-ahead / time.Duration(r.speed()))
}

// adopt takes an instrument's usual price from the replay, if the file has its prices.
func (m Market) adopt(i Instrument) Instrument {
	if rec := m.Replay.of(i.source); rec != nil {
		i.baseTicks = rec.usual
	}
	return i
}

// Names are the symbols in the file, as LookupSymbol and Find know them, in order.
func (r *Replay) Names() []string {
	names := slices.Clone(r.names)
	slices.Sort(names)
	return names
}

// BarSize is the size of the file's bars: the time between the two of a symbol that are closest. It is 0
// of a file of trades or quotes.
func (r *Replay) BarSize() time.Duration {
	var size int64
	for _, rec := range r.recordings {
		size = max(size, rec.length)
	}
	return time.Duration(size) * time.Microsecond
}

// Begins is when the market is at the file's first row.
func (r *Replay) Begins() time.Time { return r.begins() }
