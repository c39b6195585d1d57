package market

import (
	"errors"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"
)

func secs(n int) Span { return Span{n, Second} }

func history(t interface {
	Helper()
	Fatalf(string, ...any)
}, m Market, now time.Time, q HistoryRequest,
) []Bar {
	t.Helper()
	h, err := m.History(now, q)
	if err != nil {
		t.Fatalf("history %+v: %v", q, err)
	}
	return h.Bars
}

// A bar of any size is what the bars of a smaller size inside it make.
func TestBarsOfAllSizesAgree(t *testing.T) {
	sizes := []int{1, 5, 10, 15, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600, 7200, 14400}
	rapid.Check(t, func(t *rapid.T) {
		m := Market{
			Seed:  rapid.Uint64().Draw(t, "seed"),
			Hours: Hours{SessionsOnly: rapid.Bool().Draw(t, "sessions")},
		}
		i, _ := LookupSymbol(rapid.StringMatching(`[A-Y][A-Z]{0,3}`).Draw(t, "symbol"))
		now := monday.Add(time.Duration(rapid.Int64Range(0, int64(20*24*time.Hour)).Draw(t, "now")))
		big := rapid.IntRange(1, len(sizes)-1).Draw(t, "big")
		q := HistoryRequest{
			Instrument: i, Duration: secs(3 * sizes[big]), RTHOnly: rapid.Bool().Draw(t, "rth"),
		}
		q.BarSize = secs(sizes[big])
		large := history(t, m, now, q)
		q.BarSize = secs(sizes[rapid.IntRange(0, big-1).Draw(t, "small")])
		if sizes[big]%q.BarSize.Count != 0 || sizes[big] > 600*q.BarSize.Count {
			return // 20 minutes are not made of 15, and thousands of bars take long
		}
		small := history(t, m, now, q)
		if len(large) == 0 {
			return // a session shorter than three bars
		}
		for n, bar := range large {
			end := now
			if n+1 < len(large) {
				end = large[n+1].Start
			}
			var parts Bar
			parts, small = union(small, bar.Start, end)
			compare(t, bar, parts, q.BarSize.Count >= 60)
		}
	})
}

// union joins the bars that start in [from, to), and returns those that follow.
func union(bars []Bar, from, to time.Time) (u Bar, rest []Bar) {
	for len(bars) > 0 && bars[0].Start.Before(to) {
		switch {
		case bars[0].Start.Before(from):
		case u.Start.IsZero():
			u = bars[0]
		default:
			u = joined(u, bars[0])
		}
		bars = bars[1:]
	}
	return u, bars
}

func joined(a, b Bar) Bar {
	volume := a.Volume + b.Volume
	turnover := add(mul(a.WAP, whole(a.Volume)), mul(b.WAP, whole(b.Volume)))
	a.WAP = quo(turnover, whole(max(volume, 1))).Round(3)
	a.High, a.Low, a.Close = a.High.Max(b.High), a.Low.Min(b.Low), b.Close
	a.Volume, a.Trades = volume, a.Trades+b.Trades
	return a
}

func compare(t *rapid.T, bar, u Bar, exactWAP bool) {
	same := bar.Start.Equal(u.Start) && bar.Open.Equal(u.Open) && bar.High.Equal(u.High) &&
		bar.Low.Equal(u.Low) && bar.Close.Equal(u.Close) && bar.Volume == u.Volume && bar.Trades == u.Trades
	if !same {
		t.Fatalf("bar\n%+v, its parts make\n%+v", bar, u)
	}
	if bar.WAP.Less(bar.Low) || bar.High.Less(bar.WAP) {
		t.Fatalf("average price %s outside of %s..%s", bar.WAP, bar.Low, bar.High)
	}
	rounding := decimal.MustParse("0.06") // each joining rounds to a tenth of a tick
	if off := sub(bar.WAP, u.WAP).Abs(); exactWAP && rounding.Less(off) {
		t.Fatalf("average price %s, its parts make %s", bar.WAP, u.WAP)
	}
}

// What a bar said once it has closed never changes, and the forming bar knows nothing of what is
// still to come: its close is the last price.
func TestBarsDoNotKnowTheFuture(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Market{Seed: rapid.Uint64().Draw(t, "seed")}
		i, _ := LookupSymbol("AAPL")
		now := monday.Add(time.Duration(rapid.Int64Range(0, int64(24*time.Hour)).Draw(t, "now")))
		later := now.Add(time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "later")))
		q := HistoryRequest{Instrument: i, Duration: Span{1800, Second}, BarSize: secs(60)}
		before, after := history(t, m, now, q), history(t, m, later, q)
		forming := before[len(before)-1]
		if last := m.Quote(i, now).Last; !forming.Close.Equal(last) {
			t.Fatalf("the forming bar closes at %s, the last price is %s", forming.Close, last)
		}
		for _, b := range before[:len(before)-1] {
			for _, a := range after {
				if a.Start.Equal(b.Start) && a != b {
					t.Fatalf("closed bar %+v became %+v", b, a)
				}
			}
		}
	})
}

func TestHistoryWindows(t *testing.T) {
	i := instrument(t, "AAPL")
	ny := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, Eastern) }
	for _, tc := range []struct {
		name     string
		sessions bool
		now      time.Time
		q        HistoryRequest
		bars     int
		first    time.Time
	}{
		{
			"a regular session of hours begins at half past nine", true, ny(23, 20, 0),
			HistoryRequest{Duration: Span{1, Day}, BarSize: secs(3600), RTHOnly: true},
			7, ny(23, 9, 30),
		},
		{
			"on a Sunday the last day is Friday", true, ny(22, 12, 0),
			HistoryRequest{Duration: Span{1, Day}, BarSize: secs(3600), RTHOnly: true},
			7, ny(20, 9, 30),
		},
		{
			"extended hours", true, ny(20, 23, 0),
			HistoryRequest{Duration: Span{1, Day}, BarSize: secs(3600)},
			16, ny(20, 4, 0),
		},
		{
			"the day after Thanksgiving ends at one", true, ny(27, 20, 0),
			HistoryRequest{Duration: Span{2, Day}, BarSize: secs(1800), RTHOnly: true},
			13 + 7, ny(25, 9, 30),
		},
		{
			"seconds count back from the close", true, ny(21, 12, 0),
			HistoryRequest{Duration: Span{300, Second}, BarSize: secs(5), RTHOnly: true},
			60, ny(20, 15, 55),
		},
		{
			"days", true, ny(30, 23, 0),
			HistoryRequest{Duration: Span{5, Day}, BarSize: Span{1, Day}, RTHOnly: true},
			5, ny(23, 0, 0),
		},
		{
			"a market without nights gives a day on a Sunday", false, ny(22, 12, 0),
			HistoryRequest{Duration: Span{1, Day}, BarSize: secs(60), RTHOnly: true},
			24 * 60, ny(21, 12, 0),
		},
		{
			"and so many days, today's among them", false, ny(22, 12, 0),
			HistoryRequest{Duration: Span{3, Day}, BarSize: Span{1, Day}},
			3, ny(20, 0, 0),
		},
		{
			"weeks", false, ny(29, 12, 0),
			HistoryRequest{Duration: Span{2, Week}, BarSize: Span{1, Week}},
			3, ny(15, 0, 0),
		},
		{
			"an end in the past", false, ny(22, 12, 0),
			HistoryRequest{
				End: ny(20, 12, 0), Duration: Span{60, Second}, BarSize: secs(5),
			},
			12, ny(20, 11, 59),
		},
		{
			"an end in the future is now", false, ny(22, 12, 0),
			HistoryRequest{
				End: ny(25, 12, 0), Duration: Span{60, Second}, BarSize: secs(5),
			},
			12, ny(22, 11, 59),
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.q.Instrument = i
			bars := history(t, Market{Hours: Hours{SessionsOnly: tc.sessions}}, tc.now, tc.q)
			if len(bars) != tc.bars || !bars[0].Start.Equal(tc.first) {
				t.Errorf("%d bars from %v, want %d from %v", len(bars), bars[0].Start.In(Eastern),
					tc.bars, tc.first)
			}
		})
	}
}

// Bars of quotes say what the quotes say: each closes at the quote of its last step, and contains
// those of all its steps.
func TestBarsOfQuotesAgreeWithQuotes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Market{Seed: rapid.Uint64().Draw(t, "seed")}
		i := anyInstrument(t, m)
		now := monday.Add(time.Duration(rapid.Int64Range(0, int64(48*time.Hour)).Draw(t, "now"))).
			Truncate(time.Minute)
		size := rapid.SampledFrom([]int{1, 5, 30, 60, 120}).Draw(t, "size")
		q := HistoryRequest{Instrument: i, Duration: secs(2 * size), BarSize: secs(size)}
		for _, side := range []struct {
			series Series
			of     func(Quote) decimal.Decimal
		}{
			{Trades, func(q Quote) decimal.Decimal { return q.Last }},
			{Midpoint, Quote.Mid},
			{Bid, func(q Quote) decimal.Decimal { return q.Bid }},
			{Ask, func(q Quote) decimal.Decimal { return q.Ask }},
		} {
			q.Series = side.series
			bars := history(t, m, now, q)
			for n, b := range bars {
				end := now
				if n+1 < len(bars) {
					end = bars[n+1].Start
				}
				high, low := decimal.Decimal{}, decimal.MustParse("1000000000")
				var last decimal.Decimal
				at := b.Start
				if side.series == Trades && stepsFrom(at).Before(end) {
					at = stepsFrom(at) // a trade belongs to the second in which it happened
				}
				for ; at.Before(end); at = nextStep(at) {
					last = side.of(m.Quote(i, at))
					high, low = high.Max(last), low.Min(last)
				}
				if !b.Close.Equal(last) || !b.High.Equal(high) || !b.Low.Equal(low) {
					t.Fatalf("%s series %d: bar %+v, quotes %s..%s, last %s", i.LocalSymbol,
						side.series, b, low, high, last)
				}
			}
		}
	})
}

func TestBidAskBarsAreMeansAndExtremes(t *testing.T) {
	m, i := Market{Seed: 3}, instrument(t, "MSFT")
	q := HistoryRequest{Instrument: i, Duration: secs(600), BarSize: secs(60), Series: BidAsk}
	both := history(t, m, monday, q)
	q.Series = Bid
	bids := history(t, m, monday, q)
	q.Series = Ask
	for n, ask := range history(t, m, monday, q) {
		b, bid := both[n], bids[n]
		if !b.High.Equal(ask.High) || !b.Low.Equal(bid.Low) || b.Open.Less(bid.Low) ||
			bid.High.Less(b.Open) || b.Close.Less(ask.Low) || ask.High.Less(b.Close) {
			t.Errorf("bar %+v of bids %+v and asks %+v", b, bid, ask)
		}
	}
}

func TestHistoryIsBounded(t *testing.T) {
	i := instrument(t, "AAPL")
	for _, q := range []HistoryRequest{
		{Instrument: i, Duration: Span{1, Month}, BarSize: secs(5)},
		{Instrument: i, Duration: Span{1, Year}, BarSize: secs(60)},
		{Instrument: i, Duration: Span{21, Year}, BarSize: Span{1, Day}},
	} {
		if _, err := (Market{}).History(monday, q); !errors.Is(err, ErrTooMuch) {
			t.Errorf("%v of %v: %v, want ErrTooMuch", q.Duration, q.BarSize, err)
		}
	}
}

func BenchmarkYearOfDays(b *testing.B) {
	q := HistoryRequest{
		Instrument: instrument(b, "AAPL"), Duration: Span{1, Year}, BarSize: Span{1, Day},
	}
	for b.Loop() {
		if _, err := (Market{}).History(monday, q); err != nil {
			b.Fatal(err)
		}
	}
}
