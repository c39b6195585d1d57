package harness

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/disk"

	"ibsoak/fakegateway"
	"ibsoak/internal/sockets"
)

// Condition is one thing that a run needs of this machine.
type Condition struct {
	Name  string `json:"name"`
	State Health `json:"state"`
	Found string `json:"found"`
	// Without is what a run cannot do or show for the lack of it, and Do what helps. Empty when nothing
	// is missing.
	Without string `json:"without,omitempty"`
	Do      string `json:"do,omitempty"`
}

// Health is how much is there of what is needed.
type Health string

// The states of a condition.
const (
	Healthy  Health = "ok"
	Reduced  Health = "reduced" // runs can be made; some of what they could show is inconclusive
	Hopeless Health = "missing" // no run can be made
)

const (
	// leastSpace is what the record of an hour with its transcript may take.
	leastSpace = 1 << 30
	// handshakeTime is how long a whole answer over loopback may take in the check of it.
	handshakeTime = 5 * time.Second
	// manyThreads is how many threads want each processor when runs begin to be inconclusive.
	manyThreads = 4.0
)

// Examine tries everything that a run would use, in dir as the place of its record, and says what is
// missing. It takes a moment, and leaves nothing behind.
func Examine(ctx context.Context, dir string) []Condition {
	all := []Condition{program(), examineLoopback(ctx), examineGateway()}
	all = append(all, examineKernel()...)
	return append(all, examineProcesses(), examineSamples(), examineClock(), examineLoad(), examinePlace(dir))
}

func program() Condition {
	return Condition{
		Name: "program", State: Healthy,
		Found: fmt.Sprintf("built by %s for %s/%s, %d CPUs, user %d", runtime.Version(), runtime.GOOS,
			runtime.GOARCH, runtime.NumCPU(), os.Getuid()),
	}
}

// examineLoopback makes a connection of its own.
func examineLoopback(ctx context.Context) Condition {
	c := Condition{Name: "loopback", State: Healthy, Found: "a connection on 127.0.0.1 in "}
	begun := time.Now()
	if err := connectLoopback(ctx); err != nil {
		c.State, c.Found = Hopeless, err.Error()
		c.Without = "the Gateway and the trader cannot meet"
		c.Do = "bring the interface up (ip link set lo up), and allow connections on 127.0.0.1"
		return c
	}
	c.Found += round(time.Since(begun)).String()
	return c
}

func connectLoopback(ctx context.Context) error {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp4", ln.Addr().String())
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	return errors.Join(conn.Close(), ln.Close())
}

// examineGateway starts the fake Gateway and stops it.
func examineGateway() Condition {
	c := Condition{Name: "fake Gateway", State: Healthy}
	g, err := fakegateway.Start(fakegateway.Config{})
	if err == nil {
		c.Found = "listens on a free port and stops"
		err = g.Close()
	}
	if err != nil {
		c.State, c.Found = Hopeless, err.Error()
		c.Without, c.Do = "there is nothing that the trader could connect to", "see loopback"
	}
	return c
}

// examineKernel opens what the second oracle reads.
func examineKernel() []Condition {
	table := Condition{Name: "socket table", State: Healthy}
	t, err := sockets.Open()
	switch {
	case err != nil:
		table.State, table.Found = Reduced, err.Error()
		table.Without = "only the Gateway's own timing speaks about sockets: " +
			"checks that want both oracles are inconclusive"
		table.Do = "run where /proc is mounted, and netlink is allowed"
	case !t.Exact():
		table.State, table.Found = Reduced, "read by "+t.Source()
		table.Without = "the whole table is read at each look, which costs more and sees less often"
		table.Do = "run on Linux where sock_diag (netlink) is allowed"
	default:
		table.Found = "read by " + t.Source() + ", one connection at a time"
	}
	if t != nil {
		_ = t.Close() // a descriptor for reading: nothing can be lost
	}
	return []Condition{table, examineEnds(), examineFirstPackets()}
}

func examineEnds() Condition {
	c := Condition{Name: "ends of sockets", State: Healthy, Found: "the kernel tells of them"}
	ends, err := sockets.WatchEnds()
	if err != nil {
		c.State, c.Found = Reduced, err.Error()
		c.Without = "an answer that the trader never read counts as a cycle"
		c.Do = "run on Linux where sock_diag (netlink) is allowed"
		return c
	}
	_ = ends.Close() // likewise
	return c
}

func examineFirstPackets() Condition {
	c := Condition{Name: "refused connects", State: Healthy, Found: "seen packet by packet"}
	tap, err := openTap(netip.MustParseAddrPort("127.0.0.1:1"))
	if err != nil {
		c.State, c.Found = Reduced, err.Error()
		c.Without = "connects to a closed port are counted over the whole host: connect-rate may be inconclusive"
		c.Do = "run with CAP_NET_RAW (as root, or: sudo setcap cap_net_raw+ep SOAK)"
		return c
	}
	tap.close(func(netip.AddrPort, uint32) {})
	return c
}

func examineProcesses() Condition {
	c := Condition{Name: "processes", State: Healthy}
	f, notes := newFollower("doctor", func() Moment { return 1 })
	f.close()
	if len(notes) > 0 {
		c.State, c.Found = Reduced, strings.Join(notes, "; ")
		c.Without = "a process that leaves its parent, group and session between two looks may be missed"
		c.Do = "run on Linux; for control groups, as root with a writable /sys/fs/cgroup"
		return c
	}
	c.Found = "followed by parent, group, session, control group and environment"
	return c
}

// examineSamples measures this very process, as a subject's are.
func examineSamples() Condition {
	c := Condition{Name: "descriptors", State: Healthy}
	fds := -1
	row, err := readProcess(os.Getpid())
	if err == nil {
		fds, err = row.measure()
	}
	if err == nil && fds < 0 {
		err = errors.New("the system does not tell how many are open")
	}
	if err != nil {
		c.State, c.Found = Reduced, err.Error()
		c.Without = "descriptors, threads and memory are unknown: checks of leaks are inconclusive"
		c.Do = "run where /proc is mounted"
		return c
	}
	c.Found = fmt.Sprintf("%d here, %d threads, %s of memory", fds, row.threads, mebibytes(uint64(row.rssBytes)))
	return c
}

// examineClock finds out how fine the clock is, and how late a timer of a millisecond comes.
func examineClock() Condition {
	const timer, late = time.Millisecond, 250 * time.Millisecond
	begun := time.Now()
	<-time.After(timer)
	delay := time.Since(begun) - timer
	found := fmt.Sprintf("a timer of %s comes %s late", timer, round(delay))
	c := Condition{Name: "clock", State: Healthy, Found: found}
	if delay > late {
		c.State = Reduced
		c.Without, c.Do = "bounds are wider, and what needs finer ones is inconclusive", "give the machine more time"
	}
	return c
}

func examineLoad() Condition {
	n := crowd()
	c := Condition{Name: "load", State: Healthy, Found: fmt.Sprintf("%.1f threads want each CPU", n)}
	if n == 0 {
		c.Found = "how many threads want the CPUs is unknown"
	}
	if n > manyThreads {
		c.State = Reduced
		c.Without, c.Do = "checks of time may be inconclusive", "run when less else runs"
	}
	return c
}

// examinePlace writes into the directory of the records, or where it would be made.
func examinePlace(dir string) Condition {
	c := Condition{Name: "records", State: Healthy}
	place, err := filepath.Abs(dir)
	for err == nil {
		if _, err = os.Stat(place); err == nil || !errors.Is(err, os.ErrNotExist) {
			break
		}
		place, err = filepath.Dir(place), nil
	}
	if err == nil {
		err = writable(place)
	}
	if err != nil {
		c.State, c.Found = Hopeless, err.Error()
		c.Without, c.Do = "there is no place for the record", "give a directory that can be written by --out"
		return c
	}
	usage, err := disk.Usage(place)
	if err != nil {
		c.Found = place + " can be written; free space unknown: " + err.Error()
		return c
	}
	c.Found = fmt.Sprintf("%s can be written, %s free", place, mebibytes(usage.Free))
	if usage.Free < leastSpace {
		c.State = Reduced
		c.Without, c.Do = "an hour's transcript may not fit", "free 1 GiB, or give another directory by --out"
	}
	return c
}

func writable(dir string) error {
	f, err := os.CreateTemp(dir, "soak-doctor-")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func mebibytes(n uint64) string { return fmt.Sprintf("%d MiB", n>>20) }
