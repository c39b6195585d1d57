package trader

import (
	"math/rand/v2"
	"time"
)

// The defaults of Backoff.
const (
	DefaultReconnectBase = time.Second
	DefaultReconnectCap  = time.Minute
)

// jitter is the part of each delay that is drawn: 0.8 to 1.2 of it.
const jitter = 0.2

// Backoff is the schedule of reconnects: Base, twice that, and so on up to Cap, each drawn by
// up to a fifth either way, so that many traders do not dial a restarted Gateway at once.
type Backoff struct {
	Base time.Duration // default 1 s
	Cap  time.Duration // default 60 times Base, which is 60 s
	Seed uint64        // the jitter's only source
}

func (b Backoff) effective() Backoff {
	if b.Base <= 0 {
		b.Base = DefaultReconnectBase
	}
	if b.Cap <= 0 {
		b.Cap = b.Base * (DefaultReconnectCap / DefaultReconnectBase)
	}
	return b
}

// schedule draws the delays of one life.
type schedule struct {
	backoff Backoff
	random  *rand.Rand
}

func newSchedule(b Backoff) *schedule {
	return &schedule{b, rand.New(rand.NewPCG(b.Seed, 0x6261636b6f6666))}
}

// delay is the wait after so many failures in a row, from 1.
func (s *schedule) delay(failures int) time.Duration {
	d := s.backoff.Base
	for range failures - 1 {
		if d >= s.backoff.Cap/2 {
			d = s.backoff.Cap
			break
		}
		d *= 2
	}
	d = min(d, s.backoff.Cap)
	return time.Duration(float64(d) * (1 - jitter + 2*jitter*s.random.Float64()))
}
