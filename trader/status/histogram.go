package status

import "time"

// RoundTripBounds are the upper bounds of a Histogram's buckets; the last one is open.
var RoundTripBounds = [...]time.Duration{
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond,
	50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second,
	2500 * time.Millisecond, 5 * time.Second, 10 * time.Second, 30 * time.Second,
}

// Histogram counts durations. It is a value: a snapshot's copy does not change.
type Histogram struct {
	Buckets [len(RoundTripBounds) + 1]uint64 `json:"buckets"` // not cumulated
	Sum     time.Duration                    `json:"sum"`
}

// Add counts one.
func (h *Histogram) Add(d time.Duration) {
	i := 0
	for i < len(RoundTripBounds) && d > RoundTripBounds[i] {
		i++
	}
	h.Buckets[i]++
	h.Sum += d
}

// Count is how many there are.
func (h Histogram) Count() (n uint64) {
	for _, b := range h.Buckets {
		n += b
	}
	return n
}
