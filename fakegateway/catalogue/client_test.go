package catalogue_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/catalogue"
	"ibsoak/fakegateway/fault"
	"ibsoak/internal/testkit"
	"ibsoak/internal/wire"
)

// rig is a Gateway out of the catalogue.
type rig struct {
	*testing.T
	entry catalogue.Entry
	*fakegateway.Server
}

// start runs an entry with its scenario's clock so many times as fast as it says.
func start(t *testing.T, e catalogue.Entry, scale float64) rig {
	t.Helper()
	cfg := e.Config
	cfg.Clock.Scale = scale
	s, err := fakegateway.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return rig{t, e, s}
}

func (r rig) await(what string, until func(*fakegateway.View) bool) {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), testkit.Patience)
	defer cancel()
	if err := r.Wait(ctx, what, until); err != nil {
		r.Fatal(err)
	}
}

// row awaits a state of connection id.
func (r rig) row(id int, what string, until func(fakegateway.Connection) bool) {
	r.Helper()
	r.await(what, func(v *fakegateway.View) bool {
		row, ok := v.Connection(id)
		return ok && until(row)
	})
}

func (r rig) stage(s fakegateway.Stage) {
	r.Helper()
	r.await(string(s), func(v *fakegateway.View) bool { return v.Stage() == s })
}

func (r rig) closeWait(n int) {
	r.Helper()
	r.await("CLOSE_WAIT", func(v *fakegateway.View) bool { return v.InCloseWait() == n })
}

func (r rig) operate(o fault.Operation) {
	r.Helper()
	if err := r.Operate(o, ""); err != nil {
		r.Fatal(err)
	}
}

// orders is how many orders the books have.
func (r rig) orders() int { return len(r.Books().Orders) }

// dialError dials and wants no connection.
func (r rig) dialError(within time.Duration) error {
	r.Helper()
	d := net.Dialer{Timeout: within}
	c, err := d.DialContext(r.Context(), "tcp", r.Addr())
	if err == nil {
		_ = c.Close()
		r.Fatal("the dial succeeded")
	}
	return err
}

// dial connects a client that offers the Gateway's highest version.
func (r rig) dial() *testkit.Client {
	r.Helper()
	return testkit.Dial(r.T, r.Addr(), fakegateway.DefaultServerVersion)
}

// buy sends an order at the market, or with a limit that is not met.
func buy(c *testkit.Client, id int32, kind string) {
	c.T.Helper()
	c.Send(wire.PlaceOrder, &protobuf.PlaceOrderRequest{
		OrderId: proto.Int32(id), Contract: testkit.Stock("AAPL"),
		Order: &protobuf.Order{
			Action: proto.String("BUY"), TotalQuantity: proto.String("1"),
			OrderType: proto.String(kind), LmtPrice: proto.Float64(1),
			Tif: proto.String("DAY"), Transmit: proto.Bool(true),
		},
	})
}

func nextID(c *testkit.Client) int32 {
	c.T.Helper()
	return c.Until(wire.NextValidID).(*protobuf.NextValidId).GetOrderId()
}

// unanswered greets as client id of the ledger and wants that the greeting is read and no answer.
func (r rig) unanswered(id int) *testkit.Client {
	r.Helper()
	c := r.dial().Greet()
	r.row(id, "the greeting", func(row fakegateway.Connection) bool { return row.Preamble })
	return c.WantSilence()
}
