package observe

import (
	"time"

	"ibsoak/fakegateway/clock"
)

// mostInWindow bounds what a rateWindow remembers; a client that sends more in a second is counted
// no further.
const mostInWindow = 4096

// rateWindow counts a client's messages in the time before each.
type rateWindow struct {
	span  time.Duration
	times []time.Time
	first int // of times: the oldest inside the window
}

// add counts a message, and gives how many there are with it in the span that ends now.
func (w *rateWindow) add(now time.Time) int {
	for w.first < len(w.times) && now.Sub(w.times[w.first]) >= w.span {
		w.first++
	}
	if w.first > len(w.times)/2 {
		w.times = w.times[:copy(w.times, w.times[w.first:])]
		w.first = 0
	}
	if len(w.times)-w.first < mostInWindow {
		w.times = append(w.times, now)
	}
	return len(w.times) - w.first
}

// Rate is the largest number of messages that a client sent in any one second.
type Rate struct {
	Messages int       `json:"messages"`
	At       time.Time `json:"at,omitzero"` // the last of them was read, in real time
}

// rates are the windows of one connection: a second of the scenario's clock and one of real time.
type rates struct{ scenario, real rateWindow }

func newRates(k clock.Running) *rates {
	return &rates{
		scenario: rateWindow{span: k.Real(time.Second)}, real: rateWindow{span: time.Second},
	}
}

// count notes a message that was read at now.
func (r *rates) count(row *Connection, now time.Time) {
	row.Busiest.raise(r.scenario.add(now), now)
	row.BusiestReal.raise(r.real.add(now), now)
}

func (r *Rate) raise(n int, at time.Time) {
	if n > r.Messages {
		r.Messages, r.At = n, at
	}
}
