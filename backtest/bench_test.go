package backtest

import "testing"

func BenchmarkRun(b *testing.B) {
	file := walk(b, "AAPL.csv", 2, 5)
	for b.Loop() {
		run(b, file)
	}
}
