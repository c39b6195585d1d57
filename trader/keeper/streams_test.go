package keeper_test

import (
	"flag"
	"fmt"
	"runtime"
	"testing"
	"time"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway"
	"ibsoak/internal/testkit"
	"ibsoak/internal/wire"
	"ibsoak/trader/keeper"
)

// streamFor is how long the clients stream: make keeper asks for five minutes.
var streamFor = flag.Duration("stream-for", 2*time.Second, "time for TestManyClientsStream")

// maxGateway is how many clients a Gateway takes (IBKR's documentation of the API's connectivity).
const maxGateway = 32

func TestManyClientsStream(t *testing.T) {
	r := start(t, fakegateway.Config{}, keeper.Config{MessagesPerSecond: -1})
	clients := make([]*testkit.Client, maxGateway)
	for i := range clients {
		c := r.client(int32(i + 1))
		c.Send(wire.ReqMarketDataType, &pb.MarketDataTypeRequest{MarketDataType: proto.Int32(3)})
		for req, symbol := range []string{"AAPL", "MSFT", "NVDA"} {
			c.Send(wire.ReqMktData, &pb.MarketDataRequest{ReqId: proto.Int32(int32(req)), Contract: testkit.Stock(symbol)})
		}
		clients[i] = c
	}
	// What the Gateway says to a 33rd is nothing: it closes. The keeper has said its version by then.
	testkit.Dial(t, r.g.Addr(), 225).Greet().WantFIN(0)
	r.dial(225).Hello().StartAPI(99).WantFIN(0)
	ended := make(chan error, len(clients))
	deadline := time.Now().Add(*streamFor)
	for _, c := range clients {
		go func() { ended <- stream(c, deadline) }()
	}
	half := time.NewTimer(*streamFor / 2)
	<-half.C
	before := sizeNow()
	for range clients {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	after := sizeNow()
	t.Logf("goroutines %d then %d, heap %d KiB then %d KiB", before.goroutines, after.goroutines, before.heap>>10, after.heap>>10)
	if after.goroutines > before.goroutines+5 || after.heap > 2*before.heap+8<<20 {
		t.Errorf("it grows: %+v at half time, %+v at the end", before, after)
	}
	st := r.k.Status()
	if len(st.Sessions) != maxGateway || st.Counts.Slow != 0 || st.Counts.Lost != 0 {
		t.Errorf("at the end %d sessions, %+v", len(st.Sessions), st.Counts)
	}
	for _, s := range st.Sessions {
		if s.Subscriptions != 3 {
			t.Errorf("client %d has %d subscriptions, want 3", s.ID, s.Subscriptions)
		}
	}
}

// stream reads ticks until the deadline.
func stream(c *testkit.Client, deadline time.Time) error {
	frames, ticks := wire.NewFrameReader(c.In), 0
	for time.Now().Before(deadline) {
		_ = c.Conn.SetReadDeadline(time.Now().Add(testkit.Patience))
		payload, err := frames.Next()
		if err != nil {
			return fmt.Errorf("after %d ticks: %w", ticks, err)
		}
		if _, err := wire.Decode(wire.FromServer, payload, c.Version); err != nil {
			return err
		}
		ticks++
	}
	if ticks == 0 {
		return fmt.Errorf("no tick came")
	}
	return nil
}

type size struct {
	goroutines int
	heap       uint64
}

func sizeNow() size {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return size{runtime.NumGoroutine(), m.HeapAlloc}
}
