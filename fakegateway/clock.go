package fakegateway

import "time"

// Clock is the scenario's clock: at the moment the Gateway starts it shows Start, and it runs
// Scale times as fast as real time. The market, the books and fault times follow it; socket
// behaviour and the timestamps of ledger and transcript are real time.
type Clock struct {
	Start time.Time `yaml:"start"` // zero: the real time of the start
	Scale float64   `yaml:"scale"` // 0: 1; below 0 is an error
}

// clock is a Clock that has been started.
type clock struct {
	began time.Time // real
	start time.Time // scenario
	scale float64
}

func (c Clock) begin() clock {
	k := clock{began: time.Now(), start: c.Start, scale: c.Scale}
	if k.start.IsZero() {
		k.start = k.began.Round(0)
	}
	if k.scale == 0 {
		k.scale = 1
	}
	return k
}

// now is the scenario's time.
func (k clock) now() time.Time { return k.start.Add(k.elapsed()) }

// elapsed is scenario time since the start.
func (k clock) elapsed() time.Duration {
	return time.Duration(float64(time.Since(k.began)) * k.scale)
}

// real is how long d of scenario time takes.
func (k clock) real(d time.Duration) time.Duration {
	return time.Duration(float64(d) / k.scale)
}

// until is the real time left to a moment of the scenario.
func (k clock) until(t time.Time) time.Duration { return k.real(t.Sub(k.now())) }
