package fakegateway

import (
	"time"

	"ibsoak/fakegateway/fault"
)

// idleWait stands for "until something changes" where a timer is needed.
const idleWait = time.Hour

// runExchange drives the books: it sleeps until something is due or has changed.
func (s *Server) runExchange() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			s.hush.Lock()
			s.exchange.Advance(s.clock.Now())
			s.hush.Unlock()
		case <-s.exchange.Changed():
		case <-s.stop:
			return
		}
		s.board.Announce(Event{Kind: EventBooks})
		wait := idleWait
		if at, ok := s.exchange.NextEvent(); ok {
			wait = max(0, s.clock.Until(at))
		}
		timer.Reset(wait)
	}
}

// runSchedule lets the faults with an At fall.
func (s *Server) runSchedule() {
	timer := time.NewTimer(idleWait)
	defer timer.Stop()
	for {
		wait := idleWait
		if at, ok := s.plan.NextAt(); ok {
			wait = max(0, s.clock.Real(at-s.clock.Elapsed()))
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
			s.strikeDue()
		case <-s.replan:
		case <-s.stop:
			return
		}
	}
}

// strikeDue lets act what is due by the clock.
func (s *Server) strikeDue() {
	byNumber := make(map[int]*conn)
	var live []*fault.Track
	for _, c := range s.open() {
		if c.isLive() {
			byNumber[c.id] = c
			live = append(live, c.track)
		}
	}
	hits, released := s.plan.Due(live)
	for _, w := range released {
		s.sayNow(w)
	}
	for _, hit := range hits {
		c := byNumber[hit.Connection]
		switch {
		case hit.What.Do.OnListener():
			s.order(hit)
		case c != nil && hit.When.Delay > 0:
			c.later(hit)
		case c != nil:
			c.do(hit)
		default:
			s.board.File(fault.Receipt{
				Fault: hit.ID, Planned: hit.What.Do, Wire: "nothing", Point: hit.Point,
				At: time.Now(), Mismatch: "no live connection was selected",
			})
		}
	}
}

// isLive reports whether a fault by the clock may still fall on the connection.
func (c *conn) isLive() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.ended && !c.stopped
}

func (s *Server) rescheduled() {
	select {
	case s.replan <- struct{}{}:
	default: // a cue is already waiting
	}
}

// Inject puts one more fault in force, behind those of the schedule, and returns its id. Counts
// (Nth, BytesOut) are those of each connection since it was accepted.
func (s *Server) Inject(f fault.Fault) (id string, err error) {
	if err := (fault.Schedule{Faults: []fault.Fault{f}}).Validate(); err != nil {
		return "", err
	}
	if id, err = s.plan.Add(f); err != nil {
		return "", err
	}
	s.rescheduled()
	return id, nil
}

// ClearFault takes a fault out of force and ends what it is holding: a delay, a mute, a stop, a drip, a
// closed port. What it withholds stays withheld until its release, and the rest stays done.
func (s *Server) ClearFault(id string) error {
	err := s.plan.Remove(id)
	s.rescheduled()
	return err
}

// SetSchedule replaces the schedule and what was injected, and ends what those are holding; the profile's
// faults stay in force.
func (s *Server) SetSchedule(schedule fault.Schedule) error {
	if err := schedule.Validate(); err != nil {
		return err
	}
	if err := s.loadHook(schedule); err != nil {
		return err
	}
	s.plan.Set(schedule)
	s.rescheduled()
	return nil
}

// Faults lists what is in force, in the order in which it is tried.
func (s *Server) Faults() []fault.Fault { return s.plan.Faults() }
