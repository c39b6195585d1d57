package harness

import (
	"net"
	"net/netip"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// BenchmarkObserver is what watching one idle session costs the harness: the share of one
// processor, what it is of the way that reads the whole table each time, the longest time without
// a reading, and what is allocated in an hour.
func BenchmarkObserver(b *testing.B) {
	gateway, client := idleSession(b)
	old := shareOf(b, gateway, func(k *kernel) { k.dump() })
	b.Run("exact", func(b *testing.B) {
		began := allocated()
		window := time.Now()
		share := shareOf(b, gateway, func(k *kernel) {
			k.follow(client)
			k.lookUp()
		})
		hourly := float64(allocated()-began) / time.Since(window).Hours() / (1 << 20)
		b.ReportMetric(100*share.cpu, "%cpu")
		b.ReportMetric(share.cpu/old.cpu, "x-of-dumps")
		b.ReportMetric(float64(share.gap)/float64(time.Millisecond), "ms-floor")
		b.ReportMetric(hourly, "MiB-allocated/h")
	})
	b.Run("dumps", func(b *testing.B) {
		b.ReportMetric(100*old.cpu, "%cpu")
		b.ReportMetric(float64(old.gap)/float64(time.Millisecond), "ms-floor")
	})
}

// watching is what a way to look costs and how closely it looks.
type watching struct {
	cpu float64 // of one processor
	gap time.Duration
}

// shareOf looks for two seconds in one way, at the sampler's period, with the sampler's dump each
// second and the control beside it.
func shareOf(b *testing.B, gateway netip.AddrPort, look func(*kernel)) watching {
	b.Helper()
	const lasts = 2 * time.Second
	k, err := openKernel(gateway, nil, running(), func(Sighting) {})
	if err != nil {
		b.Skip(err)
	}
	defer k.table.Close()
	load, err := watchLoad(k.clock, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer load.stop()
	again, seldom := time.NewTicker(closeWaitEvery), time.NewTicker(tableEvery)
	defer again.Stop()
	defer seldom.Stop()
	before, began := cpuTime(b), time.Now()
	for time.Since(began) < lasts {
		select {
		case <-again.C:
			look(k)
		case <-seldom.C:
			k.dump()
		}
	}
	if k.fault != nil {
		b.Fatal(k.fault)
	}
	return watching{float64(cpuTime(b)-before) / float64(time.Since(began)), k.gap}
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// idleSession is an established connection on loopback.
func idleSession(b *testing.B) (gateway, client netip.AddrPort) {
	b.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	c, err := net.Dial("tcp4", ln.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	s, err := ln.Accept()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		for _, close := range []func() error{c.Close, s.Close, ln.Close} {
			if err := close(); err != nil {
				b.Error(err)
			}
		}
	})
	return ln.Addr().(*net.TCPAddr).AddrPort(), c.LocalAddr().(*net.TCPAddr).AddrPort()
}
