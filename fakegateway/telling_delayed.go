package fakegateway

import (
	"slices"
	"sync"
	"time"

	"ibsoak/fakegateway/fault"
)

// maxDelayed bounds the delayed messages: further ones are told at once.
const maxDelayed = 1 << 14

// delayed are the messages that are told after a while, in the order of their times and, where those
// are equal, in the order in which they were withheld.
type delayed struct {
	mu   sync.Mutex
	list []delayedMessage
	wake chan struct{} // of one: a cue
}

type delayedMessage struct {
	due time.Time // real time
	fault.Withheld
}

func (d *delayed) add(w fault.Withheld) {
	m := delayedMessage{time.Now().Add(w.Wait), w}
	m.Wait = 0
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.list) >= maxDelayed {
		m.due = time.Now()
	}
	at, _ := slices.BinarySearchFunc(d.list, m, func(a, b delayedMessage) int {
		if a.due.After(b.due) {
			return 1
		}
		return -1 // behind those of the same time
	})
	d.list = slices.Insert(d.list, at, m)
	select {
	case d.wake <- struct{}{}:
	default: // a cue is already waiting
	}
}

// next takes out what is due, and says how long to wait for more.
func (d *delayed) next() (due []delayedMessage, wait time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	n := 0
	for n < len(d.list) && !d.list[n].due.After(now) {
		n++
	}
	due, d.list = slices.Clone(d.list[:n]), slices.Delete(d.list, 0, n)
	if len(d.list) == 0 {
		return due, idleWait
	}
	return due, d.list[0].due.Sub(now)
}

// runDelayed tells what was delayed: on the connection that it was withheld from or, when that has
// ended, on the one that the client then has.
func (s *Server) runDelayed() {
	timer := time.NewTimer(idleWait)
	defer timer.Stop()
	for {
		due, wait := s.delayed.next()
		for _, m := range due {
			s.sayNow(m.Withheld)
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-s.delayed.wake:
		case <-s.stop:
			return
		}
	}
}
