// Package clock owns the scenario's clock. It must not know who goes by it.
package clock

import "time"

// MaxScale is a day in a second: beyond it the clock is coarser than a round trip.
const MaxScale = 86_400

// Clock is the scenario's clock: at the moment the Gateway starts it shows Start, and it runs
// Scale times as fast as real time. The market, the books and fault times follow it; socket
// behaviour and the timestamps of ledger and transcript are real time.
type Clock struct {
	Start time.Time `yaml:"start"` // zero: the real time of the start
	Scale float64   `yaml:"scale"` // above 0, MaxScale at the most; 0 or left out: 1
}

// Running is a Clock that has been started.
type Running struct {
	Began time.Time // real
	Start time.Time // scenario
	Scale float64
}

// Begin starts the clock.
func (c Clock) Begin() Running {
	k := Running{Began: time.Now(), Start: c.Start, Scale: c.Scale}
	if k.Start.IsZero() {
		k.Start = k.Began.Round(0)
	}
	if k.Scale == 0 {
		k.Scale = 1
	}
	return k
}

// Now is the scenario's time.
func (k Running) Now() time.Time { return k.Start.Add(k.Elapsed()) }

// Elapsed is scenario time since the start.
func (k Running) Elapsed() time.Duration {
	return time.Duration(float64(time.Since(k.Began)) * k.Scale)
}

// Real is how long d of scenario time takes.
func (k Running) Real(d time.Duration) time.Duration {
	return time.Duration(float64(d) / k.Scale)
}

// Until is the real time left to a moment of the scenario.
func (k Running) Until(t time.Time) time.Duration { return k.Real(t.Sub(k.Now())) }
