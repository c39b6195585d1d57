package fakegateway

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

// TestDeletedFaultLetsGo holds a client's answer in every way there is, and deletes the fault.
func TestDeletedFaultLetsGo(t *testing.T) {
	const long = fault.Duration(time.Hour)
	for name, f := range map[string]fault.Fault{
		"delay of a request": {When: fault.When{Inbound: "reqCurrentTime"}, What: fault.What{Do: fault.Delay, For: long}},
		"delay of an answer": {When: fault.When{Outbound: "currentTime"}, What: fault.What{Do: fault.Delay, For: long}},
		"stop-writing":       {When: fault.When{Inbound: "reqCurrentTime"}, What: fault.What{Do: fault.StopWriting}},
		"stop-reading": {
			When: fault.When{Inbound: "reqCurrentTime", Nth: 1}, What: fault.What{Do: fault.StopReading, For: long},
		},
		"mute": {When: fault.When{Inbound: "reqCurrentTime", Nth: 1}, What: fault.What{Do: fault.Mute}},
		"drip": {When: fault.When{Phase: fault.BootstrapSent}, What: fault.What{Do: fault.Drip, Every: long}},
	} {
		for _, how := range []string{"deleted", "replaced", "over"} {
			t.Run(name+" "+how, func(t *testing.T) {
				f.ID = "holding"
				if how == "over" {
					f.Until.Elapsed = fault.Duration(time.Minute)
				}
				synctest.Test(t, func(t *testing.T) { letsGo(t, f, how) })
			})
		}
	}
}

func letsGo(t *testing.T, f fault.Fault, how string) {
	g := serveInBubble(t, faults(f))
	c := g.dial(t).connect(1)
	c.askTime()
	if held := c.hear(10 * time.Second); f.What.Do != fault.StopReading && len(held) > 0 {
		t.Fatalf("not held: %s", summary(held))
	}
	switch how {
	case "deleted":
		if err := g.ClearFault(f.ID); err != nil {
			t.Fatal(err)
		}
	case "replaced":
		if err := g.SetSchedule(fault.Schedule{}); err != nil {
			t.Fatal(err)
		}
	default:
		<-time.After(time.Minute) // virtual
	}
	synctest.Wait()
	c.askTime() // what a mute has thrown away stays away
	if !slices.ContainsFunc(c.hear(time.Second), func(m wire.Message) bool { return m.Kind == wire.CurrentTime }) {
		t.Error("no answer after the lifting")
	}
	lifted := slices.ContainsFunc(g.Receipts(), func(r fault.Receipt) bool {
		return r.Fault == f.ID && strings.HasPrefix(r.Wire, "lifted after ") && r.Mismatch == ""
	})
	if !lifted {
		t.Errorf("receipts %+v; want one of the lifting", g.Receipts())
	}
}

func TestFaultThatIsDeletedInItsDelayDoesNotAct(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := serveInBubble(t, faults(fault.Fault{
			ID: "late", When: fault.When{Phase: fault.BootstrapSent, Delay: ms(5000)}, What: fault.What{Do: fault.RST},
		}))
		c := g.dial(t).connect(1)
		synctest.Wait()
		if err := g.ClearFault("late"); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Minute) // virtual
		c.askTime()
		c.until(wire.CurrentTime)
		if got := g.Receipts(); len(got) != 1 || got[0].Wire != fault.LiftedBefore {
			t.Errorf("receipts %+v, want one that says %q", got, fault.LiftedBefore)
		}
	})
}

func TestDeletedFaultOpensThePort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := serveInBubble(t, Config{})
		id, err := g.Inject(fault.Fault{When: fault.When{At: ptr(ms(0))}, What: fault.What{Do: fault.Refuse}})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if stage := g.stage.Now(); stage != Refusing {
			t.Fatalf("stage %s, want it closed", stage)
		}
		if err := g.ClearFault(id); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		g.dial(t).connect(1)
	})
}

func TestRestartIsNotUndoneByAnEarlierRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := serveInBubble(t, faults(fault.Fault{
			ID: "no", When: fault.When{At: ptr(ms(10))}, What: fault.What{Do: fault.Refuse},
		}))
		<-time.After(time.Second) // virtual
		down := fault.Downtime{Refused: fault.Duration(time.Hour)}
		if err := g.Restart(down, fault.FIN); err != nil {
			t.Fatal(err)
		}
		if err := g.ClearFault("no"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if stage := g.stage.Now(); stage != Refusing {
			t.Errorf("stage %s: the deletion has ended the restart's downtime", stage)
		}
	})
}

// TestDeletedFaultTellsWhatItKept keeps an answer back until something that does not come, and deletes the
// fault.
func TestDeletedFaultTellsWhatItKept(t *testing.T) {
	const never = fault.Duration(time.Hour)
	answer := fault.When{Outbound: "currentTime"}
	for name, f := range map[string]fault.Fault{
		"until a time":      {When: answer, What: fault.What{Do: fault.Withhold, Release: &fault.Moment{At: ptr(never)}}},
		"for a while":       {When: answer, What: fault.What{Do: fault.Withhold, Release: &fault.Moment{Delay: never}}},
		"until a message":   {When: answer, What: fault.What{Do: fault.Withhold, Release: &fault.Moment{Inbound: "reqIds"}}},
		"until a session":   {When: answer, What: fault.What{Do: fault.Withhold, Release: &fault.Moment{Phase: fault.BootstrapSent}}},
		"until four came":   {When: answer, What: fault.What{Do: fault.Shuffle, Frames: 4}},
		"with other fields": {When: answer, What: fault.What{Do: fault.Withhold, Set: fault.Values{"currentTime": 7}, Release: &fault.Moment{At: ptr(never)}}},
	} {
		for _, how := range []string{"deleted", "replaced"} {
			t.Run(name+" "+how, func(t *testing.T) {
				f.ID = "keeping"
				synctest.Test(t, func(t *testing.T) { tellsWhatItKept(t, f, how) })
			})
		}
	}
}

func tellsWhatItKept(t *testing.T, f fault.Fault, how string) {
	g := serveInBubble(t, faults(f))
	c := g.dial(t).connect(1)
	c.askTime()
	c.askTime()
	if kept := c.hear(10 * time.Second); len(kept) > 0 {
		t.Fatalf("not kept: %s", summary(kept))
	}
	lift(t, g, f.ID, how)
	if told := c.hear(time.Second); len(told) != 2 || told[0].Kind != wire.CurrentTime {
		t.Errorf("after the deletion: %s, want both answers", summary(told))
	}
	if left := g.plan.Withheld(); len(left) > 0 {
		t.Errorf("%d messages are still withheld", len(left))
	}
	if n := len(g.Receipts()); n != 4 {
		t.Errorf("%d receipts %+v, want two of the keeping and two of the telling", n, g.Receipts())
	}
}

func TestDeletedSwapTellsWhatWaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := serveInBubble(t, faults(fault.Fault{
			ID: "keeping", When: fault.When{AnswerTo: &fault.Request{Inbound: "reqMatchingSymbols"}},
			What: fault.What{Do: fault.Swap, With: &fault.Request{Inbound: "reqHeadTimestamp"}},
		}))
		c := g.dial(t).connect(1)
		c.send(wire.ReqMatchingSymbols, &protobuf.MatchingSymbolsRequest{ReqId: proto.Int32(5), Pattern: proto.String("AAPL")})
		if kept := c.hear(10 * time.Second); len(kept) > 0 {
			t.Fatalf("not kept: %s", summary(kept))
		}
		lift(t, g, "keeping", "deleted")
		told := c.hear(time.Second)
		if len(told) != 1 || told[0].Body.(*protobuf.SymbolSamples).GetReqId() != 5 {
			t.Errorf("after the deletion: %s, want the answer to 5", summary(told))
		}
	})
}

func lift(t *testing.T, g *bubbleGateway, id, how string) {
	t.Helper()
	var err error
	if how == "deleted" {
		err = g.ClearFault(id)
	} else {
		err = g.SetSchedule(fault.Schedule{})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A shuffle has no release: it lets go when its time is over, too.
func TestShuffleThatIsOverTellsWhatItKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := serveInBubble(t, faults(fault.Fault{
			ID: "keeping", When: fault.When{Outbound: "currentTime"}, What: fault.What{Do: fault.Shuffle, Frames: 4},
			Until: fault.Until{Elapsed: fault.Duration(time.Minute)},
		}))
		c := g.dial(t).connect(1)
		c.askTime()
		if told := c.hear(2 * time.Minute); len(told) != 1 {
			t.Errorf("after the time: %s, want the answer", summary(told))
		}
	})
}

// A copy that was still to come does not: nothing was kept back from the client.
func TestDeletedDuplicateIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := serveInBubble(t, faults(fault.Fault{
			ID: "again", When: fault.When{Outbound: "currentTime"},
			What: fault.What{Do: fault.Duplicate, Release: &fault.Moment{Delay: fault.Duration(time.Minute)}},
		}))
		c := g.dial(t).connect(1)
		c.askTime()
		c.until(wire.CurrentTime)
		lift(t, g, "again", "deleted")
		if told := c.hear(time.Hour); len(told) > 0 {
			t.Errorf("after the deletion: %s", summary(told))
		}
	})
}
