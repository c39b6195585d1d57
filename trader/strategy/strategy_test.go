package strategy

import (
	"errors"
	"math/rand/v2"
	"strings"
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

// walk is a random walk of bars in cents.
func walk(seed uint64, n int) []market.Bar {
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([]market.Bar, n)
	price := int64(10_000)
	cents := func(v int64) decimal.Decimal { return decimal.MustNew(v, 2) }
	for i := range out {
		open := price + r.Int64N(21) - 10
		price = open + r.Int64N(61) - 30
		out[i] = market.Bar{
			Start: time.Unix(int64(i)*60, 0), Size: time.Minute, Open: cents(open), Close: cents(price),
			High: cents(max(open, price) + r.Int64N(20)), Low: cents(min(open, price) - r.Int64N(20)),
		}
	}
	return out
}

func d(s string) decimal.Decimal { return decimal.MustParse(s) }

var seven = Params{
	Shares: d("7"), Fast: 2, Slow: 4, Period: 2, Low: d("30"), High: d("55"), Entry: 3, Exit: 2,
}

func made(t testing.TB, name string, p Params) *Strategy {
	t.Helper()
	s, err := New(name, p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func decided(t testing.TB, s *Strategy, held string, all []market.Bar) Decision {
	t.Helper()
	r := s.Start()
	if err := r.Read(all); err != nil {
		t.Fatal(err)
	}
	got, err := r.Decide(d(held), d("10000"))
	if err != nil {
		t.Fatal(err)
	}
	return got
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
		got := decided(t, made(t, SMACross, seven), "0", bars(c.closes...))
		if got.Target.Cmp(decimal.MustNew(c.want, 0)) != 0 {
			t.Errorf("%s: target %s, want %d (%s)", c.name, got.Target, c.want, got.Reason)
		}
	}
}

// TestDonchianByHand: the channel is of the bars before the one that breaks out of it.
func TestDonchianByHand(t *testing.T) {
	for _, c := range []struct {
		name   string
		held   string
		closes []int64
		want   string
	}{
		{"above the high of three", "0", []int64{9, 5, 6, 7, 8}, "7"}, // 9 is outside
		{"at the high is not above", "0", []int64{5, 6, 7, 7}, "0"},
		{"between keeps shares", "7", []int64{5, 6, 8, 7}, "7"},
		{"between keeps a part", "3", []int64{5, 6, 8, 7}, "3"},
		{"below the low of two", "7", []int64{1, 6, 7, 5}, "0"}, // 1 is outside
		{"at the low is not below", "7", []int64{1, 6, 7, 6}, "7"},
	} {
		if got := decided(t, made(t, Donchian, seven), c.held, bars(c.closes...)); got.Target.Cmp(d(c.want)) != 0 {
			t.Errorf("%s: target %s, want %s (%s)", c.name, got.Target, c.want, got.Reason)
		}
	}
}

// TestRSIByHand: rises of 4 and 0, falls of 0 and 2 average to 2 and 1: RSI 66.67. A fall of 9 after
// that makes 1 and 5: 16.67. Two rises of 3: 2 and 2.5, then 2.5 and 1.25: 44.44 and 66.67.
func TestRSIByHand(t *testing.T) {
	r := made(t, RSI, seven).Start()
	for i, want := range []Want{Keep, Keep, Flat, Long, Keep, Flat} {
		all := bars(10, 14, 12, 3, 6, 9)
		if err := r.Read(all[:i+1]); err != nil {
			t.Fatal(err)
		}
		if r.signal.Want != want {
			t.Errorf("bar %d: %d, want %d (%s)", i, r.signal.Want, want, r.signal.Reason())
		}
	}
	if got := r.signal.Reason(); !strings.HasPrefix(got, "RSI2 66.67, ") {
		t.Errorf("reason %q", got)
	}
}

func TestTooFewBarsIsNotFlat(t *testing.T) {
	for _, name := range Names() {
		s := made(t, name, seven)
		r := s.Start()
		if err := r.Read(bars(make([]int64, s.Needs()-1)...)); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Decide(d("3"), d("1")); !errors.Is(err, ErrWarmUp) {
			t.Errorf("%s with %d bars: %v is not ErrWarmUp", name, s.Needs()-1, err)
		}
	}
}

func TestAlternateTurnsEveryMinute(t *testing.T) {
	s := made(t, Alternate, seven)
	if a, b := decided(t, s, "0", bars(1)), decided(t, s, "0", bars(1, 1)); a.Target.Equal(b.Target) {
		t.Errorf("two neighbouring bars give the same target %s", a.Target)
	}
}

// TestARestartDecidesAlike: a reader that begins late, with as many bars as Needs, decides what one does
// that has read all, for every bar of a walk; the reason, which has the values, too.
func TestARestartDecidesAlike(t *testing.T) {
	all := walk(3, 900)
	p := Params{
		Shares: d("7"), Fast: 10, Slow: 20, Period: 14, Low: d("30"), High: d("55"), Entry: 20, Exit: 10,
		Sizing: Sizing{Method: ATR, Risk: d("0.01"), Period: 14, Multiple: d("2")},
	}
	for _, name := range Names() {
		s := made(t, name, p)
		old := s.Start()
		entered := 0
		for n := s.Needs(); n < len(all); n++ {
			if err := old.Read(all[max(0, n-300):n]); err != nil {
				t.Fatal(err)
			}
			young := decided(t, s, "0", all[n-s.Needs():n])
			got, err := old.Decide(d("0"), d("10000"))
			if err != nil || got.Target.Cmp(young.Target) != 0 || got.Reason != young.Reason {
				t.Fatalf("%s at bar %d: %+v, after a restart %+v, %v", name, n, got, young, err)
			}
			if got.Target.IsPos() {
				entered++
			}
		}
		if entered == 0 {
			t.Errorf("%s was never long", name)
		}
		if old.read != len(all)-1 && s.Needs() <= 300 {
			t.Errorf("%s read %d bars, want each of %d once", name, old.read, len(all)-1)
		}
	}
}

// TestGapsAndCorrectionsBeginAnew: what is between two bars that were read, and what a bar really was,
// are not guessed.
func TestGapsAndCorrectionsBeginAnew(t *testing.T) {
	s := made(t, SMACross, seven)
	all := bars(9, 9, 9, 9, 1, 2, 3, 4)
	r := s.Start()
	if err := r.Read(all[:4]); err != nil {
		t.Fatal(err)
	}
	if err := r.Read(all[5:]); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Decide(d("0"), d("1")); !errors.Is(err, ErrWarmUp) {
		t.Errorf("three bars after a gap: %v", err)
	}
	corrected := bars(9, 9, 9, 9, 1, 2, 3, 4)
	r = s.Start()
	if err := r.Read(all[2:7]); err != nil {
		t.Fatal(err)
	}
	corrected[4].Close = d("8")
	if err := r.Read(corrected[2:]); err != nil {
		t.Fatal(err)
	}
	got, err := r.Decide(d("0"), d("1"))
	want := decided(t, s, "0", corrected)
	if err != nil || got.Target.Cmp(want.Target) != 0 || got.Reason != want.Reason {
		t.Errorf("after a correction: %+v, want %+v, %v", got, want, err)
	}
}

func TestSizing(t *testing.T) {
	atr := Sizing{Method: ATR, Risk: d("0.01"), Period: 2, Multiple: d("2")}
	steady := func(n int) (out []market.Bar) { // of a range of 2 around 50
		for i := range n {
			out = append(out, market.Bar{
				Start: time.Unix(int64(i)*60, 0), Size: time.Minute, Open: d("50"), High: d("51"), Low: d("49"), Close: d("50"),
			})
		}
		return out
	}
	for _, c := range []struct {
		name   string
		sizing Sizing
		held   string
		equity string
		want   string
	}{
		{"fixed", Sizing{}, "0", "0", "7"},
		{"fixed buys what is missing", Sizing{}, "3", "0", "7"},
		{"1 % of 10000 over 2 x 2", atr, "0", "10000", "25"},
		{"it is rounded down", atr, "0", "10399", "25"},
		{"an entry is not sized again", atr, "9", "20000", "9"},
		{"half of 10000 at 50", Sizing{Method: Fraction, Fraction: d("0.5")}, "0", "10000", "100"},
		{"nothing is borrowed", Sizing{Method: ATR, Risk: d("0.9"), Period: 2, Multiple: d("0.1")}, "0", "10000", "200"},
		{"not one share", Sizing{Method: Fraction, Fraction: d("0.5")}, "0", "99", "0"},
		{"nothing left", atr, "0", "-5", "0"},
	} {
		p := seven
		p.Sizing = c.sizing
		s := made(t, Hold, p)
		r := s.Start()
		if err := r.Read(steady(s.Needs())); err != nil {
			t.Fatal(err)
		}
		got, err := r.Decide(d(c.held), d(c.equity))
		if err != nil || got.Target.Cmp(d(c.want)) != 0 {
			t.Errorf("%s: %s (%s), %v, want %s", c.name, got.Target, got.Reason, err, c.want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	with := func(change func(*Params)) Params {
		p := seven
		change(&p)
		return p
	}
	for want, c := range map[string]struct {
		name string
		p    Params
	}{
		"there are":                    {"martingale", seven},
		"shares 0 is not above 0":      {Hold, Params{}},
		"shares -1 is not above 0":     {Hold, Params{Shares: d("-1")}},
		"averages of 5 and 5":          {SMACross, Params{Shares: d("1"), Fast: 5, Slow: 5}},
		"fast < slow <= 360":           {SMACross, Params{Shares: d("1"), Fast: 5, Slow: MaxBars + 1}},
		"levels 60 and 55":             {RSI, with(func(p *Params) { p.Low = d("60") })},
		"levels 30 and 100":            {RSI, with(func(p *Params) { p.High = d("100") })},
		"strength of 1 bars":           {RSI, with(func(p *Params) { p.Period = 1 })},
		"strength of 26 bars":          {RSI, with(func(p *Params) { p.Period = 26 })},
		"channels of 0 and 2":          {Donchian, with(func(p *Params) { p.Entry = 0 })},
		"want 1 to 359":                {Donchian, with(func(p *Params) { p.Exit = MaxBars })},
		"no sizing \"kelly\"":          {Hold, with(func(p *Params) { p.Sizing.Method = "kelly" })},
		"risk 1, want above 0":         {Hold, with(func(p *Params) { p.Sizing = Sizing{Method: ATR, Risk: d("1")} })},
		"fraction 1.1, want above 0":   {Hold, with(func(p *Params) { p.Sizing = Sizing{Method: Fraction, Fraction: d("1.1")} })},
		"0 average true ranges of 0 b": {Hold, with(func(p *Params) { p.Sizing = Sizing{Method: ATR, Risk: d("0.1")} })},
	} {
		if _, err := New(c.name, c.p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", c, err, want)
		}
	}
}
