package fakegateway

import (
	"testing"
	"testing/synctest"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

func TestLoginWaitsForItsSecondFactor(t *testing.T) {
	s := startServer(t, Config{Startup: &fault.Downtime{Refused: ms(50), Approval: true}})
	await(t, s, "the login", func(v *View) bool { return v.Stage() == VersionOnly })
	c := dial(t, s)
	c.hello()
	c.startAPI(1)
	row(t, s, 1, "startApi", func(r Connection) bool { return len(r.FirstBytes) > 0 })
	c.wantSilence()
	operate(t, s, fault.ApproveLogin)
	c.until(wire.NextValidID)
	if err := s.Operate(fault.ApproveLogin, ""); err == nil {
		t.Error("approved twice")
	}
}

func TestEarlyApprovalIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := serveInBubble(t, Config{Startup: &fault.Downtime{
			AcceptMute: fault.Duration(time.Minute), VersionOnly: fault.Duration(time.Minute),
			Approval: true,
		}})
		operate(t, g.Server, fault.ApproveLogin)
		began := time.Now()
		g.dial(t).connect(1)
		if took := time.Since(began); took != 2*time.Minute {
			t.Errorf("logged in after %s, want 2 m", took)
		}
	})
}
