package market

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var sessionsOnly = Market{Hours: Hours{SessionsOnly: true}}

// The hours of instruments as text, in the zone that they name. Sources: CME Group's, IDEALPRO's and
// NYSE's published hours; the days are around Thanksgiving and the ends of daylight saving time.
func TestHoursOfInstruments(t *testing.T) {
	tuesday := time.Date(2026, 11, 24, 15, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name          string
		q             Query
		at            time.Time
		zone, trading string // a part of the hours
		liquid        string
	}{
		{
			"stocks",
			Query{Symbol: "NVDA", SecType: "STK", Currency: "USD"},
			tuesday, "US/Eastern",
			"20261125:0400-20261125:2000;20261126:CLOSED;20261127:0400-20261127:1700",
			"20261125:0930-20261125:1600;20261126:CLOSED;20261127:0930-20261127:1300",
		},
		{
			"index futures trade until noon on Thanksgiving",
			Query{LocalSymbol: "ESZ6", SecType: "FUT"},
			tuesday, "US/Central",
			"20261124:1700-20261125:1600;20261125:1700-20261126:1200;20261126:1700-20261127:1600",
			"20261125:0830-20261125:1500;20261126:0830-20261126:1200",
		},
		{
			"and begin on Sunday evening",
			Query{LocalSymbol: "ESZ6", SecType: "FUT"},
			tuesday, "US/Central",
			"20261128:CLOSED;20261129:CLOSED", "20261128:CLOSED;20261129:CLOSED",
		},
		{
			"oil is New York's",
			Query{LocalSymbol: "CLF7", SecType: "FUT"},
			tuesday, "US/Eastern",
			"20261123:1800-20261124:1700;20261124:1800-20261125:1700", "20261124:0930-20261124:1700",
		},
		{
			"forex knows no Thanksgiving",
			Query{LocalSymbol: "EUR.USD", SecType: "CASH"},
			tuesday, "US/Eastern",
			"20261124:1715-20261125:1700;20261125:1715-20261126:1700;20261126:1715-20261127:1700;20261128:CLOSED;20261129:CLOSED",
			"20261125:1715-20261126:1700",
		},
		{
			"options on stocks",
			Query{LocalSymbol: "AAPL  261218C00260000", SecType: "OPT"},
			tuesday, "US/Eastern",
			"20261125:0930-20261125:1600;20261126:CLOSED;20261127:0930-20261127:1300", "20261127:0930-20261127:1300",
		},
		{
			"options on indices",
			Query{LocalSymbol: "SPX   261218P06600000", SecType: "OPT"},
			tuesday, "US/Eastern",
			"20261125:0930-20261125:1615", "20261127:0930-20261127:1315",
		},
		{
			"Switzerland",
			Query{Symbol: "AAPL", SecType: "STK", Currency: "CHF"},
			tuesday, "MET",
			"20261126:0900-20261126:1730", "20261126:0900-20261126:1730",
		},
		{
			"crypto never rests",
			Query{Symbol: "BTC", SecType: "CRYPTO"},
			tuesday, "US/Eastern",
			"20261128:0000-20261129:0000;20261129:0000-20261130:0000", "20261128:0000-20261129:0000",
		},
		{
			"bonds",
			Query{SecType: "BOND", SecIDType: "CUSIP", SecID: "912810TM0"},
			tuesday, "US/Eastern",
			"20261127:0800-20261127:1400", "20261125:0800-20261125:1700",
		},
		{
			"Good Friday closes the futures",
			Query{LocalSymbol: "ESZ7", SecType: "FUT"},
			time.Date(2027, 3, 24, 15, 0, 0, 0, time.UTC), "US/Central", "20270326:CLOSED", "20270326:CLOSED",
		},
		{
			"Christmas closes forex",
			Query{LocalSymbol: "EUR.USD", SecType: "CASH"},
			time.Date(2026, 12, 24, 15, 0, 0, 0, time.UTC), "US/Eastern", "20261225:CLOSED", "20261225:CLOSED",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			i := find(t, sessionsOnly, tc.q)
			if i.ZoneID != tc.zone {
				t.Errorf("zone %s, want %s", i.ZoneID, tc.zone)
			}
			if got := sessionsOnly.TradingHours(i, tc.at); !strings.Contains(got, tc.trading) {
				t.Errorf("trading hours\n got %s\nwant %s", got, tc.trading)
			}
			if got := sessionsOnly.LiquidHours(i, tc.at); !strings.Contains(got, tc.liquid) {
				t.Errorf("liquid hours\n got %s\nwant %s", got, tc.liquid)
			}
		})
	}
}

// Sessions keep their wall-clock times over the changes of daylight saving time.
func TestSessionsOverDaylightSaving(t *testing.T) {
	es := find(t, sessionsOnly, Query{LocalSymbol: "ESZ6", SecType: "FUT"})
	eur := find(t, sessionsOnly, Query{LocalSymbol: "EUR.USD", SecType: "CASH"})
	for _, tc := range []struct {
		name        string
		i           Instrument
		at          string
		open, close string // UTC
	}{
		{"futures before the spring", es, "2026-03-06T12:00:00Z", "2026-03-05T23:00:00Z", "2026-03-06T22:00:00Z"},
		{"futures on the Sunday of the change", es, "2026-03-08T12:00:00Z", "2026-03-08T22:00:00Z", "2026-03-09T21:00:00Z"},
		{"futures in the break", es, "2026-03-10T21:30:00Z", "2026-03-10T22:00:00Z", "2026-03-11T21:00:00Z"},
		{"forex on the Sunday of the autumn", eur, "2026-11-01T12:00:00Z", "2026-11-01T22:15:00Z", "2026-11-02T22:00:00Z"},
		{"forex on Friday evening", eur, "2026-11-06T22:00:00Z", "2026-11-08T22:15:00Z", "2026-11-09T22:00:00Z"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := sessionsOnly.Next(tc.i, when(t, tc.at), true)
			if got := w.Open.UTC().Format(time.RFC3339); got != tc.open {
				t.Errorf("opens %s, want %s", got, tc.open)
			}
			if got := w.Close.UTC().Format(time.RFC3339); got != tc.close {
				t.Errorf("closes %s, want %s", got, tc.close)
			}
		})
	}
}

func when(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// A closed market stands still at its last price, and opens with a gap.
func TestPricesStandStillWhileClosed(t *testing.T) {
	gaps := 0
	for seed := range uint64(20) {
		m := Market{Seed: seed, Hours: Hours{SessionsOnly: true}}
		i := instrument(t, "AAPL")
		friday := time.Date(2026, 11, 20, 20, 0, 0, 0, Eastern) // the end of extended hours
		monday := time.Date(2026, 11, 23, 4, 0, 0, 0, Eastern)
		end := m.Quote(i, friday.Add(-1))
		for _, at := range []time.Time{friday, friday.AddDate(0, 0, 1), monday.Add(-1)} {
			if q := m.Quote(i, at); q != end {
				t.Errorf("seed %d: %+v at %v, %+v at the close", seed, q, at, end)
			}
		}
		if ticks := m.Tape(i, friday.Add(-1), monday.Add(-1), 0); len(ticks) != 0 {
			t.Errorf("seed %d: %d ticks over the weekend", seed, len(ticks))
		}
		if off := sub(m.Quote(i, monday).Last, end.Last).Abs(); parse("0.50").Less(off) {
			gaps++
		}
	}
	if gaps < 10 {
		t.Errorf("only %d of 20 weekends end in a gap of more than half a dollar", gaps)
	}
}

func TestNextHoldsOrFollows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyMarket(t)
		i := anyInstrument(t, m)
		extended := rapid.Bool().Draw(t, "extended")
		at := monday.Add(time.Duration(rapid.Int64Range(0, int64(21*24*time.Hour)).Draw(t, "at")))
		w := m.Next(i, at, extended)
		if !w.Open.Before(w.Close) || !w.Close.After(at) {
			t.Fatalf("%s at %v: next trading %v", i.LocalSymbol, at, w)
		}
		if open := m.Open(i, at, extended); open != w.contains(at) {
			t.Fatalf("%s at %v: open %v, next trading %v", i.LocalSymbol, at, open, w)
		}
		if m.Halted(i, w.Open) && w.Open.After(at) {
			t.Fatalf("%s at %v: next trading %v begins in a halt", i.LocalSymbol, at, w)
		}
	})
}

func TestSchedule(t *testing.T) {
	from := time.Date(2026, 11, 23, 0, 0, 0, 0, Eastern)
	days := sessionsOnly.Schedule(instrument(t, "AAPL"), from, from.AddDate(0, 0, 7), true)
	var refs []string
	for _, d := range days {
		refs = append(refs, d.RefDate)
	}
	if got, want := strings.Join(refs, " "), "20261123 20261124 20261125 20261127"; got != want {
		t.Errorf("sessions %s, want %s", got, want)
	}
	if got := days[3].Close.Format("1504"); got != "1300" {
		t.Errorf("the day after Thanksgiving ends at %s", got)
	}
	h, days := sessionsOnly.HistorySchedule(from.AddDate(0, 0, 5), HistoryRequest{
		Instrument: instrument(t, "AAPL"), Duration: Span{3, Day}, RTHOnly: true,
	})
	if len(days) != 3 || days[0].RefDate != "20261124" || h.Start != days[0].Open {
		t.Errorf("three days from %v: %v", h.Start, days)
	}
}
