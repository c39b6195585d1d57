package backtest

import (
	"testing"
	"time"

	"ibsoak/trader/market"
	"ibsoak/trader/strategy"
)

// BenchmarkBars is the bars that a backtest does in a second, with a decision, its record and all that
// comes with an order for each, beside a plain loop over the same bars: the same strategy, with a
// variable for the shares.
func BenchmarkBars(b *testing.B) {
	const days = 5
	file := walk(b, "AAPL.csv", 2, days)
	var whole, plain time.Duration
	bars := 0
	for b.Loop() {
		begun := time.Now()
		r := run(b, file)
		whole += time.Since(begun)
		bars += r.Bars
		begun = time.Now()
		if n := loop(b, file); n != r.Bars {
			b.Fatalf("the loop had %d bars, the backtest %d", n, r.Bars)
		}
		plain += time.Since(begun)
	}
	b.ReportMetric(float64(bars)/whole.Seconds(), "bars/s")
	b.ReportMetric(float64(bars)/plain.Seconds(), "loop-bars/s")
	b.ReportMetric(float64(whole)/float64(plain), "backtest/loop")
}

func loop(b *testing.B, file string) (bars int) {
	tape, _, err := openTape(file, nil, 0)
	if err != nil {
		b.Fatal(err)
	}
	s, err := strategy.New(strategy.SMACross, strategy.Params{Shares: d("1"), Fast: 10, Slow: 20})
	if err != nil {
		b.Fatal(err)
	}
	r := s.Start()
	held := d("0")
	var window []market.Bar
	for {
		m, ok, err := tape.next()
		if err != nil {
			b.Fatal(err)
		}
		if !ok {
			return bars
		}
		for _, e := range m.bars {
			bars++
			window = append(window, market.Bar{
				Start: e.bar.Start, Size: barSize, Open: e.bar.Open, High: e.bar.High, Low: e.bar.Low, Close: e.bar.Close,
			})
			window = window[max(0, len(window)-60):]
			if err := r.Read(window); err != nil {
				b.Fatal(err)
			}
			if decided, err := r.Decide(held, held); err == nil {
				held = decided.Target
			}
		}
	}
}
