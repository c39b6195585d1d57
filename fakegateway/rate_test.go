package fakegateway

import (
	"testing"

	"ibsoak/internal/wire"
)

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
