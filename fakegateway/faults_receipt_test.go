package fakegateway

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

// whatOf is an action with every parameter that it must have.
func whatOf(do fault.Action) fault.What {
	w := fault.What{Do: do}
	switch do { //nolint:exhaustive // the rest needs none
	case fault.Garbage:
		w.Bytes = 5
	case fault.Delay:
		w.For = ms(5)
	case fault.Shuffle:
		w.Frames = 2
	case fault.Drip:
		w.Every = ms(1)
	case fault.Replace:
		w.Set = fault.Values{"currentTime": 7}
	case fault.Corrupt:
		w.Field = "currentTime"
	case fault.Swap:
		w.With = &fault.Request{Inbound: "reqHistoricalData"}
	case fault.Error, fault.Notice:
		w.Code = 399
	case fault.Operate:
		w.Operation = fault.ConnectionLost
	}
	return w
}

// TestEveryActionLeavesAReceipt lets every action fall at every trigger that its rule allows.
func TestEveryActionLeavesAReceipt(t *testing.T) {
	bars := &fault.Request{Inbound: "reqHistoricalData", Nth: 1}
	tried := make(map[fault.Action]int)
	for _, do := range fault.Actions() {
		for name, when := range map[string]fault.When{
			"accepted": {Phase: fault.Accepted}, "bootstrap": {Phase: fault.BootstrapSent},
			"inbound": {Inbound: "reqCurrentTime"}, "outbound": {Outbound: "currentTime"},
			"bytes": {BytesOut: ptr(int64(20))}, "time": {At: ptr(ms(5))},
			"delayed": {Phase: fault.BootstrapSent, Delay: ms(5)}, "answer": {AnswerTo: bars},
			"inside": {Outbound: "currentTime", Byte: 3},
		} {
			f := fault.Fault{ID: "it", When: when, What: whatOf(do)}
			if (fault.Schedule{Faults: []fault.Fault{f}}).Validate() != nil {
				continue
			}
			tried[do]++
			t.Run(fmt.Sprintf("%s %s", do, name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { leavesAReceipt(t, f) })
			})
		}
		if tried[do] == 0 {
			t.Errorf("%s was not tried", do)
		}
	}
}

func leavesAReceipt(t *testing.T, f fault.Fault) {
	g := serveInBubble(t, faults(f))
	c := g.dial(t)
	c.greet()
	synctest.Wait()
	_, _ = c.Conn.Write(startAPIFrame())
	synctest.Wait()
	for _, m := range []wire.Message{
		{Kind: wire.ReqCurrentTime, Body: &protobuf.CurrentTimeRequest{}},
		{Kind: wire.ReqHistoricalData, Body: bars(1, "1 D", "1 hour")},
		{Kind: wire.ReqHistoricalData, Body: bars(2, "1 D", "1 hour")},
	} {
		raw, err := wire.Append(nil, m, wire.MaxVersion)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Conn.Write(raw) // the connection may be over
		synctest.Wait()
	}
	<-time.After(time.Minute) // virtual
	synctest.Wait()
	receipts := g.Receipts()
	if !slices.ContainsFunc(receipts, func(r fault.Receipt) bool { return r.Fault == f.ID && r.Planned == f.What.Do && r.Wire != "" }) {
		t.Errorf("%s\nreceipts %+v", f, receipts)
	}
}

// startAPIFrame is START_API of client 1.
func startAPIFrame() []byte {
	id := int32(1)
	raw, err := wire.Append(nil, wire.Message{
		Kind: wire.StartAPI, Body: &protobuf.StartApiRequest{ClientId: &id},
	}, wire.MaxVersion)
	if err != nil {
		panic(err)
	}
	return raw
}

func TestFaultThatTheEndOvertakesLeavesAReceipt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := serveInBubble(t, faults(
			fault.Fault{ID: "late", When: fault.When{Inbound: "reqCurrentTime", Delay: ms(5000)}, What: fault.What{Do: fault.Mute}},
		))
		c := g.dial(t).connect(1)
		c.askTime()
		c.until(wire.CurrentTime)
		c.abort()
		synctest.Wait()
		got := g.Receipts()
		if len(got) != 1 || got[0].Wire != fault.CameToNothing || got[0].Mismatch != "" {
			t.Errorf("receipts %+v, want one that says %q", got, fault.CameToNothing)
		}
	})
}
