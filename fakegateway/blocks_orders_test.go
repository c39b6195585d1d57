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
			if err := b.Check(); err != nil {
				t.Error(err)
			}
		})
}
