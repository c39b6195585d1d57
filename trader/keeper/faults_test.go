package keeper_test

import (
	"fmt"
	"os"
	"testing"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
	"ibsoak/internal/recording"
	"ibsoak/internal/wire"
	"ibsoak/trader/keeper"
)

// TestHandshakeFaults ends the first sessions' handshakes at bytes of the Gateway's side, as the
// scenario handshake-faults does to a trader: the client gets an end, the next one is served, and no
// socket stays.
func TestHandshakeFaults(t *testing.T) {
	const last, step = 59, 7 // the version reply and the bootstrap up to the order id
	for _, what := range []fault.Action{fault.FIN, fault.RST} {
		for n := int64(0); n <= last; n += step {
			t.Run(fmt.Sprintf("%s at %d", what, n), func(t *testing.T) {
				r := start(t, fakegateway.Config{Schedule: fault.Schedule{Faults: []fault.Fault{{
					ID: "cut", When: fault.When{BytesOut: &n}, What: fault.What{Do: what}, Until: fault.Until{Count: 2},
				}}}}, keeper.Config{})
				r.dial(225).Hello().StartAPI(1).WantFIN(-1)
				eventually(t, "the Gateway is known to be back", func() bool {
					st := r.k.Status()
					return st.Ready && st.Counts.Sessions == 1
				})
				r.client(1).AskTime().Until(wire.CurrentTime)
				noZombies(t, r.g, 1)
				if got := r.k.Status().Counts; got.Sessions != 1 || got.Failed != 2 {
					t.Errorf("%+v", got)
				}
			})
		}
	}
}

func TestAGatewayThatIsSilentIsFoundOut(t *testing.T) {
	r := start(t, fakegateway.Config{Schedule: fault.Schedule{Faults: []fault.Fault{{
		ID: "silent", When: fault.When{Inbound: "reqCurrentTime", Nth: 1}, What: fault.What{Do: fault.Mute}, Until: fault.Until{Count: 1},
	}}}}, keeper.Config{Link: linkTimeouts()})
	c := r.client(1)
	c.WantFIN(-1) // its own liveness probe was not answered
	_ = c.Conn.Close()
	eventually(t, "the Gateway is known to be back", func() bool {
		st := r.k.Status()
		return st.Ready && st.Counts.Sessions == 2
	})
	r.client(1)
	noZombies(t, r.g, 1)
}

func TestConnectivityIsTold(t *testing.T) {
	r := start(t, fakegateway.Config{}, keeper.Config{})
	first := r.client(1)
	if err := r.g.Operate(fault.ConnectionLost, ""); err != nil {
		t.Fatal(err)
	}
	first.UntilError(1100)
	_ = first.Conn.Close()
	if st := r.k.Status(); st.Ready {
		t.Error("ready while the Gateway has lost IBKR")
	}
	// This Gateway answers nothing about orders without IBKR, so the session is opened anew, and says
	// by itself what a new session is told: 2110.
	r.dial(225).Hello().StartAPI(1).UntilError(2110)
	if st := r.k.Status(); st.Ready {
		t.Error("ready while the Gateway has no connection to IBKR")
	}
}

func TestCapture(t *testing.T) {
	r := start(t, fakegateway.Config{}, keeper.Config{})
	if _, err := r.k.BeginCapture(1); err == nil {
		t.Error("a capture of no session")
	}
	c := r.client(1)
	c.AskTime().Until(wire.CurrentTime) // the session is served by now
	if _, err := r.k.BeginCapture(1); err != nil {
		t.Fatal(err)
	}
	c.Send(wire.ReqAccountSummary, &pb.AccountSummaryRequest{ReqId: proto.Int32(3), Group: proto.String("All"), Tags: proto.String("NetLiquidation")})
	c.Until(wire.AccountSummaryEnd)
	path, err := r.k.EndCapture(1)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	rec, err := recording.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, e := range rec.Entries {
		seen[e.Kind] = true
		m, err := e.Message(225)
		if s, ok := m.Body.(*pb.AccountSummary); err == nil && ok && s.GetAccount() == r.g.Books().Accounts[0].ID {
			t.Errorf("the account is in the capture: %v", s)
		}
	}
	for _, kind := range []string{"preamble", "versionReply", "startApi", "reqAccountSummary", "accountSummary", "accountSummaryEnd", "FIN"} {
		if !seen[kind] {
			t.Errorf("no %s in the capture: %v", kind, seen)
		}
	}
	if !rec.Header.Scrubbed || rec.Header.ServerVersion != 225 {
		t.Errorf("header %+v", rec.Header)
	}
}

// TestACaptureOnASlowDiskStopsNobody: while the file is being opened, the session's client is served.
func TestACaptureOnASlowDiskStopsNobody(t *testing.T) {
	r := start(t, fakegateway.Config{}, keeper.Config{})
	opening, opened := make(chan struct{}), make(chan struct{})
	r.k.OpenFilesWith(func(path string, flag int, mode os.FileMode) (*os.File, error) {
		close(opening)
		<-opened
		return os.OpenFile(path, flag, mode)
	})
	c := r.client(1)
	c.AskTime().Until(wire.CurrentTime) // the session is served by now
	begun := make(chan error, 1)
	go func() {
		_, err := r.k.BeginCapture(1)
		begun <- err
	}()
	select {
	case <-opening:
	case err := <-begun:
		t.Fatalf("no capture: %v", err)
	}
	c.AskTime().Until(wire.CurrentTime)
	close(opened)
	if err := <-begun; err != nil {
		t.Fatal(err)
	}
	c.AskTime().Until(wire.CurrentTime)
	if _, err := r.k.EndCapture(1); err != nil {
		t.Error(err)
	}
}
