package fakegateway

import (
	"errors"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/session"
	"ibsoak/internal/wire"
)

// nautilus_trader #3655: an order that reads Inactive is open and fills later. One call holds one
// order, an operation of a schedule all that come.
func TestOrdersAreHeldByAnOperation(t *testing.T) {
	s := startServer(t, Config{})
	c := dial(t, s).connect(1)
	operate(t, s, fault.HoldOrders)
	c.send(wire.PlaceOrder, order(1, 10, "MKT", 0))
	status := c.until(wire.OrderStatus).Body.(*protobuf.OrderStatus)
	if status.GetStatus() != "Inactive" || status.GetWhyHeld() != "locate" {
		t.Fatalf("status %v", status)
	}
	operate(t, s, fault.ReleaseOrders)
	c.until(wire.CommissionReport)
	c.send(wire.PlaceOrder, order(2, 10, "LMT", 10))
	c.until(wire.OrderStatus) // PreSubmitted
	working := c.until(wire.OrderStatus).Body.(*protobuf.OrderStatus).GetPermId()
	http := serveControl(t, s)
	http.do("POST", "/books/hold", `{"permId": `+fmtInt(int(working))+`}`, 200, nil)
	if got := c.until(wire.OrderStatus).Body.(*protobuf.OrderStatus).GetStatus(); got != "Inactive" {
		t.Errorf("held by one call: %s", got)
	}
	http.do("POST", "/books/release", `{"permId": `+fmtInt(int(working))+`}`, 200, nil)
	if got := c.until(wire.OrderStatus).Body.(*protobuf.OrderStatus).GetStatus(); got != "Submitted" {
		t.Errorf("released by one call: %s", got)
	}
	checkBooks(t, s)
}

func checkBooks(t *testing.T, s *Server) {
	t.Helper()
	if err := s.Books().Check(); err != nil {
		t.Errorf("books: %v", err)
	}
}

// nautilus_trader #4564, as its report tells it: a change in an outage, and two orders behind it.
func TestAChangeInAnOutageSplits(t *testing.T) {
	s := startServer(t, Config{})
	c := dial(t, s).connect(1)
	c.send(wire.PlaceOrder, order(1, 10, "LMT", 10))
	c.until(wire.OrderStatus)
	c.until(wire.OrderStatus)
	operate(t, s, fault.ConnectionLost)
	operate(t, s, fault.SplitNextChange)
	c.send(wire.PlaceOrder, order(1, 10, "LMT", 11))
	c.codes(1100)
	operate(t, s, fault.ConnectionRestored)
	second := c.until(wire.OpenOrder).Body.(*protobuf.OpenOrder)
	orders := s.Books().Orders
	if len(orders) != 2 || second.GetOrder().GetPermId() != orders[1].PermID ||
		orders[0].Status != exchange.Submitted || orders[1].SplitFrom != orders[0].PermID {
		t.Errorf("the client hears of %v; the books have %+v", second, orders)
	}
	checkBooks(t, s)
}

// A position that comes by a transfer is told, and no execution.
func TestTransfersAreTold(t *testing.T) {
	s := startServer(t, Config{})
	c := dial(t, s).connect(1)
	c.send(wire.ReqPositions, &protobuf.PositionsRequest{})
	c.until(wire.PositionEnd)
	if _, err := s.Transfer(session.OpeningPosition{
		Symbol: "AAPL", Quantity: 7, Price: decimal.MustParse("200"),
	}); err != nil {
		t.Fatal(err)
	}
	if m := c.message(); m.Kind != wire.Position || m.Body.(*protobuf.Position).GetPosition() != "7" {
		t.Errorf("heard %s %v", m.Kind, m.Body)
	}
	done, err := s.Liquidate("", 0)
	if err != nil || len(done) != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	if m := c.until(wire.Position); m.Body.(*protobuf.Position).GetPosition() != "0" {
		t.Errorf("after the liquidation %v", m.Body)
	}
	checkBooks(t, s)
}

// The mark of a liquidation: Execution.liquidation in IBKR's reference. Client 0 hears of it.
func TestLiquidationsSaySo(t *testing.T) {
	s := startServer(t, Config{})
	c := dial(t, s).connect(0)
	c.send(wire.PlaceOrder, order(1, 10, "MKT", 0))
	c.until(wire.CommissionReport)
	operate(t, s, fault.LiquidateAll)
	e := c.until(wire.ExecutionDetails).Body.(*protobuf.ExecutionDetails).GetExecution()
	if !e.GetIsLiquidation() || e.GetOrderId() != 0 || e.GetSide() != "SLD" {
		t.Errorf("execution %v", e)
	}
	if err := s.Operate(fault.LiquidateAll, ""); err == nil {
		t.Error("liquidated twice")
	}
	checkBooks(t, s)
}

// What follows the books from outside hears of cash and units that came without an order.
func TestFollowersHearOfTransfers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := serveInBubble(t, Config{})
		lines := make(chan Line, 64) // more than are told
		ended := make(chan error, 1)
		go func() {
			ended <- g.Follow(t.Context(), func(batch []Line) error {
				for _, l := range batch {
					lines <- l
				}
				return nil
			})
		}()
		synctest.Wait()
		if _, err := g.TransferCash("", "", decimal.MustParse("12.34")); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Second)
		synctest.Wait()
		close(lines)
		told := false
		for l := range lines {
			told = told || l.Books != nil && len(l.Books.Transfers) == 1
		}
		if !told {
			t.Error("nothing was told")
		}
		_ = g.Close()
		<-ended
	})
}

// A Gateway that comes back with a login to another account shows that account's world alone:
// clients that do not compare accounts trade in it.
func TestLoginToAnotherAccount(t *testing.T) {
	s := startServer(t, Config{})
	c := dial(t, s).connect(1)
	c.send(wire.PlaceOrder, order(1, 10, "MKT", 0))
	c.until(wire.CommissionReport)
	if err := s.LogIn(nil, fault.Downtime{}, ""); err == nil {
		t.Error("logged in to no account")
	}
	if err := s.LogIn([]string{"DU9000002"}, fault.Downtime{}, ""); err != nil {
		t.Fatal(err)
	}
	await(t, s, "the way up", func(v *View) bool { return v.Stage() == Ready })
	c = dial(t, s)
	c.hello()
	c.startAPI(1)
	accounts := c.until(wire.ManagedAccounts).Body.(*protobuf.ManagedAccounts).GetAccountsList()
	c.send(wire.ReqPositions, &protobuf.PositionsRequest{})
	next := c.message()
	for next.Kind != wire.PositionEnd {
		if next.Kind == wire.Position {
			t.Errorf("position %v", next.Body)
		}
		next = c.message()
	}
	c.send(wire.ReqExecutions, &protobuf.ExecutionRequest{})
	if m := c.message(); accounts != "DU9000002" || m.Kind != wire.ExecutionDetailsEnd {
		t.Errorf("accounts %q, then %s", accounts, m.Kind)
	}
	c.send(wire.PlaceOrder, order(2, 1, "MKT", 0))
	c.until(wire.CommissionReport)
	b := s.Books()
	if b.Holding("DU9000001", "AAPL") != 10 || b.Holding("DU9000002", "AAPL") != 1 {
		t.Errorf("positions %+v", b.Positions)
	}
	if !slices.Equal(s.login.Accounts(), []string{"DU9000002"}) {
		t.Errorf("logged in to %v", s.login.Accounts())
	}
	checkBooks(t, s)
}

// A login that was refused leaves nothing behind for a restart that comes later.
func TestALoginThatFailsIsForgotten(t *testing.T) {
	s, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.LogIn([]string{"DU9000002"}, fault.Downtime{}, ""); err == nil {
		t.Error("a Gateway that does not serve has logged in")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	<-s.Serving()
	if err := s.Restart(fault.Downtime{}, ""); err != nil {
		t.Fatal(err)
	}
	if got := s.login.Accounts(); !slices.Equal(got, []string{onlyAccount}) {
		t.Errorf("a restart has logged in to %v", got)
	}
	if err := errors.Join(s.Close(), <-served); err != nil {
		t.Error(err)
	}
}
