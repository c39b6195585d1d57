package sockets_test

import (
	"fmt"
	"net"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/procfs"

	"ibsoak/internal/sockets"
)

// benchSizes are established sockets on the host, both ends of every connection counted. 300 is what
// a gateway that has leaked for a day may hold when a trader counts before it dials.
var benchSizes = []int{10, 300, 1000, 10000}

// baselineReads is how many reads of /proc/net/tcp the median of the baseline is taken from.
const baselineReads = 5

// BenchmarkTable gives every way to ask, as a share of the time that reading /proc/net/tcp and tcp6
// by procfs takes in the same run among the same sockets.
func BenchmarkTable(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(fmt.Sprintf("sockets=%d", size), func(b *testing.B) {
			crowd := newCrowd(b, size)
			baseline := procfsReading(b)
			table := open(b)
			for _, way := range []struct {
				name string
				ask  func(*testing.B)
			}{
				{"exact", func(b *testing.B) { crowd.askExact(b, table) }},
				{"dump_close_wait", func(b *testing.B) { crowd.askDump(b, table, 0, sockets.StateCloseWait) }},
				{"dump_established", func(b *testing.B) { crowd.askDump(b, table, size, sockets.StateEstablished) }},
				{"one_shot_close_wait", crowd.askOnce},
			} {
				b.Run(way.name, func(b *testing.B) {
					b.ReportAllocs()
					way.ask(b)
					each := b.Elapsed() / time.Duration(b.N)
					b.ReportMetric(float64(each)/float64(baseline), "x-of-procfs")
				})
			}
		})
	}
}

// crowd is many established connections on one port.
type crowd struct {
	port  uint16
	conns []*net.TCPConn // client, server, client, ...
}

func newCrowd(b *testing.B, size int) *crowd {
	b.Helper()
	needDescriptors(b, size)
	ln := listen(b, "tcp4", "127.0.0.1:0")
	c := &crowd{port: portOf(ln)}
	b.Cleanup(func() {
		for _, conn := range c.conns {
			_ = conn.SetLinger(0) // no TIME_WAIT for the next size to wade through
			_ = conn.Close()
		}
	})
	for len(c.conns) < size {
		client, err := net.Dial("tcp4", ln.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		server, err := ln.Accept()
		if err != nil {
			b.Fatal(err)
		}
		c.conns = append(c.conns, client.(*net.TCPConn), server.(*net.TCPConn))
	}
	return c
}

// needDescriptors raises the soft limit on open files, or skips where the hard limit is too low.
func needDescriptors(b *testing.B, sockets int) {
	b.Helper()
	const others = 100 // files that are no sockets of the crowd
	want := uint64(sockets + others)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		b.Fatal(err)
	}
	if limit.Cur >= want {
		return
	}
	if limit.Max < want {
		b.Skipf("needs %d open files; the hard limit is %d (ulimit -Hn)", want, limit.Max)
	}
	limit.Cur = want
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		b.Skipf("cannot raise the limit on open files to %d: %v", want, err)
	}
}

// procfsReading is the median time of one read of both tables.
func procfsReading(b *testing.B) time.Duration {
	b.Helper()
	proc, err := procfs.NewDefaultFS()
	if err != nil {
		b.Fatal(err)
	}
	times := make([]time.Duration, baselineReads)
	for i := range times {
		start := time.Now()
		if _, err := proc.NetTCP(); err != nil { //nolint:staticcheck // deprecated for netlink, which is the other side of the comparison
			b.Fatal(err)
		}
		if _, err := proc.NetTCP6(); err != nil { //nolint:staticcheck // deprecated for netlink, which is the other side of the comparison
			b.Fatal(err)
		}
		times[i] = time.Since(start)
	}
	slices.Sort(times)
	return times[len(times)/2]
}

func (c *crowd) askExact(b *testing.B, table *sockets.Table) {
	middle := c.conns[len(c.conns)/2]
	local, remote := addr(middle.LocalAddr()), addr(middle.RemoteAddr())
	for b.Loop() {
		row, ok, err := table.Lookup(local, remote)
		if err != nil || !ok || row.State != sockets.StateEstablished {
			b.Fatalf("found %s, %t, %v", row, ok, err)
		}
	}
}

func (c *crowd) askDump(b *testing.B, table *sockets.Table, want int, state sockets.State) {
	for b.Loop() {
		rows, err := table.Port(c.port, state)
		if err != nil || len(rows) != want {
			b.Fatalf("%d sockets, want %d; %v", len(rows), want, err)
		}
	}
}

// askOnce is what a trader does before it dials: open, prove, count, close.
func (c *crowd) askOnce(b *testing.B) {
	for b.Loop() {
		gateway, client, err := sockets.CloseWait(b.Context(), c.port)
		if err != nil || len(gateway)+len(client) != 0 {
			b.Fatalf("%s, %s, %v, want none", texts(gateway), texts(client), err)
		}
	}
}
