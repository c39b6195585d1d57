package protect

import (
	"testing"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/market"
)

func d(s string) decimal.Decimal { return decimal.MustParse(s) }

func TestParseStop(t *testing.T) {
	for _, text := range []string{"off", "2%", "0.5%", "1.50", "1.5atr", "trail:1%", "trail:0.50"} {
		got, err := ParseStop(text)
		if err != nil || got.String() != text || got.On() != (text != "off") {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "0", "0%", "-1%", "51%", "0.001%", "101atr", "trail:off", "trail:2atr", "trail:", "2 %", "x", "1e", "%", "atr",
		"trail:trail:1%", "NaN",
	} {
		if got, err := ParseStop(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
	if _, err := ParseTarget("trail:1%"); err == nil {
		t.Error("a trailing target")
	}
}

func TestLevels(t *testing.T) {
	for _, c := range []struct {
		stop, target, entry, atr, tick string
		short                          bool
		wantStop, wantTarget           string
	}{
		{"2%", "4%", "100", "0", "0.01", false, "98", "104"},
		{"2%", "4%", "100", "0", "0.01", true, "102", "96"},
		{"2%", "off", "99.99", "0", "0.05", false, "97.95", "0"}, // away from the entry, on the tick
		{"2%", "1.03", "99.99", "0", "0.05", true, "102", "98.95"},
		{"1.50", "off", "10", "0", "0.01", false, "8.5", "0"},
		{"1.5atr", "2atr", "10", "0.4", "0.01", false, "9.4", "10.8"},
		{"trail:1%", "off", "100", "0", "0.01", false, "99", "0"},
		{"2%", "off", "100", "0", "0", false, "98", "0"}, // a tick that is not told is a cent
	} {
		stop, err := ParseStop(c.stop)
		if err != nil {
			t.Fatal(err)
		}
		target, err := ParseTarget(c.target)
		if err != nil {
			t.Fatal(err)
		}
		l, err := Spec{stop, target}.Levels(d(c.entry), d(c.atr), d(c.tick), c.short)
		if err != nil || l.Stop.Cmp(d(c.wantStop)) != 0 || l.Target.Cmp(d(c.wantTarget)) != 0 {
			t.Errorf("%+v: %+v, %v", c, l, err)
		}
	}
	for _, text := range []string{"1.5atr", "20.00"} { // no range is known; below zero
		stop, err := ParseStop(text)
		if err != nil {
			t.Fatal(err)
		}
		if l, err := (Spec{Stop: stop}).Levels(d("10"), d("0"), d("0.01"), false); err == nil {
			t.Errorf("%s: %+v", text, l)
		}
	}
}

func TestAverageRange(t *testing.T) {
	bars := make([]market.Bar, ATRBars+1)
	for i := range bars {
		bars[i] = market.Bar{
			Start: time.Unix(int64(60*i), 0), Open: d("10"), High: d("10.5"), Low: d("9.5"), Close: d("10"),
		}
	}
	bars[3].Low, bars[3].High, bars[3].Close = d("12"), d("13"), d("12") // a gap counts: 3 up, 2.5 down
	got, err := AverageRange(bars)
	if want := d("1.25"); err != nil || got.Round(6).Cmp(want) != 0 { // (12 x 1 + 3 + 2.5) / 14
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	if got, err := AverageRange(bars[1:]); err != nil || !got.IsZero() {
		t.Errorf("of too few bars: %s, %v", got, err)
	}
}
