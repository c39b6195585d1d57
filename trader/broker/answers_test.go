package broker_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
	"ibsoak/trader/broker"
	"ibsoak/trader/link"
)

const soon = 100 * time.Millisecond // for what never comes

func contractRequest(m wire.Message) (int32, string) {
	body := m.Body.(*pb.ContractDataRequest)
	return body.GetReqId(), body.GetContract().GetSymbol()
}

// TestAnAnswerWithoutItsEndIsIncomplete, never empty and never partial.
func TestAnAnswerWithoutItsEndIsIncomplete(t *testing.T) {
	g := startScript(t, func(c *talk, m wire.Message) {
		switch m.Kind {
		case wire.ReqContractDetails:
			id, symbol := contractRequest(m)
			c.contract(id, symbol)
		case wire.ReqPositions:
			c.send(wire.Position, &pb.Position{
				Account: proto.String("DU9000001"), Position: proto.String("5"), Contract: &pb.Contract{},
			})
		default: // no End of anything
		}
	})
	s := connect(t, broker.Config{Link: link.Config{Addr: g.addr()}})
	for name, ask := range map[string]func(context.Context) (int, error){
		"contract details": func(ctx context.Context) (int, error) {
			x, err := s.ContractDetails(ctx, apple)
			return len(x), err
		},
		"positions":        func(ctx context.Context) (int, error) { x, err := s.Positions(ctx); return len(x), err },
		"open orders":      func(ctx context.Context) (int, error) { x, err := s.OpenOrders(ctx); return len(x), err },
		"executions":       func(ctx context.Context) (int, error) { x, err := s.Executions(ctx); return len(x), err },
		"completed orders": func(ctx context.Context) (int, error) { x, err := s.CompletedOrders(ctx); return len(x), err },
		"bars": func(ctx context.Context) (int, error) {
			x, err := s.Bars(ctx, broker.BarsRequest{Contract: apple, Duration: "1 D", BarSize: "1 min"})
			return len(x), err
		},
		"current time": func(ctx context.Context) (int, error) { _, err := s.CurrentTime(ctx); return 0, err },
	} {
		n, err := ask(ctxWithin(t, soon))
		if n != 0 || !errors.Is(err, broker.ErrIncomplete) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %d items, %v", name, n, err)
		}
	}
	if s.State() != broker.Ready {
		t.Errorf("session is %s: an answer that did not come is no reason to end it", s.State())
	}
}

// A Gateway without bars answers error 162. An End alone is an answer whose bars were lost.
func TestAnEndWithoutBarsIsIncomplete(t *testing.T) {
	g := startGateway(t, fakegateway.Config{Schedule: fault.Schedule{Faults: []fault.Fault{{
		When: fault.When{Outbound: "historicalData"}, What: fault.What{Do: fault.Drop},
	}}}})
	s := connect(t, broker.Config{Link: link.Config{Addr: g.Addr()}})
	bars, err := s.Bars(t.Context(), broker.BarsRequest{
		Contract: apple, Duration: "1 D", BarSize: "1 hour",
	})
	if !errors.Is(err, broker.ErrIncomplete) || bars != nil {
		t.Errorf("got %d bars and %v, want ErrIncomplete", len(bars), err)
	}
}

// TestALateAnswerSatisfiesNobody answers a request after it gave up, while the next one waits, with
// another contract's data; then the next one's own answer comes.
func TestALateAnswerSatisfiesNobody(t *testing.T) {
	var late int32
	g := startScript(t, func(c *talk, m wire.Message) {
		if m.Kind != wire.ReqContractDetails {
			return
		}
		id, symbol := contractRequest(m)
		if late == 0 {
			late = id
			return
		}
		c.contract(late, "NVDA")
		c.contractEnd(late)
		c.contract(id+1000, "NVDA") // nobody has asked this yet
		c.contractEnd(id + 1000)
		c.contract(id, symbol)
		c.contractEnd(id)
		c.contractEnd(id) // and once more
	})
	s := connect(t, broker.Config{Link: link.Config{Addr: g.addr()}})
	nvidia := apple
	nvidia.Symbol = "NVDA"
	if _, err := s.ContractDetails(ctxWithin(t, soon), nvidia); !errors.Is(err, broker.ErrIncomplete) {
		t.Fatalf("first: %v", err)
	}
	d, err := s.ContractDetails(ctxWithin(t, 10*time.Second), apple)
	if err != nil || len(d) != 1 || d[0].Contract.Symbol != "AAPL" {
		t.Errorf("second: %+v, %v", d, err)
	}
	closeSession(t, s)
	if got := s.Stats(); got.LateAnswers != 3 || got.UnknownAnswers != 2 {
		t.Errorf("dropped %+v, want 3 late and 2 unknown", got)
	}
}

// TestSwappedAnswers go to the requests that they name.
func TestSwappedAnswers(t *testing.T) {
	waiting := map[string]int32{}
	g := startScript(t, func(c *talk, m wire.Message) {
		if m.Kind != wire.ReqContractDetails {
			return
		}
		id, symbol := contractRequest(m)
		waiting[symbol] = id
		if len(waiting) < 2 {
			return
		}
		for symbol, id := range waiting {
			c.contract(id, symbol)
		}
		for _, id := range waiting {
			c.contractEnd(id)
		}
	})
	s := connect(t, broker.Config{Link: link.Config{Addr: g.addr()}})
	var wg sync.WaitGroup
	for _, symbol := range []string{"AAPL", "TSLA"} {
		wg.Go(func() {
			c := apple
			c.Symbol = symbol
			d, err := s.ContractDetails(ctxWithin(t, 10*time.Second), c)
			if err != nil || len(d) != 1 || d[0].Contract.Symbol != symbol {
				t.Errorf("%s: %+v, %v", symbol, d, err)
			}
		})
	}
	wg.Wait()
}

// TestAnotherSessionsAnswersFitNothing is a Gateway that gives session 2 what session 1 asked for.
func TestAnotherSessionsAnswersFitNothing(t *testing.T) {
	var first int32
	g := startScript(t, func(c *talk, m wire.Message) {
		if m.Kind != wire.ReqContractDetails {
			return
		}
		id, symbol := contractRequest(m)
		if c.n == 1 {
			first = id
			_ = c.conn.Close()
			return
		}
		c.contract(first, "BZAI")
		c.contractEnd(first)
		c.contract(id, symbol)
		c.contractEnd(id)
	})
	one := connect(t, broker.Config{Link: link.Config{Addr: g.addr()}})
	_, err := one.ContractDetails(ctxWithin(t, 10*time.Second), apple)
	if !errors.Is(err, broker.ErrIncomplete) || !errors.Is(err, broker.ErrOver) || link.ReasonOf(err) != link.Closed {
		t.Errorf("session 1: %v", err)
	}
	two := connect(t, broker.Config{Link: link.Config{Addr: g.addr()}, OrderIDFloor: 500})
	d, err := two.ContractDetails(ctxWithin(t, 10*time.Second), apple)
	if err != nil || len(d) != 1 || d[0].Contract.Symbol != "AAPL" {
		t.Errorf("session 2: %+v, %v", d, err)
	}
	if two.Generation() <= one.Generation() {
		t.Errorf("generation %d after %d", two.Generation(), one.Generation())
	}
	if a, b := two.NextOrderID(), two.NextOrderID(); a != 500 || b != 501 {
		t.Errorf("order ids %d, %d with a floor of 500", a, b)
	}
	if _, err := one.ContractDetails(t.Context(), apple); !errors.Is(err, broker.ErrOver) {
		t.Errorf("session 1 once over: %v", err)
	}
}

// TestAQuestionWithoutAnIDIsRepeatedOnce: positions carry no id. The answer to the first question and
// to its repetition are gathered together, so that neither is taken for whole when it is not; when two
// questions have got one End, nothing more is asked until the other has come.
func TestAQuestionWithoutAnIDIsRepeatedOnce(t *testing.T) {
	asked := 0
	var late bool
	g := startScript(t, func(c *talk, m wire.Message) {
		position := func(contract int32, n string) {
			c.send(wire.Position, &pb.Position{
				Account: proto.String("DU9000001"), Position: proto.String(n),
				Contract: &pb.Contract{ConId: &contract},
			})
		}
		switch m.Kind {
		case wire.ReqCurrentTime:
			if late {
				c.send(wire.PositionEnd, &pb.PositionEnd{})
			}
			late = true
			c.send(wire.CurrentTime, &pb.CurrentTime{CurrentTime: proto.Int64(5)})
		case wire.ReqPositions:
			asked++
			position(1, "1")
			if asked == 2 { // the first End is lost
				position(2, "2")
			}
			if asked > 1 {
				c.send(wire.PositionEnd, &pb.PositionEnd{})
			}
		default: // nothing else is asked
		}
	})
	s := connect(t, broker.Config{Link: link.Config{Addr: g.addr()}})
	if _, err := s.Positions(ctxWithin(t, soon)); !errors.Is(err, broker.ErrIncomplete) {
		t.Fatal(err)
	}
	p, err := s.Positions(ctxWithin(t, 10*time.Second))
	if err != nil || len(p) != 3 {
		t.Fatalf("the repetition got %+v, %v", p, err)
	}
	for range 2 {
		if _, err := s.Positions(ctxWithin(t, 10*time.Second)); !errors.Is(err, broker.ErrSpent) {
			t.Errorf("asked although an End may still come: %v", err)
		}
		if _, err := s.CurrentTime(ctxWithin(t, 10*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	if p, err = s.Positions(ctxWithin(t, 10*time.Second)); err != nil || len(p) != 1 || asked != 3 {
		t.Errorf("after the late End: %+v, %v, asked %d times", p, err, asked)
	}
}

// TestAnErrorInPlaceOfAnAnswerOwesNoEnd: the next question is asked and answered.
func TestAnErrorInPlaceOfAnAnswerOwesNoEnd(t *testing.T) {
	asked := 0
	g := startScript(t, func(c *talk, m wire.Message) {
		if m.Kind != wire.ReqPositions {
			return
		}
		if asked++; asked == 1 {
			c.complain(-1, 321, "Error validating request")
			return
		}
		c.send(wire.PositionEnd, &pb.PositionEnd{})
	})
	s := connect(t, broker.Config{Link: link.Config{Addr: g.addr()}})
	if _, err := s.Positions(ctxWithin(t, 10*time.Second)); err == nil {
		t.Fatal("an error was read as an answer")
	}
	for range 2 {
		if p, err := s.Positions(ctxWithin(t, 10*time.Second)); err != nil || len(p) != 0 {
			t.Errorf("%+v, %v", p, err)
		}
	}
}

// TestErrorsEndTheRequestThatTheyName, and warnings do not.
func TestErrorsEndTheRequestThatTheyName(t *testing.T) {
	g := startScript(t, func(c *talk, m wire.Message) {
		switch m.Kind {
		case wire.ReqContractDetails:
			id, symbol := contractRequest(m)
			c.complain(id, 2129, "The product is provided on an indicative basis only")
			if symbol == "AAPL" {
				c.complain(id, 200, "No security definition has been found for the request")
				return
			}
			c.contract(id, symbol)
			c.contractEnd(id)
		case wire.ReqPositions:
			c.complain(-1, 321, "Error validating request.-'aa' : cause - ...")
		default: // nothing else is asked
		}
	})
	s := connect(t, broker.Config{Link: link.Config{Addr: g.addr()}})
	ctx := ctxWithin(t, 10*time.Second)
	_, err := s.ContractDetails(ctx, apple)
	if e := (*broker.Error)(nil); !errors.As(err, &e) || e.Code != 200 || e.Class != broker.ClassRequest {
		t.Errorf("refused request: %v", err)
	}
	tesla := apple
	tesla.Symbol = "TSLA"
	if d, err := s.ContractDetails(ctx, tesla); err != nil || len(d) != 1 {
		t.Errorf("request with a warning: %v, %v", d, err)
	}
	if _, err := s.Positions(ctx); codeOf(err) != 321 {
		t.Errorf("refusal that names nobody: %v", err)
	}
	for range 2 {
		awaitEvent(t, s, "the warning", func(n broker.Notice) bool { return n.Code == 2129 })
	}
}

// TestConnectivityAndFarms is what a Gateway says of its own connections, as events.
func TestConnectivityAndFarms(t *testing.T) {
	g := startScript(t, func(c *talk, m wire.Message) {
		if m.Kind != wire.ReqCurrentTime {
			return
		}
		c.complain(-1, 2103, "Market data farm connection is broken:usfarm")
		c.complain(-1, 2107, "HMDS data farm connection is inactive but should be available upon demand.ushmds")
		c.complain(-1, 1100, "Connectivity between IBKR and Trader Workstation has been lost.")
		c.complain(-1, 1100, "Connectivity between IBKR and Trader Workstation has been lost.")
		c.complain(-1, 1101, "Connectivity has been restored - data lost.")
		c.complain(-1, 1101, "Connectivity has been restored - data lost.")
		c.complain(-1, 2104, "Market data farm connection is OK:usfarm")
		c.send(wire.CurrentTime, &pb.CurrentTime{CurrentTime: proto.Int64(5)})
	})
	s := connect(t, broker.Config{Link: link.Config{Addr: g.addr()}})
	if _, err := s.CurrentTime(ctxWithin(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	want := []broker.Body{
		broker.DataFarm{Name: "usfarm", Kind: "market data", Broken: true, Code: 2103},
		broker.DataFarm{Name: "ushmds", Kind: "historical data", Code: 2107},
		broker.StateChange{State: broker.Degraded, Code: 1100},
		broker.StateChange{State: broker.Ready, Code: 1101, Resubscribe: true},
		broker.StateChange{State: broker.Ready, Code: 1101},
		broker.DataFarm{Name: "usfarm", Kind: "market data", Code: 2104},
	}
	var got []broker.Body
	for _, e := range closeSession(t, s) {
		got = append(got, e.Body)
	}
	if !slices.Equal(got, want) {
		t.Errorf("events\n got %v\nwant %v", got, want)
	}
}
