package market

import (
	"testing"
	"time"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"
)

func anyMarket(t *rapid.T) Market {
	return Market{
		Seed:                 rapid.Uint64().Draw(t, "seed"),
		Hours:                Hours{SessionsOnly: rapid.Bool().Draw(t, "sessions")},
		HaltsPerThousandDays: rapid.SampledFrom([]int{0, 1000}).Draw(t, "halts"),
	}
}

// The tape, the bars and the quotes of a stretch of time tell one story: each trade is the last of
// its quote, and a bar has the prices, the volume and the number of the trades in it.
func TestTheTapeAgreesWithBarsAndQuotes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyMarket(t)
		i := anyInstrument(t, m)
		now := monday.Add(timeDraw(t, "now")).Truncate(time.Minute)
		const minutes = 8 // longer than a halt
		bars := history(t, m, now, HistoryRequest{Instrument: i, Duration: secs(60 * minutes), BarSize: secs(60)})
		for n, b := range bars {
			end := b.Start.Add(time.Minute)
			if n+1 == len(bars) && end.After(now) {
				end = now
			}
			var u Bar
			var trades int
			for _, tick := range m.Tape(i, b.Start.Add(-1), end.Add(-1), 0) {
				if q := m.Quote(i, tick.At); q != tick.Quote {
					t.Fatalf("%s at %v: the tape says %+v, the quote %+v", i.LocalSymbol, tick.At, tick.Quote, q)
				}
				if tick.LastSize <= 0 {
					t.Fatalf("%s at %v: nothing traded: %+v", i.LocalSymbol, tick.At, tick)
				}
				if trades++; trades == 1 {
					u = Bar{Open: tick.Last, High: tick.Last, Low: tick.Last}
				}
				u.High, u.Low, u.Close = u.High.Max(tick.Last), u.Low.Min(tick.Last), tick.Last
				u.Volume += tick.LastSize
			}
			if !u.Open.Equal(b.Open) || !u.High.Equal(b.High) || !u.Low.Equal(b.Low) ||
				!u.Close.Equal(b.Close) || u.Volume != b.Volume || trades != b.Trades {
				t.Fatalf("%s: bar %+v, its %d trades make %+v", i.LocalSymbol, b, trades, u)
			}
		}
	})
}

func TestFirstOfAnyInstrumentIsTheFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyMarket(t)
		i := anyInstrument(t, m)
		from := monday.Add(timeDraw(t, "from"))
		q := m.Quote(i, from)
		side := rapid.SampledFrom([]Side{LastPrice, BidPrice, AskPrice}).Draw(t, "side")
		price := [...]decimal.Decimal{q.Last, q.Bid, q.Ask}[side]
		off := mul(i.Tick(), whole(rapid.Int64Range(-30, 30).Draw(t, "ticks")))
		checkFirst(t, m, i, from, Reach{
			Side: side, Price: add(price, off), Above: rapid.Bool().Draw(t, "above"),
		})
	})
}

func TestNextTickIsTheNextChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyMarket(t)
		i := anyInstrument(t, m)
		after := monday.Add(timeDraw(t, "after"))
		next := m.NextTick(i, after)
		if !next.After(after) {
			t.Fatalf("the tick after %v is at %v", after, next)
		}
		before := m.Quote(i, after)
		for at := nextStep(after); at.Before(next) && at.Sub(after) < time.Hour; at = at.Add(Step) {
			if q := m.Quote(i, at); q != before && q.Halted == before.Halted {
				t.Fatalf("%s: %+v at %v, %+v at %v, before the next tick at %v", i.LocalSymbol,
					before, after, q, at, next)
			}
		}
	})
}

func TestHistoricalTicks(t *testing.T) {
	ny := func(day, hour, minute, second int) time.Time {
		return time.Date(2026, 11, day, hour, minute, second, 0, Eastern)
	}
	i := instrument(t, "AAPL")
	for _, tc := range []struct {
		name        string
		q           TickRequest
		now         time.Time
		first, last time.Time
		n           int
	}{
		{
			"from the open",
			TickRequest{From: ny(23, 9, 0, 0), Count: 100, RTHOnly: true},
			ny(24, 9, 0, 0),
			ny(23, 9, 30, 0), ny(23, 9, 32, 3).Add(750 * time.Millisecond), 100,
		},
		{
			"back over the weekend",
			TickRequest{Until: ny(22, 12, 0, 0), Count: 3},
			ny(24, 9, 0, 0),
			ny(20, 19, 59, 56).Add(250 * time.Millisecond), ny(20, 19, 59, 58).Add(750 * time.Millisecond), 3,
		},
		{
			"more than a day's, over the weekend",
			TickRequest{Until: ny(23, 4, 0, 10), Count: 60_000},
			ny(24, 9, 0, 0),
			ny(19, 15, 10, 11).Add(250 * time.Millisecond), ny(23, 4, 0, 10), 60_000,
		},
		{
			"none of the future",
			TickRequest{From: ny(23, 10, 0, 0), Count: 1000},
			ny(23, 10, 0, 5),
			ny(23, 10, 0, 0), ny(23, 10, 0, 5), 5,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.q.Instrument = i
			ticks := Market{Hours: Hours{SessionsOnly: true}}.HistoricalTicks(tc.now, tc.q)
			if len(ticks) != tc.n || !ticks[0].At.Equal(tc.first) || !ticks[len(ticks)-1].At.Equal(tc.last) {
				t.Fatalf("%d ticks from %v to %v, want %d from %v to %v", len(ticks), ticks[0].At.In(Eastern),
					ticks[len(ticks)-1].At.In(Eastern), tc.n, tc.first, tc.last)
			}
		})
	}
}

func TestDepthBeginsWithTheQuote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyMarket(t)
		i := anyInstrument(t, m)
		at := monday.Add(timeDraw(t, "at"))
		q := m.Quote(i, at)
		bids, asks := m.Depth(i, at, 10)
		if len(asks) != 10 || len(bids) == 0 || len(bids) > 10 {
			t.Fatalf("%s: %d bids and %d asks", i.LocalSymbol, len(bids), len(asks))
		}
		if b, a := bids[0], asks[0]; !b.Price.Equal(q.Bid) || b.Size != q.BidSize || !a.Price.Equal(q.Ask) || a.Size != q.AskSize {
			t.Fatalf("%s: the book begins with %v and %v, the quote is %+v", i.LocalSymbol, b, a, q)
		}
		for n := range asks {
			if n > 0 && !asks[n-1].Price.Less(asks[n].Price) || n > 0 && n < len(bids) && !bids[n].Price.Less(bids[n-1].Price) {
				t.Fatalf("%s: unordered book %v %v", i.LocalSymbol, bids, asks)
			}
			if _, ok := i.Ticks(asks[n].Price); !ok || asks[n].Maker == "" || asks[n].Size <= 0 {
				t.Fatalf("%s: no row %+v", i.LocalSymbol, asks[n])
			}
		}
	})
}

// What a session says of a day is what the day's bars say.
func TestSessionsAgreeWithBars(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyMarket(t)
		i := anyInstrument(t, m)
		now := monday.Add(timeDraw(t, "now"))
		s := m.Session(i, now)
		at, _ := m.moment(i, now)
		q := HistoryRequest{Instrument: i, End: at, Duration: Span{2, Day}, BarSize: Span{1, Day}, RTHOnly: true}
		bars := history(t, m, now, q)
		if s.Open.IsZero() { // before regular trading
			if last := bars[len(bars)-1]; !last.Close.Equal(s.PreviousClose) {
				t.Fatalf("%s at %v: previous close %s, the last bar %+v", i.LocalSymbol, now, s.PreviousClose, last)
			}
			return
		}
		if len(bars) < 2 {
			t.Fatalf("%s at %v: %d days", i.LocalSymbol, now, len(bars))
		}
		day, before := bars[len(bars)-1], bars[len(bars)-2]
		if !s.Open.Equal(day.Open) || !s.High.Equal(day.High) || !s.Low.Equal(day.Low) || !s.PreviousClose.Equal(before.Close) {
			t.Fatalf("%s at %v: session %+v, bars %+v and %+v", i.LocalSymbol, now, s, before, day)
		}
		if s.Volume < day.Volume || !m.Hours.SessionsOnly && s.Volume != day.Volume {
			t.Fatalf("%s at %v: volume %d, of regular hours %d", i.LocalSymbol, now, s.Volume, day.Volume)
		}
	})
}

func TestHistogramsCountTheVolume(t *testing.T) {
	m, i := Market{Seed: 5}, instrument(t, "AAPL")
	for _, d := range []Span{{3600, Second}, {3, Day}} {
		rows := m.Histogram(monday, i, d, false)
		var sum, want int64
		for n, r := range rows {
			if sum += r.Size; n > 0 && !rows[n-1].Price.Less(r.Price) {
				t.Errorf("price %s after %s", r.Price, rows[n-1].Price)
			}
		}
		for _, b := range history(t, m, monday, HistoryRequest{Instrument: i, Duration: d, BarSize: secs(60)}) {
			want += b.Volume
		}
		if sum != want {
			t.Errorf("%v: %d traded, the bars have %d", d, sum, want)
		}
	}
}

func BenchmarkQuote(b *testing.B) {
	for _, q := range []Query{samples[0], samples[3], samples[13]} {
		m := Market{Seed: 1}
		i := find(b, m, q)
		b.Run(string(i.SecType), func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				m.Quote(i, monday.Add(time.Duration(n)*Step))
				n++
			}
		})
	}
}

// BenchmarkFirst looks for prices that are reached after minutes to days.
func BenchmarkFirst(b *testing.B) {
	for _, q := range []Query{samples[0], samples[3], samples[13]} {
		m := Market{Seed: 1}
		i := find(b, m, q)
		ask := m.Quote(i, monday).Ask
		b.Run(string(i.SecType), func(b *testing.B) {
			n := int64(0)
			for b.Loop() {
				price := sub(ask, mul(i.Tick(), whole(n%200)))
				m.First(i, monday, monday.AddDate(0, 0, 14), Reach{Side: AskPrice, Price: price})
				n++
			}
		})
	}
}

func BenchmarkNextTick(b *testing.B) {
	m := Market{Seed: 1}
	i := find(b, m, samples[0])
	at := monday
	for b.Loop() {
		at = m.NextTick(i, at)
	}
}

func BenchmarkTapeOfAnHour(b *testing.B) {
	m := Market{Seed: 1}
	i := find(b, m, samples[0])
	for b.Loop() {
		m.Tape(i, monday, monday.Add(time.Hour), 0)
	}
}

func BenchmarkSession(b *testing.B) {
	m := Market{Seed: 1}
	i := find(b, m, samples[0])
	for b.Loop() {
		m.Session(i, monday)
	}
}

// The hot path of every tick does not allocate.
func TestQuotesOfStocksDoNotAllocate(t *testing.T) {
	m, i := Market{Seed: 1}, instrument(t, "AAPL")
	at := monday
	if n := testing.AllocsPerRun(100, func() { m.Quote(i, at); at = at.Add(Step) }); n != 0 {
		t.Errorf("%v allocations for a quote", n)
	}
}
