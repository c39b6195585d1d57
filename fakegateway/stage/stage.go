// Package stage owns how far up a Gateway is, and wakes those who wait for it to be further. It must not
// know what is done at a stage.
package stage

import (
	"errors"

	"ibsoak/fakegateway/lock"
)

// ErrClosed is what is answered by a Gateway that was closed.
var ErrClosed = errors.New("the gateway is closed")

// Stage is how far up a Gateway is. Real ones open their port long before a login has finished.
type Stage string

// The stages, in their order.
const (
	Refusing    Stage = "refusing"     // the port is closed
	AcceptMute  Stage = "accept-mute"  // TCP only: greetings are read, answers wait
	VersionOnly Stage = "version-only" // version replies go out, accounts and ids wait
	Ready       Stage = "ready"
)

// Order is the place of the stage, from 0.
func (s Stage) Order() int {
	switch s {
	case Refusing:
		return 0
	case AcceptMute:
		return 1
	case VersionOnly:
		return 2
	case Ready:
		return 3
	}
	panic("stage: no such stage: " + string(s))
}

// Stages holds the current stage and wakes those who wait for another.
type Stages struct {
	mu      lock.Mutex[lock.Last]
	current Stage
	changed chan struct{} // closed at the next change
}

// New begins with a stage.
func New(first Stage) *Stages {
	return &Stages{current: first, changed: make(chan struct{})}
}

// Set begins a stage.
func (s *Stages) Set(next Stage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != next {
		s.current = next
		close(s.changed)
		s.changed = make(chan struct{})
	}
}

// Wake makes everybody who waits for another stage look again.
func (s *Stages) Wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

// Now is the stage.
func (s *Stages) Now() Stage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

// Get is the stage, and a channel that is closed when it is over.
func (s *Stages) Get() (Stage, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current, s.changed
}
