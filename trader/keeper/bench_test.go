package keeper_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway"
	"ibsoak/internal/testkit"
	"ibsoak/internal/wire"
	"ibsoak/trader/keeper"
)

// behind starts a Gateway and a keeper in front of it, both in this process.
func behind(b *testing.B) (direct, through string) {
	b.Helper()
	g, err := fakegateway.Start(fakegateway.Config{Clock: fakegateway.Clock{Start: trading}})
	if err != nil {
		b.Fatal(err)
	}
	k, err := keeper.New(keeper.Config{
		Listen: "127.0.0.1:0", Gateway: g.Addr(), State: b.TempDir(), MessagesPerSecond: -1,
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- k.Run(ctx) }()
	b.Cleanup(func() { cancel(); <-ended; _ = g.Close() })
	return g.Addr(), k.Addr().String()
}

func median(d []time.Duration) float64 {
	slices.Sort(d)
	return float64(d[len(d)/2].Nanoseconds()) / 1e3
}

// BenchmarkRoundTrip measures a request and its answer through the keeper against direct, in turns.
func BenchmarkRoundTrip(b *testing.B) {
	d, t := behind(b)
	direct, through := testkit.Dial(b, d, 225).Connect(1), testkit.Dial(b, t, 225).Connect(2)
	var took [2][]time.Duration
	for b.Loop() {
		for i, c := range []*testkit.Client{direct, through} {
			began := time.Now()
			c.AskTime().Frame()
			took[i] = append(took[i], time.Since(began))
		}
	}
	b.ReportMetric(median(took[0]), "direct-p50-µs")
	b.ReportMetric(median(took[1]), "keeper-p50-µs")
	b.ReportMetric(median(took[1])/median(took[0]), "keeper/direct")
}

// BenchmarkHandshake measures from dial to the next valid id, of clients one after the other.
func BenchmarkHandshake(b *testing.B) {
	d, t := behind(b)
	_ = testkit.Dial(b, t, 225).Connect(2).Conn.Close() // the session is there from now on
	var took [2][]time.Duration
	for b.Loop() {
		for i, addr := range []string{d, t} {
			began := time.Now()
			c := testkit.Dial(b, addr, 225).Hello().StartAPI(int32(i + 1))
			c.Until(wire.NextValidID)
			took[i] = append(took[i], time.Since(began))
			c.UntilError(2158)
			_ = c.CloseWrite().Conn.SetReadDeadline(time.Now().Add(testkit.Patience))
			c.WantFIN(-1)
			_ = c.Conn.Close()
		}
	}
	b.ReportMetric(median(took[0]), "direct-p50-µs")
	b.ReportMetric(median(took[1]), "keeper-p50-µs")
	b.ReportMetric(median(took[1])/median(took[0]), "keeper/direct")
}

// BenchmarkFrames measures frames per second from the Gateway to a client: the contracts of an option
// chain, which one request brings by the hundred.
func BenchmarkFrames(b *testing.B) {
	d, t := behind(b)
	clients := []*testkit.Client{testkit.Dial(b, d, 225).Connect(1), testkit.Dial(b, t, 225).Connect(2)}
	chain := testkit.Stock("AAPL")
	chain.SecType = proto.String("OPT")
	var took [2]time.Duration
	var frames [2]int
	for b.Loop() {
		for i, c := range clients {
			began := time.Now()
			_ = c.Conn.SetDeadline(began.Add(testkit.Patience))
			c.Send(wire.ReqContractDetails, &pb.ContractDataRequest{ReqId: proto.Int32(1), Contract: chain})
			in := wire.NewFrameReader(c.In)
			for {
				payload, err := in.Next()
				if err != nil {
					b.Fatal(err)
				}
				frames[i]++
				if kind, _, _, _ := wire.Identify(wire.FromServer, payload, 225); kind == wire.ContractDataEnd {
					break
				}
			}
			took[i] += time.Since(began)
		}
	}
	report(b, frames, took)
}

func report(b *testing.B, frames [2]int, took [2]time.Duration) {
	b.Helper()
	direct, through := float64(frames[0])/took[0].Seconds(), float64(frames[1])/took[1].Seconds()
	b.ReportMetric(direct, "direct-frames/s")
	b.ReportMetric(through, "keeper-frames/s")
	b.ReportMetric(through/direct, "keeper/direct")
}

// BenchmarkRequests measures requests and their answers per second, with a window of them on their way.
func BenchmarkRequests(b *testing.B) {
	const window = 200
	d, t := behind(b)
	clients := []*testkit.Client{testkit.Dial(b, d, 225).Connect(1), testkit.Dial(b, t, 225).Connect(2)}
	ask, err := wire.Append(nil, wire.Message{Kind: wire.ReqCurrentTime, Body: &pb.CurrentTimeRequest{}}, 225)
	if err != nil {
		b.Fatal(err)
	}
	batch := slices.Repeat(ask, window)
	var took [2]time.Duration
	var frames [2]int
	for b.Loop() {
		for i, c := range clients {
			began := time.Now()
			_ = c.Conn.SetDeadline(began.Add(testkit.Patience))
			c.Write(batch)
			for range window {
				c.Frame()
				frames[i]++
			}
			took[i] += time.Since(began)
		}
	}
	report(b, frames, took)
}
