// Package pace is the order in which requests of many clients leave for one Gateway: orders and
// cancels first, the others in turns of one a client, so that no client keeps another waiting. It
// knows no clock and no socket: whoever takes from it keeps to the rate.
package pace

import (
	"context"
	"sync"

	"ibsoak/internal/wire"
	"ibsoak/trader/keeper/subs"
)

// MaxWaiting bounds the requests of one session that wait; its client is not read meanwhile.
const MaxWaiting = 256

// Item is one request that waits.
type Item struct {
	Kind    wire.Kind
	Payload []byte
	Key     subs.Key
	Send    func(kind wire.Kind, payload []byte) // called by whoever has taken it
}

// Queue holds the requests of all sessions. It is safe for concurrent use.
type Queue struct {
	mu     sync.Mutex
	first  []queued // orders and cancels of all sessions, by arrival
	turns  []*Lane  // the lanes with something waiting, in turn
	taken  bool     // one was taken and is not sent yet
	filled chan struct{}
}

type queued struct {
	lane *Lane
	item Item
}

// Lane is one session's place in the queue.
type Lane struct {
	queue *Queue
	rest  []Item
	ahead int           // of its items in queue.first
	room  chan struct{} // capacity 1: an item was taken
}

// NewQueue makes an empty queue.
func NewQueue() *Queue { return &Queue{filled: make(chan struct{}, 1)} }

// Lane makes a place for a session.
func (q *Queue) Lane() *Lane { return &Lane{queue: q, room: make(chan struct{}, 1)} }

// IsFirst reports the kinds that do not wait for the others: whatever makes an account safer, or
// leaves less behind.
func IsFirst(k wire.Kind) bool {
	switch k {
	case wire.PlaceOrder, wire.CancelOrder, wire.ReqGlobalCancel, wire.ExerciseOptions:
		return true
	default:
		return subs.IsCancel(k)
	}
}

// Await waits until the lane has room for a client's request.
func (l *Lane) Await(ctx context.Context) error {
	for {
		l.queue.mu.Lock()
		room := len(l.rest)+l.ahead < MaxWaiting
		l.queue.mu.Unlock()
		if room {
			return nil
		}
		select {
		case <-l.room:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Push adds a request. A cancel whose own request still waits goes behind that.
func (l *Lane) Push(item Item, first bool) {
	q := l.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	if first && subs.IsCancel(item.Kind) && l.waits(item.Key) {
		first = false
	}
	if first {
		q.first = append(q.first, queued{l, item})
		l.ahead++
	} else {
		if len(l.rest) == 0 {
			q.turns = append(q.turns, l)
		}
		l.rest = append(l.rest, item)
	}
	signal(q.filled)
}

func (l *Lane) waits(k subs.Key) bool {
	for _, waiting := range l.rest {
		if waiting.Key == k {
			return true
		}
	}
	return false
}

// Idle reports that nothing waits at all, nor is on its way from Take to Sent.
func (q *Queue) Idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.first) == 0 && len(q.turns) == 0 && !q.taken
}

// Sent says that what was taken has been sent.
func (q *Queue) Sent() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.taken = false
}

// Filled has a token when something may wait.
func (q *Queue) Filled() <-chan struct{} { return q.filled }

// Take takes the next request; Sent must follow.
func (q *Queue) Take() (Item, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.first) > 0 {
		next := q.first[0]
		q.first[0] = queued{}
		q.first = q.first[1:]
		next.lane.ahead--
		q.taken = true
		signal(next.lane.room)
		return next.item, true
	}
	if len(q.turns) == 0 {
		return Item{}, false
	}
	l := q.turns[0]
	q.turns = q.turns[1:]
	item := l.rest[0]
	l.rest[0] = Item{}
	l.rest = l.rest[1:]
	if len(l.rest) > 0 {
		q.turns = append(q.turns, l)
	}
	q.taken = true
	signal(l.room)
	return item, true
}

// Drop takes out what a departed client has left waiting, but for its orders and cancels, and
// returns it.
func (l *Lane) Drop() []Item {
	q := l.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	dropped := l.rest
	l.rest = nil
	for i, other := range q.turns {
		if other == l {
			q.turns = append(q.turns[:i:i], q.turns[i+1:]...)
			break
		}
	}
	signal(l.room)
	return dropped
}

// Clear takes out everything of a lane whose session is over, and counts it.
func (l *Lane) Clear() int {
	n := len(l.Drop())
	q := l.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	kept := q.first[:0]
	for _, waiting := range q.first {
		if waiting.lane == l {
			n++
			continue
		}
		kept = append(kept, waiting)
	}
	clear(q.first[len(kept):])
	q.first = kept
	l.ahead = 0
	return n
}

// Waiting counts the requests of the lane.
func (l *Lane) Waiting() int {
	l.queue.mu.Lock()
	defer l.queue.mu.Unlock()
	return len(l.rest) + l.ahead
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
