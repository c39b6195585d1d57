package fakegateway

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/connection"
	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

func TestFaultByTheClockActsOnEveryLiveConnection(t *testing.T) {
	s := startServer(t, Config{Clock: Clock{Scale: 60}})
	a, b := dial(t, s).connect(1), dial(t, s).connect(2)
	_, err := s.Inject(fault.Fault{
		ID:   "lost",
		When: fault.When{At: ptr(fault.Duration(s.clock.Elapsed() + 2*time.Second))},
		What: fault.What{Do: fault.Error, Code: 1100},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*rawClient{a, b} {
		if e := c.until(wire.ErrorMessage).Body.(*protobuf.ErrorMessage); e.GetErrorCode() != 1100 {
			t.Errorf("error %v, want 1100", e)
		}
	}
	if got := len(s.Receipts()); got != 2 {
		t.Errorf("%d receipts, want 2", got)
	}
}

func TestUntilCountIsOverAllConnections(t *testing.T) {
	s := startServer(t, faults(fault.Fault{
		When: fault.When{Phase: fault.PreambleRead}, What: fault.What{Do: fault.FIN},
		Until: fault.Until{Count: 2},
	}))
	for i := range 2 {
		c := dial(t, s)
		c.greet()
		if got := c.wantFIN(); len(got) != 0 {
			t.Errorf("connection %d: %d bytes came", i+1, len(got))
		}
	}
	dial(t, s).connect(1)
}

func TestInjectedFaultsComeAndGo(t *testing.T) {
	s := startServer(t, Config{})
	drop := fault.Fault{
		When: fault.When{Inbound: "reqCurrentTime"}, What: fault.What{Do: fault.Drop},
	}
	id, err := s.Inject(drop)
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, s).connect(1)
	c.askTime()
	await(t, s, "the drop", func(v *View) bool { return len(v.Receipts()) == 1 })
	if err := s.ClearFault(id); err != nil {
		t.Fatal(err)
	}
	if err := s.ClearFault(id); err == nil {
		t.Error("clearing a fault twice: no error")
	}
	c.askTime()
	c.until(wire.CurrentTime)
	if err := s.SetSchedule(fault.Schedule{Faults: []fault.Fault{drop}}); err != nil {
		t.Fatal(err)
	}
	c.askTime()
	await(t, s, "another drop", func(v *View) bool { return len(v.Receipts()) == 2 })
	if _, err := s.Inject(fault.Fault{What: fault.What{Do: "explode"}}); err == nil {
		t.Error("an unknown action: no error")
	}
}

func TestSlowConsumerIsResetWithAReason(t *testing.T) {
	s := startServer(t, faults(fault.Fault{
		When: fault.When{Outbound: "currentTime"},
		What: fault.What{Do: fault.StopWriting},
	}))
	c := dial(t, s).connect(1)
	c.askTime()
	await(t, s, "the stop", func(v *View) bool { return len(v.Receipts()) == 1 })
	ask, err := wire.Append(nil, wire.Message{
		Kind: wire.ReqCurrentTime, Body: &protobuf.CurrentTimeRequest{},
	}, c.Version)
	if err != nil {
		t.Fatal(err)
	}
	flood := slices.Repeat(ask, 1000)
	go func() {
		for range connection.QueueItems/1000 + 10 {
			if _, err := c.Conn.Write(flood); err != nil {
				return // the Gateway has enough
			}
		}
	}()
	r := row(t, s, 1, "our RST", func(r Connection) bool { return !r.GatewayRST.IsZero() })
	if !strings.Contains(r.End, fmt.Sprint(connection.QueueItems)) {
		t.Errorf("end %q, want one that names the bound %d", r.End, connection.QueueItems)
	}
}

func TestReceiptSaysWhenAFaultMissed(t *testing.T) {
	s := startServer(t, faults(
		fault.Fault{
			ID: "nobody", When: fault.When{At: ptr(fault.Duration(0))}, What: fault.What{Do: fault.FIN},
		},
	))
	await(t, s, "the miss", func(v *View) bool { return len(v.Receipts()) == 1 })
	dial(t, s)
	await(t, s, "a client", func(v *View) bool { return len(v.Connections()) == 1 })
	if _, err := s.Inject(fault.Fault{
		ID: "mute-yet", When: fault.When{At: ptr(fault.Duration(0))},
		What: fault.What{Do: fault.Error, Code: 1100},
	}); err != nil {
		t.Fatal(err)
	}
	await(t, s, "another miss", func(v *View) bool { return len(v.Receipts()) == 2 })
	for i, want := range []string{"no live connection was selected", "has no version yet"} {
		if r := s.Receipts()[i]; r.Wire != "nothing" || !strings.Contains(r.Mismatch, want) {
			t.Errorf("receipt %+v, want the mismatch %q", r, want)
		}
	}
}
