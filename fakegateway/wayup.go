package fakegateway

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"ibsoak/fakegateway/fault"
)

// Restart ends all sessions, with FIN or RST, closes the port and comes back as d says; a zero d is
// the profile's own way up. It returns when the sessions have ended.
func (s *Server) Restart(d fault.Downtime, end fault.Action) error {
	f := fault.Fault{
		ID: "restart", When: fault.When{At: new(fault.Duration)},
		What: fault.What{Do: fault.Restart, Then: end, Downtime: &d},
	}
	if err := (fault.Schedule{Faults: []fault.Fault{f}}).Validate(); err != nil {
		return err
	}
	return s.orderAndWait(fault.Hit{Fault: f, Point: "on request"})
}

// Restart ends everything as a process's exit does, and plans the way up.
func (p *port) Restart(hit fault.Hit) (wire string, err error) {
	p.begin(0)
	d := p.s.startup()
	if hit.What.Downtime != nil && *hit.What.Downtime != (fault.Downtime{}) {
		d = *hit.What.Downtime
	}
	switch {
	case d.Refused > 0:
		err = p.shut(true)
	case d.AcceptMute > 0:
		p.s.stage.Set(AcceptMute)
	case d.VersionOnly > 0:
		p.s.stage.Set(VersionOnly)
	}
	p.s.mu.Lock()
	p.s.epoch++
	p.s.crashed, p.s.sinceUp = false, 0
	p.s.mu.Unlock()
	ended := p.s.endAll(hit)
	p.s.login.Restart()
	return fmt.Sprintf("%d connections ended, port %s", ended, p.describe()),
		errors.Join(err, p.comeUp(d))
}

// startup is the way up of a Gateway that is not told another.
func (s *Server) startup() fault.Downtime {
	if s.cfg.Startup != nil {
		return *s.cfg.Startup
	}
	return s.profile.Startup
}

// comeUp plans the phases of d, and enters the first that lasts.
func (p *port) comeUp(d fault.Downtime) error {
	p.approval = d.Approval
	p.s.unapproved.Store(d.Approval)
	enter := p.loggedIn
	after := time.Duration(0)
	for _, phase := range []struct {
		stage Stage
		lasts fault.Duration
	}{{Refusing, d.Refused}, {AcceptMute, d.AcceptMute}, {VersionOnly, d.VersionOnly}} {
		if phase.lasts > 0 {
			p.in(after, p.enter(phase.stage))
			after += time.Duration(phase.lasts)
		}
	}
	if after == 0 {
		return enter()
	}
	p.in(after, enter)
	return p.keepAppointments()
}

// loggedIn is the end of the phases: the login is complete, or waits for its second factor.
func (p *port) loggedIn() error {
	if p.approval {
		return p.enter(VersionOnly)()
	}
	return p.enter(Ready)()
}

// enter makes a stage begin.
func (p *port) enter(stage Stage) func() error {
	return func() error {
		if p.disabled {
			stage = Refusing
		}
		if stage == Refusing {
			return p.shut(true)
		}
		p.s.stage.Set(stage)
		if err := p.open(); err != nil {
			return err
		}
		p.s.board.Announce(Event{Kind: EventListening, Message: string(stage)})
		return nil
	}
}

// endAll ends every connection, as the exit of a process does, and waits for the sessions. It
// returns how many there were.
func (s *Server) endAll(hit fault.Hit) int {
	conns := s.open()
	ended := conns[:0:0]
	for _, c := range conns {
		if c.Ended() {
			continue
		}
		ended = append(ended, c)
		perConn := hit.Then(cmp.Or(hit.What.Then, fault.FIN))
		perConn.Connection = c.Number()
		if c.IsLive() {
			c.Do(perConn)
		} else if c.IsZombie() {
			c.Close("the gateway restarted")
		}
	}
	for _, c := range ended {
		<-c.SessionOver() // the session has ended: its client id is free
	}
	return len(ended)
}
