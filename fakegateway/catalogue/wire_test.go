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
		r.unanswered(1).leave().wantSilence()
		r.closeWait(1)
		r.wantKernel(1)
	}},
	"F01b": {0, func(r rig) {
		for id := range int32(3) {
			r.dial().connect(id).leave()
			r.closeWait(int(id) + 1)
		}
		r.unanswered(4)
	}},
	"F02": {0, func(r rig) {
		r.dial().leave().wantSilence()
		r.closeWait(1)
		r.wantKernel(1)
		r.unanswered(2)
		if err := r.Restart(fault.Downtime{}, fault.FIN); err != nil {
			r.Fatal(err)
		}
		r.dial().connect(1).leave().wantFIN(0) // a session is not a probe
	}},
	"F03": {0, func(r rig) {
		for id := range int32(4) {
			r.dial().connect(id).leave().wantSilence()
			r.closeWait(int(id) + 1)
		}
	}},
	"F04": {0, func(r rig) {
		c := r.dial().connect(1)
		c.wantFIN(0)
		_ = c.tcp.Close()
		r.row(1, "the client's FIN", func(row fakegateway.Connection) bool {
			return row.ClosedFirst == fakegateway.ByGateway && !row.ClientFIN.IsZero()
		})
	}},
	"F05": {0, func(r rig) {
		r.closeWait(3)
		r.wantKernel(3)
		r.dial().connect(1)
	}},
	"F06a": {0, func(r rig) {
		first := r.dial().connect(1)
		r.dial().connect(2)
		r.dial().greet().wantFIN(0)
		first.leave().wantFIN(0)
		r.dial().connect(3)
	}},
	"F06b": {0, func(r rig) {
		r.dial().connect(1)
		r.dial().connect(2)
		r.unanswered(3)
	}},
	"F07a": {0, func(r rig) { r.unanswered(1).leave().wantFIN(0) }},
	"F07b": {0, func(r rig) {
		first := r.dial().connect(1)
		r.unanswered(2)
		first.askTime().until(wire.CurrentTime)
	}},
	"F08a": {0, func(r rig) {
		gone, next := r.dial().greet(), r.dial().greet()
		r.await("dialogs", func(v *fakegateway.View) bool { return v.Dialogs() == 2 })
		next.wantSilence()
		gone.leave().wantSilence()
		r.wantKernel(1) // the ledger does not know: nothing is read behind a dialog
		r.operate(fault.DialogAccept)
		gone.wantFIN(-1)
		next.frame()
	}},
	"F08b": {10, func(r rig) { r.dial().greet().wantSilence().wantFIN(0) }},
	"F08c": {10, func(r rig) {
		c := r.dial().greet().wantSilence()
		r.row(1, "the greeting", func(row fakegateway.Connection) bool { return row.Preamble })
		c.wantSilence()
	}},
	"F08d": {0, func(r rig) {
		c := r.dial().hello().startAPI(9)
		r.await("the dialog", func(v *fakegateway.View) bool { return v.Dialogs() == 1 })
		c.wantSilence()
		r.operate(fault.DialogAccept)
		c.nextID()
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
		c := r.dial().hello().startAPI(1)
		r.stage(fakegateway.VersionOnly)
		c.wantSilence()
		r.operate(fault.ApproveLogin)
		c.nextID()
	}},
	"F11a": {0, func(r rig) { r.wantAccounts("") }},
	"F11b": {0, func(r rig) { r.wantAccounts("DU9000001,DU9000002") }},
	"F11c": {0, func(r rig) { r.wantAccounts("U9000001") }},
	"F11d": {0, func(r rig) {
		c := r.dial().hello().startAPI(1)
		r.await("the delay", func(v *fakegateway.View) bool { return len(v.Receipts()) == 1 })
		c.wantSilence().accounts()
	}},
	"F11e": {0, func(r rig) { r.wantAccounts("DU9000001", "DU9000002", "DU9000002") }},
	"F12": {0, func(r rig) {
		r.dial().connect(7).leave().wantFIN(0)
		c := r.dial().hello().startAPI(7)
		c.untilError(326)
		c.wantSilence().wantFIN(0)
		r.dial().connect(8)
	}},
	"F13": {0, func(r rig) {
		c := r.dial().connect(1)
		c.ask(wire.ReqPositions, &protobuf.PositionsRequest{})
		r.await("the delay", func(v *fakegateway.View) bool { return len(v.Receipts()) == 1 })
		c.wantSilence().until(wire.PositionEnd)
	}},
	"F14": {0, func(r rig) {
		r.unanswered(1)
		r.dial().connect(1)
		if err := r.Restart(fault.Downtime{}, fault.FIN); err != nil {
			r.Fatal(err)
		}
		r.unanswered(3)
		r.dial().connect(1)
	}},
	"F15":  {0, func(r rig) { r.dial().connect(1).wantRST() }},
	"F16a": {0, func(r rig) { r.dial().greet().wantFIN(0) }},
	"F16b": {0, func(r rig) { r.dial().greet().wantRST() }},
	"F16c": {0, func(r rig) { r.dial().greet().wantFIN(7) }},
	"F17a": {0, func(r rig) { r.wantVersionReply("100\x0020260302 12:00:00 UTC\x00") }},
	"F17b": {0, func(r rig) { r.wantVersionReply("156\x0020260302 12:00:00 UTC\x00") }},
	"F17c": {0, func(r rig) { r.wantVersionReply("178\x0020260302 12:00:00 UTC\x00") }},
	"F17d": {0, func(r rig) { r.wantVersionReply("203\x0020260302 12:00:00 UTC\x00") }},
	"F17e": {0, func(r rig) { r.wantVersionReply("who knows\x00when\x00") }},
	"F17f": {0, func(r rig) { r.wantVersionReply("178") }},
	"F18": {0, func(r rig) {
		c := r.dial()
		c.send([]byte{0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3})
		c.wantFIN(0)
		r.row(1, "the first bytes", func(row fakegateway.Connection) bool {
			return strings.HasPrefix(string(row.FirstBytes), "\x16\x03")
		})
	}},
	"F19a": {0, func(r rig) {
		c := r.dial().greet()
		for range 8 {
			if n, err := c.tcp.Read(make([]byte, 100)); n > 4 || err != nil {
				r.Fatalf("%d bytes at once, %v", n, err) // a slow reader may find a few
			}
		}
	}},
	"F19b": {0, func(r rig) { r.dial().greet().goesDark(200) }},
	"F19c": {0, func(r rig) {
		c := r.dial().greet()
		c.readExactly(30) // the version reply
		c.startAPI(1).readExactly(70)
		c.leave().wantSilence()
		r.wantKernel(1)
	}},
	"F20": {0, func(r rig) {
		other := r.dial().connect(1)
		r.dial().connect(2).leave().wantSilence()
		r.closeWait(1)
		other.askTime().wantSilence()
		r.unanswered(3)
	}},
	"F34": {1000, func(r rig) {
		for id := range int32(3) {
			r.dial().connect(id)
		}
		r.dial().hello().startAPI(3).wantSilence().nextID()
	}},
	"F38a": {0, func(r rig) {
		c := r.dial().connect(1).askTime()
		r.await("both faults", func(v *fakegateway.View) bool { return len(v.Receipts()) == 2 })
		c.wantSilence().fillsTheWindow()
	}},
	"F38b": {0, func(r rig) {
		c := r.dial().connect(1).askTime()
		r.await("both faults", func(v *fakegateway.View) bool { return len(v.Receipts()) == 2 })
		c.wantSilence().fillsTheWindow()
	}},
	"F38c": {0, func(r rig) {
		c := r.dial().connect(1).askTime()
		r.await("the delay", func(v *fakegateway.View) bool { return len(v.Receipts()) == 1 })
		c.wantSilence().until(wire.CurrentTime)
	}},
	"F38d": {20, func(r rig) {
		c := r.dial().connect(1)
		c.untilError(1100)
		c.askTime().until(wire.CurrentTime) // the socket works
		c.untilError(1102)
	}},
	"F38e": {20, func(r rig) {
		c := r.dial().connect(1)
		c.untilError(1100)
		c.untilError(1101)
	}},
	"F49a": {50, func(r rig) {
		r.dial().connect(1).wantFIN(-1)
		r.comesBack()
	}},
	"F49b": {50, func(r rig) {
		r.dial().connect(1).wantRST()
		r.comesBack()
	}},
	"F51a": {0, func(r rig) {
		c := r.dial().connect(1)
		c.buy(1, "LMT")
		c.wantRST()
		r.wantOrders(1)
		r.dial().hello().startAPI(1).until(wire.OpenOrder)
	}},
	"F51b": {0, func(r rig) {
		c := r.dial().connect(1)
		c.buy(1, "LMT")
		c.until(wire.OpenOrder)
		c.wantRST()
		r.wantOrders(1)
	}},
	"F51c": {0, func(r rig) {
		c := r.dial().connect(1)
		c.buy(1, "MKT")
		c.wantRST()
		if n := len(r.Books().Executions); n != 1 {
			r.Errorf("%d executions in the books", n)
		}
		c = r.dial().connect(1)
		c.ask(wire.ReqExecutions, &protobuf.ExecutionRequest{})
		c.until(wire.ExecutionDetails)
	}},
	"F51d": {0, func(r rig) {
		r.restingOrder(1)
		c := r.dial().hello().startAPI(1)
		c.until(wire.OpenOrder)
		c.until(wire.OpenOrder)
		c.until(wire.OpenOrderEnd)
	}},
	"F51d2": {0, func(r rig) {
		r.restingOrder(1)
		c := r.dial().hello().startAPI(1)
		r.await("the delay", func(v *fakegateway.View) bool { return len(v.Receipts()) == 1 })
		c.wantSilence().until(wire.OpenOrder)
	}},
	"F51d3": {0, func(r rig) {
		r.restingOrder(1)
		c := r.dial().hello().startAPI(1)
		m, err := wire.Decode(wire.FromServer, c.frame(), version)
		if err != nil || m.Kind != wire.ManagedAccounts {
			r.Errorf("the bootstrap begins with %s, %v", m.Kind, err)
		}
		c.ask(wire.ReqOpenOrders, &protobuf.OpenOrdersRequest{})
		c.until(wire.OpenOrder)
	}},
	"F51e": {0, func(r rig) {
		r.restingOrder(10)
		c := r.dial().hello().startAPI(1)
		id := c.nextID()
		if id != 6 {
			r.Errorf("next id %d, want 6", id)
		}
		c.buy(id, "LMT")
		c.untilError(103)
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
