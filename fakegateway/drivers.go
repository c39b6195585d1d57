package fakegateway

import (
	"fmt"
	"io"
	"os"
	"time"

	"ibsoak/fakegateway/connection"
	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/hook"
)

const idleWait = connection.IdleWait

// runExchange drives the books: it sleeps until something is due or has changed.
func (s *Server) runExchange() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			s.moment.Lock()
			s.exchange.Advance(s.clock.Now())
			s.moment.Unlock()
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
	byNumber := make(map[int]*connection.Conn)
	var live []*fault.Track
	for _, c := range s.open() {
		if c.IsLive() {
			byNumber[c.Number()] = c
			live = append(live, c.Track())
		}
	}
	hits, released := s.plan.Due(live)
	for _, w := range released {
		s.tellWithheld(w)
	}
	for _, hit := range hits {
		c := byNumber[hit.Connection]
		switch {
		case hit.What.Do.OnListener():
			s.order(hit)
		case c != nil && hit.When.Delay > 0:
			c.Later(hit)
		case c != nil:
			c.Do(hit)
		default:
			s.board.File(fault.Receipt{
				Fault: hit.ID, Planned: hit.What.Do, Wire: "nothing", Point: hit.Point,
				At: time.Now(), Mismatch: "no live connection was selected",
			})
		}
	}
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
// closed port, messages that are kept back. The rest stays done.
func (s *Server) ClearFault(id string) error {
	err := s.plan.Remove(id)
	s.letGo()
	return err
}

// letGo tells what removed faults have kept back.
func (s *Server) letGo() {
	s.delayed.LetGo()
	s.rescheduled()
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
	s.letGo()
	return nil
}

// Faults lists what is in force, in the order in which it is tried.
func (s *Server) Faults() []fault.Fault { return s.plan.Faults() }

// runDelayed tells what was delayed: on the connection that it was withheld from or, when that has
// ended, on the one that the client then has.
func (s *Server) runDelayed() {
	timer := time.NewTimer(idleWait)
	defer timer.Stop()
	for {
		due, wait := s.delayed.Next()
		for _, m := range due {
			s.tellWithheld(m.Withheld)
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-s.delayed.Changed():
		case <-s.stop:
			return
		}
	}
}

// tellWithheld tells what was withheld to the client, wherever it is.
func (s *Server) tellWithheld(w fault.Withheld) {
	if w.Wait > 0 {
		s.delayed.Add(w)
		return
	}
	c := s.addressee(w)
	if c == nil {
		s.board.File(fault.Receipt{
			Fault: w.ID, Planned: w.What.Do, Wire: "nothing: the client is not connected",
			Connection: w.Connection, Point: w.Point, At: time.Now(),
		})
		return
	}
	c.TellNow(w)
}

// addressee is the live connection of a withheld message's client, nil for none: the one that it was
// withheld from, or the newest.
func (s *Server) addressee(w fault.Withheld) *connection.Conn {
	var newest *connection.Conn
	for _, c := range s.open() {
		if !c.IsLive() {
			continue
		}
		if c.Number() == w.Connection {
			return c
		}
		c.Look(func(r *Connection) {
			if r.ClientID != nil && *r.ClientID == w.ClientID && !r.BootstrapSent.IsZero() {
				newest = c
			}
		})
	}
	return newest
}

// loadHook reads a schedule's hook, if it has one. Every connection starts with an empty state.
func (s *Server) loadHook(schedule fault.Schedule) error {
	if schedule.Hook == "" {
		s.hook.Store(nil)
		return nil
	}
	source, err := readHook(schedule.Hook)
	if err != nil {
		return fmt.Errorf("read hook: %w", err)
	}
	h, err := hook.Load(schedule.Hook, source, func(text string) {
		s.log.Info("hook", "says", text)
	})
	if err != nil {
		return fmt.Errorf("read hook: %w", err)
	}
	s.hook.Store(h)
	return nil
}

// readHook reads no more than a schedule may have: the name comes from whoever steers the Gateway.
func readHook(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	source, err := io.ReadAll(io.LimitReader(f, fault.MaxFileBytes+1))
	if err == nil && len(source) > fault.MaxFileBytes {
		err = fmt.Errorf("%s is larger than %d bytes", name, fault.MaxFileBytes)
	}
	return source, err
}

// order hands a fault on the listener to the port.
func (s *Server) order(hit fault.Hit) { s.port.Order(hit) }
