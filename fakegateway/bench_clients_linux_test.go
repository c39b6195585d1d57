package fakegateway

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

const (
	manyClients     = 10_000
	clientProcesses = 2
	clientsEnv      = "IBSOAK_BENCH_CLIENTS" // "FIRST COUNT ADDRESS" in the child
	connectAtOnce   = 64
	clientEvery     = time.Second
)

// BenchmarkManyClients connects ten thousand clients, in processes of their own, which ask for the
// time once a second each, and reports what the Gateway's process holds in memory.
func BenchmarkManyClients(b *testing.B) {
	before := residentBytes(b)
	s, err := Start(Config{PortSettings: PortSettings{MaxClients: -1}})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	var children sync.WaitGroup
	const each = manyClients / clientProcesses
	for i := range clientProcesses {
		child := exec.CommandContext(ctx, os.Args[0], "-test.run", "^TestManyClientsChild$")
		child.Env = append(os.Environ(), fmt.Sprintf("%s=%d %d %s", clientsEnv, i*each, each, s.Addr()))
		child.Stderr = os.Stderr
		if err := child.Start(); err != nil {
			b.Fatal(err)
		}
		children.Go(func() { _ = child.Wait() })
	}
	const requestsEach = 5
	wait, done := context.WithTimeout(ctx, 5*time.Minute)
	defer done()
	err = s.Wait(wait, "requests of all clients", func(v *View) bool {
		return v.Received(wire.ReqCurrentTime.String()) >= requestsEach*manyClients
	})
	if err != nil {
		b.Fatal(err)
	}
	for range b.N { // the state is what is measured, not a loop
	}
	held := residentBytes(b) - before
	b.ReportMetric(float64(held)/(1<<20), "MiB")
	b.ReportMetric(float64(held)/manyClients/(1<<10), "KiB/client")
	b.ReportMetric(0, "ns/op")
	cancel()
	children.Wait()
}

// residentBytes is what this process has in physical memory.
func residentBytes(b *testing.B) int64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			return n << 10
		}
	}
	b.Fatal("no VmRSS in /proc/self/status")
	return 0
}

// TestManyClientsChild is the benchmark's other process.
func TestManyClientsChild(t *testing.T) {
	var first, count int
	var addr string
	if _, err := fmt.Sscan(os.Getenv(clientsEnv), &first, &count, &addr); err != nil {
		t.Skip("only as a child of BenchmarkManyClients")
	}
	var all sync.WaitGroup
	turn := make(chan struct{}, connectAtOnce)
	for id := first; id < first+count; id++ {
		all.Go(func() {
			turn <- struct{}{}
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				t.Error(err)
				<-turn
				return
			}
			defer func() { _ = conn.Close() }()
			err = askForTheTime(conn, id, func() { <-turn })
			if t.Context().Err() == nil && err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// askForTheTime connects and asks every second, until the connection ends.
func askForTheTime(conn net.Conn, id int, connected func()) error {
	frames := wire.NewFrameReader(bufio.NewReaderSize(conn, 512))
	const v = DefaultServerVersion
	_, err := conn.Write(wire.AppendPreamble(nil, wire.Preamble{Min: 100, Max: v}))
	if err == nil {
		_, err = frames.Next()
	}
	if err == nil {
		var start []byte
		start, err = wire.Append(nil, wire.Message{Kind: wire.StartAPI, Body: &protobuf.StartApiRequest{
			ClientId: proto.Int32(int32(id)),
		}}, v)
		if err == nil {
			_, err = conn.Write(start)
		}
	}
	connected()
	if err != nil {
		return err
	}
	ask, err := wire.Append(nil, wire.Message{
		Kind: wire.ReqCurrentTime, Body: &protobuf.CurrentTimeRequest{},
	}, v)
	if err != nil {
		return err
	}
	tick := time.NewTicker(clientEvery)
	defer tick.Stop()
	for {
		if _, err := conn.Write(ask); err != nil {
			return nil //nolint:nilerr // the benchmark is over
		}
		for {
			payload, err := frames.Next()
			if err != nil {
				return nil //nolint:nilerr // the benchmark is over
			}
			k, _, _, err := wire.Identify(wire.FromServer, payload, v)
			if err != nil {
				return err
			}
			if k == wire.CurrentTime {
				break
			}
		}
		<-tick.C
	}
}
