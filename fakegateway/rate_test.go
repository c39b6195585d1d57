package fakegateway

import (
	"testing"
	"time"

	"ibsoak/internal/wire"
)

func TestRateWindowCountsAnySecond(t *testing.T) {
	start := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	w := rateWindow{span: time.Second}
	for i := range 40 { // a message every 50 ms: 20 a second
		if got, want := w.add(start.Add(time.Duration(i)*50*time.Millisecond)), min(i+1, 20); got != want {
			t.Fatalf("message %d: %d in its second, want %d", i+1, got, want)
		}
	}
	for i := range 2 * mostInWindow {
		w.add(start.Add(time.Minute + time.Duration(i)))
	}
	if len(w.times) > 2*mostInWindow {
		t.Errorf("%d times are remembered", len(w.times))
	}
	if got := w.add(start.Add(time.Hour)); got != 1 {
		t.Errorf("%d in a second after an hour, want 1", got)
	}
}

// TestLedgerCountsTheFastestSecond sends in one go what takes a real second, and more than a second
// of a clock that runs a thousand times as fast.
func TestLedgerCountsTheFastestSecond(t *testing.T) {
	const asked = 60
	s := startServer(t, Config{Clock: Clock{Scale: 1000}})
	c := dial(t, s).connect(1)
	for range asked {
		c.askTime()
		c.until(wire.CurrentTime)
	}
	const startAPI = 1
	got := row(t, s, 1, "the questions", func(r Connection) bool {
		return r.MessagesIn["reqCurrentTime"] == asked
	})
	if n := got.BusiestReal.Messages; n < asked/2 || n > asked+startAPI || got.BusiestReal.At.IsZero() {
		t.Errorf("fastest real second %+v, want about %d", got.BusiestReal, asked)
	}
	if n := got.Busiest.Messages; n < 1 || n >= got.BusiestReal.Messages {
		t.Errorf("fastest second of the scenario %d, of real time %d", n, got.BusiestReal.Messages)
	}
}
