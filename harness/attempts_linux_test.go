package harness

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"

	"ibsoak/internal/testkit"
)

// knock connects to a closed port n times.
func knock(t *testing.T, port netip.AddrPort, n int) {
	t.Helper()
	for range n {
		if _, err := net.Dial("tcp4", port.String()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatalf("dial %s: %v, want it refused", port, err)
		}
	}
}

func TestConnectsToAClosedPortAreSeen(t *testing.T) {
	t.Parallel()
	port, other := testkit.ClosedPort(t), testkit.ClosedPort(t)
	a, _ := watchAttempts(port, running(), nil)
	if a.tap == nil {
		a.stop(&Record{})
		t.Skip(a.unseen)
	}
	knock(t, port, 20)
	knock(t, other, 5)
	r := &Record{}
	a.stop(r)
	if len(r.Attempts) != 20 || r.Header.Unseen != "" {
		t.Errorf("%d connects seen, unseen %q; want the 20 to this port", len(r.Attempts), r.Header.Unseen)
	}
}

// The host's count is what a harness without the right to see packets goes by.
func TestTheHostsFailedConnectsBoundThem(t *testing.T) {
	t.Parallel()
	port := testkit.ClosedPort(t)
	a := &attempts{clock: running(), unseen: "not permitted", done: make(chan struct{})}
	a.finished.Go(a.readHost)
	before, err := failedDials()
	if err != nil {
		t.Skip(err)
	}
	knock(t, port, 20)
	after, err := failedDials()
	if err != nil || after-before < 20 {
		t.Errorf("the host's count rose by %d, %v; want 20 or more", after-before, err)
	}
	r := &Record{}
	a.stop(r)
	if n := len(r.HostDials); n < 2 || r.HostDials[n-1].Failed < after || r.Header.Unseen != "not permitted" {
		t.Errorf("readings %+v, unseen %q; want the last to hold %d", r.HostDials, r.Header.Unseen, after)
	}
}
