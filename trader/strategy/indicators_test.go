package strategy

import (
	"math"
	"testing"

	"github.com/govalues/decimal"
	talib "github.com/markcheno/go-talib"
)

// TestIndicatorsAgreeWithTALib: the oracle is a port of TA-Lib, which everybody's charts agree with. It
// works on whole series in binary floating point, so the last digits may differ.
func TestIndicatorsAgreeWithTALib(t *testing.T) {
	const n, near = 3000, 1e-9
	all := walk(11, n)
	var open, high, low, closes []float64
	for _, b := range all {
		for _, c := range []struct {
			to   *[]float64
			from decimal.Decimal
		}{{&open, b.Open}, {&high, b.High}, {&low, b.Low}, {&closes, b.Close}} {
			f, _ := c.from.Float64()
			*c.to = append(*c.to, f)
		}
	}
	for _, length := range []int{2, 3, 14, 25, 60} {
		sma, rsi := newAverage(length), newStrength(length)
		atr := newTrueRange(length)
		most, least := newExtreme(length, highest), newExtreme(length, lowest)
		wantSMA, wantRSI := talib.Sma(closes, length), talib.Rsi(closes, length)
		wantATR := talib.Atr(high, low, closes, length)
		wantMax, wantMin := talib.Max(high, length), talib.Min(low, length)
		compared := 0
		compare := func(what string, i int, got decimal.Decimal, err error, want float64) {
			t.Helper()
			f, _ := got.Float64()
			if err != nil || math.Abs(f-want) > near*math.Max(1, math.Abs(want)) {
				t.Fatalf("%s of %d at bar %d: %s, %v, the oracle says %v", what, length, i, got, err, want)
			}
			compared++
		}
		for i, b := range all {
			if err := sma.next(b.Close); err != nil {
				t.Fatal(err)
			}
			if err := rsi.next(b.Close); err != nil {
				t.Fatal(err)
			}
			if err := atr.next(b); err != nil {
				t.Fatal(err)
			}
			most.next(b.High)
			least.next(b.Low)
			if i < length { // the oracle has zeros until then
				continue
			}
			v, err := sma.value()
			compare("SMA", i, v, err, wantSMA[i])
			v, ok, err := rsi.value()
			if compare("RSI", i, v, err, wantRSI[i]); !ok {
				t.Fatalf("no RSI of %d at bar %d", length, i)
			}
			v, ok = atr.value()
			if compare("ATR", i, v, nil, wantATR[i]); !ok {
				t.Fatalf("no ATR of %d at bar %d", length, i)
			}
			v, _ = most.value()
			compare("highest high", i, v, nil, wantMax[i])
			v, _ = least.value()
			compare("lowest low", i, v, nil, wantMin[i])
		}
		if compared != 5*(n-length) {
			t.Errorf("%d values were compared", compared)
		}
	}
}

// BenchmarkDecide is what a strategy does with one more bar.
func BenchmarkDecide(b *testing.B) {
	all := walk(5, 1000)
	p := seven
	p.Fast, p.Slow, p.Period, p.Entry, p.Exit = 50, 200, 14, 200, 100
	for _, name := range []string{SMACross, RSI, Donchian} {
		b.Run(name, func(b *testing.B) {
			s := made(b, name, p)
			r := s.Start()
			n := s.Needs()
			for b.Loop() {
				if n++; n == len(all) {
					n = s.Needs()
					r = s.Start()
				}
				if err := r.take(all[n]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
