package fakegateway

import (
	"bufio"
	"io"
	"net"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// tick is a small message, as a market data stream has them.
func tick() wire.Message {
	return wire.Message{Kind: wire.CurrentTime, Body: &protobuf.CurrentTime{
		CurrentTime: proto.Int64(1_700_000_000),
	}}
}

// BenchmarkFramesToOneClient sends messages through the fake, with its ledger, transcript and fault
// points, and reports how many times as long as plain writes of the same bytes it takes.
func BenchmarkFramesToOneClient(b *testing.B) {
	s, err := Start(Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	client, err := net.Dial("tcp", s.Addr())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	handshake(b, client)
	conn := s.open()[0]
	frame, err := wire.Append(nil, tick(), DefaultServerVersion)
	if err != nil {
		b.Fatal(err)
	}
	message := tick()
	total := int64(b.N) * int64(len(frame))
	const inFlight = 10_000 // messages; the queue's bound must not be met

	b.ResetTimer()
	read := drainInto(client, total, int64(inFlight*len(frame)))
	for i := range b.N {
		if i%inFlight == 0 && i > 0 {
			<-read.half
		}
		conn.Send(message)
	}
	if err := <-read.done; err != nil {
		b.Fatal(err)
	}
	through := b.Elapsed()
	b.StopTimer()
	raw := rawFrames(b, frame, b.N)
	b.ReportMetric(float64(b.N)/through.Seconds(), "frames/s")
	b.ReportMetric(through.Seconds()/raw.Seconds(), "x-raw")
}

// drained is a reader's progress: half gets a value whenever so many more bytes have come.
type drained struct {
	half chan struct{}
	done chan error
}

func drainInto(c net.Conn, total, step int64) drained {
	d := drained{half: make(chan struct{}, total/step+1), done: make(chan error, 1)}
	go func() {
		buf := make([]byte, 256<<10)
		var got int64
		for got < total {
			n, err := c.Read(buf)
			if err != nil {
				d.done <- err
				return
			}
			for range (got+int64(n))/step - got/step {
				d.half <- struct{}{}
			}
			got += int64(n)
		}
		d.done <- nil
	}()
	return d
}

// rawFrames is the time that one write a frame takes over loopback.
func rawFrames(b *testing.B, frame []byte, n int) time.Duration {
	b.Helper()
	client, server := loopback(b)
	began := time.Now()
	read := drainInto(client, int64(n)*int64(len(frame)), 1<<40)
	for range n {
		if _, err := server.Write(frame); err != nil {
			b.Fatal(err)
		}
	}
	if err := <-read.done; err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

func loopback(b *testing.B) (client, server net.Conn) {
	b.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	if client, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		b.Fatal(err)
	}
	if server, err = ln.Accept(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _, _ = client.Close(), server.Close() })
	return client, server
}

// handshake is a client's part, up to the end of the bootstrap. It returns the sizes of what came.
func handshake(b *testing.B, c net.Conn) (hello, bootstrap int) {
	b.Helper()
	if _, err := c.Write(wire.AppendPreamble(nil, wire.Preamble{Min: 100, Max: 225})); err != nil {
		b.Fatal(err)
	}
	frames := wire.NewFrameReader(bufio.NewReader(c))
	if _, err := frames.Next(); err != nil {
		b.Fatal(err)
	}
	hello = int(frames.Offset())
	if _, err := c.Write(startFrame(b)); err != nil {
		b.Fatal(err)
	}
	for range 2 + installedFarms {
		if _, err := frames.Next(); err != nil {
			b.Fatal(err)
		}
	}
	return hello, int(frames.Offset()) - hello
}

func startFrame(b testing.TB) []byte {
	b.Helper()
	frame, err := wire.Append(nil, wire.Message{
		Kind: wire.StartAPI, Body: &protobuf.StartApiRequest{ClientId: proto.Int32(1)},
	}, DefaultServerVersion)
	if err != nil {
		b.Fatal(err)
	}
	return frame
}

// BenchmarkHandshake connects, starts and leaves, and reports how many times as long as the same
// round trips between two plain sockets it takes.
func BenchmarkHandshake(b *testing.B) {
	s, err := Start(Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	var hello, bootstrap int
	connect := func(addr string, shake func(net.Conn)) time.Duration {
		began := time.Now()
		c, err := net.Dial("tcp", addr)
		if err != nil {
			b.Fatal(err)
		}
		shake(c)
		if err := c.(*net.TCPConn).CloseWrite(); err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, c); err != nil { // until the other end has closed
			b.Fatal(err)
		}
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	through := func() time.Duration {
		return connect(s.Addr(), func(c net.Conn) { hello, bootstrap = handshake(b, c) })
	}
	through() // tells the sizes
	addr := rawGateway(b, hello, bootstrap)
	var ours, raw time.Duration // in turn, so that a busy machine slows both
	b.ResetTimer()
	for range b.N {
		ours += through()
		raw += connect(addr, func(c net.Conn) { rawHandshake(b, c, hello, bootstrap) })
	}
	b.ReportMetric(float64(ours.Microseconds())/float64(b.N), "µs/handshake")
	b.ReportMetric(ours.Seconds()/raw.Seconds(), "x-raw")
	b.ReportMetric(0, "ns/op") // of both
}

func rawHandshake(b *testing.B, c net.Conn, hello, bootstrap int) {
	b.Helper()
	for _, step := range []struct {
		out []byte
		in  int
	}{
		{wire.AppendPreamble(nil, wire.Preamble{Min: 100, Max: 225}), hello},
		{startFrame(b), bootstrap},
	} {
		if _, err := c.Write(step.out); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(c, make([]byte, step.in)); err != nil {
			b.Fatal(err)
		}
	}
}

// rawGateway answers two reads with so many bytes each and closes after the client.
func rawGateway(b *testing.B, hello, bootstrap int) (addr string) {
	b.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = ln.Close() })
	go func() {
		buf := make([]byte, 4096)
		for {
			c, err := ln.Accept()
			if err != nil {
				return // closed by Cleanup
			}
			for _, n := range []int{hello, bootstrap} {
				if _, err := c.Read(buf); err != nil {
					break
				}
				if _, err := c.Write(make([]byte, n)); err != nil {
					break
				}
			}
			_, _ = c.Read(buf) // the client's FIN
			_ = c.Close()
		}
	}()
	return ln.Addr().String()
}
