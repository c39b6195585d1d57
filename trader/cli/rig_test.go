package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
	"ibsoak/internal/testkit"
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
	if cfg.Clock.Start.IsZero() { // early in a minute: one order a bar, and no test waits for the next bar
		cfg.Clock.Start = time.Date(2036, time.December, 1, 15, 0, 2, 0, time.UTC)
	}
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

// args are a trader's arguments: holding one share without a stop is the simplest way to one order.
func (r *rig) args(more ...string) []string {
	host, port := r.gw.HostPort()
	return append([]string{
		"--symbols", "AAPL", "--strategy", "hold", "--host", host, "--port", strconv.Itoa(port),
		"--state", r.state, "--interval", "0.1", "--reconnect-base", "50ms", "--log-level", "debug",
		"--zombie-limit", "5", "--stop", "off", "--quiet-windows", "none", // tests run at any time of the day
	}, more...)
}

// once runs one trader with --once and returns its code and what it wrote.
func (r *rig) once(more ...string) (exit.Code, string) {
	r.t.Helper()
	var out testkit.Buffer
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
	out    testkit.Buffer
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
	r.wantAccounts()
	if len(truth.Executions) > 0 && len(mine.Accounts) != 1 {
		r.t.Errorf("the journal has %d accounts", len(mine.Accounts))
	}
}

// wantHeld wants so many shares of AAPL at the Gateway, and as many in the journal.
func (r *rig) wantHeld(shares int64) {
	r.t.Helper()
	var held int64
	for _, p := range r.gw.Books().Positions {
		if p.Symbol == "AAPL" {
			held = p.Quantity
		}
	}
	mine, err := journal.ReadBooks(r.t.Context(), r.state)
	if err != nil {
		r.t.Fatal(err)
	}
	var own decimal.Decimal
	for _, a := range mine.Accounts {
		for _, p := range a.Positions {
			own = p.Own
		}
	}
	if held != shares || own.Cmp(decimal.MustNew(shares, 0)) != 0 {
		r.t.Errorf("the account holds %d, the journal %s, want %d", held, own, shares)
	}
}

// wantAccounts compares positions and cash with the Gateway's.
func (r *rig) wantAccounts() {
	r.t.Helper()
	mine, err := journal.ReadBooks(r.t.Context(), r.state)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, a := range mine.Accounts {
		r.wantAccount(a)
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
