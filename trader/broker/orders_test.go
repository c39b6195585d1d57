package broker_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"
	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
	"ibsoak/trader/broker"
	"ibsoak/trader/link"
)

func marketOrder(id int64) broker.Order {
	return broker.Order{
		ID: id, IntentID: "intent", Contract: apple, Action: broker.Buy,
		Quantity: decimal.MustNew(1, 0), Type: broker.Market,
	}
}

// TestOrdersAreNotSent is each reason for which an order stays here, and that none of it left.
func TestOrdersAreNotSent(t *testing.T) {
	var orders []int32
	g := startScript(t, func(c *talk, m wire.Message) {
		switch body := m.Body.(type) {
		case *pb.PlaceOrderRequest:
			orders = append(orders, body.GetOrderId())
		case *pb.CurrentTimeRequest:
			c.complain(-1, 1100, "Connectivity between IBKR and Trader Workstation has been lost.")
			c.send(wire.CurrentTime, &pb.CurrentTime{CurrentTime: proto.Int64(5)})
		}
	})
	s := connect(t, broker.Config{Link: link.Config{Addr: g.addr()}})
	wantNotSent := func(what string, o broker.Order, cause error) {
		t.Helper()
		err := s.PlaceOrder(ctxWithin(t, 10*time.Second), o)
		if !errors.Is(err, broker.ErrNotSent) || !errors.Is(err, cause) || errors.Is(err, broker.ErrUnknown) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, bend := range map[string]func(*broker.Order){
		"id of a request":   func(o *broker.Order) { o.ID = 1<<30 + 1 },
		"no id":             func(o *broker.Order) { o.ID = 0 },
		"no action":         func(o *broker.Order) { o.Action = "" },
		"no quantity":       func(o *broker.Order) { o.Quantity = decimal.Decimal{} },
		"too many decimals": func(o *broker.Order) { o.Quantity = decimal.MustParse("0.00000001") },
		"no such type":      func(o *broker.Order) { o.Type = "VOL" },
		"no limit price":    func(o *broker.Order) { o.Type = broker.Limit },
		"no stop price":     func(o *broker.Order) { o.Type = broker.Stop },
		"not printable":     func(o *broker.Order) { o.IntentID = "a\x00b" },
	} {
		o := marketOrder(20)
		bend(&o)
		wantNotSent(what, o, broker.ErrBadOrder)
	}
	shut, forbidden := errors.New("the gate is shut"), marketOrder(20)
	forbidden.Permit = func() error { return shut }
	wantNotSent("forbidden at the wire", forbidden, shut)
	if err := s.PlaceOrder(ctxWithin(t, 10*time.Second), marketOrder(21)); err != nil {
		t.Errorf("a good order: %v", err)
	}
	if _, err := s.CurrentTime(ctxWithin(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	if s.State() != broker.Degraded {
		t.Errorf("state %s after 1100", s.State())
	}
	wantNotSent("degraded", marketOrder(22), broker.ErrDegraded)
	closeSession(t, s)
	if s.State() != broker.Over {
		t.Errorf("state %s after the end", s.State())
	}
	wantNotSent("over", marketOrder(23), broker.ErrOver)
	g.turn.Lock()
	defer g.turn.Unlock()
	if !slices.Equal(orders, []int32{21}) {
		t.Errorf("the Gateway saw orders %v", orders)
	}
}

// TestAnOrderThatWasCutIsUnknown: more of it than nothing and less than all was handed to the
// kernel. The one behind it is not sent.
func TestAnOrderThatWasCutIsUnknown(t *testing.T) {
	stuck := make(chan struct{})
	g := startScript(t, func(*talk, wire.Message) { <-stuck }) // stops reading at the first message
	t.Cleanup(func() { close(stuck) })
	s := connect(t, broker.Config{Link: link.Config{Addr: g.addr(), WriteTimeout: 300 * time.Millisecond}})
	if err := s.PlaceOrder(ctxWithin(t, 10*time.Second), marketOrder(20)); err != nil {
		t.Errorf("order that fits: %v", err)
	}
	const moreThanKernelsKeepBytes = 15 << 20
	cut := marketOrder(21)
	cut.IntentID = strings.Repeat("x", moreThanKernelsKeepBytes)
	err := s.PlaceOrder(ctxWithin(t, 10*time.Second), cut)
	if !errors.Is(err, broker.ErrUnknown) || errors.Is(err, broker.ErrNotSent) {
		t.Errorf("order that was cut: %.200v", err)
	}
	err = s.PlaceOrder(ctxWithin(t, 10*time.Second), marketOrder(22))
	if !errors.Is(err, broker.ErrNotSent) || errors.Is(err, broker.ErrUnknown) {
		t.Errorf("order behind it: %v", err)
	}
}

// TestAnOrderWhoseTimeRunsOutIsTakenBack while it still waits behind the pace.
func TestAnOrderWhoseTimeRunsOutIsTakenBack(t *testing.T) {
	var orders []int32
	g := startScript(t, func(_ *talk, m wire.Message) {
		if body, ok := m.Body.(*pb.PlaceOrderRequest); ok {
			orders = append(orders, body.GetOrderId())
		}
	})
	s := connect(t, broker.Config{Link: link.Config{Addr: g.addr(), MessagesPerSecond: 1}})
	for id := int64(20); id < 20+link.PaceBurst; id++ {
		if err := s.PlaceOrder(ctxWithin(t, 10*time.Second), marketOrder(id)); err != nil {
			t.Fatal(err)
		}
	}
	err := s.PlaceOrder(ctxWithin(t, soon), marketOrder(99))
	if !errors.Is(err, broker.ErrNotSent) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	closeSession(t, s)
	g.turn.Lock()
	defer g.turn.Unlock()
	if slices.Contains(orders, 99) || len(orders) != link.PaceBurst {
		t.Errorf("the Gateway saw %v", orders)
	}
}

// TestOrderIDsRise above everything that the Gateway mentions.
func TestOrderIDsRise(t *testing.T) {
	g := startScript(t, func(c *talk, m wire.Message) {
		if m.Kind != wire.ReqAllOpenOrders {
			return
		}
		for id, client := range map[int32]int32{70: 7, -5: 0} {
			c.send(wire.OpenOrder, &pb.OpenOrder{
				OrderId: &id, Contract: &pb.Contract{}, OrderState: &pb.OrderState{Status: proto.String("Submitted")},
				Order: &pb.Order{TotalQuantity: proto.String("1"), ClientId: &client, PermId: proto.Int64(int64(1000 + id))},
			})
		}
		c.send(wire.OpenOrder, &pb.OpenOrder{ // filled while the answer came in
			OrderId: proto.Int32(71), Contract: &pb.Contract{}, OrderState: &pb.OrderState{Status: proto.String("Submitted")},
			Order: &pb.Order{TotalQuantity: proto.String("1"), PermId: proto.Int64(71)},
		})
		c.send(wire.OrderStatus, &pb.OrderStatus{
			OrderId: proto.Int32(71), PermId: proto.Int64(71), Status: proto.String("Filled"),
			Filled: proto.String("1"), Remaining: proto.String("0"),
		})
		c.send(wire.OpenOrderEnd, &pb.OpenOrdersEnd{})
	})
	s := connect(t, broker.Config{Link: link.Config{Addr: g.addr()}})
	if id := s.NextOrderID(); id != 10 {
		t.Errorf("first id %d, the Gateway said 10", id)
	}
	open, err := s.OpenOrders(ctxWithin(t, 10*time.Second))
	if err != nil || len(open) != 3 { // the filled one is listed: what it says is for the caller
		t.Errorf("open orders %+v, %v", open, err)
	}
	if id := s.NextOrderID(); id != 72 {
		t.Errorf("id %d after order 71", id)
	}
}

// TestFillsAndCommissions come live and on request, each joined with the other, whichever is first.
func TestFillsAndCommissions(t *testing.T) {
	fill := func(c *talk, reqID int32, exec string) {
		c.send(wire.ExecutionDetails, &pb.ExecutionDetails{
			ReqId: &reqID, Contract: &pb.Contract{Symbol: proto.String("AAPL")},
			Execution: &pb.Execution{
				ExecId: &exec, Shares: proto.String("0.5"), Price: proto.Float64(309.16), Side: proto.String("BOT"),
				Time: proto.String("20260825 14:11:30 US/Eastern"), CumQty: proto.String("0.5"),
			},
		})
	}
	commission := func(c *talk, exec string, pnl *float64) {
		c.send(wire.CommissionReport, &pb.CommissionAndFeesReport{
			ExecId: &exec, CommissionAndFees: proto.Float64(1.000003), Currency: proto.String("USD"), RealizedPNL: pnl,
		})
	}
	g := startScript(t, func(c *talk, m wire.Message) {
		body, ok := m.Body.(*pb.ExecutionRequest)
		if !ok {
			return
		}
		fill(c, -1, "live.01")
		fill(c, body.GetReqId(), "asked.01")
		fill(c, body.GetReqId(), "bare.01")
		commission(c, "live.01", nil)
		commission(c, "asked.01", proto.Float64(-2.016569))
		c.send(wire.ExecutionDetailsEnd, &pb.ExecutionDetailsEnd{ReqId: proto.Int32(body.GetReqId())})
	})
	s := connect(t, broker.Config{Link: link.Config{Addr: g.addr()}})
	fills, err := s.Executions(ctxWithin(t, 10*time.Second))
	if err != nil || len(fills) != 2 {
		t.Fatalf("%+v, %v", fills, err)
	}
	asked, bare := fills[0], fills[1]
	if asked.Commission == nil || asked.Commission.String() != "1.000003" || asked.CommissionCur != "USD" ||
		asked.RealizedPnL == nil || asked.RealizedPnL.String() != "-2.016569" {
		t.Errorf("asked for: %+v", asked)
	}
	if bare.Commission != nil || bare.Shares.String() != "0.5" || bare.Price.String() != "309.16" {
		t.Errorf("without a commission: %+v", bare)
	}
	if want := time.Date(2026, 8, 25, 18, 11, 30, 0, time.UTC); !bare.Time.Equal(want) {
		t.Errorf("time %v, want %v", bare.Time, want)
	}
	live := awaitEvent(t, s, "the live fill", func(broker.Execution) bool { return true })
	paid := awaitEvent(t, s, "its commission", func(c broker.Commission) bool { return c.ExecID == live.ExecID })
	if live.ExecID != "live.01" || paid.RealizedPnL != nil {
		t.Errorf("live %+v, commission %+v", live, paid)
	}
}

// TestWhatCannotBeReadIsLeftOut: orders, fills and holdings of others are told to every client, so one
// that makes no sense must not end every session. It is counted, and told with whose it is.
func TestWhatCannotBeReadIsLeftOut(t *testing.T) {
	mine, other := int32(7), int32(3)
	execution := func(client *int32) func(*talk) {
		return func(c *talk) {
			c.send(wire.ExecutionDetails, &pb.ExecutionDetails{ReqId: proto.Int32(-1), Execution: &pb.Execution{
				ExecId: proto.String("1"), OrderId: proto.Int32(5), ClientId: client, OrderRef: proto.String("r"),
			}})
		}
	}
	for what, c := range map[string]struct {
		send    func(*talk)
		orderID int64
	}{
		"execution":              {func(c *talk) { c.send(wire.ExecutionDetails, &pb.ExecutionDetails{ReqId: proto.Int32(-1)}) }, 0},
		"execution of ours":      {execution(&mine), 5},
		"execution of another's": {execution(&other), 0},
		"open order":             {func(c *talk) { c.send(wire.OpenOrder, &pb.OpenOrder{OrderId: proto.Int32(1)}) }, 0},
		"order status": {func(c *talk) {
			c.send(wire.OrderStatus, &pb.OrderStatus{OrderId: proto.Int32(1), ClientId: &mine, Filled: proto.String("x")})
		}, 1},
		"position": {func(c *talk) {
			c.send(wire.Position, &pb.Position{Account: proto.String("DU9000001"), Contract: &pb.Contract{}})
		}, 0},
		"commission report of -1": {func(c *talk) {
			c.send(wire.CommissionReport, &pb.CommissionAndFeesReport{
				ExecId: proto.String("1"), CommissionAndFees: proto.Float64(-1),
			})
		}, 0},
		"commission report": {func(c *talk) {
			c.send(wire.CommissionReport, &pb.CommissionAndFeesReport{
				ExecId: proto.String("1"), CommissionAndFees: proto.Float64(math.MaxFloat64),
			})
		}, 0},
	} {
		g := startScript(t, func(talk *talk, m wire.Message) {
			if m.Kind == wire.ReqCurrentTime {
				c.send(talk)
				talk.send(wire.CurrentTime, &pb.CurrentTime{CurrentTime: proto.Int64(5)})
			}
		})
		s := connect(t, broker.Config{Link: link.Config{Addr: g.addr()}})
		if _, err := s.CurrentTime(ctxWithin(t, 10*time.Second)); err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		u := awaitEvent(t, s, what, func(broker.Unreadable) bool { return true })
		if !strings.HasPrefix(what, u.What) || u.Err == nil || u.OrderID != c.orderID || s.Stats().Unreadable != 1 {
			t.Errorf("%s: %+v, %+v", what, u, s.Stats())
		}
	}
}

// TestOrderIDsFromTheUpperHalf: a Gateway that counts orders there leaves the lower half to requests.
func TestOrderIDsFromTheUpperHalf(t *testing.T) {
	var order, request int32
	g := startScript(t, func(c *talk, m wire.Message) {
		switch body := m.Body.(type) {
		case *pb.PlaceOrderRequest:
			order = body.GetOrderId()
		case *pb.ContractDataRequest:
			request = body.GetReqId()
			c.complain(request, 200, "no such contract")
		}
	})
	s := connect(t, broker.Config{Link: link.Config{Addr: g.addr()}, OrderIDFloor: 1<<30 + 7})
	o := marketOrder(s.NextOrderID())
	if err := s.PlaceOrder(ctxWithin(t, 10*time.Second), o); err != nil {
		t.Fatal(err)
	}
	var refused *broker.Error
	if _, err := s.ContractDetails(ctxWithin(t, 10*time.Second), apple); !errors.As(err, &refused) {
		t.Fatal(err)
	}
	g.turn.Lock()
	defer g.turn.Unlock()
	if order != 1<<30+7 || request <= 0 || request >= 1<<30 {
		t.Errorf("order %d, request %d", order, request)
	}
}

// TestACodeInNoTableRefusesOnlyWhatIsNotAnswered: codes such as 2188 tell of a request that goes on, and
// the next such code will be in no table.
func TestACodeInNoTableRefusesOnlyWhatIsNotAnswered(t *testing.T) {
	for _, code := range []int32{2174, 2176, 2188, 399, 4711, 10999} {
		answers := true
		g := startScript(t, func(c *talk, m wire.Message) {
			if m.Kind == wire.ReqContractDetails {
				id, symbol := contractRequest(m)
				c.complain(id, code, "something about the request")
				if answers {
					c.contract(id, symbol)
					c.send(wire.ContractDataEnd, &pb.ContractDataEnd{ReqId: &id})
				}
			}
		})
		s := connect(t, broker.Config{Link: link.Config{Addr: g.addr()}})
		if d, err := s.ContractDetails(ctxWithin(t, 10*time.Second), apple); err != nil || len(d) != 1 {
			t.Errorf("%d beside an answer: %d contracts, %v", code, len(d), err)
		}
		g.turn.Lock()
		answers = false
		g.turn.Unlock()
		_, err := s.ContractDetails(ctxWithin(t, soon), apple)
		e, refused := errors.AsType[*broker.Error](err)
		if !errors.Is(err, broker.ErrIncomplete) || (broker.Classify(int(code)) == broker.ClassUnlisted) != refused {
			t.Errorf("%d without an answer: %v, %v", code, err, e)
		}
	}
}

// TestEventOverflow ends the session by name when nobody consumes its events.
func TestEventOverflow(t *testing.T) {
	g := startScript(t, func(c *talk, m wire.Message) {
		if m.Kind == wire.ReqCurrentTime {
			for range broker.EventQueue + 1 {
				c.complain(5, 399, "Order Message")
			}
		}
	})
	s := connect(t, broker.Config{Link: link.Config{Addr: g.addr()}})
	_, err := s.CurrentTime(ctxWithin(t, 20*time.Second))
	if !errors.Is(err, broker.ErrOver) {
		t.Errorf("%v", err)
	}
	<-s.Done()
	if !errors.Is(s.Err(), broker.ErrEventOverflow) || link.ReasonOf(s.Err()) != link.Overrun {
		t.Errorf("ended for %v", s.Err())
	}
	if n := len(closeSession(t, s)); n != broker.EventQueue {
		t.Errorf("%d events, want the %d that had come", n, broker.EventQueue)
	}
}
