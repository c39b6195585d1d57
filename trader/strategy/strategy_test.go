package strategy

import (
	"errors"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/market"
)

func bars(closes ...int64) []market.Bar {
	out := make([]market.Bar, len(closes))
	for i, c := range closes {
		p := decimal.MustNew(c, 0)
		out[i] = market.Bar{
			Start: time.Unix(int64(i)*60, 0), Size: time.Minute, Open: p, High: p, Low: p, Close: p,
		}
	}
	return out
}

func make2x4(t *testing.T) Strategy {
	t.Helper()
	s, err := New(SMACross, Params{Shares: decimal.MustNew(7, 0), Fast: 2, Slow: 4})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSMACrossByHand(t *testing.T) {
	for _, c := range []struct {
		name   string
		closes []int64
		want   int64
	}{
		{"rising", []int64{1, 2, 3, 4}, 7},            // 3.5 > 2.5
		{"falling", []int64{4, 3, 2, 1}, 0},           // 1.5 < 2.5
		{"level is flat", []int64{5, 5, 5, 5}, 0},     // equal is not above
		{"only the tail", []int64{99, 1, 1, 2, 3}, 7}, // 2.5 > 1.75; 99 is outside
	} {
		d, err := make2x4(t).Decide(bars(c.closes...))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if d.Target.Cmp(decimal.MustNew(c.want, 0)) != 0 {
			t.Errorf("%s: target %s, want %d (%s)", c.name, d.Target, c.want, d.Reason)
		}
	}
}

func TestTooFewBarsIsNotFlat(t *testing.T) {
	for _, name := range Names() {
		s, err := New(name, Params{Shares: decimal.One, Fast: 10, Slow: 20})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Decide(bars(make([]int64, s.Needs()-1)...)); !errors.Is(err, ErrWarmUp) {
			t.Errorf("%s with %d bars: %v is not ErrWarmUp", name, s.Needs()-1, err)
		}
	}
}

func TestAlternateTurnsEveryMinute(t *testing.T) {
	s, err := New(Alternate, Params{Shares: decimal.One})
	if err != nil {
		t.Fatal(err)
	}
	first, err := s.Decide(bars(1))
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Decide(bars(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	if first.Target.Equal(second.Target) {
		t.Errorf("two neighbouring bars give the same target %s", first.Target)
	}
}

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		name string
		p    Params
	}{
		"unknown":      {"martingale", Params{Shares: decimal.One}},
		"no shares":    {Hold, Params{}},
		"short":        {Hold, Params{Shares: decimal.One.Neg()}},
		"slow is fast": {SMACross, Params{Shares: decimal.One, Fast: 5, Slow: 5}},
		"too slow":     {SMACross, Params{Shares: decimal.One, Fast: 5, Slow: MaxBars + 1}},
	} {
		if _, err := New(c.name, c.p); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
