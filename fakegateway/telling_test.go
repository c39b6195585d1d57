package fakegateway

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

// scheduled is a Config with a schedule as people write it.
func scheduled(t *testing.T, text string) Config {
	t.Helper()
	s, err := fault.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return Config{Schedule: s, Seed: 7, Clock: Clock{Start: sunday}}
}

// hear reads, in virtual time, everything that comes in so much of it.
func (r *rawClient) hear(d time.Duration) []wire.Message {
	r.t.Helper()
	if err := r.Conn.SetReadDeadline(time.Now().Add(d)); err != nil {
		r.t.Fatal(err)
	}
	var heard []wire.Message
	for {
		payload, err := r.next()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil {
			r.t.Fatalf("read: %v", err)
		}
		m, err := wire.Decode(wire.FromServer, payload, r.Version)
		if err != nil {
			r.t.Fatal(err)
		}
		heard = append(heard, m)
	}
	if err := r.Conn.SetReadDeadline(time.Time{}); err != nil {
		r.t.Fatal(err)
	}
	return heard
}

// ask sends one request and hears for a second what comes of it.
func (r *rawClient) ask(k wire.Kind, body proto.Message) []wire.Message {
	r.t.Helper()
	r.send(k, body)
	return r.hear(time.Second)
}

// tellingOf runs script against a Gateway with a schedule, at an old text version and the newest, in
// virtual time. Afterwards there must be a receipt for every fault of the schedule, without a
// mismatch, and the books must agree with themselves.
func tellingOf(t *testing.T, schedule string, script func(t *testing.T, g *bubbleGateway)) {
	t.Helper()
	for _, v := range []int{178, 225} {
		t.Run(fmt.Sprint(v), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := scheduled(t, schedule)
				cfg.MaxServerVersion = v
				g := serveInBubble(t, cfg)
				script(t, g)
				synctest.Wait()
				if err := g.Books().Check(); err != nil {
					t.Errorf("books: %v", err)
				}
				filed := make(map[string]bool)
				for _, r := range g.Receipts() {
					filed[r.Fault] = true
					if r.Mismatch != "" {
						t.Errorf("receipt %+v", r)
					}
				}
				for _, f := range cfg.Schedule.Faults {
					if !filed[f.ID] {
						t.Errorf("no receipt of %s: %s", f.ID, f)
					}
				}
			})
		})
	}
}

const (
	submitted = "openOrder:Submitted, orderStatus:Submitted 0/100"
	filling   = "openOrder:Filled, orderStatus:Filled 100/0"
)

func wantTold(t *testing.T, what string, got []wire.Message, want ...string) {
	t.Helper()
	if w := strings.Join(want, ", "); summary(got) != w {
		t.Errorf("%s\n got %s\nwant %s", what, summary(got), w)
	}
}

func TestAckWithheld(t *testing.T) {
	tellingOf(t, "faults: [{use: ack-withheld, with: {order: 1}}]", func(t *testing.T, g *bubbleGateway) {
		c := g.dial(t).connect(1)
		wantTold(t, "at the order", c.ask(wire.PlaceOrder, order(1, 100, "LMT", 1)))
		if open := g.Books().Orders; len(open) != 1 {
			t.Errorf("the books have %d orders, want the one that is not acknowledged", len(open))
		}
		wantTold(t, "at the question", c.ask(wire.ReqOpenOrders, &protobuf.OpenOrdersRequest{}),
			"openOrder:PreSubmitted, orderStatus:PreSubmitted 0/100", submitted, submitted,
			"openOrderEnd")
	})
}

func TestFillToldToTheNextSession(t *testing.T) {
	tellingOf(t, "faults: [{use: fill-while-away, with: {order: 1}}]", func(t *testing.T, g *bubbleGateway) {
		c := g.dial(t).connect(1)
		c.send(wire.PlaceOrder, order(1, 100, "MKT", 0))
		c.until(wire.OpenOrder)
		got := string(c.wantFIN())
		if strings.Contains(got, "execDetails") {
			t.Errorf("the fill was told: %q", got)
		}
		c.close()
		synctest.Wait()
		if fills := g.Books().Executions; len(fills) != 1 {
			t.Fatalf("%d fills in the books, want 1", len(fills))
		}
		c = g.dial(t).connect(1)
		wantTold(t, "after the bootstrap", c.hear(time.Second), "execDetails:-1 BOT",
			"orderStatus:Filled 100/0")
	})
}

func TestFillInAnOutageAndTheBurstAfterIt(t *testing.T) {
	tellingOf(t, `
faults:
  - use: outage-burst
  - {id: lost, when: {at: 10s}, what: {do: error, code: 1100}}
  - {id: back, when: {at: 40s}, what: {do: error, code: 1102}}
`, func(t *testing.T, g *bubbleGateway) {
		c := g.dial(t).connect(1)
		wantTold(t, "10 s", c.hear(11*time.Second), "errMsg:-1 1100")
		wantTold(t, "in the outage", c.ask(wire.PlaceOrder, order(1, 100, "MKT", 0)))
		if fills := g.Books().Executions; len(fills) != 1 {
			t.Errorf("%d fills in the books, want 1", len(fills))
		}
		burst := c.hear(30 * time.Second)
		wantTold(t, "after it", burst, "errMsg:-1 1102", submitted, "execDetails:-1 BOT", filling,
			"commissionReport")
		wantTold(t, "later", c.ask(wire.PlaceOrder, order(2, 100, "MKT", 0)),
			submitted, "execDetails:-1 BOT", filling, "commissionReport")
	})
}

func TestFillCrossesACancel(t *testing.T) {
	for use, want := range map[string]string{
		"fill-before-cancel": "execDetails:-1 BOT, orderStatus:Filled 100/0, errMsg:1 10148",
		"fill-after-cancel":  "errMsg:1 10148, execDetails:-1 BOT, orderStatus:Filled 100/0",
	} {
		tellingOf(t, "faults: [{use: "+use+", with: {order: 1}}]", func(t *testing.T, g *bubbleGateway) {
			c := g.dial(t).connect(1)
			got := c.ask(wire.PlaceOrder, order(1, 100, "MKT", 0))
			if all[*protobuf.ExecutionDetails](got, wire.ExecutionDetails) != nil {
				t.Errorf("the fill was told: %s", summary(got))
			}
			wantTold(t, use, c.ask(wire.CancelOrder, cancel(1)), want)
		})
	}
}

func TestFillReplayedAndCorrected(t *testing.T) {
	tellingOf(t, `
faults:
  - use: fill-replayed
    with: {order: 1}
  - use: fill-corrected
    with: {order: 2, by: -0.5, after: 3s}
`, func(t *testing.T, g *bubbleGateway) {
		c := g.dial(t).connect(1)
		c.send(wire.PlaceOrder, order(1, 100, "MKT", 0))
		first := c.until(wire.ExecutionDetails).Body.(*protobuf.ExecutionDetails).GetExecution()
		c.close()
		synctest.Wait() // the Gateway has seen it
		c = g.dial(t).connect(1)
		again := c.until(wire.ExecutionDetails).Body.(*protobuf.ExecutionDetails).GetExecution()
		if !proto.Equal(first, again) {
			t.Errorf("replayed %v\n    told %v", again, first)
		}
		c.send(wire.PlaceOrder, order(2, 100, "MKT", 0))
		second := c.until(wire.ExecutionDetails).Body.(*protobuf.ExecutionDetails).GetExecution()
		began := time.Now()
		right := c.until(wire.ExecutionDetails).Body.(*protobuf.ExecutionDetails).GetExecution()
		stem := strings.TrimSuffix(second.GetExecId(), ".01")
		if right.GetExecId() != stem+".02" || right.GetPrice() != second.GetPrice()-0.5 {
			t.Errorf("corrected %v\n     told %v", right, second)
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("the correction came after %s, want 3 s", took)
		}
		for _, e := range g.Books().Executions {
			if strings.HasSuffix(e.ExecID, ".02") {
				t.Errorf("the books have the correction that was only told: %v", e.ExecID)
			}
		}
	})
}

func TestStatusWithoutExecutionAndCommissionLateOrNever(t *testing.T) {
	for use, want := range map[string][]string{
		"{use: fill-untold, with: {order: 1}}":   {submitted, filling, "commissionReport"},
		"{use: commission-never}":                {submitted, "execDetails:-1 BOT", filling},
		"{use: commission-late, with: {by: 9s}}": {submitted, "execDetails:-1 BOT", filling},
	} {
		tellingOf(t, "faults: ["+use+"]", func(t *testing.T, g *bubbleGateway) {
			c := g.dial(t).connect(1)
			wantTold(t, use, c.ask(wire.PlaceOrder, order(1, 100, "MKT", 0)), want...)
			later := c.hear(10 * time.Second)
			if strings.Contains(use, "late") {
				wantTold(t, "late", later, "commissionReport")
			} else {
				wantTold(t, "later", later)
			}
		})
	}
}

func TestEndWithheld(t *testing.T) {
	tellingOf(t, "faults: [{use: end-withheld, with: {end: openOrderEnd}}]",
		func(t *testing.T, g *bubbleGateway) {
			c := g.dial(t).connect(1)
			c.ask(wire.PlaceOrder, order(1, 100, "LMT", 1))
			wantTold(t, "once", c.ask(wire.ReqOpenOrders, &protobuf.OpenOrdersRequest{}), submitted)
			wantTold(t, "again", c.ask(wire.ReqOpenOrders, &protobuf.OpenOrdersRequest{}),
				submitted, "openOrderEnd")
		})
}

// barsOf lists reqId and first price of the answers with bars.
func barsOf(messages []wire.Message) map[int32]float64 {
	found := make(map[int32]float64)
	for _, m := range all[*protobuf.HistoricalData](messages, wire.HistoricalData) {
		found[m.GetReqId()] = m.GetHistoricalDataBars()[0].GetOpen()
	}
	return found
}

func TestAnswersSwapped(t *testing.T) {
	tellingOf(t, `
faults:
  - use: answers-swapped
    with: {request: reqHistoricalData, first: 3, second: 4}
`, func(t *testing.T, g *bubbleGateway) {
		c := g.dial(t).connect(1)
		of := func(symbol string) func(*protobuf.HistoricalDataRequest) {
			return func(m *protobuf.HistoricalDataRequest) { m.Contract = stock(symbol) }
		}
		honest := barsOf(append(
			c.ask(wire.ReqHistoricalData, bars(11, "1 D", "1 min", of("AAPL"))),
			c.ask(wire.ReqHistoricalData, bars(12, "1 D", "1 min", of("NVDA")))...))
		c.send(wire.ReqHistoricalData, bars(13, "1 D", "1 hour", of("AAPL")))
		if early := c.hear(time.Second); len(early) != 0 {
			t.Errorf("told before there is an answer to swap with: %s", summary(early))
		}
		swapped := barsOf(c.ask(wire.ReqHistoricalData, bars(14, "1 D", "1 hour", of("NVDA"))))
		near := func(a, b float64) bool { return math.Abs(a-b) < 5 }
		if !near(swapped[13], honest[12]) || !near(swapped[14], honest[11]) ||
			near(honest[11], honest[12]) {
			t.Errorf("honest %v, swapped %v", honest, swapped)
		}
	})
}

func TestLateAnswerAfterACancel(t *testing.T) {
	tellingOf(t, `
faults:
  - use: late-after-cancel
    with: {request: reqHistoricalData, cancel: cancelHistoricalData}
`, func(t *testing.T, g *bubbleGateway) {
		c := g.dial(t).connect(1)
		wantTold(t, "before", c.ask(wire.ReqHistoricalData, bars(5, "1 D", "1 hour")))
		got := c.ask(wire.CancelHistoricalData, &protobuf.CancelHistoricalData{ReqId: num(5)})
		if len(barsOf(got)) != 1 || got[0].Kind != wire.HistoricalData {
			t.Errorf("after the cancel: %s", summary(got))
		}
	})
}

func TestIDsRolledBack(t *testing.T) {
	tellingOf(t, `
faults:
  - use: ids-rolled-back
    with: {by: -3}
    where: {fromConnection: 2}
`, func(t *testing.T, g *bubbleGateway) {
		c := g.dial(t).connect(1)
		c.ask(wire.PlaceOrder, order(5, 100, "MKT", 0))
		c.close()
		synctest.Wait() // the Gateway has seen it
		c = g.dial(t)
		c.hello()
		c.startAPI(1)
		if id := c.until(wire.NextValidID).Body.(*protobuf.NextValidId).GetOrderId(); id != 3 {
			t.Errorf("next id %d, want 3: three below the true 6", id)
		}
		c.hear(time.Second)
		got := c.ask(wire.PlaceOrder, order(5, 100, "MKT", 0))
		if e := body[*protobuf.ErrorMessage](t, got, wire.ErrorMessage); e.GetId() != 5 {
			t.Errorf("the order with a used id: %s", summary(got))
		}
	})
}

func TestPositionsDisagree(t *testing.T) {
	tellingOf(t, "faults: [{use: positions-disagree, with: {symbol: AAPL, by: 50}}]",
		func(t *testing.T, g *bubbleGateway) {
			c := g.dial(t).connect(1)
			c.ask(wire.PlaceOrder, order(1, 100, "MKT", 0))
			got := c.ask(wire.ReqPositions, &protobuf.PositionsRequest{})
			if p := body[*protobuf.Position](t, got, wire.Position).GetPosition(); p != "150" {
				t.Errorf("told a position of %s, want 150", p)
			}
			if p := g.Books().Positions[0]; p.Quantity != 100 {
				t.Errorf("the books have %d shares, want 100", p.Quantity)
			}
		})
}

func TestCorruptedField(t *testing.T) {
	for field, kind := range map[string]wire.Kind{
		"filled": wire.OrderStatus, "permId": wire.OrderStatus, "orderId": wire.OrderStatus,
		"avgFillPrice": wire.OrderStatus,
	} {
		tellingOf(t, fmt.Sprintf("faults: [{id: bad, when: {outbound: %s, nth: 1}, what: {do: corrupt, "+
			"field: %s}}]", kind, field), func(t *testing.T, g *bubbleGateway) {
			c := g.dial(t).connect(1)
			c.send(wire.PlaceOrder, order(1, 100, "LMT", 1))
			c.until(wire.OpenOrder)
			payload, err := c.next()
			if err != nil {
				t.Fatal(err)
			}
			m, err := wire.Decode(wire.FromServer, payload, c.Version)
			text := string(payload)
			switch {
			case strings.Contains(text, fault.Unreadable): // a text field that is a text decodes
			case err == nil:
				t.Errorf("%s: it reads %v", field, m.Body)
			}
			c.askTime()
			c.until(wire.CurrentTime) // the stream is in step
		})
	}
}

func TestWithheldForEverAndTooMany(t *testing.T) {
	tellingOf(t, "faults: [{id: no, when: {outbound: currentTime}, what: {do: withhold}}]",
		func(t *testing.T, g *bubbleGateway) {
			c := g.dial(t).connect(1)
			wantTold(t, "the time", c.ask(wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{}))
			if r := g.Receipts()[0]; r.Wire != "withheld for ever" {
				t.Errorf("receipt %+v", r)
			}
		})
}
