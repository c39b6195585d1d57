package link

import "time"

// PaceBurst is how many messages may leave at once. A Gateway counts 50 in any second; a bucket
// lets through its rate plus its burst in the worst second, and START_API is one more.
const PaceBurst = 4

// pacer is a token bucket. One goroutine owns it.
type pacer struct {
	interval time.Duration // between tokens; 0 is no limit
	full     time.Time     // when the bucket will be full again
}

func newPacer(perSecond int) *pacer {
	if perSecond <= 0 {
		return &pacer{}
	}
	return &pacer{interval: time.Second / time.Duration(perSecond)}
}

// delay is how long to wait before the next message may leave.
func (p *pacer) delay(now time.Time) time.Duration {
	if p.interval == 0 || p.full.Before(now) {
		return 0
	}
	return max(0, p.full.Sub(now)-(PaceBurst-1)*p.interval)
}

// spend takes a token.
func (p *pacer) spend(now time.Time) {
	if p.full.Before(now) {
		p.full = now
	}
	p.full = p.full.Add(p.interval)
}
