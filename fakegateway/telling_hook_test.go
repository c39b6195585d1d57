package fakegateway

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

// hooked is a Config whose schedule has this program.
func hooked(t *testing.T, program string) Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "test.star")
	if err := os.WriteFile(file, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	return Config{Schedule: fault.Schedule{Hook: file}, Seed: 7, Clock: Clock{Start: sunday}}
}

func TestHookActsOnBothDirections(t *testing.T) {
	cfg := hooked(t, `
def on_message(m, state):
    if m.kind == "placeOrder" and m.fields["order"]["totalQuantity"] == "13":
        return {"do": "error", "code": 201, "message": "thirteen"}
    if m.kind == "reqCurrentTime":
        state["asked"] = state.get("asked", 0) + 1
    if m.kind == "currentTime" and state["asked"] == 2:
        return {"do": "withhold", "release": {"inbound": "reqIds"}}
    if m.kind == "orderStatus" and m.client_id == 1:
        return {"do": "replace", "set": {"filled": {"add": 1}}}
`)
	synctest.Test(t, func(t *testing.T) {
		g := serveInBubble(t, cfg)
		c := g.dial(t).connect(1)
		clock := &protobuf.CurrentTimeRequest{}
		wantTold(t, "13 shares", c.ask(wire.PlaceOrder, order(1, 13, "LMT", 1)), "errMsg:1 201")
		wantTold(t, "first time", c.ask(wire.ReqCurrentTime, clock), "currentTime")
		wantTold(t, "second time", c.ask(wire.ReqCurrentTime, clock))
		wantTold(t, "ids", c.ask(wire.ReqIds, &protobuf.IdsRequest{}), "currentTime", "nextValidId")
		got := c.ask(wire.PlaceOrder, order(2, 5, "MKT", 0))
		if s := body[*protobuf.OrderStatus](t, got, wire.OrderStatus); s.GetFilled() != "1" {
			t.Errorf("status %v, want one more filled than none", s)
		}
		for _, r := range g.Receipts() {
			if r.Fault != fault.HookID || r.Mismatch != "" {
				t.Errorf("receipt %+v", r)
			}
		}
	})
}

func TestFailingHookLeavesTheMessageAndABacktrace(t *testing.T) {
	cfg := hooked(t, "def on_message(m, state):\n    if m.kind == 'currentTime':\n        m.none()\n")
	synctest.Test(t, func(t *testing.T) {
		g := serveInBubble(t, cfg)
		c := g.dial(t).connect(1)
		wantTold(t, "the time", c.ask(wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{}), "currentTime")
		r := g.Receipts()
		if len(r) != 1 || !strings.Contains(r[0].Mismatch, "test.star:3:10: in on_message") {
			t.Errorf("receipts %+v", r)
		}
	})
}

func TestHookThatDoesNotLoad(t *testing.T) {
	_, err := New(hooked(t, "def on_message(m):\n    pass\n"))
	if err == nil || !strings.Contains(err.Error(), "test.star:1:1: ") {
		t.Errorf("error %v", err)
	}
	g, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.SetSchedule(fault.Schedule{Hook: "nowhere.star"}); err == nil {
		t.Error("a hook that is not there: no error")
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
}

func TestHookStartsAnewOnEveryConnection(t *testing.T) {
	cfg := hooked(t, `
def on_message(m, state):
    if m.kind == "currentTime":
        state["n"] = state.get("n", 0) + 1
        if state["n"] > 1:
            return {"do": "drop"}
`)
	synctest.Test(t, func(t *testing.T) {
		g := serveInBubble(t, cfg)
		for id := 1; id <= 2; id++ {
			c := g.dial(t).connect(id)
			wantTold(t, "first", c.ask(wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{}), "currentTime")
			wantTold(t, "second", c.ask(wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{}))
		}
		<-time.After(time.Second)
	})
}

func TestHookWithoutAnEndIsRefused(t *testing.T) {
	endless := "/dev/zero"
	if _, err := os.Stat(endless); err != nil {
		t.Skip(err)
	}
	s := startServer(t, Config{})
	if err := s.SetSchedule(fault.Schedule{Hook: endless}); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("error %v, want one about its size", err)
	}
}
