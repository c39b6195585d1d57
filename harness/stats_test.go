package harness

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestFailureRateBound(t *testing.T) {
	cases := []struct {
		n    int
		want float64
	}{{0, 1}, {1, 0.95}, {10, 0.2589}, {30, 0.0950}, {100, 0.0295}, {299, 0.00997}, {300, 0.00994}}
	for _, c := range cases {
		if got := FailureRateBound(c.n); math.Abs(got-c.want) > 5e-5 {
			t.Errorf("n = %d: %.5f, want %.5f", c.n, got, c.want)
		}
		// A trader at the bound passes n runs with a probability of one in twenty.
		if p := math.Pow(1-FailureRateBound(c.n), float64(c.n)); c.n > 0 && math.Abs(p-0.05) > 1e-12 {
			t.Errorf("n = %d: probability %v of passing at the bound, want 0.05", c.n, p)
		}
	}
}

func TestTheilSen(t *testing.T) {
	x, y := make([]float64, 20), make([]float64, 20)
	for i := range x {
		x[i], y[i] = float64(i), 3*float64(i)+5
	}
	y[4], y[15] = 1000, -1000 // two outliers of twenty do not bend it
	slope, low, high := theilSen(x, y)
	if slope != 3 || low > 3 || high < 3 {
		t.Errorf("slope %v in %v to %v, want 3 inside", slope, low, high)
	}
	if _, low, high := theilSen([]float64{1}, []float64{1}); !math.IsInf(low, -1) || !math.IsInf(high, 1) {
		t.Errorf("one point: %v to %v, want no bound", low, high)
	}
}

// TestTheilSenCovers draws lines with noise: the interval must hold the true slope about 95 times
// in 100, and a flat line must be called rising seldom.
func TestTheilSenCovers(t *testing.T) {
	const runs = 1000
	rng := rand.New(rand.NewPCG(1, 2))
	covered, alarms := 0, 0
	for range runs {
		x, y := make([]float64, memoryBlocks), make([]float64, memoryBlocks)
		for i := range x {
			x[i], y[i] = float64(i), rng.NormFloat64()
		}
		_, low, high := theilSen(x, y)
		if low <= 0 && high >= 0 {
			covered++
		}
		if low > 0 {
			alarms++
		}
	}
	if covered < runs*93/100 || alarms > runs*4/100 {
		t.Errorf("covered %d of %d, %d false alarms", covered, runs, alarms)
	}
}

// TestMemoryFloor plants leaks around the detection limit that the finding states.
func TestMemoryFloor(t *testing.T) {
	const runs = 60
	caught := func(leakKiB float64, seed uint64) int {
		rng := rand.New(rand.NewPCG(seed, 7))
		n := 0
		for range runs {
			r := oneLife(120)
			for i := range r.Samples {
				sawtooth := float64(i%7) * 200 * (1 << 10)
				r.Samples[i].RSSBytes += int64(leakKiB*1024*float64(i) + sawtooth + rng.Float64()*(64<<10))
			}
			if memory(r, Check{Name: "memory"}).Outcome == Fail {
				n++
			}
		}
		return n
	}
	if n := caught(0, 1); n > 1 {
		t.Errorf("no leak: %d alarms in %d runs", n, runs)
	}
	if n := caught(32, 2); n > 6 {
		t.Errorf("half the floor: %d alarms in %d runs", n, runs)
	}
	if n := caught(256, 3); n < runs-2 {
		t.Errorf("four times the floor: %d of %d caught", n, runs)
	}
}

func TestTimings(t *testing.T) {
	r := tenLives()
	for n := range 90 {
		r.Connections = append(r.Connections, clean(11+n, 1, Moment(200+n)*sec))
	}
	find := func(name string) PhaseTiming {
		for _, p := range r.timings() {
			if p.Phase == name {
				return p
			}
		}
		t.Fatalf("no phase %q", name)
		return PhaseTiming{}
	}
	hundred := find("handshake")
	if hundred.N != 100 || time.Duration(hundred.P99) != 6*time.Millisecond {
		t.Errorf("n %d, p99 %s; want 100 and 6ms", hundred.N, hundred.P99)
	}
	r.Connections = r.Connections[:99]
	r.Connections[3].FirstRequested = r.Connections[3].Accepted + 250*ms
	r.Connections[5].FirstRequested = 0 // never completed
	r.Connections[7].Planted = true     // not the subject's
	got := find("handshake")
	median := time.Duration(got.P50).Round(10 * time.Microsecond) // the histogram keeps three digits
	if got.N != 97 || got.P99 != 0 || time.Duration(got.Max) != 250*time.Millisecond || median != 6*time.Millisecond {
		t.Errorf("n %d, p50 %s, p99 %s, max %s; want 97, 6ms, none, 250ms", got.N, got.P50, got.P99, got.Max)
	}
}
