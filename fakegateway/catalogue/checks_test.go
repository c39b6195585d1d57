package catalogue_test

import (
	"errors"
	"os"
	"syscall"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/internal/wire"
)

func (r rig) wantAccounts(sessions ...string) {
	r.Helper()
	for i, want := range sessions {
		if got := r.dial().hello().startAPI(int32(i)).accounts(); got != want {
			r.Errorf("session %d: accounts %q, want %q", i+1, got, want)
		}
	}
}

func (r rig) wantVersionReply(want string) {
	r.Helper()
	if got := string(r.dial().greet().frame()); got != want {
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
	if err := r.dialError(patience); !errors.Is(err, syscall.ECONNREFUSED) {
		r.Errorf("dial: %v, want refused", err)
	}
}

// comesBack is a Gateway that was restarted: refused, then ready again.
func (r rig) comesBack() {
	r.Helper()
	r.wantRefused()
	r.stage(fakegateway.Ready)
	r.dial().connect(1)
}

// restingOrder is a first session that leaves an order behind.
func (r rig) restingOrder(id int32) {
	r.Helper()
	c := r.dial().connect(1)
	c.buy(id, "LMT")
	c.until(wire.OrderStatus)
	c.leave().wantFIN(-1)
}

func (c client) readExactly(n int) {
	c.Helper()
	for range n {
		if _, err := c.in.ReadByte(); err != nil {
			c.Fatalf("read %d bytes: %v", n, err)
		}
	}
}

// goesDark finishes a handshake of which only so many bytes come.
func (c client) goesDark(bytes int) {
	c.Helper()
	hello := c.frame()
	c.startAPI(1).readExactly(bytes - len(hello) - 4)
	c.wantSilence().fillsTheWindow()
}

// fillsTheWindow writes until TCP takes no more: nobody reads at the other end.
func (c client) fillsTheWindow() {
	c.Helper()
	if err := c.tcp.SetWriteBuffer(4096); err != nil {
		c.Fatal(err)
	}
	const limit = 64 << 20
	junk := make([]byte, 256<<10)
	for sent := 0; sent < limit; sent += len(junk) {
		if err := c.tcp.SetWriteDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
			c.Fatal(err)
		}
		switch _, err := c.tcp.Write(junk); {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return
		case err != nil:
			c.Fatalf("write into the window: %v", err)
		}
	}
	c.Errorf("%d bytes were taken: the Gateway reads", limit)
}
