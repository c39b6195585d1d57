package harness

import (
	"context"
	"errors"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

// Habits of work, and of seeming to work.
func init() {
	subjects["clock"] = onSession(func(c *client) error {
		return errors.Join(c.send(wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{}), c.await(wire.CurrentTime))
	})
	subjects["positions"] = onSession(func(c *client) error {
		return errors.Join(c.send(wire.ReqPositions, &protobuf.PositionsRequest{}), c.await(wire.PositionEnd))
	})
	subjects["rule"] = onSession(func(c *client) error {
		return errors.Join(c.send(wire.ReqMarketRule, &protobuf.MarketRuleRequest{MarketRuleId: proto.Int32(26)}), c.await(wire.MarketRule))
	})
	subjects["leaver"] = onSession(func(c *client) error {
		return c.send(wire.ReqHistoricalData, &protobuf.HistoricalDataRequest{ReqId: proto.Int32(1)})
	})
	subjects["ticks"] = streams
	subjects["burst"] = bursts
	subjects["own-pace"] = func([]string) error { return work([]string{"--interval", "200ms"}) }
}

// onSession does one thing after a handshake and leaves.
func onSession(do func(*client) error) func([]string) error {
	return func([]string) error {
		c, err := connect()
		if err != nil {
			return err
		}
		return errors.Join(do(c), c.Close())
	}
}

// streams subscribes to delayed ticks and listens, connecting again when a session is lost.
func streams([]string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM) //nolint:forbidigo // a process's own context
	defer stop()
	for ctx.Err() == nil {
		c, err := connect()
		if err != nil {
			return err
		}
		const delayed = 3
		release := context.AfterFunc(ctx, func() { _ = c.Close() })
		err = errors.Join(
			c.send(wire.ReqMarketDataType, &protobuf.MarketDataTypeRequest{MarketDataType: proto.Int32(delayed)}),
			c.send(wire.ReqMktData, &protobuf.MarketDataRequest{ReqId: proto.Int32(1), Contract: apple()}))
		for err == nil {
			_, err = c.frames.Next()
		}
		release()
		_ = c.Close()
	}
	return nil
}

func apple() *protobuf.Contract {
	return &protobuf.Contract{
		Symbol: proto.String("AAPL"), SecType: proto.String("STK"),
		Exchange: proto.String("SMART"), Currency: proto.String("USD"),
	}
}

// bursts does all cycles at once, and waits for SIGTERM.
func bursts([]string) error {
	c, err := connect()
	if err != nil {
		return err
	}
	for n := 1; n <= 40 && err == nil; n++ {
		err = c.cycle(n)
	}
	<-signalled()
	return errors.Join(err, c.Close())
}

func finding(t *testing.T, v Verdict, check string) Finding {
	t.Helper()
	for _, f := range v.Findings {
		if f.Check == check {
			return f
		}
	}
	t.Fatalf("no finding of %s", check)
	return Finding{}
}

// TestRunAsksForWork runs lives that seem to work, and one that works by other means than bars.
func TestRunAsksForWork(t *testing.T) {
	t.Parallel()
	for habit, want := range map[string]struct {
		outcome Outcome
		says    string
	}{
		"clock":     {Fail, "asked only for reqCurrentTime"},
		"leaver":    {Fail, "no cycle was shown"}, // its reset may overtake what it asked for
		"rule":      {Inconclusive, "reqMarketRule"},
		"positions": {Pass, ""},
	} {
		t.Run(habit, func(t *testing.T) {
			t.Parallel()
			s := Scenario{Subject: Subject{Mode: Once, Runs: 2}, Checks: checks("cycles")}
			_, v := soaked(t, habit, s, Options{})
			f := finding(t, v, "cycles")
			said := f.Detail
			if len(f.Examples) > 0 {
				said = f.Examples[0].What
			}
			if f.Outcome != want.outcome || !strings.Contains(said, want.says) {
				t.Errorf("%s: %s, want %s by %q", f.Outcome, said, want.outcome, want.says)
			}
		})
	}
}

// TestRunOfAStream has a cycle an interval of updates, and recovers by the first update.
func TestRunOfAStream(t *testing.T) {
	t.Parallel()
	s := Scenario{
		Gateway: Gateway{Faults: []fault.Fault{{
			ID: "reset", Where: fault.Where{Connection: 1}, When: fault.When{Outbound: "tickPrice", Nth: 60},
			What: fault.What{Do: fault.RST}, Until: fault.Until{Count: 1},
		}}},
		Subject: Subject{Mode: Continuous, Interval: 30 * time.Second, Cycles: 5},
		Checks:  []Check{{Name: "cycles", Want: 5}, {Name: "pace"}, {Name: "recovery", Want: 1}},
	}
	r, v := soaked(t, "ticks", s, Options{TimeScale: 60})
	wants(t, r, v, Pass, "cycles", "pace", "recovery")
	for _, c := range r.Cycles {
		if c.Kind != wire.ReqMktData.String() || c.Symbol != "AAPL" {
			t.Errorf("cycle %+v", c)
		}
	}
}

// TestRunOfABurst ends at once: waiting for the hour to be over would show nothing more.
func TestRunOfABurst(t *testing.T) {
	t.Parallel()
	s := Scenario{
		Subject: Subject{Mode: Continuous, Interval: 10 * time.Minute, Cycles: 30},
		Checks:  []Check{{Name: "cycles", Want: 30}, {Name: "pace"}},
	}
	r, v := soaked(t, "burst", s, Options{})
	wants(t, r, v, Fail, "pace")
	if took := time.Duration(r.Footer.Ended); took > time.Minute {
		t.Errorf("the run took %s", took)
	}
}

// TestRunWaitsForASlowerPace lets a subject with a pace of its own go on although the time scale
// would have it ten times as fast.
func TestRunWaitsForASlowerPace(t *testing.T) {
	t.Parallel()
	s := Scenario{
		Subject: Subject{Mode: Continuous, Interval: 2 * time.Second, Cycles: 5},
		Checks:  []Check{{Name: "cycles", Want: 5}, {Name: "pace"}},
	}
	s.Subject.ContinuousArgs = []string{"--loop"}
	r, v := soaked(t, "own-pace", s, Options{TimeScale: 100, margin: time.Millisecond})
	wants(t, r, v, Pass, "cycles", "pace")
}
