package fakegateway

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
