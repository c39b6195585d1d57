package fakegateway

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/scmhub/ibapi/protobuf"

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

func TestNextOrderIDOutlivesARestart(t *testing.T) {
	s := startServer(t, Config{})
	c := dial(t, s).connect(1)
	c.send(wire.PlaceOrder, order(41, 1, "LMT", 1))
	c.until(wire.OrderStatus)
	if err := s.Restart(fault.Downtime{}, fault.FIN); err != nil {
		t.Fatal(err)
	}
	c = dial(t, s)
	c.hello()
	c.startAPI(1)
	c.until(wire.OpenOrder) // so does the order
	if id := c.until(wire.NextValidID).Body.(*protobuf.NextValidId).GetOrderId(); id != 42 {
		t.Errorf("next id %d after a restart, want 42", id)
	}
}
