package keeper_test

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway"
	"ibsoak/internal/testkit"
	"ibsoak/internal/wire"
	"ibsoak/trader/keeper"
	"ibsoak/trader/link"
)

// trading is a moment at which the market is open.
var trading = time.Date(2026, 4, 14, 15, 0, 0, 0, time.UTC)

// rig is a fake Gateway with a keeper in front.
type rig struct {
	t      *testing.T
	g      *fakegateway.Server
	k      *keeper.Keeper
	cfg    keeper.Config
	cancel context.CancelFunc
	ended  chan error
	once   sync.Once
}

func startGateway(t *testing.T, cfg fakegateway.Config) *fakegateway.Server {
	t.Helper()
	if cfg.Clock.Start.IsZero() {
		cfg.Clock.Start = trading
	}
	g, err := fakegateway.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	return g
}

func start(t *testing.T, gateway fakegateway.Config, cfg keeper.Config) *rig {
	t.Helper()
	return keep(t, startGateway(t, gateway), cfg)
}

func keep(t *testing.T, g *fakegateway.Server, cfg keeper.Config) *rig {
	t.Helper()
	if cfg.Gateway == "" {
		cfg.Gateway = g.Addr()
	}
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	if cfg.State == "" {
		cfg.State = t.TempDir()
	}
	if cfg.BackoffBase == 0 {
		cfg.BackoffBase, cfg.BackoffCap = 10*time.Millisecond, 50*time.Millisecond
	}
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	r := &rig{t: t, g: g, cfg: cfg}
	r.run()
	t.Cleanup(func() { r.stop() })
	return r
}

func (r *rig) run() {
	r.t.Helper()
	k, err := keeper.New(r.cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(r.t.Context())
	r.k, r.cancel, r.ended, r.once = k, cancel, make(chan error, 1), sync.Once{}
	ended := r.ended
	go func() { ended <- k.Run(ctx) }()
}

// stop ends the keeper and waits for it.
func (r *rig) stop() {
	r.once.Do(func() {
		r.cancel()
		if err := <-r.ended; err != nil {
			r.t.Errorf("keeper: %v", err)
		}
	})
}

// again ends the keeper and starts another on the same state.
func (r *rig) again() {
	r.t.Helper()
	r.stop()
	r.run()
}

// goAway ends the Gateway, to which a client is attached, and waits until the keeper knows. back starts
// another in its place.
func (r *rig) goAway(attached *testkit.Client) (back func()) {
	r.t.Helper()
	addr, err := net.ResolveTCPAddr("tcp", r.g.Addr())
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.g.Close(); err != nil {
		r.t.Fatal(err)
	}
	attached.WantFIN(-1)
	_ = attached.Conn.Close()
	eventually(r.t, "away", func() bool { return !r.k.Status().Ready })
	return func() {
		ln, err := net.ListenTCP("tcp", addr)
		if err != nil {
			r.t.Fatal(err)
		}
		g, err := fakegateway.New(fakegateway.Config{Clock: fakegateway.Clock{Start: trading}})
		if err != nil {
			r.t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- g.Serve(ln) }()
		r.t.Cleanup(func() { _ = g.Close(); <-served })
	}
}

func (r *rig) dial(v wire.Version) *testkit.Client {
	r.t.Helper()
	return testkit.Dial(r.t, r.k.Addr().String(), v)
}

// client connects up to the last farm notice.
func (r *rig) client(id int32) *testkit.Client {
	r.t.Helper()
	return r.dial(225).Connect(id)
}

// wantConnections wants that many connections at the Gateway since its start.
func (r *rig) wantConnections(want int) {
	r.t.Helper()
	if got := len(r.g.Connections()); got != want {
		r.t.Errorf("the Gateway saw %d connections, want %d", got, want)
		for _, c := range r.g.Connections() {
			r.t.Logf("  %d: id %v, %s, in %v", c.ID, c.ClientID, c.End, c.MessagesIn)
		}
	}
}

// eventually waits for something that the keeper or the Gateway does by itself.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline, again := time.After(testkit.Patience), time.NewTicker(2*time.Millisecond)
	defer again.Stop()
	for !holds() {
		select {
		case <-again.C:
		case <-deadline:
			t.Fatalf("not within %s: %s", testkit.Patience, what)
		}
	}
}

// messages counts what the k-th connection of the Gateway has been sent, by kind.
func (r *rig) messages(k int, name string) int {
	all := r.g.Connections()
	if len(all) < k {
		return 0
	}
	return all[k-1].MessagesIn[name]
}

func limit(id int32, price float64) *pb.PlaceOrderRequest {
	return &pb.PlaceOrderRequest{
		OrderId: proto.Int32(id), Contract: testkit.Stock("AAPL"),
		Order: &pb.Order{
			OrderId: proto.Int32(id), Action: proto.String("BUY"), TotalQuantity: proto.String("1"),
			OrderType: proto.String("LMT"), LmtPrice: proto.Float64(price), Tif: proto.String("GTC"), Transmit: proto.Bool(true),
		},
	}
}

func refused(addr net.Addr) bool {
	conn, err := net.DialTimeout(addr.Network(), addr.String(), testkit.Patience)
	if err == nil {
		_ = conn.Close()
	}
	return err != nil
}

// linkTimeouts are short enough for a test to wait for them.
func linkTimeouts() link.Config {
	return link.Config{LivenessIdle: 50 * time.Millisecond, LivenessTimeout: 300 * time.Millisecond}
}
