package harness

import "testing"

// BenchmarkOrderChecks judges a run of 2,000 orders under one strategy's name, as an hour of a busy
// trader leaves it.
func BenchmarkOrderChecks(b *testing.B) {
	r := scripted(func(s *script) {
		s.session()
		for range 1000 {
			s.trade("BUY 1 AAPL", "sma")
			s.trade("SELL 1 AAPL", "sma")
		}
	})
	wanting("AAPL", "", "1")(r)
	for b.Loop() {
		for _, d := range orderDetectors {
			if f := find(r, Check{Name: d.Name}); f.Outcome == Fail {
				b.Fatalf("%s: %s", f.Check, f.Detail)
			}
		}
	}
}
