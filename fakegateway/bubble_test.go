package fakegateway

import (
	"errors"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ibsoak/fakegateway/connection"
	"ibsoak/fakegateway/fault"
	"ibsoak/internal/memnet"
	"ibsoak/internal/wire"
)

// bubbleGateway serves on memory, in virtual time.
type bubbleGateway struct {
	*Server
	ln atomic.Pointer[memnet.Listener]
}

func serveInBubble(t *testing.T, cfg Config) *bubbleGateway {
	t.Helper()
	g := &bubbleGateway{}
	g.ln.Store(memnet.Listen("gateway"))
	cfg.Relisten = func() (net.Listener, error) {
		ln := memnet.Listen(g.ln.Load().Addr().String())
		g.ln.Store(ln)
		return ln, nil
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	g.Server = s
	served := make(chan error)
	go func() { served <- s.Serve(g.ln.Load()) }()
	t.Cleanup(func() {
		if err := errors.Join(s.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
	synctest.Wait()
	return g
}

func (g *bubbleGateway) dial(t *testing.T) *rawClient {
	t.Helper()
	c, err := g.ln.Load().Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := newRawClient(t, c.(connection.Socket))
	if err := c.SetDeadline(time.Time{}); err != nil { // virtual time runs away when all wait
		t.Fatal(err)
	}
	return r
}

func TestHandshakeInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := serveInBubble(t, Config{})
		c := g.dial(t).connect(1)
		c.askTime()
		c.until(wire.CurrentTime)
		c.close()
		synctest.Wait()
		if r := g.Connections()[0]; r.Closed.IsZero() || r.ClosedFirst != ByClient {
			t.Errorf("ledger: %+v", r)
		}
	})
}

func TestStallInVirtualTime(t *testing.T) {
	const stall = 10 * time.Minute
	synctest.Test(t, func(t *testing.T) {
		g := serveInBubble(t, onPhase(fault.PreambleRead, fault.What{
			Do: fault.Delay, For: fault.Duration(stall),
		}))
		began := time.Now()
		g.dial(t).hello()
		if took := time.Since(began); took != stall {
			t.Errorf("the version reply took %s, want %s exactly", took, stall)
		}
	})
}

func TestZombieInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := serveInBubble(t, Config{Profile: "leaky"})
		c := g.dial(t).connect(1)
		if err := c.Conn.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Hour)
		if r := g.Connections()[0]; !r.InCloseWait() || r.GatewayDwell != time.Hour {
			t.Errorf("dwell %s, want an hour; ledger: %+v", r.GatewayDwell, r)
		}
		c.abort()
		<-time.After(100 * time.Millisecond)
		synctest.Wait()
		if r := g.Connections()[0]; r.ClientRST.IsZero() || r.Closed.IsZero() {
			t.Errorf("ledger: %+v", r)
		}
	})
}

func TestNightlyRestartInVirtualTime(t *testing.T) {
	start := time.Date(2026, 3, 2, 23, 0, 0, 0, time.UTC)
	down := fault.Downtime{
		Refused: fault.Duration(time.Minute), AcceptMute: fault.Duration(30 * time.Second),
		VersionOnly: fault.Duration(20 * time.Second),
	}
	synctest.Test(t, func(t *testing.T) {
		cfg := faults(fault.Fault{
			ID: "nightly", When: fault.When{At: ptr(fault.Duration(45 * time.Minute))},
			What: fault.What{Do: fault.Restart, Downtime: &down},
		})
		cfg.Clock = Clock{Start: start}
		g := serveInBubble(t, cfg)
		began := time.Now()
		c := g.dial(t).connect(1)
		c.wantFIN()
		c.close()
		if at := time.Since(began); at != 45*time.Minute {
			t.Errorf("the restart came after %s, want 45 m", at)
		}
		synctest.Wait()
		if _, err := g.ln.Load().Dial(t.Context()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dial: %v, want refused", err)
		}
		<-time.After(time.Minute)
		synctest.Wait()
		c = g.dial(t)
		c.hello()
		if at := time.Since(began); at != 46*time.Minute+30*time.Second {
			t.Errorf("the version reply came after %s, want 46 m 30 s", at)
		}
		c.startAPI(1)
		c.until(wire.NextValidID)
		if at := time.Since(began); at != 46*time.Minute+50*time.Second {
			t.Errorf("the next id came after %s, want 46 m 50 s", at)
		}
		if now := g.clock.Now(); !now.Equal(start.Add(46*time.Minute + 50*time.Second)) {
			t.Errorf("the scenario's clock says %s", now)
		}
	})
}
