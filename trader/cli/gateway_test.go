package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

// rig is a fake Gateway on a real socket and one state directory for its traders.
type rig struct {
	t     *testing.T
	gw    *fakegateway.Server
	state string
}

func newRig(t *testing.T, cfg fakegateway.Config) *rig {
	t.Helper()
	cfg.Seed = 1
	gw, err := fakegateway.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := gw.Close(); err != nil {
			t.Error(err)
		}
	})
	return &rig{t: t, gw: gw, state: t.TempDir()}
}

// output is a stderr that may be read while it is written.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// args are a trader's arguments: holding one share is the simplest way to one order.
func (r *rig) args(more ...string) []string {
	host, port := r.gw.HostPort()
	return append([]string{
		"--symbols", "AAPL", "--strategy", "hold", "--host", host, "--port", strconv.Itoa(port),
		"--state", r.state, "--interval", "0.1", "--reconnect-base", "50ms", "--log-level", "debug",
		"--zombie-limit", "5",
	}, more...)
}

// once runs one trader with --once and returns its code and what it wrote.
func (r *rig) once(more ...string) (exit.Code, string) {
	r.t.Helper()
	var out output
	code := Main(r.t.Context(), r.args(append([]string{"--once"}, more...)...), &out, &out)
	return exit.Code(code), out.String()
}

func (r *rig) wantOnce(want exit.Code, more ...string) {
	r.t.Helper()
	code, out := r.once(more...)
	if code != want {
		r.t.Fatalf("ended with %d %s, want %d %s\n%s", code, code, want, want, out)
	}
	if want == exit.OK {
		return
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	last := lines[len(lines)-1]
	if !strings.HasPrefix(last, "trader: ") || !strings.HasSuffix(last, fmt.Sprintf("(exit %d, %s)", want, want)) {
		r.t.Errorf("the last line is %q", last)
	}
}

// running is a continuous trader.
type running struct {
	r      *rig
	cancel context.CancelFunc
	done   chan struct{}
	code   exit.Code
	out    output
}

func (r *rig) start(more ...string) *running {
	ctx, cancel := context.WithCancel(r.t.Context())
	run := &running{r: r, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(run.done)
		run.code = exit.Code(Main(ctx, r.args(more...), &run.out, &run.out))
	}()
	r.t.Cleanup(func() { cancel(); <-run.done })
	return run
}

// stop ends it as a signal does, which is a clean end.
func (run *running) stop() {
	run.r.t.Helper()
	begin := time.Now()
	run.cancel()
	<-run.done
	if took := time.Since(begin); took > 3*time.Second {
		run.r.t.Errorf("the stop took %s", took)
	}
	if run.code != exit.OK {
		run.r.t.Errorf("ended with %d %s\n%s", run.code, run.code, run.out.String())
	}
}

// await waits for the Gateway to have seen something.
func (r *rig) await(what string, until func(v *fakegateway.View) bool) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 20*time.Second)
	defer cancel()
	if err := r.gw.Wait(ctx, what, until); err != nil {
		r.t.Fatal(err)
	}
}

// wantBooks compares the journal with the Gateway's books, execution by execution, and wants so
// many orders in them, no two for one intent.
func (r *rig) wantBooks(orders int) {
	r.t.Helper()
	mine, err := journal.ReadBooks(r.t.Context(), r.state)
	if err != nil {
		r.t.Fatal(err)
	}
	truth := r.gw.Books()
	refs := map[string]bool{}
	for _, o := range truth.Orders {
		if refs[o.OrderRef] {
			r.t.Errorf("two orders for intent %s", o.OrderRef)
		}
		refs[o.OrderRef] = true
	}
	if len(truth.Orders) != orders {
		r.t.Errorf("the Gateway has %d orders, want %d", len(truth.Orders), orders)
	}
	if len(mine.Executions) != len(truth.Executions) {
		r.t.Errorf("the journal has %d executions, the Gateway %d", len(mine.Executions), len(truth.Executions))
	}
	for _, a := range mine.Accounts {
		r.wantAccount(a)
	}
	if len(truth.Executions) > 0 && len(mine.Accounts) != 1 {
		r.t.Errorf("the journal has %d accounts", len(mine.Accounts))
	}
}

func (r *rig) wantAccount(mine journal.AccountBooks) {
	r.t.Helper()
	truth := r.gw.Books()
	for _, p := range truth.Positions {
		var total decimal.Decimal
		for _, q := range mine.Positions {
			if int(q.ConID) == p.ConID {
				total = q.Total
			}
		}
		if total.Cmp(decimal.MustNew(p.Quantity, 0)) != 0 {
			r.t.Errorf("%s: the journal says %s, the Gateway %d", p.Symbol, total, p.Quantity)
		}
	}
	cash, err := decimal.Parse(strings.TrimPrefix(truth.Accounts[0].Cash.String(), "+"))
	if err != nil {
		r.t.Fatal(err)
	}
	start, err := decimal.Parse(strings.TrimPrefix(truth.Accounts[0].StartCash.String(), "+"))
	if err != nil {
		r.t.Fatal(err)
	}
	if change, err := cash.Sub(start); err != nil || change.Cmp(mine.Cash) != 0 {
		r.t.Errorf("cash changed by %s in the journal, by %s at the Gateway (%v)", mine.Cash, change, err)
	}
}

// wantClean wants one connection of the trader, begun with a whole preamble and ended by the
// trader, leaving no socket in CLOSE_WAIT.
func (r *rig) wantClean() {
	r.t.Helper()
	r.await("every connection to end", func(v *fakegateway.View) bool {
		for _, c := range v.Connections() {
			if c.Closed.IsZero() && !c.Planted {
				return false
			}
		}
		return true
	})
	n := 0
	for _, c := range r.gw.Connections() {
		if c.Planted {
			continue
		}
		n++
		if !c.Preamble || c.ClosedFirst != "client" || c.InCloseWait() {
			r.t.Errorf("connection %d: preamble %v, closed first by %q, zombie %v (%s)",
				c.ID, c.Preamble, c.ClosedFirst, c.InCloseWait(), c.End)
		}
	}
	if n != 1 {
		r.t.Errorf("%d connections, want one", n)
	}
}

func on(when fault.When, what fault.What) fakegateway.Config {
	return fakegateway.Config{Schedule: fault.Schedule{Faults: []fault.Fault{{When: when, What: what}}}}
}

func TestOnceFillsAndJournals(t *testing.T) {
	for _, version := range []int{0, 178, 200, 206, 213} {
		t.Run(strconv.Itoa(version), func(t *testing.T) {
			r := newRig(t, fakegateway.Config{MaxServerVersion: version})
			r.wantOnce(exit.OK)
			r.wantBooks(1)
			r.wantClean()
			record, err := os.ReadFile(filepath.Join(r.state, RecordName))
			if err != nil || !bytes.Contains(record, []byte(`"cycles": 1`)) {
				t.Errorf("exit record: %s, %v", record, err)
			}
		})
	}
}

func TestConsecutiveRunsLeaveNothingBehind(t *testing.T) {
	const runs = 5
	r := newRig(t, fakegateway.Config{Profile: "leaky"})
	for range runs {
		r.wantOnce(exit.OK)
	}
	r.wantBooks(1)
	for _, c := range r.gw.Connections() {
		if c.InCloseWait() {
			t.Errorf("connection %d is a zombie", c.ID)
		}
	}
}

func TestContinuousHasOneConnection(t *testing.T) {
	const cycles = 5
	r := newRig(t, fakegateway.Config{})
	run := r.start("--strategy", "alternate")
	r.await("five cycles", func(v *fakegateway.View) bool { return v.Received("reqHistoricalData") >= cycles })
	run.stop()
	r.wantClean()
	r.wantBooks(len(r.gw.Books().Orders))
}

func TestHandshakeFailuresHaveTheirCodes(t *testing.T) {
	zero := int64(0)
	for name, c := range map[string]struct {
		cfg  fakegateway.Config
		want exit.Code
	}{
		"mute":        {fakegateway.Config{Profile: "mute"}, exit.NoHandshakeReply},
		"FIN":         {on(fault.When{Phase: fault.PreambleRead}, fault.What{Do: fault.FIN}), exit.HandshakeClosed},
		"RST":         {on(fault.When{Phase: fault.PreambleRead}, fault.What{Do: fault.RST}), exit.HandshakeReset},
		"FIN later":   {on(fault.When{Phase: fault.StartAPIRead}, fault.What{Do: fault.FIN}), exit.HandshakeClosed},
		"no id":       {on(fault.When{Outbound: "nextValidId"}, fault.What{Do: fault.Drop}), exit.NoNextValidID},
		"no accounts": {on(fault.When{Outbound: "managedAccounts"}, fault.What{Do: fault.Drop}), exit.WrongAccount},
		"noise": {
			on(fault.When{BytesOut: &zero}, fault.What{Do: fault.Garbage, Bytes: 64, Then: fault.Hold}),
			exit.Malformed,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, c.cfg)
			r.wantOnce(c.want, "--handshake-timeout", "300ms", "--ready-timeout", "300ms")
			r.wantBooks(0)
		})
	}
}

func TestAccountCodes(t *testing.T) {
	r := newRig(t, fakegateway.Config{})
	r.wantOnce(exit.WrongAccount, "--account", "DU1")
	r.wantOnce(exit.OK, "--account", "DU9000001")
	live := newRig(t, fakegateway.Config{Accounts: []string{"U1234567"}})
	live.wantOnce(exit.Interlock)
	live.wantOnce(exit.WrongAccount, "--live", "--account", "U7654321")
	live.wantBooks(0)
	live.wantOnce(exit.OK, "--live", "--account", "U1234567")
	live.wantBooks(1)
}

func TestClientIDInUse(t *testing.T) {
	r := newRig(t, fakegateway.Config{})
	run := r.start()
	r.await("a session", func(v *fakegateway.View) bool { return v.Received("reqHistoricalData") > 0 })
	other := &rig{t: t, gw: r.gw, state: t.TempDir()}
	other.wantOnce(exit.ClientIDInUse)
	other.wantOnce(exit.OK, "--client-id", "2")
	run.stop()
}

func TestSecondTraderOnTheStateDirectory(t *testing.T) {
	r := newRig(t, fakegateway.Config{})
	run := r.start()
	r.await("a session", func(v *fakegateway.View) bool { return v.Received("reqHistoricalData") > 0 })
	r.wantOnce(exit.State, "--client-id", "2")
	run.stop()
	if n := len(r.gw.Connections()); n != 1 {
		t.Errorf("the second trader dialled: %d connections", n)
	}
}

func TestZombies(t *testing.T) {
	r := newRig(t, fakegateway.Config{})
	if err := r.gw.PlantZombies(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	code, out := r.once("--on-zombies", "fail")
	if code != exit.Zombies || !strings.Contains(out, "3 sockets in CLOSE_WAIT held by the Gateway") ||
		!strings.Contains(out, "never kill -9 by port") {
		t.Errorf("ended with %d\n%s", code, out)
	}
	if n := len(r.gw.Connections()); n != 3 {
		t.Errorf("%d connections: it dialled", n)
	}
	code, out = r.once("--on-zombies", "warn")
	if code != exit.OK || !strings.Contains(out, "level=WARN") {
		t.Errorf("with a warning it ended with %d\n%s", code, out)
	}
	r.wantBooks(1)
}

func TestSessionLostAroundTheOrder(t *testing.T) {
	for name, when := range map[string]fault.When{
		"order read":   {Inbound: "placeOrder"},
		"before ack":   {Outbound: "openOrder"},
		"before fill":  {Outbound: "execDetails"},
		"cut fill":     {Outbound: "execDetails", Byte: 7},
		"before costs": {Outbound: "commissionReport"},
	} {
		for _, end := range []fault.Action{fault.FIN, fault.RST} {
			t.Run(name+" "+string(end), func(t *testing.T) {
				what := fault.What{Do: end}
				if when.Byte > 0 {
					what = fault.What{Do: fault.Cut, Then: end}
				}
				cfg := on(when, what)
				cfg.Schedule.Faults[0].Where = fault.Where{Connection: 1}
				r := newRig(t, cfg)
				if code, out := r.once(); code != exit.SessionLost && (name != "before costs" || code != exit.OK) {
					t.Fatalf("ended with %d\n%s", code, out)
				}
				orders := len(r.gw.Books().Orders)
				code, out := r.once("--absence-wait", "1ms")
				if code != exit.OK {
					t.Fatalf("the next life ended with %d\n%s", code, out)
				}
				r.wantBooks(orders) // an order that was lost is not sent again on the same bar
				if lost := name == "order read"; lost != (orders == 0) {
					t.Errorf("%d orders had reached the Gateway's books", orders)
				}
			})
		}
	}
}

func TestAnswersThatDoNotCome(t *testing.T) {
	for _, message := range []string{
		"openOrderEnd", "execDetailsEnd", "completedOrdersEnd", "positionEnd", "contractDataEnd",
		"currentTime", "historicalData",
	} {
		t.Run(message, func(t *testing.T) {
			r := newRig(t, on(fault.When{Outbound: message}, fault.What{Do: fault.Drop}))
			r.wantOnce(exit.Incomplete, "--request-timeout", "300ms")
			r.wantBooks(0)
			r.wantClean()
		})
	}
}

func TestOrderUnknown(t *testing.T) {
	r := newRig(t, on(fault.When{Inbound: "placeOrder"}, fault.What{Do: fault.Mute}))
	r.wantOnce(exit.OrderUnknown, "--order-deadline", "300ms", "--request-timeout", "300ms")
	if err := r.gw.SetSchedule(fault.Schedule{}); err != nil {
		t.Fatal(err)
	}
	r.wantOnce(exit.OrderUnknown) // complete answers do not know it, but it is too early to tell
	r.wantOnce(exit.OK, "--absence-wait", "1ms")
	r.wantBooks(0)
}

func TestRiskRefuses(t *testing.T) {
	r := newRig(t, fakegateway.Config{})
	r.wantOnce(exit.Interlock, "--max-order-notional", "1")
	r.wantBooks(0)
	r.wantClean()
}

func TestGatewayRestart(t *testing.T) {
	for _, end := range []fault.Action{fault.FIN, fault.RST} {
		t.Run(string(end), func(t *testing.T) {
			r := newRig(t, fakegateway.Config{})
			run := r.start()
			r.await("two cycles", func(v *fakegateway.View) bool { return v.Received("reqHistoricalData") >= 2 })
			down := fault.Downtime{Refused: fault.Duration(300 * time.Millisecond)}
			if err := r.gw.Restart(down, end); err != nil {
				t.Fatal(err)
			}
			before := 0
			r.await("two cycles after the restart", func(v *fakegateway.View) bool {
				conns := v.Connections()
				last := conns[len(conns)-1]
				before = len(conns)
				return last.Epoch > 0 && last.MessagesIn["reqHistoricalData"] >= 2
			})
			run.stop()
			if before != 2 {
				t.Errorf("%d connections, want 2", before)
			}
			r.wantBooks(1)
		})
	}
}

// TestLogIsBounded: against a Gateway that is never there, one line for each attempt and no more
// than the beginning and the end besides.
func TestLogIsBounded(t *testing.T) {
	const attempts = 6
	var out output
	code := Main(t.Context(), []string{
		"--symbols", "AAPL", "--port", strconv.Itoa(closedPort(t)), "--state", t.TempDir(),
		"--reconnect-base", "10ms", "--max-reconnects", strconv.Itoa(attempts),
	}, &out, &out)
	lines := strings.Count(out.String(), "\n")
	if exit.Code(code) != exit.Exhausted || lines > attempts+3 {
		t.Errorf("code %d, %d lines for %d attempts\n%s", code, lines, attempts, out.String())
	}
}
