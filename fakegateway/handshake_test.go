package fakegateway

import (
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

func TestHandshakeOfAHealthyGateway(t *testing.T) {
	s := startServer(t, Config{})
	c := dial(t, s)
	if hello := c.hello(); hello.Version != DefaultServerVersion {
		t.Errorf("version %d, want %d", hello.Version, DefaultServerVersion)
	}
	c.startAPI(7)
	accounts := c.until(wire.ManagedAccounts).Body.(*protobuf.ManagedAccounts)
	if got := accounts.GetAccountsList(); got != onlyAccount {
		t.Errorf("accounts %q, want %q", got, onlyAccount)
	}
	c.until(wire.NextValidID)
	c.askTime()
	c.until(wire.CurrentTime)
	c.close()

	r := row(t, s, 1, "the end", func(r Connection) bool { return !r.Closed.IsZero() })
	if r.ClientID == nil || *r.ClientID != 7 || !r.Preamble || r.ServerVersion != 225 {
		t.Errorf("ledger: client id %v, preamble %v, version %d", r.ClientID, r.Preamble,
			r.ServerVersion)
	}
	if string(r.FirstBytes[:4]) != wire.PreamblePrefix || r.Greeting != "v100..225" {
		t.Errorf("ledger: first bytes % x, greeting %q", r.FirstBytes, r.Greeting)
	}
	if r.ClosedFirst != ByClient || r.GatewayFIN.Before(r.ClientFIN) {
		t.Errorf("ledger: closed first by %q, FINs %s and %s", r.ClosedFirst, r.ClientFIN,
			r.GatewayFIN)
	}
	if r.MessagesIn["reqCurrentTime"] != 1 || r.MessagesOut["currentTime"] != 1 {
		t.Errorf("ledger: in %v, out %v", r.MessagesIn, r.MessagesOut)
	}
	phases := []time.Time{
		r.Accepted, r.FirstByte, r.PreambleRead, r.VersionSent, r.StartAPIRead, r.BootstrapSent,
		r.FirstRequested, r.ClientFIN, r.Closed,
	}
	for i := 1; i < len(phases); i++ {
		if phases[i].Before(phases[i-1]) || phases[i].IsZero() {
			t.Errorf("ledger: time %d of %v is out of order", i, phases)
		}
	}
	if r.Local.String() != s.Addr() || r.BytesIn == 0 || r.BytesOut == 0 {
		t.Errorf("ledger: local %s, bytes %d in, %d out", r.Local, r.BytesIn, r.BytesOut)
	}
}

func TestVersionIsTheSmallerMaximum(t *testing.T) {
	for _, want := range []wire.Version{157, 178, 200, 213, 225} {
		s := startServer(t, Config{MaxServerVersion: int(want)})
		if got := dial(t, s).connect(1).Version; got != want {
			t.Errorf("maximum %d: negotiated %d", want, got)
		}
	}
}

func TestStrangersAreClosedWithoutAByte(t *testing.T) {
	for name, first := range map[string]string{
		"blind reconnect": "\x00\x00\x00\x0549\x001\x00",
		"TLS":             "\x16\x03\x01\x02\x00",
		"HTTP":            "GET / HTTP/1.1\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t, Config{})
			c := dial(t, s)
			c.write([]byte(first))
			if got := c.wantFIN(); len(got) != 0 {
				t.Errorf("got %q, want nothing", got)
			}
			c.close()
			r := row(t, s, 1, "the end", func(r Connection) bool { return !r.Closed.IsZero() })
			if r.Preamble || string(r.FirstBytes) != first || r.ClosedFirst != ByGateway {
				t.Errorf("ledger: %+v", r)
			}
		})
	}
}

func TestProbeIsFiledAsAConnectionWithoutBytes(t *testing.T) {
	s := startServer(t, Config{})
	dial(t, s).close()
	r := row(t, s, 1, "the end", func(r Connection) bool { return !r.Closed.IsZero() })
	if r.BytesIn != 0 || len(r.FirstBytes) != 0 || r.ClientFIN.IsZero() || r.Preamble {
		t.Errorf("ledger: %+v", r)
	}
}

func TestClientIDInUseIsAnsweredWith326AndFIN(t *testing.T) {
	s := startServer(t, Config{})
	first := dial(t, s).connect(1)
	second := dial(t, s)
	second.hello()
	second.startAPI(1)
	m := second.message().Body.(*protobuf.ErrorMessage)
	if m.GetErrorCode() != 326 {
		t.Errorf("error %d, want 326", m.GetErrorCode())
	}
	second.wantFIN()
	first.askTime() // the first session is untouched
	first.until(wire.CurrentTime)
	first.close()
	row(t, s, 1, "the first client's end", func(r Connection) bool { return !r.Closed.IsZero() })
	dial(t, s).connect(1) // the id is free again
}

func TestSeveralClientsAtOnce(t *testing.T) {
	s := startServer(t, Config{})
	clients := make([]*rawClient, 8)
	for i := range clients {
		clients[i] = dial(t, s).connect(i + 1)
	}
	for _, c := range clients {
		c.askTime()
	}
	for _, c := range clients {
		c.until(wire.CurrentTime)
	}
	await(t, s, "all answers in the ledger", func(v *View) bool { return v.Sent("currentTime") == 8 })
}

func TestClientThatDoesNotWaitForTheVersionReply(t *testing.T) {
	s := startServer(t, Config{})
	c := dial(t, s)
	c.Version = 225
	start, err := wire.Append(wire.AppendPreamble(nil, wire.Preamble{Min: 100, Max: 225}),
		wire.Message{Kind: wire.StartAPI, Body: &protobuf.StartApiRequest{}}, 225)
	if err != nil {
		t.Fatal(err)
	}
	c.write(start)
	c.versionReply()
	c.until(wire.NextValidID)
}

func TestBadLengthEndsTheConnection(t *testing.T) {
	s := startServer(t, Config{})
	c := dial(t, s).connect(1)
	c.write([]byte{0xff, 0xff, 0xff, 0xff, 1, 2, 3})
	c.wantFIN()
	r := row(t, s, 1, "the end in words", func(r Connection) bool { return r.End != "" })
	if r.MessagesIn[KindMalformed] != 1 {
		t.Errorf("ledger: %v, end %q", r.MessagesIn, r.End)
	}
}

// A client that comes back as soon as its FIN was seen must not meet itself (326).
func TestClientIDIsFreeOnceItsFINWasSeen(t *testing.T) {
	s := startServer(t, Config{})
	for i := range 300 {
		dial(t, s).connect(1).close()
		row(t, s, i+1, "the FIN", func(r Connection) bool { return !r.ClientFIN.IsZero() })
	}
}
