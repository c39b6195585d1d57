package keeper_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
	"ibsoak/internal/testkit"
	"ibsoak/internal/wire"
	"ibsoak/trader/keeper"
)

func TestClientsOfOneIDShareOneSession(t *testing.T) {
	for _, v := range []wire.Version{176, 178, 193, 200, 208, 213, 225, 226} {
		t.Run(fmt.Sprint(v), func(t *testing.T) {
			r := start(t, fakegateway.Config{MaxServerVersion: 226}, keeper.Config{})
			for range 5 {
				c := r.dial(v).Connect(1)
				c.AskTime().Until(wire.CurrentTime)
				_ = c.Conn.Close()
			}
			r.wantConnections(1)
			if got := r.g.Connections()[0].ServerVersion; got != int(v) {
				t.Errorf("negotiated %d with the Gateway, want %d", got, v)
			}
		})
	}
}

func TestTheBootstrapIsThatOfANewSession(t *testing.T) {
	r := start(t, fakegateway.Config{}, keeper.Config{})
	direct := testkit.Dial(t, r.g.Addr(), 225).Hello().StartAPI(7)
	first := r.dial(225).Hello().StartAPI(1)
	want := bootstrap(direct)
	if got := bootstrap(first); got != want {
		t.Errorf("first client\n got %s\nwant %s", got, want)
	}
	first.Send(wire.PlaceOrder, limit(1, 1)).Until(wire.OrderStatus)
	direct.Send(wire.PlaceOrder, limit(1, 1)).Until(wire.OrderStatus)
	_ = direct.Conn.Close()
	_ = first.Conn.Close()
	eventually(t, "the direct session's end", func() bool { return !r.g.Connections()[0].Closed.IsZero() })
	want = bootstrap(testkit.Dial(t, r.g.Addr(), 225).Hello().StartAPI(7))
	if got := bootstrap(r.dial(225).Hello().StartAPI(1)); got != want {
		t.Errorf("next client, with an order\n got %s\nwant %s", got, want)
	}
}

func bootstrap(c *testkit.Client) string {
	var got []wire.Message
	for {
		m := c.Message()
		if id, ok := m.Body.(*pb.NextValidId); ok {
			got = append(got, m, wire.Message{Kind: wire.Kind(id.GetOrderId()), Body: m.Body})
			continue
		}
		got = append(got, m)
		if e, ok := m.Body.(*pb.ErrorMessage); ok && e.GetErrorCode() == 2158 {
			return testkit.Summary(got)
		}
	}
}

func TestWhatAClientLeavesIsCancelled(t *testing.T) {
	r := start(t, fakegateway.Config{}, keeper.Config{MessagesPerSecond: -1})
	c := r.client(1)
	aapl := testkit.Stock("AAPL")
	c.Send(wire.ReqMarketDataType, &pb.MarketDataTypeRequest{MarketDataType: proto.Int32(3)})
	c.Send(wire.ReqMktData, &pb.MarketDataRequest{ReqId: proto.Int32(1), Contract: aapl})
	c.Send(wire.ReqRealTimeBars, &pb.RealTimeBarsRequest{ReqId: proto.Int32(2), Contract: aapl, BarSize: proto.Int32(5), WhatToShow: proto.String("TRADES")})
	c.Send(wire.ReqPositions, &pb.PositionsRequest{})
	c.Send(wire.ReqAccountUpdates, &pb.AccountDataRequest{Subscribe: proto.Bool(true)})
	c.Send(wire.ReqAccountSummary, &pb.AccountSummaryRequest{ReqId: proto.Int32(3), Group: proto.String("All"), Tags: proto.String("NetLiquidation")})
	c.Send(wire.ReqMktDepth, &pb.MarketDepthRequest{ReqId: proto.Int32(4), Contract: aapl, NumRows: proto.Int32(5), IsSmartDepth: proto.Bool(true)})
	c.AskTime().Until(wire.CurrentTime)
	c.Write([]byte{0, 0, 0, 9, 1}) // half a frame
	_ = c.Conn.Close()
	for name, want := range map[string]int{
		"cancelMktData": 1, "cancelRealTimeBars": 1, "cancelPositions": 1, "cancelAccountSummary": 1,
		"cancelMktDepth": 1, "reqAccountUpdates": 2, "reqMarketDataType": 2,
	} {
		eventually(t, name, func() bool { return r.messages(1, name) == want })
	}
	next := r.client(1)
	next.WantSilence()
	// The same id again is a new request, not a duplicate; and delayed data is not asked for any more.
	next.Send(wire.ReqMktData, &pb.MarketDataRequest{ReqId: proto.Int32(1), Contract: aapl}).UntilError(10089)
	r.wantConnections(1)
}

// withheldEnd tells the end of executions so much later.
func withheldEnd(by time.Duration) fault.Schedule {
	return fault.Schedule{Faults: []fault.Fault{{
		ID: "late", When: fault.When{Outbound: "execDetailsEnd"},
		What:  fault.What{Do: fault.Withhold, Release: &fault.Moment{Delay: fault.Duration(by)}},
		Until: fault.Until{Count: 1},
	}}}
}

func TestLateAnswersEndBeforeTheNextClientBegins(t *testing.T) {
	for name, tc := range map[string]struct {
		late time.Duration
		made int // connections at the Gateway
	}{
		"in time":  {200 * time.Millisecond, 1},
		"too late": {time.Hour, 2},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, fakegateway.Config{Schedule: withheldEnd(tc.late)}, keeper.Config{DrainWithin: time.Second})
			c := r.client(1)
			c.Send(wire.ReqExecutions, &pb.ExecutionRequest{ReqId: proto.Int32(5)})
			eventually(t, "the request", func() bool { return r.messages(1, "reqExecutions") == 1 })
			_ = c.Conn.Close()
			next := r.client(1)
			next.Send(wire.ReqExecutions, &pb.ExecutionRequest{ReqId: proto.Int32(6)})
			if got := next.Until(wire.ExecutionDetailsEnd).(*pb.ExecutionDetailsEnd).GetReqId(); got != 6 {
				t.Errorf("the next client got the end of request %d", got)
			}
			r.wantConnections(tc.made)
		})
	}
}

func TestOrderIDsRiseOverRestarts(t *testing.T) {
	r := start(t, fakegateway.Config{}, keeper.Config{})
	c := r.dial(225).Hello().StartAPI(1)
	if id := c.Until(wire.NextValidID).(*pb.NextValidId).GetOrderId(); id != 1 {
		t.Fatalf("first id %d", id)
	}
	c.Send(wire.PlaceOrder, limit(500, 1)).Until(wire.OrderStatus)
	r.again()
	fresh := startGateway(t, fakegateway.Config{}) // a Gateway that has forgotten everything
	r.stop()
	r.cfg.Gateway, r.g = fresh.Addr(), fresh
	r.run()
	c = r.dial(225).Hello().StartAPI(1)
	if id := c.Until(wire.NextValidID).(*pb.NextValidId).GetOrderId(); id != 501 {
		t.Errorf("first id after a restart of both: %d, want 501", id)
	}
	c.UntilError(2158).Send(wire.ReqIds, &pb.IdsRequest{NumIds: proto.Int32(1)})
	if id := c.Until(wire.NextValidID).(*pb.NextValidId).GetOrderId(); id != 501 {
		t.Errorf("answer to reqIds: %d, want 501", id)
	}
}

func TestASecondClientGets326(t *testing.T) {
	r := start(t, fakegateway.Config{}, keeper.Config{})
	first := r.client(1)
	second := r.dial(225).Hello().StartAPI(1)
	if m := second.Message(); m.Body.(*pb.ErrorMessage).GetErrorCode() != wire.CodeClientIDInUse {
		t.Errorf("got %v", m)
	}
	second.WantFIN(0)
	first.AskTime().Until(wire.CurrentTime)
	r.wantConnections(1)
}

func TestTakeover(t *testing.T) {
	r := start(t, fakegateway.Config{}, keeper.Config{Takeover: true})
	first := r.client(1)
	first.Send(wire.ReqMarketDataType, &pb.MarketDataTypeRequest{MarketDataType: proto.Int32(3)})
	first.Send(wire.ReqMktData, &pb.MarketDataRequest{ReqId: proto.Int32(1), Contract: testkit.Stock("AAPL")}).Until(wire.TickPrice)
	second := r.client(1)
	second.WantSilence()
	second.AskTime().Until(wire.CurrentTime)
	var one [1]byte
	for {
		if _, err := first.Conn.Read(one[:]); err != nil {
			break
		}
	}
	r.wantConnections(1)
}

func TestACloseThatIsUnderWayIsNoConflict(t *testing.T) {
	r := start(t, fakegateway.Config{}, keeper.Config{})
	for range 50 {
		c := r.client(1)
		_ = c.Conn.SetLinger(0)
		_ = c.Conn.Close()
	}
	r.wantConnections(1)
}

func TestProbesCostTheGatewayNothing(t *testing.T) {
	r := start(t, fakegateway.Config{}, keeper.Config{})
	for _, bytes := range []string{"", "AP", "GET / HTTP/1.1\r\n\r\n", "API\x00\x00\x00\x00\x09v100..225"} {
		c := r.dial(225).Write([]byte(bytes))
		_ = c.Conn.Close()
	}
	r.client(1)
	r.wantConnections(1)
}

func TestPortIsPlainTCP(t *testing.T) {
	r := start(t, fakegateway.Config{}, keeper.Config{})
	testkit.WantPlainTCP(t, func() string { return r.k.Addr().String() })
}

func TestGatewayAway(t *testing.T) {
	for _, hold := range []bool{false, true} {
		t.Run(fmt.Sprintf("hold=%v", hold), func(t *testing.T) {
			r := start(t, fakegateway.Config{}, keeper.Config{Hold: hold, BackoffBase: 20 * time.Millisecond})
			back := r.goAway(r.client(1))
			var waiting *testkit.Client
			if hold {
				waiting = r.dial(225).Greet()
			} else if !refused(r.k.Addr()) {
				t.Error("the port is open while the Gateway is away")
			}
			back()
			if hold {
				waiting.Frame()
				waiting.StartAPI(1).UntilError(2158)
				return
			}
			eventually(t, "the port", func() bool { return r.k.Status().Ready })
			r.client(1)
		})
	}
}

func TestAClientThatNeverReadsIsDropped(t *testing.T) {
	r := start(t, fakegateway.Config{}, keeper.Config{MessagesPerSecond: -1})
	deaf, other := r.client(1), r.client(2)
	chain := testkit.Stock("AAPL")
	chain.SecType = proto.String("OPT") // thousands of contracts for one request
	frame, err := wire.Append(nil, wire.Message{
		Kind: wire.ReqContractDetails, Body: &pb.ContractDataRequest{ReqId: proto.Int32(1), Contract: chain},
	}, 225)
	if err != nil {
		t.Fatal(err)
	}
	const enough = 60 // requests, whose answers are more than the keeper and both sockets' buffers hold
	for asked := 0; r.k.Status().Counts.Slow == 0; asked++ {
		if asked < enough {
			_, _ = deaf.Conn.Write(frame) // it fails when the keeper has dropped the client
		}
		_ = other.Conn.SetDeadline(time.Now().Add(testkit.Patience))
		other.AskTime().Until(wire.CurrentTime) // is served all the while
	}
	r.wantConnections(2)
}

// TestMoreThanMayWait: a client that asks much faster than the rate is not read while 256 of its requests
// wait. It gets every answer, in order, and an order that comes when the queue is full.
func TestMoreThanMayWait(t *testing.T) {
	const requests, mayWait = 700, 256
	r := start(t, fakegateway.Config{}, keeper.Config{MessagesPerSecond: 500})
	c := r.client(1)
	for id := range int32(requests) {
		c.Send(wire.ReqContractDetails, &pb.ContractDataRequest{ReqId: proto.Int32(id), Contract: testkit.Stock("AAPL")})
	}
	c.Send(wire.PlaceOrder, limit(1, 1))
	next, ordered := int32(0), false
	for next < requests || !ordered {
		switch body := c.Message().Body.(type) {
		case *pb.OrderStatus:
			ordered = true
		case *pb.ContractDataEnd:
			if body.GetReqId() != next {
				t.Fatalf("the answer to %d, want %d", body.GetReqId(), next)
			}
			next++
		}
		if n := r.k.Status().Sessions[0].Waiting; n > mayWait {
			t.Fatalf("%d requests wait", n)
		}
	}
	if got := r.k.Status().Counts; got.Unsent != 0 || got.Slow != 0 {
		t.Errorf("%+v", got)
	}
}

func TestReadOnly(t *testing.T) {
	r := start(t, fakegateway.Config{}, keeper.Config{ReadOnly: []int{7}})
	c := r.client(7)
	c.Send(wire.PlaceOrder, limit(3, 1))
	if e := c.Until(wire.ErrorMessage).(*pb.ErrorMessage); e.GetErrorCode() != 321 || e.GetId() != 3 {
		t.Errorf("got %v", e)
	}
	c.Send(wire.ReqGlobalCancel, &pb.GlobalCancelRequest{}).UntilError(321)
	c.AskTime().Until(wire.CurrentTime)
	if n := r.messages(1, "placeOrder") + r.messages(1, "reqGlobalCancel"); n != 0 {
		t.Errorf("%d orders of a read-only client went to the Gateway", n)
	}
}

func TestOrdersOfADepartedClientStillGoOut(t *testing.T) {
	const orders = 12
	for _, keep := range []time.Duration{-1, keeper.Forever} {
		t.Run(fmt.Sprint(keep), func(t *testing.T) {
			r := start(t, fakegateway.Config{}, keeper.Config{MessagesPerSecond: 40, Keep: keep})
			c := r.client(1)
			// In one segment: a close with answers unread resets, and drops what waits for an acknowledgement.
			all := []wire.Message{{Kind: wire.ReqContractDetails, Body: &pb.ContractDataRequest{
				ReqId: proto.Int32(1), Contract: testkit.Stock("AAPL"),
			}}}
			for id := range int32(orders) {
				all = append(all, wire.Message{Kind: wire.PlaceOrder, Body: limit(id+1, 1)})
			}
			var frames []byte
			for _, m := range all {
				var err error
				if frames, err = wire.Append(frames, m, c.Version); err != nil {
					t.Fatal(err)
				}
			}
			c.Write(frames)
			_ = c.Conn.Close()
			eventually(t, "every order", func() bool { return len(r.g.Books().Orders) == orders })
			if keep > 0 {
				return
			}
			eventually(t, "the session's end", func() bool { return !r.g.Connections()[0].Closed.IsZero() })
			if n := r.messages(1, "placeOrder"); n != orders {
				t.Errorf("%d orders were sent, want %d", n, orders)
			}
		})
	}
}

func TestAnotherVersionReopensTheSession(t *testing.T) {
	r := start(t, fakegateway.Config{}, keeper.Config{})
	_ = r.dial(225).Connect(1).Conn.Close()
	_ = r.dial(178).Connect(1).Conn.Close()
	r.wantConnections(2)
	if c := r.g.Connections()[0]; c.ClosedFirst != fakegateway.ByClient || c.GatewayDwell > time.Second {
		t.Errorf("the first session did not end in good order: %s, %s", c.End, c.GatewayDwell)
	}
}

func TestAGatewayOlderThanAssumed(t *testing.T) {
	r := start(t, fakegateway.Config{MaxServerVersion: 187}, keeper.Config{})
	r.dial(225).Hello().StartAPI(1).WantFIN(0)
	if c := r.client(1); c.Version != 187 {
		t.Errorf("second try: version %d", c.Version)
	}
	r.wantConnections(1)
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k")
	r := start(t, fakegateway.Config{}, keeper.Config{Listen: "unix:" + path})
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(wire.AppendPreamble(nil, wire.Preamble{Min: 100, Max: 225})); err != nil {
		t.Fatal(err)
	}
	if _, err := wire.NewFrameReader(conn).Next(); err != nil {
		t.Error(err)
	}
	r.stop()
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the socket is still there: %v", err)
	}
}

func TestWhatStrangersCouldReachIsRefused(t *testing.T) {
	for _, listen := range []string{"0.0.0.0:0", "[::]:0", ":0", "192.168.1.1:4102"} {
		_, err := keeper.New(keeper.Config{Listen: listen, Gateway: "127.0.0.1:1", State: t.TempDir()})
		if err == nil {
			t.Errorf("listens on %s", listen)
		}
	}
}

func TestStopLeavesNothingAtTheGateway(t *testing.T) {
	r := start(t, fakegateway.Config{}, keeper.Config{})
	c := r.client(1)
	c.Send(wire.PlaceOrder, limit(1, 1))
	r.stop()
	c.WantFIN(-1)
	eventually(t, "the session's end", func() bool { return !r.g.Connections()[0].Closed.IsZero() })
	if got := r.g.Connections()[0]; got.ClosedFirst != fakegateway.ByClient || got.ClientFIN.IsZero() || got.GatewayFIN.IsZero() {
		t.Errorf("the session did not end by FIN: %+v", got)
	}
}
