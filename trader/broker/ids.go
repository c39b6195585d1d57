package broker

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// Order ids and request ids share one space on the wire: an error message names either. Orders
// take the lower half of the positive 32-bit numbers, requests the upper.
const (
	firstRequestID  = 1 << 30
	requestIDSpread = 1 << 29
)

// lastRequestID makes request ids that no earlier session of this process has used, and that an
// earlier process is unlikely to have: an answer meant for another session fits no request.
var lastRequestID atomic.Int64

func init() { lastRequestID.Store(firstRequestID + rand.Int64N(requestIDSpread)) }

func nextRequestID() int64 { return lastRequestID.Add(1) }

// orderIDs gives out order ids, strictly rising.
type orderIDs struct {
	mu   sync.Mutex
	next int64
}

// take gives the next id.
func (o *orderIDs) take() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	id := o.next
	o.next++
	return id
}

// atLeast makes sure that ids below id are never given out.
func (o *orderIDs) atLeast(id int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.next = max(o.next, id)
}

// peek is the id that take would give.
func (o *orderIDs) peek() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.next
}
