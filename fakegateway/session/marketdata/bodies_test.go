package marketdata

import (
	"testing"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

// encoder is a connection that encodes what it is given before it returns.
type encoder struct{ frame []byte }

func (e *encoder) Send(m wire.Message) { e.frame, _ = wire.Append(e.frame[:0], m, 225) }
func (e *encoder) Now() time.Time      { return time.Time{} }

// Ticks have the same bodies again and again: only a number that was not sent lately is written anew.
func TestTickBodiesAreReused(t *testing.T) {
	s := &Session{client: client.New(&encoder{}, 225)}
	price := decimal.MustParse("260.12")
	out := s.ticksOf(6)
	if n := testing.AllocsPerRun(1000, func() {
		out.price(liveTicks.bid, price, 300)
		out.size(liveTicks.askSize, 1200)
		out.generic(haltedTick, 0)
	}); n != 0 {
		t.Errorf("three ticks allocate %v times", n)
	}
}
