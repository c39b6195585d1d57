package harness

import (
	"math"
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
	median := time.Duration(got.P50)
	if got.N != 97 || got.P99 != 0 || time.Duration(got.Max) != 250*time.Millisecond || median != 6*time.Millisecond {
		t.Errorf("n %d, p50 %s, p99 %s, max %s; want 97, 6ms, none, 250ms", got.N, got.P50, got.P99, got.Max)
	}
}
