package harness

import "ibsoak/fakegateway/fault"

// kills reports that the harness ends lives by SIGKILL at a point of their connection.
func (s Subject) kills() bool { return s.KillAt != nil || len(s.KillPoints) > 0 }

// killPoint is where a life is killed; false when it is not.
func (s Subject) killPoint(life int) (fault.When, bool) {
	if n := len(s.KillPoints); n > 0 {
		return s.KillPoints[(life-1)%n], true
	}
	if s.KillAt != nil {
		return *s.KillAt, true
	}
	return fault.When{}, false
}

// asksForCycles reports that a life is asked to go on until SIGTERM: there is no idle trader to
// kill in one that leaves after its cycle.
func (s Subject) asksForCycles() bool { return s.Mode == Continuous || len(s.KillPoints) > 0 }
