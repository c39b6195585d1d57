package fakegateway

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/session"
	"ibsoak/internal/wire"
)

// with makes a Config with these settings.
func with(s session.Semantics) Config { return Config{Semantics: s} }

func withPort(p PortSettings) Config { return Config{PortSettings: p} }

func (r *rawClient) wantFINWithoutAByte() {
	r.t.Helper()
	if got := r.wantFIN(); len(got) != 0 {
		r.t.Errorf("%d bytes before the FIN: %x", len(got), got)
	}
}

// wantError reads up to an error message and checks it.
func (r *rawClient) wantError(id, code int, text string) {
	r.t.Helper()
	m := r.until(wire.ErrorMessage).Body.(*protobuf.ErrorMessage)
	if int(m.GetId()) != id || int(m.GetErrorCode()) != code ||
		!strings.Contains(m.GetErrorMsg(), text) {
		r.t.Errorf("error %v, want %d %d %q", m, id, code, text)
	}
}

func TestOneClientTooManyIsClosedWithoutAByte(t *testing.T) {
	s := startServer(t, withPort(PortSettings{MaxClients: 2}))
	first := dial(t, s).connect(1)
	dial(t, s).connect(2)
	c := dial(t, s)
	c.greet()
	c.wantFINWithoutAByte()
	first.close()
	row(t, s, 1, "the end of a client", func(r Connection) bool { return !r.Closed.IsZero() })
	dial(t, s).connect(3)
	if r := s.Connections()[2]; r.BytesOut != 0 || r.ClosedFirst != ByGateway || !r.GatewayRST.IsZero() {
		t.Errorf("ledger: %+v", r)
	}
}

func TestThirtyTwoClientsAreTheDefault(t *testing.T) {
	s := startServer(t, Config{})
	for i := range 32 {
		dial(t, s).connect(i)
	}
	dial(t, s).wantFINWithoutAByte()
}

func TestOneClientTooManyMayBeLeftWaiting(t *testing.T) {
	s := startServer(t, withPort(PortSettings{MaxClients: 1, SilentWhenFull: true}))
	dial(t, s).connect(1)
	c := dial(t, s)
	c.greet()
	row(t, s, 2, "the preamble", func(r Connection) bool { return r.Preamble })
	c.wantSilence()
}

func TestOnlyTrustedAddressesAreServed(t *testing.T) {
	for _, c := range []struct {
		trusted []string
		served  bool
	}{
		{nil, true},
		{[]string{"127.0.0.1"}, true},
		{[]string{"10.0.0.0/8", "127.0.0.0/8"}, true},
		{[]string{"192.0.2.7"}, false},
	} {
		s := startServer(t, withPort(PortSettings{TrustedAddresses: c.trusted}))
		if client := dial(t, s); c.served {
			client.connect(1)
		} else {
			client.wantFINWithoutAByte()
		}
	}
}

func TestClientIDIsReleasedLate(t *testing.T) {
	const release = 10 * time.Second
	synctest.Test(t, func(t *testing.T) {
		g := serveInBubble(t, with(session.Semantics{ClientIDRelease: release}))
		g.dial(t).connect(7).close()
		synctest.Wait()
		<-time.After(release - time.Millisecond)
		c := g.dial(t)
		c.hello()
		c.startAPI(7)
		c.wantError(noID, 326, "already in use")
		c.wantFIN()
		c.close()
		g.dial(t).connect(8)
		<-time.After(time.Millisecond)
		g.dial(t).connect(7).close()
		if err := g.Restart(fault.Downtime{}, fault.FIN); err != nil {
			t.Fatal(err)
		}
		g.dial(t).connect(7) // a new process knows nothing of the old id
	})
}

func TestLoginsAreThrottled(t *testing.T) {
	const window, stall = time.Minute, 6 * time.Minute
	synctest.Test(t, func(t *testing.T) {
		g := serveInBubble(t, withPort(PortSettings{
			MaxLogins: 2, LoginWindow: window, LoginStall: stall,
		}))
		for client, want := range []time.Duration{0, 0, stall, 0} {
			began := time.Now()
			g.dial(t).connect(client).close()
			if took := time.Since(began); took != want {
				t.Errorf("login %d took %s, want %s", client+1, took, want)
			}
		}
	})
}

func TestMalformedRequestMayEndTheSession(t *testing.T) {
	for _, ends := range []bool{false, true} {
		s := startServer(t, withPort(PortSettings{DisconnectMalformed: ends}))
		c := dial(t, s).connect(1)
		c.write(wire.AppendFrame(nil, []byte{0, 0, 0, 250, 0xff}))
		c.wantError(noID, 320, "Error reading request")
		if ends {
			c.wantFIN()
			continue
		}
		c.askTime()
		c.until(wire.CurrentTime)
	}
}

func TestDisabledAPIRefusesUntilItIsEnabled(t *testing.T) {
	s := startServer(t, withPort(PortSettings{APIDisabled: true}))
	await(t, s, "the closed port", func(v *View) bool { return v.Stage() == Refusing })
	wantRefused(t, s)
	if err := s.Restart(fault.Downtime{}, fault.FIN); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, s) // a setting outlives the process
	if err := s.Operate(fault.EnableAPI, ""); err != nil {
		t.Fatal(err)
	}
	c := dial(t, s).connect(1)
	if err := s.Operate(fault.DisableAPI, ""); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, s)
	c.askTime() // sessions live on
	c.until(wire.CurrentTime)
}

func wantRefused(t *testing.T, s *Server) {
	t.Helper()
	if err := dialError(t, s, patience); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial: %v, want refused", err)
	}
}

func TestSlowReaderIsDropped(t *testing.T) {
	const limit = 200 * time.Millisecond
	s := startServer(t, withPort(PortSettings{SendTimeout: limit}))
	c := dial(t, s).connect(1)
	other := dial(t, s).connect(2)
	conn := s.open()[0]
	text := strings.Repeat("x", 1<<20)
	for range 24 { // more than the kernel's buffers, less than the queue's bound
		conn.Send(wire.Message{Kind: wire.ErrorMessage, Body: &protobuf.ErrorMessage{
			Id: num(noID), ErrorMsg: proto.String(text),
		}})
	}
	r := row(t, s, 1, "the end", func(r Connection) bool { return !r.Closed.IsZero() })
	if r.GatewayRST.IsZero() || r.End != "the client took nothing for "+limit.String() {
		t.Errorf("ledger: %+v", r)
	}
	c.wantRST()
	other.askTime()
	other.until(wire.CurrentTime)
}

func TestLiesOfTheHandshake(t *testing.T) {
	s := startServer(t, Config{
		PortSettings: PortSettings{VersionReply: "999\x00never\x00"},
		Semantics: session.Semantics{
			ManagedAccounts: []string{"", "U7654321,DU1"}, RollBackIDs: 5,
		},
	})
	for i, want := range []string{"", "U7654321,DU1", "U7654321,DU1"} {
		c := dial(t, s)
		c.greet()
		if reply, err := c.next(); err != nil || string(reply) != "999\x00never\x00" {
			t.Fatalf("version reply %q, %v", reply, err)
		}
		c.Version = DefaultServerVersion
		c.startAPI(i)
		got := c.until(wire.ManagedAccounts).Body.(*protobuf.ManagedAccounts).GetAccountsList()
		if got != want {
			t.Errorf("session %d: accounts %q, want %q", i+1, got, want)
		}
	}
}
