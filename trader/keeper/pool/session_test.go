package pool_test

import (
	"strings"
	"testing"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/testkit"
	"ibsoak/internal/wire"
	"ibsoak/trader/keeper/pool"
)

const version wire.Version = 225

type ledger struct{ next, offered int64 }

func (l *ledger) Next(int) int64 { return max(1, l.next) }

func (l *ledger) Seen(_ int, id int64) error { l.next = max(l.next, id+1); return nil }

func (l *ledger) Offered(_ int, id int64) error { l.offered = id; return nil }

// bench drives a session by messages.
type bench struct {
	t *testing.T
	*pool.Session
	ledger *ledger
}

func newBench(t *testing.T) *bench {
	l := &ledger{}
	return &bench{t, pool.New(1, version, false, l), l}
}

func payload(t *testing.T, k wire.Kind, body proto.Message) []byte {
	t.Helper()
	p, err := wire.Payload(wire.Message{Kind: k, Body: body}, version)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// says gives a frame of the Gateway, and what the client gets of it, at once and by effects.
func (b *bench) says(k wire.Kind, body proto.Message) string {
	b.t.Helper()
	deliver, effects := b.FromGateway(k, payload(b.t, k, body))
	var got [][]byte
	if deliver != nil {
		got = append(got, deliver)
	}
	if effects != nil {
		got = append(got, effects.ToClient...)
	}
	return b.summary(got)
}

func (b *bench) summary(payloads [][]byte) string {
	b.t.Helper()
	var all []wire.Message
	for _, p := range payloads {
		m, err := wire.Decode(wire.FromServer, p, version)
		if err != nil {
			b.t.Fatal(err)
		}
		all = append(all, m)
	}
	return testkit.Summary(all)
}

func (b *bench) asks(k wire.Kind, body proto.Message) (forward bool, reply string) {
	b.t.Helper()
	_, forward, p, err := b.FromClient(k, payload(b.t, k, body))
	if err != nil {
		b.t.Fatal(err)
	}
	if p != nil {
		reply = b.summary([][]byte{p})
	}
	return forward, reply
}

func n(v int32) *int32 { return proto.Int32(v) }

func (b *bench) bootstrap() string {
	return b.says(wire.ManagedAccounts, &pb.ManagedAccounts{AccountsList: proto.String("DU1")}) + ", " +
		b.says(wire.NextValidID, &pb.NextValidId{OrderId: n(5)})
}

func notice(code int32, text string) *pb.ErrorMessage {
	return &pb.ErrorMessage{Id: n(-1), ErrorCode: n(code), ErrorMsg: proto.String(text), ErrorTime: proto.Int64(1)}
}

func order(id, client int32) *pb.OpenOrder {
	return &pb.OpenOrder{
		OrderId: n(id), Contract: testkit.Stock("AAPL"), Order: &pb.Order{ClientId: n(client)},
		OrderState: &pb.OrderState{Status: proto.String("Submitted")},
	}
}

func TestTheFirstClientGetsTheBootstrapAsItComes(t *testing.T) {
	b := newBench(t)
	b.Attach()
	if got := b.bootstrap(); got != "managedAccounts, nextValidId" {
		t.Errorf("got %s", got)
	}
	if e := b.Opened(); !e.Settled || b.State() != pool.Serving {
		t.Errorf("%+v, %s", e, b.State())
	}
}

func TestAClientInTheMiddleOfTheBootstrapGetsAWholeOne(t *testing.T) {
	b := newBench(t)
	b.Attach()
	b.says(wire.ManagedAccounts, &pb.ManagedAccounts{AccountsList: proto.String("DU1")})
	b.Leave()
	b.Attach()
	if got := b.says(wire.NextValidID, &pb.NextValidId{OrderId: n(5)}); got != "" {
		t.Errorf("the second client got half a bootstrap: %s", got)
	}
	if e := b.Opened(); e.Settled || len(e.ToGateway) != 1 {
		t.Errorf("%+v", e)
	}
	if got := b.says(wire.OpenOrderEnd, &pb.OpenOrdersEnd{}); got != "managedAccounts, nextValidId" {
		t.Errorf("got %s", got)
	}
}

// served is a session whose first client has left.
func served(t *testing.T) *bench {
	b := newBench(t)
	b.Attach()
	b.bootstrap()
	b.Opened()
	b.says(wire.ErrorMessage, notice(2104, "Market data farm connection is OK:usfarm"))
	b.says(wire.ErrorMessage, notice(2107, "HMDS data farm connection is inactive but should be available upon demand.ushmds"))
	b.says(wire.ErrorMessage, notice(2103, "Market data farm connection is broken:usfarm"))
	return b
}

func TestTheNextClientIsToldWhatIs(t *testing.T) {
	b := served(t)
	b.asks(wire.PlaceOrder, &pb.PlaceOrderRequest{OrderId: n(40), Contract: testkit.Stock("AAPL"), Order: &pb.Order{}})
	b.Leave()
	if got := b.says(wire.OrderStatus, &pb.OrderStatus{OrderId: n(40), ClientId: n(1), Status: proto.String("Filled"), Filled: proto.String("1"), Remaining: proto.String("0")}); got != "" || b.Dropped() != 1 {
		t.Errorf("nobody is there, and it got %s; %d dropped", got, b.Dropped())
	}
	b.says(wire.ErrorMessage, notice(1100, "Connectivity between IBKR and Trader Workstation has been lost."))
	e := b.Attach()
	if len(e.ToGateway) != 1 || e.ToGateway[0].Kind != wire.ReqOpenOrders {
		t.Fatalf("%+v", e)
	}
	for _, quiet := range []string{
		b.says(wire.TickPrice, &pb.TickPrice{ReqId: n(1)}),
		b.says(wire.OpenOrder, order(41, 1)),
		b.says(wire.OpenOrder, order(7, 2)),
		b.says(wire.OrderStatus, &pb.OrderStatus{OrderId: n(41), ClientId: n(1), Status: proto.String("Submitted"), Filled: proto.String("0"), Remaining: proto.String("1")}),
		b.says(wire.ExecutionDetails, &pb.ExecutionDetails{ReqId: n(-1), Execution: &pb.Execution{Side: proto.String("BOT")}}),
	} {
		if quiet != "" {
			t.Errorf("before its bootstrap the client got %s", quiet)
		}
	}
	got := b.says(wire.OpenOrderEnd, &pb.OpenOrdersEnd{})
	want := "openOrder:Submitted, orderStatus:Submitted 0/1, openOrderEnd, managedAccounts, nextValidId, " +
		"errMsg:-1 2103, errMsg:-1 2107, errMsg:-1 1100, execDetails:-1 BOT"
	if strings.ReplaceAll(got, "executionDetails", "execDetails") != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if b.ledger.next != 42 {
		t.Errorf("next id %d, want 42: an order that the Gateway has is not above it", b.ledger.next)
	}
	b.says(wire.ErrorMessage, notice(1102, "restored"))
	if !b.Connected() {
		t.Error("1102 did not end 1100")
	}
}

func TestLateAnswersKeepTheNextClientWaiting(t *testing.T) {
	b := served(t)
	b.asks(wire.ReqExecutions, &pb.ExecutionRequest{ReqId: n(3)})
	b.Leave()
	if e := b.Attach(); len(e.ToGateway) != 0 || b.State() != pool.Draining {
		t.Fatalf("%+v, %s", e, b.State())
	}
	if got := b.says(wire.ExecutionDetails, &pb.ExecutionDetails{ReqId: n(3)}); got != "" {
		t.Errorf("the next client got %s", got)
	}
	_, e := b.FromGateway(wire.ExecutionDetailsEnd, payload(t, wire.ExecutionDetailsEnd, &pb.ExecutionDetailsEnd{ReqId: n(3)}))
	if e == nil || len(e.ToGateway) != 1 || b.State() != pool.Preparing {
		t.Errorf("%+v, %s", e, b.State())
	}
}

func TestAnIDThatRollsBackIsLifted(t *testing.T) {
	b := served(t)
	b.asks(wire.PlaceOrder, &pb.PlaceOrderRequest{OrderId: n(40), Contract: testkit.Stock("AAPL"), Order: &pb.Order{}})
	deliver, _ := b.FromGateway(wire.NextValidID, payload(t, wire.NextValidID, &pb.NextValidId{OrderId: n(3)}))
	m, err := wire.Decode(wire.FromServer, deliver, version)
	if err != nil || m.Body.(*pb.NextValidId).GetOrderId() != 41 {
		t.Errorf("%v, %v", m.Body, err)
	}
}

func TestForClientZeroNothingIsBound(t *testing.T) {
	s := pool.New(0, version, false, &ledger{})
	s.Opened()
	if e := s.Attach(); len(e.ToGateway) != 1 || e.ToGateway[0].Kind != wire.ReqAllOpenOrders {
		t.Errorf("%+v", e)
	}
}

func TestATickIsPassedOnAsItCame(t *testing.T) {
	b := served(t)
	frame := payload(t, wire.TickPrice, &pb.TickPrice{ReqId: n(1)})
	deliver, effects := b.FromGateway(wire.TickPrice, frame)
	if &deliver[0] != &frame[0] || effects != nil {
		t.Error("a tick was rewritten")
	}
	if allocs := testing.AllocsPerRun(100, func() { b.FromGateway(wire.TickPrice, frame) }); allocs != 0 {
		t.Errorf("%v allocations a tick", allocs)
	}
}

func TestReadOnly(t *testing.T) {
	s := pool.New(1, version, true, &ledger{})
	b := &bench{t, s, nil}
	for kind, body := range map[wire.Kind]proto.Message{
		wire.PlaceOrder:      &pb.PlaceOrderRequest{OrderId: n(3), Contract: testkit.Stock("AAPL"), Order: &pb.Order{}},
		wire.CancelOrder:     &pb.CancelOrderRequest{OrderId: n(3)},
		wire.ReqGlobalCancel: &pb.GlobalCancelRequest{},
		wire.ExerciseOptions: wire.NewBody(wire.ExerciseOptions),
	} {
		if forward, reply := b.asks(kind, body); forward || !strings.HasSuffix(reply, " 321") {
			t.Errorf("%s: forward %v, reply %s", kind, forward, reply)
		}
	}
	if forward, _ := b.asks(wire.ReqOpenOrders, &pb.OpenOrdersRequest{}); !forward {
		t.Error("a question of a read-only client is held back")
	}
}
