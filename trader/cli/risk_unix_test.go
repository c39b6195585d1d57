//go:build unix

package cli

import (
	"database/sql"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/fault"
	"ibsoak/internal/testkit"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

// command runs a subcommand on the rig's state directory, beside whatever runs there.
func (r *rig) command(want exit.Code, args ...string) string {
	r.t.Helper()
	var out testkit.Buffer
	code := exit.Code(Main(r.t.Context(), append(args, "--state", r.state), &out, &out))
	if code != want {
		r.t.Errorf("trader %v ended with %s, want %s: %s", args, code, want, out.String())
	}
	return out.String()
}

// child starts a process of the trader that buys and sells by turns.
func (r *rig) child(more ...string) *exec.Cmd {
	r.t.Helper()
	c := newChild(r.t, r)
	c.Args = append(c.Args, append([]string{"--strategy", "alternate", "--absence-wait", "1s"}, more...)...)
	c.Stderr = r.t.Output()
	if err := c.Start(); err != nil {
		r.t.Fatal(err)
	}
	return c
}

// kill9 ends a process as a crash does, and waits until the Gateway has seen it go.
func (r *rig) kill9(c *exec.Cmd) {
	r.t.Helper()
	if err := c.Process.Kill(); err != nil {
		r.t.Fatal(err)
	}
	if err := c.Wait(); err == nil {
		r.t.Error("a killed trader ended well")
	}
	r.await("the Gateway to notice", func(v *fakegateway.View) bool {
		for _, conn := range v.Connections() {
			if conn.Closed.IsZero() {
				return false
			}
		}
		return true
	})
}

// orders counts those of one side in the Gateway's books.
func (r *rig) orders(action exchange.Action) (n int) {
	for _, o := range r.gw.Books().Orders {
		if o.Action == action {
			n++
		}
	}
	return n
}

// turns waits for the trader to ask for the time n times more: whatever it had sent before has come.
func (r *rig) turns(n int) {
	r.t.Helper()
	had := -1
	r.await("cycles", func(v *fakegateway.View) bool {
		if had < 0 {
			had = v.Received("reqCurrentTime")
		}
		return v.Received("reqCurrentTime") >= had+n
	})
}

// held is the account's position in AAPL.
func (r *rig) held() (shares int64) {
	for _, p := range r.gw.Books().Positions {
		if p.Symbol == "AAPL" {
			shares = p.Quantity
		}
	}
	return shares
}

// TestHaltWhileItRuns is judged by the Gateway's books: from the moment on at which trader halt has ended
// nothing is bought, over a kill -9 and restarts; what is held can be sold; resume lets it go on.
func TestHaltWhileItRuns(t *testing.T) {
	r := newRig(t, fakegateway.Config{Clock: fakegateway.Clock{Scale: 120}})
	child := r.child()
	r.await("a position", func(*fakegateway.View) bool { return r.held() > 0 })
	if out := r.command(exit.OK, "halt", "--reason", "a look at it"); !strings.Contains(out, "halted (person: a look at it)") {
		t.Errorf("it says %q", out)
	}
	r.turns(2)
	bought := r.orders(exchange.Buy)
	r.await("the sale of what is held", func(*fakegateway.View) bool { return r.held() == 0 })
	const minutesOfTwoTurns = 12
	for range 2 {
		r.turns(minutesOfTwoTurns)
		r.kill9(child)
		child = r.child()
	}
	r.turns(minutesOfTwoTurns)
	if n := r.orders(exchange.Buy); n != bought {
		t.Errorf("%d orders to buy after the halt", n-bought)
	}
	r.command(exit.Usage, "resume")
	if out := r.command(exit.OK, "resume", "--reason", "it was nothing"); !strings.Contains(out, "not halted") {
		t.Errorf("it says %q", out)
	}
	r.await("an order to buy", func(*fakegateway.View) bool { return r.orders(exchange.Buy) > bought })
	r.kill9(child)
}

// lossOf is what the books' executions have cost when each left the account flat, in their order.
func lossOf(executions []exchange.Execution) (flat []decimal.Decimal, buysAfter []int) {
	var cash decimal.Decimal
	var held int64
	for i, x := range executions {
		shares := x.Shares
		if x.Action == exchange.Sell {
			shares = -shares
		}
		held += shares
		cash, _ = cash.SubMul(decimal.MustNew(shares, 0), x.Price)
		cash, _ = cash.Sub(x.Commission)
		if held != 0 {
			continue
		}
		buys := 0
		for _, later := range executions[i+1:] {
			if later.Action == exchange.Buy {
				buys++
			}
		}
		flat, buysAfter = append(flat, cash.Neg()), append(buysAfter, buys)
	}
	return flat, buysAfter
}

// TestTheDaysLossOverKills: a trader that is killed with -9 after every order, and started again, loses no
// more in a day than one that is not. Commissions alone make the loss.
func TestTheDaysLossOverKills(t *testing.T) {
	const limit = "6"
	r := newRig(t, fakegateway.Config{Clock: fakegateway.Clock{Scale: 120}})
	kills := 0
	for ; kills < 30; kills++ {
		before := len(r.gw.Books().Orders)
		child := r.child("--max-daily-loss", limit)
		for !r.isHalted(journal.DailyLoss) && len(r.gw.Books().Orders) == before {
			r.turns(1)
		}
		r.kill9(child)
		if r.isHalted(journal.DailyLoss) {
			break
		}
	}
	child := r.child("--max-daily-loss", limit)
	r.turns(12)
	r.kill9(child)
	flat, buys := lossOf(r.gw.Books().Executions)
	crossed := false
	for i, loss := range flat {
		if loss.Cmp(decimal.MustParse(limit)) < 0 {
			continue
		}
		if crossed = true; buys[i] != 0 {
			t.Errorf("bought %d times after a loss of %s", buys[i], loss)
		}
	}
	if !r.isHalted(journal.DailyLoss) || kills < 2 {
		t.Errorf("not halted after %d kills and losses of %s", kills, flat)
	}
	t.Logf("%d kills, losses %s, crossed when flat: %v", kills, flat, crossed)
	r.command(exit.Interlock, "resume", "--reason", "go on")
	r.command(exit.OK, "resume", "--reason", "go on", "--accept-loss")
	had := r.orders(exchange.Buy)
	child = r.child("--max-daily-loss", limit)
	r.await("an order to buy", func(*fakegateway.View) bool { return r.orders(exchange.Buy) > had })
	r.kill9(child)
}

// isHalted says whether the rig's journal is halted by a cause. Before there is one it is not.
func (r *rig) isHalted(cause string) bool {
	b, err := journal.ReadBooks(r.t.Context(), r.state)
	return err == nil && b.Halt.Halted && b.Halt.Cause == cause
}

// TestNothingDecidedBeforeAPauseIsSent stops the process between its decision and its order: the journal
// is locked from outside when the bars come, so that it cannot write the intent down; then it is stopped
// for longer than a decision lasts. What it sends after that was asked for anew.
func TestNothingDecidedBeforeAPauseIsSent(t *testing.T) {
	r := newRig(t, fakegateway.Config{Schedule: fault.Schedule{Faults: []fault.Fault{{
		ID: "hold", When: fault.When{Outbound: "historicalData", Nth: 1},
		What: fault.What{Do: fault.Delay, For: fault.Duration(time.Hour)},
	}}}})
	child := newChild(t, r)
	const limit = 300 * time.Millisecond
	child.Args = append(child.Args, "--max-decision-age", limit.String())
	child.Stderr = t.Output()
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	r.await("the question for bars", func(v *fakegateway.View) bool { return v.Received("reqHistoricalData") > 0 })
	unlock := r.lockJournal()
	if err := r.gw.ClearFault("hold"); err != nil {
		t.Fatal(err)
	}
	r.await("the bars", func(v *fakegateway.View) bool { return v.Sent("historicalData") > 0 })
	<-time.After(time.Second) // for it to decide: nothing can be seen of a process that waits for a lock
	if err := child.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	unlock()
	<-time.After(2 * limit) // it is stopped: no event can tell
	asked := len(r.gw.Transcript())
	if err := child.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	r.await("an order", func(v *fakegateway.View) bool { return v.Received("placeOrder") > 0 })
	fresh := false
	for _, f := range r.gw.Transcript()[asked:] {
		if f.Kind == "reqCurrentTime" && f.Direction == "client" {
			fresh = true
		}
		if f.Kind == "placeOrder" && !fresh {
			t.Error("an order was sent that was decided on before the pause")
		}
	}
	r.kill9(child)
	b, err := journal.ReadBooks(t.Context(), r.state)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Intents) < 2 || b.Intents[0].State != journal.NotSent ||
		!strings.Contains(b.Intents[0].Reason, "order gate: decision-age: ") {
		t.Errorf("intents %+v, want the first one refused for its age", b.Intents)
	}
}

// lockJournal takes SQLite's write lock on the journal, until unlock.
func (r *rig) lockJournal() (unlock func()) {
	r.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(r.state, journal.FileName)+"?_pragma=busy_timeout(5000)&_txlock=immediate")
	if err != nil {
		r.t.Fatal(err)
	}
	tx, err := db.BeginTx(r.t.Context(), nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(); err != nil {
			r.t.Error(err)
		}
		if err := db.Close(); err != nil {
			r.t.Error(err)
		}
	}
}
