package fakegateway

import "sync"

// Stage is how far up a Gateway is. Real ones open their port long before a login has finished.
type Stage string

// The stages, on the way up.
const (
	Refusing    Stage = "refusing"     // the port is closed
	AcceptMute  Stage = "accept-mute"  // TCP only: greetings are read, answers wait
	VersionOnly Stage = "version-only" // version replies go out, accounts and ids wait
	Ready       Stage = "ready"
)

func (s Stage) order() int {
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
	panic("fakegateway: no such stage: " + string(s))
}

// stages holds the current stage and wakes those who wait for another.
type stages struct {
	mu      sync.Mutex
	current Stage
	changed chan struct{} // closed at the next change
}

func newStages(first Stage) *stages {
	return &stages{current: first, changed: make(chan struct{})}
}

func (s *stages) set(next Stage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != next {
		s.current = next
		close(s.changed)
		s.changed = make(chan struct{})
	}
}

// wake makes everybody who waits for another stage look again.
func (s *stages) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *stages) now() Stage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

// get is the stage, and a channel that is closed when it is over.
func (s *stages) get() (Stage, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current, s.changed
}
