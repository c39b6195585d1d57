package cli

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/session"
	"ibsoak/trader/exit"
)

// protectedWithin is what these tests allow on a busy machine, a new life or session included; the
// trader's own limit is a third of it.
const protectedWithin = 30 * time.Second

// watcher judges protection from the Gateway's books alone, after everything that happens there: the
// live sell orders never add up to more than the position for longer than it takes to hear of it, the
// stops are as large as the position within protectedWithin, and the position is never short.
type watcher struct {
	gw   *fakegateway.Server
	stop context.CancelFunc
	done chan struct{}

	mu       sync.Mutex
	bare     time.Time // since when the stops are not as large as the position
	longest  time.Duration
	over     time.Time
	wrong    []string
	mostLive int
	protects bool // it was protected at least once
	// told is when something outside took shares, for which no order can be blamed.
	lowest int64
}

func (r *rig) watch() *watcher {
	ctx, cancel := context.WithCancel(r.t.Context())
	w := &watcher{gw: r.gw, stop: cancel, done: make(chan struct{})}
	events, end := r.gw.Watch()
	go func() {
		defer close(w.done)
		defer end()
		for {
			w.look()
			select {
			case <-ctx.Done():
				return
			case _, ok := <-events:
				if !ok {
					return
				}
			}
		}
	}()
	r.t.Cleanup(func() { cancel(); <-w.done })
	return w
}

// sells are the shares that the live sell orders may take together, orders of a group once, what the
// stops among them may, and how many stops there are.
func sells(b exchange.Books) (all, stops int64, live int) {
	groups := map[string]int64{}
	for _, o := range b.Orders {
		if o.Symbol != "AAPL" || o.Action != exchange.Sell || o.Status.Done() {
			continue
		}
		key := o.OCAGroup
		if key == "" {
			key = fmt.Sprint(o.PermID)
		}
		groups[key] = max(groups[key], o.Remaining)
		if o.Type == exchange.StopOrder || o.Type == exchange.TrailOrder {
			stops = max(stops, o.Remaining)
			live++
		}
	}
	for _, shares := range groups {
		all += shares
	}
	return all, stops, live
}

func held(b exchange.Books) (shares int64) {
	for _, p := range b.Positions {
		if p.Symbol == "AAPL" {
			shares += p.Quantity
		}
	}
	return shares
}

func (w *watcher) look() {
	b := w.gw.Books()
	position := held(b)
	all, stops, live := sells(b)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lowest, w.mostLive = min(w.lowest, position), max(w.mostLive, live)
	w.protects = w.protects || position > 0 && stops == position
	w.bare = since(w.bare, stops != position)
	w.over = since(w.over, all > position)
	if !w.bare.IsZero() {
		w.longest = max(w.longest, time.Since(w.bare))
	}
	if !w.over.IsZero() && time.Since(w.over) > protectedWithin {
		w.wrong = append(w.wrong, fmt.Sprintf("sell orders for %d of %d shares", all, position))
	}
}

func since(had time.Time, now bool) time.Time {
	switch {
	case !now:
		return time.Time{}
	case had.IsZero():
		return time.Now()
	}
	return had
}

// want ends the watch and wants what I10 says of the whole run.
func (w *watcher) want(t *testing.T) {
	t.Helper()
	w.look()
	w.stop()
	<-w.done
	w.mu.Lock()
	defer w.mu.Unlock()
	t.Logf("without its stop for %s at most", w.longest.Round(time.Millisecond))
	if w.longest > protectedWithin {
		t.Errorf("a position was without its stop for %s", w.longest)
	}
	if w.lowest < 0 {
		t.Errorf("the account went down to %d", w.lowest)
	}
	if len(w.wrong) > 0 {
		t.Errorf("%s", w.wrong[0])
	}
	if !w.protects {
		t.Error("it was never protected")
	}
}

// protected starts a trader of five shares whose stop is far away.
func (r *rig) protected(more ...string) *running {
	return r.start(append([]string{"--shares", "5", "--stop", "5%", "--protect-within", "10s"}, more...)...)
}

func (r *rig) awaitStops(what string, want int64) {
	r.t.Helper()
	r.await(what, func(*fakegateway.View) bool {
		b := r.gw.Books()
		all, stops, live := sells(b)
		return stops == want && held(b) == want && all == want && live <= 1
	})
}

func (r *rig) sellByHand(shares int64) {
	r.t.Helper()
	price := r.gw.Books().Executions[0].Price
	if _, err := r.gw.FillByHand(session.OpeningPosition{Symbol: "AAPL", Quantity: -shares, Price: price}); err != nil {
		r.t.Fatal(err)
	}
}

// wantOneOrderAnIntent wants no reference at two orders, but for those that a change was split into.
func (r *rig) wantOneOrderAnIntent() {
	r.t.Helper()
	refs := map[string]int{}
	for _, o := range r.gw.Books().Orders {
		if o.SplitFrom == 0 && !o.Manual {
			if refs[o.OrderRef]++; refs[o.OrderRef] > 1 {
				r.t.Errorf("two orders for intent %s", o.OrderRef)
			}
		}
	}
}

// TestProtectionEndsRight begins with five shares and their stop, lets something happen, and wants the
// stop to be as large as what is left.
func TestProtectionEndsRight(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(r *rig)
		left    int64
	}{
		"sold by hand in part": {func(r *rig) { r.sellByHand(3) }, 2},
		"sold by hand":         {func(r *rig) { r.sellByHand(5) }, 0},
		"bust": {func(r *rig) {
			if _, err := r.gw.Bust(r.gw.Books().Executions[0].ExecID); err != nil {
				r.t.Fatal(err)
			}
		}, 0},
		"corrected": {func(r *rig) {
			x := r.gw.Books().Executions[0]
			if _, err := r.gw.Correct(x.ExecID, x.Price, 4); err != nil {
				r.t.Fatal(err)
			}
		}, 4},
		"cancelled from outside": {func(r *rig) {
			for _, o := range r.gw.Books().Orders {
				if !o.Status.Done() {
					if err := r.gw.CancelByHand(o.PermID); err != nil {
						r.t.Fatal(err)
					}
				}
			}
		}, 5},
		"split": {func(r *rig) {
			if err := r.gw.Operate(fault.SplitNextChange, ""); err != nil {
				r.t.Fatal(err)
			}
			r.sellByHand(2)
			r.await("two orders of one", func(*fakegateway.View) bool {
				return slices.ContainsFunc(r.gw.Books().Orders, func(o exchange.Order) bool { return o.SplitFrom != 0 })
			})
		}, 3},
		"connection lost to IBKR": {func(r *rig) {
			if err := r.gw.Operate(fault.ConnectionLost, ""); err != nil {
				r.t.Fatal(err)
			}
			r.sellByHand(1)
			if err := r.gw.Operate(fault.ConnectionRestored, ""); err != nil {
				r.t.Fatal(err)
			}
		}, 4},
		"restarted": {func(r *rig) {
			down := fault.Downtime{Refused: fault.Duration(200 * time.Millisecond)}
			if err := r.gw.Restart(down, fault.RST); err != nil {
				r.t.Fatal(err)
			}
			r.sellByHand(1)
		}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, fakegateway.Config{})
			w := r.watch()
			run := r.protected()
			r.awaitStops("a stop of five", 5)
			w.look() // its goroutine may come to it only when something has happened
			c.happens(r)
			r.awaitStops("a stop of what is left", c.left)
			run.stop()
			w.want(t)
			r.wantOneOrderAnIntent()
			r.wantHeld(c.left)
		})
	}
}

// TestProtectionOnTheWay has something happen before the first stop is right.
func TestProtectionOnTheWay(t *testing.T) {
	stop := fault.Values{"order.orderType": "STP"}
	once := func(when fault.When, what fault.What, connection int) fakegateway.Config {
		cfg := on(when, what)
		cfg.Schedule.Faults[0].Where.Connection = connection
		return cfg
	}
	parts := session.Semantics{MaxFillShares: 1}
	for name, cfg := range map[string]fakegateway.Config{
		"partial fill, then drop": func() fakegateway.Config {
			cfg := once(fault.When{Outbound: "execDetails", Nth: 2}, fault.What{Do: fault.RST}, 1)
			cfg.Semantics = parts
			return cfg
		}(),
		"partial fills": {Semantics: parts},
		"rejected": func() fakegateway.Config {
			cfg := on(fault.When{Inbound: "placeOrder", Of: stop}, fault.What{Do: fault.Error, Code: 201})
			cfg.Schedule.Faults[0].Until.Count = 1
			return cfg
		}(),
		"lost on the way":     once(fault.When{Inbound: "placeOrder", Of: stop}, fault.What{Do: fault.RST}, 1),
		"unacknowledged":      once(fault.When{Outbound: "openOrder", Of: stop}, fault.What{Do: fault.RST}, 1),
		"its status is lost":  once(fault.When{Outbound: "orderStatus", Of: fault.Values{"status": "PreSubmitted"}}, fault.What{Do: fault.FIN}, 1),
		"swallowed":           once(fault.When{Inbound: "placeOrder", Of: stop, Nth: 1}, fault.What{Do: fault.Drop}, 1),
		"answered by nothing": once(fault.When{Outbound: "openOrder", Of: stop}, fault.What{Do: fault.Drop}, 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, cfg)
			w := r.watch()
			run := r.protected()
			r.awaitStops("a stop of five", 5)
			run.stop()
			w.want(t)
			r.wantOneOrderAnIntent()
			r.wantHeld(5)
		})
	}
}

// TestOnceEndsWithItsOrdersAtTheBroker: the life is over when both are there, not when they were sent.
func TestOnceEndsWithItsOrdersAtTheBroker(t *testing.T) {
	t.Parallel()
	r := newRig(t, fakegateway.Config{})
	for range 2 { // and the second one adds nothing
		r.wantOnce(exit.OK, "--shares", "5", "--stop", "2%", "--target", "4%")
		var live []string
		for _, o := range r.gw.Books().Orders {
			if !o.Status.Done() {
				live = append(live, fmt.Sprintf("%s %d %s %s", o.Action, o.Remaining, o.Type, o.TIF))
			}
		}
		slices.Sort(live)
		if want := []string{"SELL 5 LMT GTC", "SELL 5 STP GTC"}; !slices.Equal(live, want) {
			t.Errorf("at the broker %q, want %q", live, want)
		}
	}
	r.wantHeld(5)
}

// TestAStopThatIsAlwaysRefused: the position is closed in time, and no other one is opened.
func TestAStopThatIsAlwaysRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, on(fault.When{Inbound: "placeOrder", Of: fault.Values{"order.orderType": "STP"}},
		fault.What{Do: fault.Error, Code: 201}))
	run := r.protected("--protect-within", "3s")
	r.await("a position", func(*fakegateway.View) bool { return held(r.gw.Books()) == 5 })
	r.await("no position", func(*fakegateway.View) bool { return held(r.gw.Books()) == 0 })
	asked := 0
	r.await("more cycles", func(v *fakegateway.View) bool {
		asked++
		return v.Received("reqCurrentTime") > 20 && asked > 3
	})
	run.stop()
	if n := len(r.gw.Books().Orders); n != 2 {
		t.Errorf("%d orders, want the entry and what closed it", n)
	}
	r.wantHeld(0)
}

// TestExitsAndStopsCross on a fast clock: a stop so near that it fills all the time, cancels that take
// a while, fills in parts. Nothing is ever sold twice.
func TestExitsAndStopsCross(t *testing.T) {
	t.Parallel()
	const sales = 8
	r := newRig(t, fakegateway.Config{
		Clock:     fakegateway.Clock{Scale: 60},
		Semantics: session.Semantics{CancelLatency: 20 * time.Second, MaxFillShares: 2},
	})
	w := r.watch()
	run := r.protected("--strategy", "alternate", "--stop", "trail:0.01", "--max-orders-per-day", "-1")
	r.await("sales", func(*fakegateway.View) bool {
		n := 0
		for _, o := range r.gw.Books().Orders {
			if o.Action == exchange.Sell && o.Filled > 0 {
				n++
			}
		}
		return n >= sales
	})
	run.stop()
	w.stop()
	<-w.done
	byStop, byExit := 0, 0
	for _, o := range r.gw.Books().Orders {
		switch {
		case o.Action != exchange.Sell || o.Filled == 0:
		case o.Type == exchange.TrailOrder:
			byStop++
		default:
			byExit++
		}
	}
	t.Logf("%d sold by stops, %d by exits; the lowest position was %d", byStop, byExit, w.lowest)
	if w.lowest < 0 {
		t.Errorf("the account went down to %d", w.lowest)
	}
	if byStop == 0 || byExit == 0 {
		t.Error("stops and exits did not meet")
	}
	r.wantOneOrderAnIntent()
	r.wantOnce(exit.OK, "--strategy", "hold", "--absence-wait", "1ms") // takes what came last
	r.wantAccounts()
}

// TestLowerNextOrderID: after its restart the Gateway offers ids that were used before.
func TestLowerNextOrderID(t *testing.T) {
	t.Parallel()
	cfg := on(fault.When{Outbound: "nextValidId"}, fault.What{Do: fault.Replace, Set: fault.Values{"orderId": int64(1)}})
	cfg.Schedule.Faults[0].Where.FromConnection = 2
	r := newRig(t, cfg)
	w := r.watch()
	run := r.protected()
	r.awaitStops("a stop of five", 5)
	if err := r.gw.Restart(fault.Downtime{}, fault.FIN); err != nil {
		t.Fatal(err)
	}
	r.sellByHand(2)
	r.awaitStops("the stop made smaller", 3)
	for _, o := range r.gw.Books().Orders {
		if !o.Status.Done() {
			if err := r.gw.CancelByHand(o.PermID); err != nil {
				t.Fatal(err)
			}
		}
	}
	r.awaitStops("another stop", 3)
	run.stop()
	w.want(t)
	r.wantOneOrderAnIntent()
}

// TestLoginAway: the trader leaves, its stop stays, and is found when the login is back.
func TestLoginAway(t *testing.T) {
	t.Parallel()
	r := newRig(t, fakegateway.Config{})
	run := r.protected()
	r.awaitStops("a stop of five", 5)
	if err := r.gw.LogIn([]string{"DU9000002"}, fault.Downtime{}, fault.FIN); err != nil {
		t.Fatal(err)
	}
	<-run.done
	if run.code != exit.WrongAccount {
		t.Errorf("ended with %d\n%s", run.code, run.out.String())
	}
	if err := r.gw.LogIn([]string{"DU9000001"}, fault.Downtime{}, fault.FIN); err != nil {
		t.Fatal(err)
	}
	w := r.watch()
	run = r.protected()
	asked := r.gw.Connections()
	r.await("a session", func(v *fakegateway.View) bool {
		conns := v.Connections()
		return len(conns) > len(asked) && conns[len(conns)-1].MessagesIn["reqCurrentTime"] > 2
	})
	r.awaitStops("the same stop", 5)
	run.stop()
	w.want(t)
	if n := len(r.gw.Books().Orders); n != 2 {
		t.Errorf("%d orders, want the entry and its stop", n)
	}
}
