package broker

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// Order ids and request ids share the positive 32-bit numbers on the wire: an error message names
// either. Requests take a window that the session's orders are not in: a quarter above the half, or,
// when the Gateway counts orders there already, one below.
const (
	half          = 1 << 30
	requestWindow = 1 << 29
	lowRequests   = half - requestWindow
	maxOrderID    = 1<<31 - 2
)

// requestBase is what request ids are above when the next order id is next; 0 when there is no room for
// orders.
func requestBase(next int64) int64 {
	switch {
	case next > maxOrderID:
		return 0
	case next >= half:
		return lowRequests
	default:
		return half
	}
}

// isRequestID says whether an id is in the session's window for requests, and so no order of ours.
func (s *Session) isRequestID(id int64) bool {
	return id > s.requests && id <= s.requests+requestWindow
}

// lastRequest counts the requests of the process, from a random number on: no session reuses an id, and
// an earlier process is unlikely to have had it, so an answer meant for another session fits no request.
var lastRequest atomic.Int64

func init() { lastRequest.Store(rand.Int64N(requestWindow / 2)) }

func (s *Session) nextRequestID() int64 { return s.requests + lastRequest.Add(1) }

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
