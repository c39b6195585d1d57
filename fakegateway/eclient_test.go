package fakegateway

import (
	"testing"
	"time"

	"github.com/scmhub/ibapi"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

// callbacks is what the stock client tells its user.
type callbacks struct {
	ibapi.Wrapper
	accounts chan []string
	nextID   chan int64
	time     chan int64
	closed   chan struct{}
}

func (c *callbacks) ManagedAccounts(accounts []string) { c.accounts <- accounts }
func (c *callbacks) NextValidID(id int64)              { c.nextID <- id }
func (c *callbacks) CurrentTime(t int64)               { c.time <- t }
func (c *callbacks) ConnectionClosed()                 { close(c.closed) }

func (c *callbacks) Error(int64, int64, int64, string, string) {} // farm notices

func TestStockClientConnects(t *testing.T) {
	const logDisabled = 7
	ibapi.SetLogLevel(logDisabled)
	start := time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)
	s := startServer(t, Config{Clock: Clock{Start: start}, Accounts: []string{"DU1", "DU2"}})
	host, port := s.HostPort()
	heard := &callbacks{
		accounts: make(chan []string, 1), nextID: make(chan int64, 1), time: make(chan int64, 1),
		closed: make(chan struct{}),
	}
	client := ibapi.NewEClient(heard)
	if err := client.Connect(host, port, 3); err != nil {
		t.Fatal(err)
	}
	if got := client.ServerVersion(); got != DefaultServerVersion {
		t.Errorf("server version %d, want %d", got, DefaultServerVersion)
	}
	accounts := hear(t, "managedAccounts", heard.accounts)
	if len(accounts) != 2 || accounts[0] != "DU1" {
		t.Errorf("accounts %q", accounts)
	}
	if id := hear(t, "nextValidId", heard.nextID); id < 1 {
		t.Errorf("next valid id %d", id)
	}
	row(t, s, 1, "the bootstrap", func(r Connection) bool { return !r.BootstrapSent.IsZero() })
	client.ReqCurrentTime()
	if got := hear(t, "currentTime", heard.time); got < start.Unix() || got > start.Unix()+60 {
		t.Errorf("current time %d, want the scenario's, %d", got, start.Unix())
	}
	// The Gateway ends it: the client's own Disconnect races with its watcher goroutine.
	if err := s.Restart(fault.Downtime{}, fault.FIN); err != nil {
		t.Fatal(err)
	}
	hear(t, "connectionClosed", heard.closed)
	r := row(t, s, 1, "the end", func(r Connection) bool { return !r.Closed.IsZero() })
	if r.ServerVersion != DefaultServerVersion || r.Greeting != "v100..225" || *r.ClientID != 3 ||
		r.ClosedFirst != ByGateway || r.ClientFIN.IsZero() {
		t.Errorf("ledger: %+v", r)
	}
	if got := r.MessagesIn[wire.ReqCurrentTime.String()]; got != 1 {
		t.Errorf("%d requests, want 1", got)
	}
}

func hear[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("no %s", what)
		panic("unreachable")
	}
}
