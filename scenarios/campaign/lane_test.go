package campaign_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
	"ibsoak/trader/journal"
)

// What a lane trades, and how fast. At scale 120 a bar closes every half second, and an order fills in
// three parts after 100 ms of real time: there is always one in flight.
const (
	laneScale = 120
	shares    = 5
	account   = "DU9000001"
	lifeMost  = 2 * time.Second // a point that has not come by then: killed all the same
)

var laneSymbols = []string{"AAPL", "MSFT", "NVDA", "AMZN", "IBM", "KO"}

// aroundMidnight lets the trader trade in what is otherwise a quiet time.
var aroundMidnight = whereThere("quiet-windows", "none")

// midnight is one in New York, in winter.
var midnight = time.Date(2026, time.March, 5, 5, 0, 0, 0, time.UTC)

// lane is one account at one Gateway, with one state directory, and what was found wrong.
type lane struct {
	t        *testing.T
	name     string
	rng      *rand.Rand
	gw       *fakegateway.Server
	clock    fakegateway.Clock
	began    time.Time
	dir      string
	log      *os.File
	more     []string      // arguments of every life
	patience time.Duration // for settling
	killed   func(*lane) error

	lives    int
	inFlight int            // kills with an order at work, or an intent whose order was under way
	early    int            // lives whose point had not come by lifeMost
	classes  map[string]int // kills by class of point
	faults   int
	stops    int                 // lives that were ended by SIGTERM
	guards   map[string]*guarded // by symbol
	readable bool                // the journal was, once
	crossed  bool                // midnight passed while the trader was dead
	findings []string
}

func newLane(t *testing.T, name string, seed uint64) *lane {
	t.Helper()
	l := &lane{
		t: t, name: name, rng: rand.New(rand.NewPCG(seed, 0)), classes: map[string]int{}, patience: 2 * time.Minute,
		clock: fakegateway.Clock{Start: midnight.Add(-12 * time.Minute), Scale: laneScale},
	}
	var cfg fakegateway.Config
	cfg.Seed, cfg.Clock, cfg.TranscriptFrames = seed, l.clock, 2000
	cfg.FillLatency, cfg.CancelLatency = 12*time.Second, 2*time.Second
	cfg.MaxFillShares = 2
	gw, err := fakegateway.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l.gw, l.began = gw, time.Now()
	dir, err := os.MkdirTemp("", "ibsoak-lane-") //nolint:usetesting // what failed is to be looked at
	if err != nil {
		t.Fatal(err)
	}
	l.dir = dir
	if l.log, err = os.Create(filepath.Join(dir, "trader.log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(gw.Close(), l.log.Close()); err != nil {
			t.Error(err)
		}
		if !t.Failed() {
			if err := os.RemoveAll(dir); err != nil {
				t.Error(err)
			}
		}
	})
	return l
}

func (l *lane) state() string { return filepath.Join(l.dir, "state") }

func (l *lane) now() time.Time {
	return l.clock.Start.Add(time.Duration(float64(time.Since(l.began)) * l.clock.Scale))
}

func (l *lane) find(format string, args ...any) {
	l.findings = append(l.findings, fmt.Sprintf(format, args...))
}

// start begins a life. Its commit, when the point names one, ends it.
func (l *lane) start(p point, more ...string) (*exec.Cmd, chan error) {
	l.t.Helper()
	self, err := os.Executable()
	if err != nil {
		l.t.Fatal(err)
	}
	host, port := l.gw.HostPort()
	args := append([]string{
		traderWord, "--host", host, "--port", strconv.Itoa(port), "--state", l.state(),
		"--symbols", strings.Join(laneSymbols, ","), "--shares", strconv.Itoa(shares), "--interval", "50ms",
		"--absence-wait", "300ms",
		"--order-deadline", "2s", "--request-timeout", "1s", "--reconnect-base", "50ms",
		"--on-zombies", "warn", "--zombie-limit", "1ms", "--log-level", "debug",
	}, slices.Concat(unlimited(), fastClock(), aroundMidnight, l.more, more)...)
	cmd := exec.CommandContext(l.t.Context(), self, args...)
	cmd.Stdout, cmd.Stderr = l.log, l.log
	cmd.Env = os.Environ()
	if p.commit > 0 {
		cmd.Env = append(cmd.Env, fmt.Sprintf("%s=%d %s", commitVariable, p.commit, p.delay))
	}
	fmt.Fprintf(l.log, "---- life %d: %s\n", l.lives, p)
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	return cmd, ended
}

// life runs the trader until its point, and looks at what is left.
func (l *lane) life() {
	l.t.Helper()
	l.lives++
	p := drawPoint(l.rng)
	faults := drawFaults(l.rng, l.now().Sub(l.clock.Start))
	overMidnight := !l.crossed && midnight.Sub(l.now()) < 4*time.Minute
	if overMidnight { // an order is sent, and the trader dead, while the day ends
		p, faults = point{kind: fakegateway.EventInbound, frame: "placeOrder", nth: 1}, nil
	}
	for _, f := range faults {
		if _, err := l.gw.Inject(f); err != nil {
			l.t.Fatalf("inject %+v: %v", f, err)
		}
	}
	term := p.commit == 0 && len(faults) == 0 && !overMidnight && l.rng.IntN(termEach) == 0
	log, err := l.log.Seek(0, io.SeekCurrent)
	if err != nil {
		l.t.Fatal(err)
	}
	began := l.now()
	events, stop := l.gw.Watch()
	cmd, ended := l.start(p)
	over := l.guard()
	reached := l.reached(p, events, ended)
	at := l.now()
	switch {
	case reached && term:
		_ = cmd.Process.Signal(syscall.SIGTERM)
	case reached:
		_ = cmd.Process.Kill() // it may have killed itself
	}
	stop()
	over()
	if err := <-ended; reached && term {
		l.stopped(err, began, at, log)
	} else {
		l.over(err)
	}
	for _, f := range faults {
		if err := l.gw.ClearFault(f.ID); err != nil {
			l.t.Fatal(err)
		}
	}
	if len(faults) > 0 {
		l.faults++
		l.restore()
	}
	class := p.class()
	if term {
		class = "by SIGTERM"
	}
	l.classes[class]++
	l.look()
	if overMidnight {
		l.crossed = true
		l.sleepUntil(midnight.Add(time.Minute))
	}
}

// reached waits for a point, and whether the life is to be killed from outside.
func (l *lane) reached(p point, events <-chan fakegateway.Event, ended chan error) bool {
	limit := lifeMost
	if p.after > 0 {
		limit = p.after
	}
	if p.frame == "placeOrder" { // it must trade before it can be killed there
		limit = 2 * lifeMost
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for seen := 0; ; {
		select {
		case err := <-ended:
			ended <- err
			return false
		case <-timer.C:
			if p.after == 0 {
				l.early++
			}
			return true
		case e := <-events:
			if p.frame == "" || e.Kind != p.kind || e.Message != p.frame {
				continue
			}
			if seen++; seen == p.nth {
				if p.delay > 0 {
					timer.Reset(p.delay)
					<-timer.C
				}
				return true
			}
		}
	}
}

// over takes the end of a life that should have been killed.
func (l *lane) over(err error) {
	var exited *exec.ExitError
	if errors.As(err, &exited) && !exited.Exited() {
		return // by a signal
	}
	l.find("ended by itself: life %d: %v\n\t\t%s", l.lives, err, l.tail())
}

func (l *lane) tail() string {
	text, err := os.ReadFile(l.log.Name())
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-4):], "\n\t\t")
}

// restore brings IBKR's servers back when a fault has lost them.
func (l *lane) restore() {
	l.t.Helper()
	if !l.gw.Connectivity().Lost {
		return
	}
	if err := l.gw.Operate(fault.ConnectionRestored, ""); err != nil {
		l.t.Fatal(err)
	}
}

// look is what is judged after each kill: sockets, and the identity of orders.
func (l *lane) look() {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 20*time.Second)
	defer cancel()
	if err := l.gw.Wait(ctx, "no socket in CLOSE_WAIT", func(v *fakegateway.View) bool { return v.InCloseWait() == 0 }); err != nil {
		l.find("close-wait: after life %d: %v", l.lives, err)
	}
	working := false
	truth := l.gw.Books()
	for _, o := range truth.Orders {
		working = working || (o.OrderID != 0 && o.DoneAt.IsZero() && !protective(o))
	}
	mine, err := l.books()
	if err != nil {
		if working || l.readable { // else it was killed before the journal was made
			l.find("the journal cannot be read after life %d: %v", l.lives, err)
		}
		return
	}
	l.readable = true
	for _, in := range mine.Intents {
		working = working || in.State == journal.Prepared || in.State == journal.Sent || in.State == journal.Working
	}
	if working {
		l.inFlight++
	}
	if bad := identity(truth, mine); len(bad) > 0 {
		l.find("after life %d: %s", l.lives, few(bad))
	}
	if l.killed != nil {
		if err := l.killed(l); err != nil {
			l.t.Fatal(err)
		}
	}
}

func (l *lane) books() (journal.Books, error) {
	if _, err := os.Stat(filepath.Join(l.state(), journal.FileName)); err != nil {
		return journal.Books{}, err
	}
	return journal.ReadBooks(l.t.Context(), l.state())
}

func (l *lane) sleepUntil(at time.Time) {
	timer := time.NewTimer(time.Duration(float64(at.Sub(l.now())) / l.clock.Scale))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.t.Context().Done():
	}
}

// settle lets one last life finish what is open and come to rest with the wanted shares, ends it with
// SIGTERM, and compares the books in full.
func (l *lane) settle() {
	l.t.Helper()
	l.lives++
	before := len(l.gw.Connections())
	cmd, ended := l.start(point{}, "--strategy", "hold")
	if why := l.quiet(ended, before); why != "" {
		l.find("never at rest: %s\n\t\t%s", why, l.tail())
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		l.t.Fatal(err)
	}
	if err := <-ended; err != nil {
		l.find("the settling life: %v", err)
	}
	truth := l.gw.Books()
	mine, err := l.books()
	if err != nil {
		l.find("the journal cannot be read: %v", err)
		return
	}
	l.findings = append(l.findings, differences(truth, mine)...)
	l.findings = append(l.findings, equity(truth)...)
	if longest := l.unguarded(); longest.most > guardWithin {
		l.find("protection: stops and position differed for %s of living sessions (%s)", longest.most, longest.what)
	}
	for _, symbol := range laneSymbols {
		l.findings = append(l.findings, exposure(truth, account, symbol, shares)...)
		if held := truth.Holding(account, symbol); held != shares {
			l.find("at rest: %d %s are held, %d are wanted", held, symbol, shares)
		}
	}
	if n := l.gw.Health().CloseWait; n > 0 {
		l.find("close-wait: %d sockets at the end", n)
	}
}

// quiet waits until nothing is open in the journal, nothing works at the exchange and the wanted shares are
// held, and the life has a connection besides the before that were there. It says why not, when that does not
// come within the lane's patience or the life ends before.
func (l *lane) quiet(ended chan error, before int) string {
	limit := time.NewTimer(l.patience)
	defer limit.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		why := l.unrest()
		if len(l.gw.Connections()) == before {
			why = "the trader has not connected" // and does not know SIGTERM yet
		}
		if why == "" {
			return ""
		}
		select {
		case <-tick.C:
		case <-limit.C:
			return why + ", after " + l.patience.String()
		case err := <-ended:
			ended <- err
			return fmt.Sprintf("%s, and the trader ended by itself: %v", why, err)
		}
	}
}

// unrest says what is not at rest yet.
func (l *lane) unrest() string {
	truth := l.gw.Books()
	for _, o := range truth.Orders {
		if o.OrderID != 0 && o.DoneAt.IsZero() && !protective(o) {
			return fmt.Sprintf("order %d works", o.OrderID)
		}
	}
	for _, symbol := range laneSymbols {
		if held := truth.Holding(account, symbol); held != shares {
			return fmt.Sprintf("%d %s are held", held, symbol)
		}
	}
	mine, err := l.books()
	if err != nil {
		return err.Error()
	}
	if protects() {
		for _, symbol := range laneSymbols {
			if stops := stopsOf(truth, symbol); stops != shares {
				return fmt.Sprintf("stops for %d %s work", stops, symbol)
			}
		}
	}
	rests := map[string]bool{}
	for _, o := range truth.Orders {
		rests[o.OrderRef] = rests[o.OrderRef] || o.DoneAt.IsZero() && protective(o)
	}
	for _, in := range mine.Intents {
		if !in.State.Closed() && (!rests[in.ID] || in.State != journal.Working) {
			return fmt.Sprintf("intent %s is %s (%s)", in.ID, in.State, in.Reason)
		}
	}
	for _, e := range mine.Executions {
		if e.Intent != "" && e.Commission == nil {
			return "the commission of " + e.ExecID + " is not known"
		}
	}
	if len(mine.Executions) != len(truth.Executions) {
		return fmt.Sprintf("%d executions of %d are booked", len(mine.Executions), len(truth.Executions))
	}
	return ""
}

// lanes runs as many lanes side by side, each its share of the points, and gives them when all have ended.
func lanes(all []*lane, points int) {
	var group sync.WaitGroup
	for i, l := range all {
		share := points / len(all)
		if i < points%len(all) {
			share++
		}
		group.Go(func() {
			for range share {
				if l.t.Context().Err() != nil {
					return
				}
				l.life()
			}
			l.settle()
		})
	}
	group.Wait()
}
