package keeper_test

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/internal/testkit"
	"ibsoak/internal/wire"
	"ibsoak/trader/keeper"
)

// crashes is how many clients and how many keepers are killed at each Gateway: make keeper asks
// for 100, which makes 200 of either over both.
var (
	crashes   = flag.Int("crashes", 3, "kills of clients, and of keepers, at each Gateway")
	crashSeed = flag.Uint64("crash-seed", 1, "seed of the moments")
)

// dwellBound is how long a session that was killed may be in CLOSE_WAIT at the Gateway.
const dwellBound = time.Second

// log is what clients have said of their orders.
type orderLog struct {
	mu           sync.Mutex
	highest      int64
	written      map[int64]bool // whole, to the kernel
	acknowledged map[int64]bool
	begun        map[int64]bool
	wrong        []string
}

func newOrderLog() *orderLog {
	return &orderLog{written: map[int64]bool{}, acknowledged: map[int64]bool{}, begun: map[int64]bool{}}
}

func (l *orderLog) say(word string, id int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch word {
	case "first":
		if id <= l.highest {
			l.wrong = append(l.wrong, fmt.Sprintf("first id %d, and %d was used before", id, l.highest))
		}
	case "writing":
		if l.written[id] {
			l.wrong = append(l.wrong, fmt.Sprintf("id %d a second time", id))
		}
		l.begun[id] = true // and perhaps never written: a kill may fall in between
	case "written":
		l.written[id] = true
		l.highest = max(l.highest, id)
	case "acknowledged":
		l.acknowledged[id] = true
	}
}

// read takes what a client process prints; begun is closed when it has begun to place orders.
func (l *orderLog) read(out io.Reader, begun chan<- struct{}) {
	first := true
	for in := bufio.NewScanner(out); in.Scan(); {
		var word string
		var id int64
		if n, _ := fmt.Sscan(in.Text(), &word, &id); n == 2 {
			l.say(word, id)
			if first {
				close(begun)
				first = false
			}
		}
	}
	if first {
		close(begun)
	}
}

// judge compares with the Gateway. lossless says that whatever was written must have come.
func (l *orderLog) judge(t *testing.T, g *fakegateway.Server, lossless bool) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.wrong {
		t.Error(w)
	}
	times := map[int64]int{}
	for _, o := range g.Books().Orders {
		times[int64(o.OrderID)]++
	}
	placed := 0
	for _, c := range g.Connections() {
		placed += c.MessagesIn["placeOrder"]
	}
	if placed != len(times) {
		t.Errorf("the Gateway read placeOrder %d times, and has %d orders", placed, len(times))
	}
	for id, n := range times {
		if n != 1 || !l.begun[id] {
			t.Errorf("order %d is %d times in the books, begun by a client: %v", id, n, l.begun[id])
		}
	}
	must := l.acknowledged
	if lossless {
		must = l.written
	}
	for id := range must {
		if times[id] == 0 {
			t.Errorf("order %d is lost", id)
		}
	}
	t.Logf("%d orders begun, %d written, %d acknowledged, %d in the books", len(l.begun), len(l.written), len(l.acknowledged), len(times))
}

// noZombies waits for the ends of all sessions but the open one, and wants none to have stayed.
func noZombies(t *testing.T, g *fakegateway.Server, open int) {
	t.Helper()
	eventually(t, "the ends of the Gateway's sessions", func() bool {
		n := 0
		for _, c := range g.Connections() {
			if c.Closed.IsZero() {
				n++
			}
		}
		return n <= open
	})
	for _, c := range g.Connections() {
		// A reset that the Gateway's writer met took the socket away before its reader saw an end.
		gone := !c.ClientRST.IsZero() && !c.ClientRST.After(c.ClientFIN)
		if c.InCloseWait() || c.GatewayDwell > dwellBound && !gone {
			t.Errorf("connection %d was in CLOSE_WAIT for %s: %+v", c.ID, c.GatewayDwell, c)
		}
	}
}

func self(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exec.Command(path, args...)
}

func TestKilledClients(t *testing.T) {
	for _, profile := range []string{"healthy", "leaky"} {
		t.Run(profile, func(t *testing.T) {
			random := rand.New(rand.NewPCG(*crashSeed, 1))
			r := start(t, fakegateway.Config{Profile: profile}, keeper.Config{MessagesPerSecond: -1})
			log := newOrderLog()
			for range *crashes {
				c := self(t, clientWord, r.k.Addr().String())
				out, err := c.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := c.Start(); err != nil {
					t.Fatal(err)
				}
				begun, read := make(chan struct{}), make(chan struct{})
				go func() { defer close(read); log.read(out, begun) }()
				<-begun
				kill := time.NewTimer(time.Duration(random.IntN(20_000)) * time.Microsecond)
				<-kill.C
				_ = c.Process.Kill()
				<-read
				_ = c.Wait() // it was killed
			}
			next := r.client(1) // its bootstrap comes behind everything that was sent for the others
			next.AskTime()
			log.judge(t, r.g, true)
			noZombies(t, r.g, 1)
			r.wantConnections(1)
		})
	}
}

func TestKilledKeepers(t *testing.T) {
	for _, profile := range []string{"healthy", "leaky"} {
		t.Run(profile, func(t *testing.T) {
			random := rand.New(rand.NewPCG(*crashSeed, 2))
			g := startGateway(t, fakegateway.Config{Profile: profile})
			addr := freePort(t)
			log := newOrderLog()
			stop, stopped := make(chan struct{}), make(chan struct{})
			go func() { defer close(stopped); workOn(addr, log, stop) }()
			state := t.TempDir()
			for range *crashes {
				k := startProcess(t, addr, g.Addr(), state)
				kill := time.NewTimer(time.Duration(10+random.IntN(60)) * time.Millisecond)
				<-kill.C
				_ = k.Process.Kill()
				_ = k.Wait() // it was killed
			}
			close(stop)
			<-stopped
			noZombies(t, g, 0)
			log.judge(t, g, false)
		})
	}
}

// freePort is an address that nobody listens on: a keeper that comes back must have the same.
func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// startProcess starts a keeper and waits until it listens.
func startProcess(t *testing.T, addr, gateway, state string) *exec.Cmd {
	t.Helper()
	k := self(t, keeperWord, "--listen", addr, "--gateway", gateway, "--state", state, "--status", "127.0.0.1:0", "--rate", "-1")
	out, err := k.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	k.Stderr = t.Output()
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "listening keeper="+addr) {
		t.Fatalf("first line %q: %v", line, err)
	}
	return k
}

// workOn is a client that comes back whenever it has lost its session.
func workOn(addr string, log *orderLog, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err != nil {
			pause := time.NewTimer(time.Millisecond)
			<-pause.C
			continue
		}
		_ = conn.SetDeadline(time.Now().Add(testkit.Patience))
		done := make(chan struct{})
		go func() {
			select {
			case <-stop:
				_ = conn.Close()
			case <-done:
			}
		}()
		w := &worker{conn: conn, frames: wire.NewFrameReader(conn), say: log.say}
		_ = w.work() // the keeper was killed
		close(done)
		_ = conn.Close()
	}
}
