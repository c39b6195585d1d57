package market

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// "30 S" of "1 secs" are 30 bars, and so with five seconds and with quotes: IBKR's bars of seconds
// have no gaps in a session. No page of IBKR says so: the live suites of clients count on it. A bar without
// a trade stands at the last price with no volume.
func TestBarsOfSecondsHaveNoGaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Market{Seed: rapid.Uint64().Draw(t, "seed")}
		i := anyInstrument(t, m)
		now := monday.Add(time.Duration(rapid.Int64Range(0, int64(48*time.Hour)).Draw(t, "now")))
		size := rapid.SampledFrom([]int{1, 5}).Draw(t, "size")
		series := rapid.SampledFrom([]Series{Trades, Midpoint, Bid, Ask, BidAsk}).Draw(t, "series")
		bars := history(t, m, now, HistoryRequest{
			Instrument: i, Duration: secs(30), BarSize: secs(size), Series: series,
		})
		if len(bars) != 30/size {
			t.Fatalf("%d bars of %d s in 30 s up to %v", len(bars), size, now)
		}
		for n, b := range bars {
			if n == 0 {
				continue
			}
			if gap := b.Start.Sub(bars[n-1].Start); gap != time.Duration(size)*time.Second {
				t.Fatalf("%v between bars", gap)
			}
			before := bars[n-1]
			if series == Trades && b.Trades == 0 && (b.Volume != 0 || !b.Open.Equal(before.Close) ||
				!b.High.Equal(b.Low) || !b.Close.Equal(before.Close) || !b.WAP.Equal(b.Close)) {
				t.Fatalf("bar without a trade %+v after %+v", b, before)
			}
		}
	})
}

// A session that begins and a halt are where bars begin and end; nothing is made up in between.
func TestNoBarsOfSecondsInHalts(t *testing.T) {
	i := instrument(t, "AAPL")
	halt := Window{monday.Add(-20*time.Second - 300*time.Millisecond), monday.Add(-10 * time.Second)}
	m := Market{Seed: 3, Halts: []Halt{{"AAPL", halt.Open, halt.Close}}}
	for _, b := range history(t, m, monday, HistoryRequest{Instrument: i, Duration: secs(30), BarSize: secs(1)}) {
		if b.Start.After(halt.Open) && b.Start.Before(halt.Close) {
			t.Errorf("a bar at %v", b.Start)
		}
	}
}

// Bars of weeks and months are dated by the last trading day of their period: the week of Juneteenth
// 2026 by its Thursday (stoqey/ibkr #149), and one that is not over by today (nautilus_trader #2380).
func TestBarsOfWeeksAndMonthsAreDatedByTheirLastDay(t *testing.T) {
	m, i := Market{Seed: 3, Hours: Hours{SessionsOnly: true}}, instrument(t, "NVDA")
	now := time.Date(2026, 6, 30, 12, 0, 0, 0, Eastern)
	for _, tc := range []struct {
		unit Unit
		span Span
		want []string
	}{
		{Week, Span{2, Week}, []string{"20260618", "20260626", "20260630"}},
		{Month, Span{2, Month}, []string{"20260430", "20260529", "20260630"}},
	} {
		bars := history(t, m, now, HistoryRequest{
			Instrument: i, Duration: tc.span, BarSize: Span{1, tc.unit}, RTHOnly: true,
		})
		if len(bars) != len(tc.want) {
			t.Fatalf("%d bars, want %v", len(bars), tc.want)
		}
		for n, b := range bars {
			if got := b.Start.Format("20060102"); got != tc.want[n] {
				t.Errorf("bar %d is of %s, want %s", n, got, tc.want[n])
			}
		}
	}
}

// Nothing is known of an instrument before its head timestamp, and the first bar is of its session:
// "Returns the timestamp of earliest available historical data" (TWS API, reqHeadTimestamp).
func TestHistoryBeginsAtTheHeadTimestamp(t *testing.T) {
	m := Market{Seed: 3, Hours: Hours{SessionsOnly: true}}
	future := find(t, m, Query{Symbol: "ES", SecType: "FUT", LastTradeDateOrMonth: "202612"})
	for _, i := range []Instrument{instrument(t, "AAPL"), future} {
		head := m.Earliest(i, monday, false)
		q := HistoryRequest{Instrument: i, Duration: Span{10, Day}, BarSize: Span{1, Day}, End: head}
		if bars := history(t, m, monday, q); len(bars) > 0 {
			t.Errorf("%s: bars from %v, before the head at %v", i.LocalSymbol, bars[0].Start, head)
		}
		q.End = head.AddDate(0, 0, 6)
		bars := history(t, m, monday, q)
		if len(bars) == 0 || bars[0].Start.Before(midnight(head, i.Zone())) {
			t.Errorf("%s: bars %v, head %v", i.LocalSymbol, bars, head)
		}
		ticks := m.HistoricalTicks(monday, TickRequest{Instrument: i, Until: head.Add(-1), Count: 5})
		if len(ticks) > 0 {
			t.Errorf("%s: ticks from %v, before the head at %v", i.LocalSymbol, ticks[0].At, head)
		}
	}
	if head := m.Earliest(future, monday, false); head.Before(monday.AddDate(-6, 0, 0)) {
		t.Errorf("a future of December 2026 has been listed since %v", head)
	}
}

// The count of historical ticks is a least number: the last second is told in full
// (nautilus_trader #2956).
func TestTheLastSecondOfTicksIsComplete(t *testing.T) {
	found := []Tick{{At: monday}, {At: monday.Add(200 * time.Millisecond)}}
	for _, tc := range []struct {
		count int
		next  time.Duration
		want  bool
	}{
		{3, 2 * time.Second, false},
		{2, 900 * time.Millisecond, false},
		{1, 900 * time.Millisecond, false},
		{2, time.Second, true},
	} {
		if got := enough(found, tc.count, Tick{At: monday.Add(tc.next)}); got != tc.want {
			t.Errorf("%d ticks of %d, the next after %v: enough %t", len(found), tc.count, tc.next, got)
		}
	}
}
