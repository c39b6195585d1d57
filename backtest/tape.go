package backtest

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"ibsoak/fakegateway/market"
)

// barSize is that of the bars that the trader decides on.
const barSize = time.Minute

// tape is a file of prices as the exchange trades it, read a trading day at a time.
type tape struct {
	market      market.Market
	instruments []market.Instrument
	first, last time.Time // of the file
	day         time.Time // in the exchange's zone, the next to read
	ends        []moment  // of the bars of the day, those to come first
	known       map[int][]market.Bar
}

// moment is an instant at which bars end.
type moment struct {
	at   time.Time
	bars []ended
}

// ended is a bar that has ended.
type ended struct {
	conID int
	bar   market.Bar
}

// openTape reads a file. Without symbols it has those that the file has.
func openTape(name string, symbols []string, seed uint64) (*tape, []string, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, nil, fmt.Errorf("read bars: %w", err)
	}
	replay, err := market.Load(name, file)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, nil, fmt.Errorf("read bars: %w", err)
	}
	if size := replay.BarSize(); size > barSize {
		return nil, nil, fmt.Errorf("%s has bars of %s, and the trader decides on bars of %s: give a file of "+
			"one-minute bars, or of trades (time,price,size)", name, size, barSize)
	}
	replay.Once = true
	names := replay.Names()
	if len(symbols) == 0 {
		symbols = names
	}
	t := &tape{
		market: market.Market{Seed: seed, Hours: market.Hours{SessionsOnly: true}, Replay: &replay},
		first:  replay.Begins(), known: map[int][]market.Bar{},
	}
	t.last = t.first.Add(replay.Period())
	for _, symbol := range symbols {
		if !slices.Contains(names, symbol) {
			return nil, nil, fmt.Errorf("%s has no %q: it has %v, so give --symbols", name, symbol, names)
		}
		i, ok := market.LookupSymbol(symbol)
		if !ok {
			return nil, nil, fmt.Errorf("%s: %q is no US stock: the trader trades stocks", name, symbol)
		}
		t.instruments = append(t.instruments, i)
	}
	t.day = midnight(t.first)
	return t, symbols, nil
}

func midnight(t time.Time) time.Time {
	y, m, d := t.In(market.Eastern).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, market.Eastern)
}

// next is the next instant at which bars end; false at the end of the file. What is outside the
// exchange's regular hours is left out, as the trader asks for those alone.
func (t *tape) next() (moment, bool, error) {
	for len(t.ends) == 0 {
		if t.day.After(t.last) {
			return moment{}, false, nil
		}
		if err := t.readDay(); err != nil {
			return moment{}, false, err
		}
	}
	m := t.ends[0]
	t.ends = t.ends[1:]
	for _, e := range m.bars {
		t.keep(e)
	}
	return m, true, nil
}

// keptBars is how many of a contract's newest bars a request can have: those of a week.
const keptBars = 5 * 390

func (t *tape) keep(e ended) {
	all := append(t.known[e.conID], e.bar)
	if len(all) >= 2*keptBars {
		all = append(all[:0], all[len(all)-keptBars:]...)
	}
	t.known[e.conID] = all
}

// readDay lines up the bars of one trading day.
func (t *tape) readDay() error {
	begin := t.day
	t.day = begin.AddDate(0, 0, 1)
	by := map[time.Time][]ended{}
	for _, i := range t.instruments {
		w := t.market.Next(i, begin, false)
		if !w.Open.Before(t.day) {
			continue // no session
		}
		h, err := t.market.History(t.day, market.HistoryRequest{
			Instrument: i, End: w.Close, Duration: market.Span{Count: 1, Unit: market.Day},
			BarSize: market.Span{Count: int(barSize / time.Second), Unit: market.Second}, RTHOnly: true,
		})
		if err != nil {
			return fmt.Errorf("bars of %s on %s: %w", i.Symbol, begin.Format(time.DateOnly), err)
		}
		for _, b := range h.Bars {
			end := b.Start.Add(barSize)
			by[end] = append(by[end], ended{i.ConID, b})
		}
	}
	t.ends = t.ends[:0]
	for at, bars := range by {
		t.ends = append(t.ends, moment{at, bars})
	}
	slices.SortFunc(t.ends, func(a, b moment) int { return a.at.Compare(b.at) })
	return nil
}

// open says whether any of the contracts trades.
func (t *tape) open(at time.Time) bool {
	return slices.ContainsFunc(t.instruments, func(i market.Instrument) bool { return t.market.Open(i, at, false) })
}
