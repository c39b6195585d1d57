package observe

import (
	"testing"
	"time"
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
