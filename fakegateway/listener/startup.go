package listener

import (
	"errors"
	"fmt"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/observe"
	"ibsoak/fakegateway/stage"
)

// Restart ends everything as a process's exit does, and plans the startup: with the hit's accounts,
// if it has any, and else with those from before.
func (p *Port) Restart(hit fault.Hit) (wire string, err error) {
	p.begin(0)
	d := p.gateway.Startup
	if hit.What.Downtime != nil && *hit.What.Downtime != (fault.Downtime{}) {
		d = *hit.What.Downtime
	}
	// Whoever comes back before the new login waits for it.
	switch {
	case d.Refused > 0:
		err = p.shut(true)
	case d.VersionOnly > 0 && d.AcceptMute == 0:
		p.gateway.Stage.Set(stage.VersionOnly)
	default:
		p.gateway.Stage.Set(stage.AcceptMute)
	}
	ended := p.gateway.Owner.EndAll(hit)
	p.gateway.Login.Restart(p.gateway.Clock.Now(), hit.What.Accounts)
	return fmt.Sprintf("%d connections ended, port %s", ended, p.describe()),
		errors.Join(err, p.comeUp(d))
}

// comeUp plans the phases of d, and enters the first that lasts.
func (p *Port) comeUp(d fault.Downtime) error {
	p.approval = d.Approval
	p.unapproved.Store(d.Approval)
	enter := p.loggedIn
	after := time.Duration(0)
	for _, phase := range []struct {
		stage stage.Stage
		lasts fault.Duration
	}{{stage.Refusing, d.Refused}, {stage.AcceptMute, d.AcceptMute}, {stage.VersionOnly, d.VersionOnly}} {
		if phase.lasts > 0 {
			p.in(after, p.enter(phase.stage))
			after += time.Duration(phase.lasts)
		}
	}
	if after == 0 {
		return enter()
	}
	p.in(after, enter)
	return p.doDue()
}

// loggedIn is the end of the phases: the login is complete, or waits for its second factor.
func (p *Port) loggedIn() error {
	if p.approval {
		return p.enter(stage.VersionOnly)()
	}
	return p.enter(stage.Ready)()
}

// enter makes a stage begin.
func (p *Port) enter(next stage.Stage) func() error {
	return func() error {
		if p.disabled {
			next = stage.Refusing
		}
		if next == stage.Refusing {
			return p.shut(true)
		}
		p.gateway.Stage.Set(next)
		if err := p.open(); err != nil {
			return err
		}
		p.gateway.Board.Announce(observe.Event{Kind: observe.EventListening, Message: string(next)})
		return nil
	}
}
