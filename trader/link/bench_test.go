package link_test

import (
	"bufio"
	"net"
	"strconv"
	"testing"
	"time"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"github.com/scmhub/ibapi"

	"ibsoak/internal/wire"
	"ibsoak/trader/link"
)

// BenchmarkHandshake measures dial to ready in three ways, interleaved, against one Gateway: a raw
// socket with the same round trips, the stock client by itself, and the link with a client behind
// it. Ratios are to the raw exchange.
func BenchmarkHandshake(b *testing.B) {
	quiet()
	g := startToy(b, healthy(225))
	var raw, stock, behind time.Duration
	for b.Loop() {
		raw += rawHandshake(b, g.addr())
		stock += stockHandshake(b, g.addr())
		behind += linkHandshake(b, g.addr())
	}
	n := time.Duration(b.N)
	b.ReportMetric(float64((raw / n).Microseconds()), "raw-µs")
	b.ReportMetric(float64((stock / n).Microseconds()), "stock-µs")
	b.ReportMetric(float64((behind / n).Microseconds()), "link-µs")
	b.ReportMetric(float64(stock)/float64(raw), "stock/raw")
	b.ReportMetric(float64(behind)/float64(raw), "link/raw")
	b.ReportMetric(float64(behind)/float64(stock), "link/stock")
}

func rawHandshake(b *testing.B, addr string) time.Duration {
	began := time.Now()
	conn, err := net.Dial("tcp4", addr)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	frames := wire.NewFrameReader(bufio.NewReader(conn))
	preamble := wire.AppendPreamble(nil, wire.Preamble{Min: 157, Max: 225})
	start, err := wire.Append(nil, wire.Message{
		Kind: wire.StartAPI, Body: &pb.StartApiRequest{ClientId: proto.Int32(1)},
	}, 225)
	if err != nil {
		b.Fatal(err)
	}
	for _, step := range []struct {
		send    []byte
		answers int
	}{{preamble, 1}, {start, 2}} {
		if _, err := conn.Write(step.send); err != nil {
			b.Fatal(err)
		}
		for range step.answers {
			if _, err := frames.Next(); err != nil {
				b.Fatal(err)
			}
		}
	}
	return time.Since(began)
}

func stockHandshake(b *testing.B, addr string) time.Duration {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		b.Fatal(err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	ready := make(chan struct{})
	c := ibapi.NewEClient(&stockWrapper{onID: func() { close(ready) }})
	if err := c.Connect(host, port, 1); err != nil {
		b.Fatal(err)
	}
	<-ready
	took := time.Since(began)
	_ = c.Disconnect()
	return took
}

func linkHandshake(b *testing.B, addr string) time.Duration {
	began := time.Now()
	ready := make(chan struct{})
	w := &readyWrapper{ready: ready}
	l, err := link.Connect(b.Context(), link.Config{Addr: addr})
	if err != nil {
		b.Fatal(err)
	}
	w.link = l
	if err := l.Attach(b.Context(), ibapi.NewEClient(w)); err != nil {
		b.Fatal(err)
	}
	<-ready
	took := time.Since(began)
	closeLink(b, l)
	return took
}

// readyWrapper says when the client has its next valid id.
type readyWrapper struct {
	wrapper
	ready chan struct{}
}

func (w *readyWrapper) NextValidID(int64) { close(w.ready) }

// BenchmarkRoundTrip measures a request and its answer through the link, with the marker behind
// it, against the stock client by itself.
func BenchmarkRoundTrip(b *testing.B) {
	g := startToy(b, healthy(225))
	answered := make(chan struct{}, 1)
	l, client := attach(b, link.Config{Addr: g.addr(), MessagesPerSecond: -1},
		&wrapper{onTime: func(int64) { answered <- struct{}{} }})
	w := &stockWrapper{onTime: func() { answered <- struct{}{} }}
	connected := make(chan struct{})
	w.onID = func() { close(connected) }
	host, text, _ := net.SplitHostPort(g.addr())
	port, _ := strconv.Atoi(text)
	stock := ibapi.NewEClient(w)
	if err := stock.Connect(host, port, 1); err != nil {
		b.Fatal(err)
	}
	<-connected
	var direct, behind time.Duration
	for b.Loop() {
		began := time.Now()
		stock.ReqCurrentTime()
		<-answered
		direct += time.Since(began)
		began = time.Now()
		if _, err := l.Submit(b.Context(), client.ReqCurrentTime); err != nil {
			b.Fatal(err)
		}
		<-answered
		behind += time.Since(began)
	}
	n := time.Duration(b.N)
	b.ReportMetric(float64((direct / n).Microseconds()), "stock-µs")
	b.ReportMetric(float64((behind / n).Microseconds()), "link-µs")
	b.ReportMetric(float64(behind)/float64(direct), "link/stock")
	_ = stock.Disconnect()
	closeLink(b, l)
}
