package connection

import (
	"slices"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/lock"
)

// IdleWait stands for "until something changes" where a timer is needed.
const IdleWait = time.Hour

// maxDelayed bounds the delayed messages: further ones are told at once.
const maxDelayed = 1 << 14

// Delayed are the messages that are told after a while, in the order of their times and, where those
// are equal, in the order in which they were withheld.
type Delayed struct {
	mu   lock.Mutex[lock.Last]
	list []DelayedMessage
	wake chan struct{} // of one: a cue
}

// NewDelayed has none.
func NewDelayed() *Delayed { return &Delayed{wake: make(chan struct{}, 1)} }

// Changed is told when Next may have a sooner answer.
func (d *Delayed) Changed() <-chan struct{} { return d.wake }

// DelayedMessage is a withheld message whose time has not come.
type DelayedMessage struct {
	due time.Time // real time
	fault.Withheld
}

// Add puts a message in the place of its time.
func (d *Delayed) Add(w fault.Withheld) {
	m := DelayedMessage{time.Now().Add(w.Wait), w}
	m.Wait = 0
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.list) >= maxDelayed {
		m.due = time.Now()
	}
	at, _ := slices.BinarySearchFunc(d.list, m, func(a, b DelayedMessage) int {
		if a.due.After(b.due) {
			return 1
		}
		return -1 // behind those of the same time
	})
	d.list = slices.Insert(d.list, at, m)
	d.cue()
}

// LetGo makes due what was delayed by faults that were taken out of force, and forgets their copies.
func (d *Delayed) LetGo() {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	d.list = slices.DeleteFunc(d.list, func(m DelayedMessage) bool {
		return m.Removed() && m.What.Do == fault.Duplicate
	})
	for i := range d.list {
		if d.list[i].Removed() && d.list[i].due.After(now) {
			d.list[i].due = now
		}
	}
	slices.SortStableFunc(d.list, func(a, b DelayedMessage) int { return a.due.Compare(b.due) })
	d.cue()
}

func (d *Delayed) cue() {
	select {
	case d.wake <- struct{}{}:
	default: // one is already waiting
	}
}

// Next takes out what is due, and says how long to wait for more.
func (d *Delayed) Next() (due []DelayedMessage, wait time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	n := 0
	for n < len(d.list) && !d.list[n].due.After(now) {
		n++
	}
	due, d.list = slices.Clone(d.list[:n]), slices.Delete(d.list, 0, n)
	if len(d.list) == 0 {
		return due, IdleWait
	}
	return due, d.list[0].due.Sub(now)
}
