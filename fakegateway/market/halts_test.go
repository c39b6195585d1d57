package market

import (
	"testing"
	"time"
)

func TestHalts(t *testing.T) {
	from, to := monday.Add(time.Minute), monday.Add(6*time.Minute)
	m := Market{Seed: 1, Halts: []Halt{
		{"AAPL", from.Add(time.Minute), to}, // overlapping halts are one
		{"AAPL", from, from.Add(2 * time.Minute)},
		{"MSFT", to, from}, // the wrong way round: none
	}}
	aapl, option := instrument(t, "AAPL"), find(t, m, samples[13])
	before := m.Quote(aapl, from.Add(-1))
	for _, tc := range []struct {
		at     time.Time
		halted bool
	}{{from.Add(-1), false}, {from, true}, {to.Add(-1), true}, {to, false}} {
		for _, i := range []Instrument{aapl, option} {
			if got := m.Halted(i, tc.at); got != tc.halted {
				t.Errorf("%s halted at %v: %v", i.LocalSymbol, tc.at, got)
			}
			if got := m.Open(i, tc.at, false); got == tc.halted {
				t.Errorf("%s open at %v: %v", i.LocalSymbol, tc.at, got)
			}
		}
		if q := m.Quote(aapl, tc.at); q.Halted != tc.halted || tc.halted && !q.Last.Equal(before.Last) {
			t.Errorf("quote at %v: %+v, before the halt %+v", tc.at, q, before)
		}
	}
	if m.Halted(instrument(t, "MSFT"), from) || m.Halted(instrument(t, "NVDA"), from) {
		t.Error("others are halted too")
	}
	if w := m.Next(aapl, from.Add(time.Second), false); !w.Open.Equal(to) {
		t.Errorf("trading goes on at %v, want %v", w.Open, to)
	}
	if w := m.Next(aapl, monday, false); !w.Close.After(to) {
		t.Errorf("the session before the halt ends at %v: a halt ends no session", w.Close)
	}
	if ticks := m.Tape(aapl, from.Add(-1), to.Add(-1), 0); len(ticks) != 0 {
		t.Errorf("%d ticks in a halt", len(ticks))
	}
	bars := history(t, m, to.Add(time.Minute), HistoryRequest{Instrument: aapl, Duration: secs(420), BarSize: secs(60)})
	if len(bars) != 2 || !bars[1].Start.Equal(to) {
		t.Errorf("bars around a halt of five minutes: %v", bars)
	}
	if next := m.NextTick(aapl, from.Add(time.Second)); next.After(to) {
		t.Errorf("the next tick is at %v, want the end of the halt at the latest", next)
	}
}

func TestSeededHalts(t *testing.T) {
	aapl := instrument(t, "AAPL")
	days := 0
	for seed := range uint64(100) {
		m := Market{Seed: seed, HaltsPerThousandDays: 250}
		for _, h := range m.halts(aapl, monday, monday.AddDate(0, 0, 10)) {
			days++
			if got := h.Close.Sub(h.Open); got != pause {
				t.Errorf("a halt of %v", got)
			}
			if !(Market{Hours: Hours{SessionsOnly: true}}).Open(aapl, h.Open, false) && h.Open.In(Eastern).Weekday() == time.Tuesday {
				t.Errorf("halted at %v, outside of trading hours", h.Open)
			}
		}
		if found := m.halts(find(t, m, Query{LocalSymbol: "EUR.USD", SecType: "CASH"}), monday, monday.AddDate(0, 1, 0)); found != nil {
			t.Errorf("a currency is halted: %v", found)
		}
	}
	if days < 150 || days > 400 {
		t.Errorf("%d halts in 1,000 days, want about 250", days)
	}
	if (Market{}).halts(aapl, monday, monday.AddDate(1, 0, 0)) != nil {
		t.Error("halted without being asked for")
	}
}
