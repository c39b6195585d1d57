package trader

import (
	"context"
	"testing"
	"time"

	"ibsoak/trader/journal"
	"ibsoak/trader/risk"
	"ibsoak/trader/strategy"
)

// BenchmarkCycle is a cycle of a hundred symbols without a network: freshness, sanity, decision and its
// record for each, by a strategy that holds what it wants. Beside it are the hundred decisions alone,
// on the same bars. Sixty have bars: no more may be asked for in ten minutes.
func BenchmarkCycle(b *testing.B) {
	w := newWorld()
	s, err := strategy.New(strategy.SMACross, strategy.Params{Shares: d("10"), Fast: 10, Slow: 20})
	if err != nil {
		b.Fatal(err)
	}
	j, err := journal.OpenScratch(b.Context(), b.TempDir(), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	cfg := Config{Symbols: symbols(100), ClientID: 1, Strategy: s, Limits: risk.Limits{}}
	e, err := New(cfg, w.connect(func() int64 { return 0 }), j)
	if err != nil {
		b.Fatal(err)
	}
	broker, err := w.connect(func() int64 { return 0 })(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	session := newSession(e, broker)
	ctx, cancel := context.WithCancelCause(b.Context())
	pumped := make(chan error, 1)
	go func() { pumped <- session.pump(ctx, cancel) }()
	for range 3 { // the first cycles buy, and ask for all that the limits allow
		_ = session.cycle(ctx)
	}
	var cycles, decisions time.Duration
	for b.Loop() {
		begun := time.Now()
		_ = session.cycle(ctx)
		cycles += time.Since(begun)
		begun = time.Now()
		for _, bars := range e.bars {
			r := s.Start()
			if err := r.Read(bars); err != nil {
				b.Fatal(err)
			}
		}
		decisions += time.Since(begun)
	}
	b.ReportMetric(float64(cycles.Microseconds())/float64(b.N), "cycle-µs")
	b.ReportMetric(float64(decisions.Microseconds())/float64(b.N), "decisions-µs")
	b.ReportMetric(float64(cycles)/float64(decisions), "cycle/decisions")
	_ = broker.Close(ctx)
	if err := <-pumped; err != nil {
		b.Error(err)
	}
}
