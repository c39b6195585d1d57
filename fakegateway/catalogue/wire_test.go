package catalogue_test

import (
	"errors"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/catalogue"
	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

// behaviour shows what a raw client on a real socket sees of an entry.
type behaviour struct {
	scale float64 // of the scenario's clock; 0: 1
	shows func(rig)
}

var behaviours = map[string]behaviour{
	"F01a": {0, func(r rig) {
		r.unanswered(1).CloseWrite().WantSilence()
		r.closeWait(1)
		r.wantKernel(1)
	}},
	"F01b": {0, func(r rig) {
		for id := range int32(3) {
			r.dial().Connect(id).CloseWrite()
			r.closeWait(int(id) + 1)
		}
		r.unanswered(4)
	}},
	"F02": {0, func(r rig) {
		r.dial().CloseWrite().WantSilence()
		r.closeWait(1)
		r.wantKernel(1)
		r.unanswered(2)
		if err := r.Restart(fault.Downtime{}, fault.FIN); err != nil {
			r.Fatal(err)
		}
		r.dial().Connect(1).CloseWrite().WantFIN(0) // a session is not a probe
	}},
	"F03": {0, func(r rig) {
		for id := range int32(4) {
			r.dial().Connect(id).CloseWrite().WantSilence()
			r.closeWait(int(id) + 1)
		}
	}},
	"F04": {0, func(r rig) {
		c := r.dial().Connect(1)
		c.WantFIN(0)
		_ = c.Conn.Close()
		r.row(1, "the client's FIN", func(row fakegateway.Connection) bool {
			return row.ClosedFirst == fakegateway.ByGateway && !row.ClientFIN.IsZero()
		})
	}},
	"F05": {0, func(r rig) {
		r.closeWait(3)
		r.wantKernel(3)
		r.dial().Connect(1)
	}},
	"F06a": {0, func(r rig) {
		first := r.dial().Connect(1)
		r.dial().Connect(2)
		r.dial().Greet().WantFIN(0)
		first.CloseWrite().WantFIN(0)
		r.dial().Connect(3)
	}},
	"F06b": {0, func(r rig) {
		r.dial().Connect(1)
		r.dial().Connect(2)
		r.unanswered(3)
	}},
	"F07a": {0, func(r rig) { r.unanswered(1).CloseWrite().WantFIN(0) }},
	"F07b": {0, func(r rig) {
		first := r.dial().Connect(1)
		r.unanswered(2)
		first.AskTime().Until(wire.CurrentTime)
	}},
	"F08a": {0, func(r rig) {
		gone, next := r.dial().Greet(), r.dial().Greet()
		r.await("dialogs", func(v *fakegateway.View) bool { return v.Dialogs() == 2 })
		next.WantSilence()
		gone.CloseWrite().WantSilence()
		r.wantKernel(1) // the ledger does not know: nothing is read behind a dialog
		r.operate(fault.DialogAccept)
		gone.WantFIN(-1)
		next.Frame()
	}},
	"F08b": {10, func(r rig) { r.dial().Greet().WantSilence().WantFIN(0) }},
	"F08c": {10, func(r rig) {
		c := r.dial().Greet().WantSilence()
		r.row(1, "the greeting", func(row fakegateway.Connection) bool { return row.Preamble })
		c.WantSilence()
	}},
	"F08d": {0, func(r rig) {
		c := r.dial().Hello().StartAPI(9)
		r.await("the dialog", func(v *fakegateway.View) bool { return v.Dialogs() == 1 })
		c.WantSilence()
		r.operate(fault.DialogAccept)
		c.Until(wire.NextValidID)
	}},
	"F09": {0, func(r rig) {
		if runtime.GOOS != "linux" {
			r.Skip("only Linux drops the SYNs for a full accept queue")
		}
		r.await("the full queue", func(v *fakegateway.View) bool { return len(v.Receipts()) == 1 })
		var timeout net.Error
		if err := r.dialError(300 * time.Millisecond); !errors.As(err, &timeout) || !timeout.Timeout() {
			r.Errorf("dial: %v, want a timeout", err)
		}
	}},
	"F10": {20, func(r rig) {
		r.stage(fakegateway.Refusing)
		r.wantRefused()
		r.stage(fakegateway.AcceptMute)
		c := r.dial().Hello().StartAPI(1)
		r.stage(fakegateway.VersionOnly)
		c.WantSilence()
		r.operate(fault.ApproveLogin)
		c.Until(wire.NextValidID)
	}},
	"F11a": {0, func(r rig) { r.wantAccounts("") }},
	"F11b": {0, func(r rig) { r.wantAccounts("DU9000001,DU9000002") }},
	"F11c": {0, func(r rig) { r.wantAccounts("U9000001") }},
	"F11d": {0, func(r rig) {
		c := r.dial().Hello().StartAPI(1)
		r.await("the delay", func(v *fakegateway.View) bool { return len(v.Receipts()) == 1 })
		c.WantSilence().Until(wire.ManagedAccounts)
	}},
	"F11e": {0, func(r rig) { r.wantAccounts("DU9000001", "DU9000002", "DU9000002") }},
	"F12": {0, func(r rig) {
		r.dial().Connect(7).CloseWrite().WantFIN(0)
		c := r.dial().Hello().StartAPI(7)
		c.UntilError(326)
		c.WantSilence().WantFIN(0)
		r.dial().Connect(8)
	}},
	"F13": {0, func(r rig) {
		c := r.dial().Connect(1)
		c.Send(wire.ReqPositions, &protobuf.PositionsRequest{})
		r.await("the delay", func(v *fakegateway.View) bool { return len(v.Receipts()) == 1 })
		c.WantSilence().Until(wire.PositionEnd)
	}},
	"F14": {0, func(r rig) {
		r.unanswered(1)
		r.dial().Connect(1)
		if err := r.Restart(fault.Downtime{}, fault.FIN); err != nil {
			r.Fatal(err)
		}
		r.unanswered(3)
		r.dial().Connect(1)
	}},
	"F15":  {0, func(r rig) { r.dial().Connect(1).WantRST() }},
	"F16a": {0, func(r rig) { r.dial().Greet().WantFIN(0) }},
	"F16b": {0, func(r rig) { r.dial().Greet().WantRST() }},
	"F16c": {0, func(r rig) { r.dial().Greet().WantFIN(7) }},
	"F17a": {0, func(r rig) { r.wantVersionReply("100\x0020260302 12:00:00 UTC\x00") }},
	"F17b": {0, func(r rig) { r.wantVersionReply("156\x0020260302 12:00:00 UTC\x00") }},
	"F17c": {0, func(r rig) { r.wantVersionReply("178\x0020260302 12:00:00 UTC\x00") }},
	"F17d": {0, func(r rig) { r.wantVersionReply("203\x0020260302 12:00:00 UTC\x00") }},
	"F17e": {0, func(r rig) { r.wantVersionReply("who knows\x00when\x00") }},
	"F17f": {0, func(r rig) { r.wantVersionReply("178") }},
	"F18": {0, func(r rig) {
		c := r.dial()
		c.Write([]byte{0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3})
		c.WantFIN(0)
		r.row(1, "the first bytes", func(row fakegateway.Connection) bool {
			return strings.HasPrefix(string(row.FirstBytes), "\x16\x03")
		})
	}},
	"F19a": {0, func(r rig) {
		c := r.dial().Greet()
		for range 8 {
			if n, err := c.Conn.Read(make([]byte, 100)); n > 4 || err != nil {
				r.Fatalf("%d bytes at once, %v", n, err) // a slow reader may find a few
			}
		}
	}},
	"F19b": {0, func(r rig) { goesDark(r.dial().Greet(), 200) }},
	"F19c": {0, func(r rig) {
		c := r.dial().Greet()
		readExactly(c, 30) // the version reply
		readExactly(c.StartAPI(1), 70)
		c.CloseWrite().WantSilence()
		r.wantKernel(1)
	}},
	"F20": {0, func(r rig) {
		other := r.dial().Connect(1)
		r.dial().Connect(2).CloseWrite().WantSilence()
		r.closeWait(1)
		other.AskTime().WantSilence()
		r.unanswered(3)
	}},
	"F34": {1000, func(r rig) {
		for id := range int32(3) {
			r.dial().Connect(id)
		}
		r.dial().Hello().StartAPI(3).WantSilence().Until(wire.NextValidID)
	}},
	"F38a": {0, func(r rig) {
		c := r.dial().Connect(1).AskTime()
		r.await("both faults", func(v *fakegateway.View) bool { return len(v.Receipts()) == 2 })
		fillsTheWindow(c.WantSilence())
	}},
	"F38b": {0, func(r rig) {
		c := r.dial().Connect(1).AskTime()
		r.await("both faults", func(v *fakegateway.View) bool { return len(v.Receipts()) == 2 })
		fillsTheWindow(c.WantSilence())
	}},
	"F38c": {0, func(r rig) {
		c := r.dial().Connect(1).AskTime()
		r.await("the delay", func(v *fakegateway.View) bool { return len(v.Receipts()) == 1 })
		c.WantSilence().Until(wire.CurrentTime)
	}},
	"F38d": {20, func(r rig) {
		c := r.dial().Connect(1)
		c.UntilError(1100)
		c.AskTime().Until(wire.CurrentTime) // the socket works
		c.UntilError(1102)
	}},
	"F38e": {20, func(r rig) {
		c := r.dial().Connect(1)
		c.UntilError(1100)
		c.UntilError(1101)
	}},
	"F49a": {50, func(r rig) {
		r.dial().Connect(1).WantFIN(-1)
		r.comesBack()
	}},
	"F49b": {50, func(r rig) {
		r.dial().Connect(1).WantRST()
		r.comesBack()
	}},
	"F51a": {0, func(r rig) {
		c := r.dial().Connect(1)
		buy(c, 1, "LMT")
		c.WantRST()
		r.wantOrders(1)
		r.dial().Hello().StartAPI(1).Until(wire.OpenOrder)
	}},
	"F51b": {0, func(r rig) {
		c := r.dial().Connect(1)
		buy(c, 1, "LMT")
		c.Until(wire.OpenOrder)
		c.WantRST()
		r.wantOrders(1)
	}},
	"F51c": {0, func(r rig) {
		c := r.dial().Connect(1)
		buy(c, 1, "MKT")
		c.WantRST()
		if n := len(r.Books().Executions); n != 1 {
			r.Errorf("%d executions in the books", n)
		}
		c = r.dial().Connect(1)
		c.Send(wire.ReqExecutions, &protobuf.ExecutionRequest{})
		c.Until(wire.ExecutionDetails)
	}},
	"F51d": {0, func(r rig) {
		r.restingOrder(1)
		c := r.dial().Hello().StartAPI(1)
		c.Until(wire.OpenOrder)
		c.Until(wire.OpenOrder)
		c.Until(wire.OpenOrderEnd)
	}},
	"F51d2": {0, func(r rig) {
		r.restingOrder(1)
		c := r.dial().Hello().StartAPI(1)
		r.await("the delay", func(v *fakegateway.View) bool { return len(v.Receipts()) == 1 })
		c.WantSilence().Until(wire.OpenOrder)
	}},
	"F51d3": {0, func(r rig) {
		r.restingOrder(1)
		c := r.dial().Hello().StartAPI(1)
		if m := c.Message(); m.Kind != wire.ManagedAccounts {
			r.Errorf("the bootstrap begins with %s", m.Kind)
		}
		c.Send(wire.ReqOpenOrders, &protobuf.OpenOrdersRequest{})
		c.Until(wire.OpenOrder)
	}},
	"F51e": {0, func(r rig) {
		r.restingOrder(10)
		c := r.dial().Hello().StartAPI(1)
		id := nextID(c)
		if id != 6 {
			r.Errorf("next id %d, want 6", id)
		}
		buy(c, id, "LMT")
		c.UntilError(103)
	}},
}

func TestWireBehaviour(t *testing.T) {
	for _, e := range catalogue.All() {
		b, ok := behaviours[e.ID]
		if !ok {
			t.Errorf("%s %s has no test of its wire behaviour", e.ID, e.Name)
			continue
		}
		t.Run(e.ID+" "+e.Name, func(t *testing.T) {
			t.Parallel()
			r := start(t, e, b.scale)
			b.shows(r)
			for _, receipt := range r.Receipts() {
				if receipt.Mismatch != "" {
					t.Errorf("receipt %+v", receipt)
				}
			}
		})
	}
	if len(behaviours) != len(catalogue.All()) {
		t.Errorf("%d behaviours for %d entries", len(behaviours), len(catalogue.All()))
	}
}
