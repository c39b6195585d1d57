package exchange

import (
	"container/heap"
	"time"
)

// queue is the orders that have to be looked at, the next one first: by time, then by permanent
// id, so that what happens at one instant happens in the order in which orders were placed.
type queue []*order

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	a, b := q[i], q[j]
	if a.next.Equal(b.next) {
		return a.PermID < b.PermID
	}
	return a.next.Before(b.next)
}

func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].slot, q[j].slot = i, j
}

// Push is heap.Interface's.
func (q *queue) Push(o any) {
	added := o.(*order)
	added.slot = len(*q)
	*q = append(*q, added)
}

// Pop is heap.Interface's.
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	last.slot = notQueued
	return last
}

const notQueued = -1

// schedule sets when an order is looked at next; zero is never.
func (x *Exchange) schedule(o *order, at time.Time) {
	o.next = at
	queued := o.slot != notQueued
	switch {
	case at.IsZero() && queued:
		heap.Remove(&x.queue, o.slot)
	case at.IsZero():
	case queued:
		heap.Fix(&x.queue, o.slot)
	default:
		heap.Push(&x.queue, o)
	}
}

// nextOrder is the one to look at next; nil when none has to be.
func (x *Exchange) nextOrder() *order {
	if len(x.queue) == 0 {
		return nil
	}
	return x.queue[0]
}
