package keeper_test

import (
	"testing"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/internal/testkit"
	"ibsoak/internal/wire"
	"ibsoak/trader/keeper"
)

// TestAClientThatLeavesAnAbsentGatewayIsLetGo: the Gateway never comes back here, so that nothing but
// the client's own end can end its connection.
func TestAClientThatLeavesAnAbsentGatewayIsLetGo(t *testing.T) {
	for name, tc := range map[string]struct {
		before func(*testkit.Client) // while the Gateway is there
		after  func(*testkit.Client) // when it is away
	}{
		"before its hello":          {func(*testkit.Client) {}, func(c *testkit.Client) { c.Greet() }},
		"with a START_API too soon": {func(*testkit.Client) {}, func(c *testkit.Client) { c.Greet().StartAPI(2) }},
		"behind START_API":          {func(c *testkit.Client) { c.Hello() }, func(c *testkit.Client) { c.StartAPI(2) }},
		"behind a request":          {func(c *testkit.Client) { c.Hello() }, func(c *testkit.Client) { c.StartAPI(2).AskTime() }},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, fakegateway.Config{}, keeper.Config{Hold: true, BackoffBase: time.Hour})
			attached, c := r.client(1), r.dial(225)
			tc.before(c)
			r.goAway(attached)
			tc.after(c)
			c.WantSilence()
			c.CloseWrite().WantFIN(-1)
			eventually(t, "the end of every client", func() bool { return r.k.Status().Clients == 0 })
		})
	}
}

// TestARequestFromBeforeTheReturnIsSent: a client that asks while it is held has its answer when the
// Gateway is back.
func TestARequestFromBeforeTheReturnIsSent(t *testing.T) {
	r := start(t, fakegateway.Config{}, keeper.Config{Hold: true})
	c := r.client(1)
	waiting := r.dial(225).Hello()
	back := r.goAway(c)
	waiting.StartAPI(2).AskTime()
	waiting.WantSilence()
	back()
	waiting.UntilError(2158).Until(wire.CurrentTime)
}
