package fakegateway

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"ibsoak/fakegateway/connection"
	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

func ptr[T any](v T) *T { return &v }

func ms(n int) fault.Duration { return fault.Duration(time.Duration(n) * time.Millisecond) }

// onPhase is the commonest fault.
func onPhase(p fault.Phase, what fault.What) Config {
	return faults(fault.Fault{When: fault.When{Phase: p}, What: what})
}

// receipt awaits the first receipt and checks that nothing went wrong.
func receipt(t *testing.T, s *Server, planned fault.Action, wire string) fault.Receipt {
	t.Helper()
	await(t, s, "a receipt", func(v *View) bool { return len(v.Receipts()) > 0 })
	r := s.Receipts()[0]
	if r.Planned != planned || r.Wire != wire || r.Mismatch != "" {
		t.Errorf("receipt %+v, want %s that was %q on the wire", r, planned, wire)
	}
	return r
}

// reach makes a client come to the phase at which a fault falls.
func reach(t *testing.T, s *Server, p fault.Phase) *rawClient {
	t.Helper()
	c := dial(t, s)
	if p == fault.Accepted {
		return c
	}
	c.greet()
	if p == fault.PreambleRead || p == fault.VersionSent {
		return c
	}
	c.versionReply()
	c.startAPI(1)
	if p == fault.StartAPIRead || p == fault.BootstrapSent {
		return c
	}
	c.until(wire.NextValidID)
	c.askTime()
	return c
}

func TestFINAndRSTAtEveryPhase(t *testing.T) {
	for _, p := range fault.Phases() {
		t.Run(string(p)+" fin", func(t *testing.T) {
			s := startServer(t, onPhase(p, fault.What{Do: fault.FIN}))
			c := reach(t, s, p)
			c.wantFIN()
			receipt(t, s, fault.FIN, "FIN")
			c.close()
			r := row(t, s, 1, "the end", func(r Connection) bool { return !r.Closed.IsZero() })
			if r.ClosedFirst != ByGateway || r.GatewayFIN.IsZero() || !r.GatewayRST.IsZero() {
				t.Errorf("ledger: %+v", r)
			}
		})
		t.Run(string(p)+" rst", func(t *testing.T) {
			s := startServer(t, onPhase(p, fault.What{Do: fault.RST}))
			if p == fault.Accepted { // it may come before the dial has returned
				if err := dialError(t, s, patience); err != nil && !errors.Is(err, syscall.ECONNRESET) {
					t.Error(err)
				}
			} else {
				reach(t, s, p).wantRST()
			}
			receipt(t, s, fault.RST, "RST")
			r := row(t, s, 1, "the end", func(r Connection) bool { return !r.Closed.IsZero() })
			if r.GatewayRST.IsZero() || !r.GatewayFIN.IsZero() {
				t.Errorf("ledger: %+v", r)
			}
		})
	}
}

func TestFINWithUnreadInputIsStillFIN(t *testing.T) {
	s := startServer(t, onPhase(fault.BootstrapSent, fault.What{Do: fault.FIN}))
	c := dial(t, s)
	c.hello()
	c.startAPI(1)
	for range 100 {
		c.askTime()
	}
	c.wantFIN()
	receipt(t, s, fault.FIN, "FIN")
}

func TestClientDwellIsTheTimeInCloseWait(t *testing.T) {
	s := startServer(t, onPhase(fault.BootstrapSent, fault.What{Do: fault.FIN}))
	c := reach(t, s, fault.BootstrapSent)
	c.wantFIN()
	began := time.Now() // the client's socket is in CLOSE_WAIT
	time.AfterFunc(20*time.Millisecond, c.close)
	r := row(t, s, 1, "the end", func(r Connection) bool { return !r.Closed.IsZero() })
	if least := r.ClientFIN.Sub(began); r.ClientDwell < least || least < 20*time.Millisecond {
		t.Errorf("client dwell %s, at least %s was in CLOSE_WAIT", r.ClientDwell, least)
	}
	if r.GatewayDwell != 0 {
		t.Errorf("gateway dwell %s, want 0", r.GatewayDwell)
	}
}

func TestWritingAfterFINMeetsAReset(t *testing.T) {
	s := startServer(t, onPhase(fault.BootstrapSent, fault.What{Do: fault.FIN}))
	c := reach(t, s, fault.BootstrapSent)
	c.wantFIN()
	ticker := time.NewTicker(connection.LateGrace)
	defer ticker.Stop()
	for range 2 {
		<-ticker.C // what comes soon after the FIN is excused
	}
	c.askTime()
	r := row(t, s, 1, "our RST", func(r Connection) bool { return !r.GatewayRST.IsZero() })
	if r.BytesAfterFIN == 0 {
		t.Errorf("ledger: no bytes after FIN: %+v", r)
	}
}

func TestHalfCloseReadsOn(t *testing.T) {
	s := startServer(t, onPhase(fault.BootstrapSent, fault.What{Do: fault.HalfClose}))
	c := reach(t, s, fault.BootstrapSent)
	c.wantFIN()
	receipt(t, s, fault.HalfClose, "FIN")
	c.askTime()
	await(t, s, "a request after our FIN", func(v *View) bool {
		return v.Received("reqCurrentTime") == 1
	})
	c.close()
	r := row(t, s, 1, "the end", func(r Connection) bool { return !r.Closed.IsZero() })
	if !r.GatewayRST.IsZero() || r.ClientDwell <= 0 {
		t.Errorf("ledger: %+v", r)
	}
}
