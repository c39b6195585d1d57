package fakegateway

import (
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// statusOf waits for an orderStatus and says what it has.
func statusOf(c *rawClient) string {
	c.t.Helper()
	return c.until(wire.OrderStatus).Body.(*protobuf.OrderStatus).GetStatus()
}

// nautilus_trader #3655: an order that is held is alive, and fills when it is let go.
func TestBlockOfHeldOrders(t *testing.T) {
	tellingOf(t, "faults: [{use: order-held, with: {until: 12m}}]",
		func(t *testing.T, g *bubbleGateway) {
			c := g.dial(t).connect(1)
			c.send(wire.PlaceOrder, order(1, 100, "MKT", 0))
			if got := statusOf(c); got != "Inactive" {
				t.Errorf("placed: %s", got)
			}
			placed := time.Now()
			c.until(wire.ExecutionDetails)
			if held := time.Since(placed); held < 11*time.Minute || held > 12*time.Minute {
				t.Errorf("held for %s, want 12 minutes from the start", held)
			}
		})
}

// nautilus_trader #4564: a change in an outage left two orders at work.
func TestBlockOfASplitOrder(t *testing.T) {
	tellingOf(t, "faults: [{use: order-split, with: {lost: 1m, restored: 3m}}]",
		func(t *testing.T, g *bubbleGateway) {
			c := g.dial(t).connect(1)
			c.send(wire.PlaceOrder, order(1, 100, "LMT", 10))
			statusOf(c)
			statusOf(c)
			c.codes(1100)
			c.send(wire.PlaceOrder, order(1, 100, "LMT", 11))
			c.codes(1102)
			statusOf(c)
			statusOf(c)
			b := g.Books()
			if len(b.Orders) != 2 || b.Orders[1].SplitFrom != b.Orders[0].PermID ||
				b.Orders[0].Status.Done() || b.Orders[1].Status.Done() {
				t.Errorf("orders %+v", b.Orders)
			}
		})
}

// The account changes under a client at the times of a schedule: by hand in TWS, by a transfer, by
// IBKR, and by a login to another account.
func TestAScheduleChangesTheAccount(t *testing.T) {
	tellingOf(t, `
faults:
  - id: by-hand
    when: {at: 1m}
    what: {do: operate, operation: fill-by-hand, trade: {symbol: AAPL, quantity: 5, price: 250}}
  - id: moved
    when: {at: 2m}
    what: {do: operate, operation: transfer, trade: {symbol: AAPL, quantity: -2}}
  - id: liquidated
    when: {at: 3m}
    what: {do: operate, operation: liquidate}
  - id: logged-in
    when: {at: 4m}
    what: {do: operate, operation: log-in, accounts: [DU9000002]}
`, func(t *testing.T, g *bubbleGateway) {
		c := g.dial(t).connect(1)
		c.send(wire.ReqPositions, &protobuf.PositionsRequest{})
		c.until(wire.PositionEnd)
		for _, want := range []string{"5", "3", "0"} {
			if p := c.until(wire.Position).Body.(*protobuf.Position); p.GetPosition() != want {
				t.Errorf("position %s, want %s", p.GetPosition(), want)
			}
		}
		c.wantFIN()
		c = g.dial(t)
		c.hello()
		c.startAPI(1)
		m := c.until(wire.ManagedAccounts).Body.(*protobuf.ManagedAccounts)
		if m.GetAccountsList() != "DU9000002" {
			t.Errorf("accounts %q", m.GetAccountsList())
		}
	})
}
