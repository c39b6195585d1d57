package catalogue_test

import (
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway"
	"ibsoak/internal/testkit"
	"ibsoak/internal/wire"
)

func (r rig) wantAccounts(sessions ...string) {
	r.Helper()
	for i, want := range sessions {
		m := r.dial().Hello().StartAPI(int32(i)).Until(wire.ManagedAccounts).(*protobuf.ManagedAccounts)
		if got := m.GetAccountsList(); got != want {
			r.Errorf("session %d: accounts %q, want %q", i+1, got, want)
		}
	}
}

func (r rig) wantVersionReply(want string) {
	r.Helper()
	if got := string(r.dial().Greet().Frame()); got != want {
		r.Errorf("version reply %q, want %q", got, want)
	}
}

func (r rig) wantOrders(n int) {
	r.Helper()
	if got := r.orders(); got != n {
		r.Errorf("%d orders in the books, want %d", got, n)
	}
}

func (r rig) wantRefused() {
	r.Helper()
	if err := r.dialError(testkit.Patience); !errors.Is(err, syscall.ECONNREFUSED) {
		r.Errorf("dial: %v, want refused", err)
	}
}

// comesBack is a Gateway that was restarted: refused, then ready again.
func (r rig) comesBack() {
	r.Helper()
	r.wantRefused()
	r.stage(fakegateway.Ready)
	r.dial().Connect(1)
}

// restingOrder is a first session that leaves an order behind.
func (r rig) restingOrder(id int32) {
	r.Helper()
	c := r.dial().Connect(1)
	buy(c, id, "LMT")
	c.Until(wire.OrderStatus)
	c.CloseWrite().WantFIN(-1)
}

func readExactly(c *testkit.Client, n int) {
	c.T.Helper()
	for range n {
		if _, err := c.In.ReadByte(); err != nil {
			c.T.Fatalf("read %d bytes: %v", n, err)
		}
	}
}

// goesDark finishes a handshake of which only so many bytes come.
func goesDark(c *testkit.Client, bytes int) {
	c.T.Helper()
	hello := c.Frame()
	readExactly(c.StartAPI(1), bytes-len(hello)-4)
	fillsTheWindow(c.WantSilence())
}

// fillsTheWindow writes until TCP takes no more: nobody reads at the other end.
func fillsTheWindow(c *testkit.Client) {
	c.T.Helper()
	if err := c.Conn.(*net.TCPConn).SetWriteBuffer(4096); err != nil {
		c.T.Fatalf("%v", err)
	}
	const limit = 64 << 20
	junk := make([]byte, 256<<10)
	for sent := 0; sent < limit; sent += len(junk) {
		if err := c.Conn.SetWriteDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
			c.T.Fatalf("%v", err)
		}
		switch _, err := c.Conn.Write(junk); {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return
		case err != nil:
			c.T.Fatalf("write into the window: %v", err)
		}
	}
	c.T.Errorf("%d bytes were taken: the Gateway reads", limit)
}
