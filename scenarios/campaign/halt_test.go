package campaign_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/exchange"
)

// TestHaltOutlivesTheProcess halts a trader that holds shares, kills it and starts it again: it may sell what it
// holds, and buys nothing until a person lets it.
func TestHaltOutlivesTheProcess(t *testing.T) {
	skipWithoutSignals(t)
	l := newLane(t, "halt", 1)
	l.more = []string{"--strategy", "alternate"}
	if out, err := l.command("halt", "--help"); err != nil || !strings.Contains(out, "halt") {
		t.Skipf("this trader has no kill switch: %v", err)
	}
	ordered := func(action exchange.Action, after int) func(*fakegateway.View) bool {
		return func(v *fakegateway.View) bool { return l.count(v.Books(), action) > after }
	}
	cmd, ended := l.start(point{})
	l.await("a purchase", ordered(exchange.Buy, 0))
	_ = cmd.Process.Kill()
	<-ended
	const restarts = 3
	each := 2 * time.Second // four bars of the fast clock, or twice what a purchase takes without a halt
	for range restarts {
		began, before := time.Now(), l.count(l.gw.Books(), exchange.Buy)
		cmd, ended := l.start(point{})
		l.await("a purchase", ordered(exchange.Buy, before))
		each = max(each, 2*time.Since(began))
		_ = cmd.Process.Kill()
		<-ended
	}
	cmd, ended = l.start(point{})
	l.await("a purchase", ordered(exchange.Buy, l.count(l.gw.Books(), exchange.Buy)))
	if out, err := l.command("halt", "--reason", "a test"); err != nil {
		t.Fatalf("halt: %v\n%s", err, out)
	}
	halted := l.gw.Books()
	_ = cmd.Process.Kill()
	<-ended
	for range restarts {
		cmd, ended := l.start(point{})
		l.sleepUntil(l.now().Add(time.Duration(float64(each) * laneScale)))
		_ = cmd.Process.Kill()
		<-ended
	}
	now := l.gw.Books()
	// One order can have been on its way when the switch was turned.
	if n := l.count(now, exchange.Buy) - l.count(halted, exchange.Buy); n > 1 {
		t.Errorf("%d purchases after the halt, in %d lives\n%s", n, restarts, l.tail())
	}
	if l.count(now, exchange.Sell) == l.count(halted, exchange.Sell) {
		t.Errorf("nothing was sold: a halt must let reductions through\n%s", l.tail())
	}
	if out, err := l.command("resume", "--reason", "a test"); err != nil {
		t.Fatalf("resume: %v\n%s", err, out)
	}
	cmd, ended = l.start(point{})
	l.await("a purchase after resume", ordered(exchange.Buy, l.count(now, exchange.Buy)))
	_ = cmd.Process.Kill()
	<-ended
}

// count is how many orders of one side the exchange took.
func (l *lane) count(b exchange.Books, action exchange.Action) (n int) {
	for _, o := range b.Orders {
		if o.Action == action && o.OrderID != 0 && !protective(o) {
			n++
		}
	}
	return n
}

// command runs a subcommand of the trader on the lane's state.
func (l *lane) command(name string, more ...string) (string, error) {
	l.t.Helper()
	self, err := os.Executable()
	if err != nil {
		l.t.Fatal(err)
	}
	args := append([]string{traderWord, name, "--state", l.state()}, more...)
	out, err := exec.CommandContext(l.t.Context(), self, args...).CombinedOutput()
	return string(out), err
}

func (l *lane) await(what string, until func(*fakegateway.View) bool) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 30*time.Second)
	defer cancel()
	if err := l.gw.Wait(ctx, what, until); err != nil {
		l.t.Fatalf("%v\n%s", err, l.tail())
	}
}
