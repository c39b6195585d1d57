package harness

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ibsoak/fakegateway"
)

// drive runs the subject's lives, one after the other, until the scenario has what it asked for
// or something ends the run early.
func (r *run) drive(ctx context.Context) {
	lives := max(r.Subject.Runs, 1)
	if r.Subject.Mode == Continuous {
		lives = 1
	}
	r.rec.Footer.Stop = StopDone
	for n := 1; n <= lives; n++ {
		r.clearZombies(ctx, n)
		l := r.live(ctx, n)
		r.rec.Lives[n-1] = l.Life
		r.settle(ctx, n)
		stop, early := r.stopped(ctx, l.Life)
		if early || n == lives {
			r.watchOn(ctx, n)
		}
		r.clear(l)
		if early {
			r.rec.Footer.Stop = stop
			return
		}
	}
}

// stopped says why no further life is started, if there is a reason.
func (r *run) stopped(ctx context.Context, l Life) (Stop, bool) {
	switch {
	case r.gatewayHarmed():
		if r.rec.Footer.GatewayEnd.harness() {
			return StopHarness, true
		}
		return StopGateway, true
	case errors.Is(context.Cause(ctx), errLimit):
		r.rec.Footer.Why = fmt.Sprintf("the scenario's limit of %s was reached in life %d of %d",
			r.Limit, l.Number, max(r.Subject.Runs, 1))
		return StopLimit, true
	case ctx.Err() != nil:
		r.rec.Footer.Cut = Moment(r.interruptedAt.Load())
		return StopInterrupted, true
	case l.EndedBy == EndedUnstart:
		r.fault("%s", l.Error)
		return StopHarness, true
	case l.Number <= r.Gateway.PlantedLives:
		return "", false // whoever refuses zombies has no reason to connect, until they are gone
	case l.EndedBy == EndedNoDial, !r.everSpoke():
		return StopNeverDialed, true
	case r.rec.Footer.Stop != StopDone:
		return r.rec.Footer.Stop, true
	case r.overlong(ctx):
		return StopOverlong, true
	}
	return "", false
}

// everSpoke reports whether any life so far is evidence of anything: without a connection and
// without a telling exit code, more of the same lives would show no more.
func (r *run) everSpoke() bool {
	for _, c := range r.gateway.connections() {
		if !c.Planted {
			return true
		}
	}
	exits := allExits(r.Scenario)
	return slices.ContainsFunc(r.rec.Lives, func(l Life) bool { return speaks(r.rec, l, exits) })
}

// allExits are the exit codes that any of the scenario's checks asks for.
func allExits(s Scenario) []int {
	var exits []int
	for _, c := range s.Checks {
		exits = append(exits, c.allCodes(s.Subject.Trader)...)
	}
	return exits
}

// settle waits until the Gateway has seen the end of every connection, or SettleTime is over, and
// then looks for sockets in CLOSE_WAIT and for what outlived the life.
func (r *run) settle(ctx context.Context, n int) {
	if r.Sabotage == SettleSkipped {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), SettleTime)
	defer cancel()
	settled := make(chan error, 1)
	go func() {
		settled <- r.quiet(ctx)
	}()
	var err error
	for waiting := true; waiting; {
		select {
		case err = <-settled:
			waiting = false
		case e := <-r.gateway.events:
			r.observe(e, n)
		}
	}
	if err != nil { // a Gateway that does not answer is ending: that is to be known before the next life
		select {
		case <-r.gateway.over:
		case <-ctx.Done():
		}
	}
	r.observeRest(ctx, n)
	look := Look{Life: n, Settled: err == nil}
	r.lookAtKernel(ctx, &look)
	r.lookForLeftovers(ctx, &look)
	r.rec.Looks = append(r.rec.Looks, look)
	r.journal.update(r.rec)
}

// observeRest takes the events that the mirror knows already: they are of this life.
func (r *run) observeRest(ctx context.Context, n int) {
	r.gateway.mu.Lock()
	last := r.gateway.seen
	r.gateway.mu.Unlock()
	for r.watcher.seen < last {
		select {
		case e := <-r.gateway.events:
			r.observe(e, n)
			continue
		default:
		}
		select {
		case e := <-r.gateway.events:
			r.observe(e, n)
		case <-r.gateway.over:
			if len(r.gateway.events) == 0 {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// lookAtKernel takes the final look. What is still in CLOSE_WAIT is looked at again until it has
// gone or ctx is over: the table tells nobody when it changes.
func (r *run) lookAtKernel(ctx context.Context, look *Look) {
	defer func() { look.At = r.now() }()
	if r.kernel == nil {
		return
	}
	again := time.NewTicker(closeWaitEvery)
	defer again.Stop()
	for {
		gateway, trader, err := r.kernel.closeWait()
		if err != nil {
			look.Settled, look.Blind = false, err.Error()
			r.Log.Warn("no final look", "error", err)
			return
		}
		look.Gateway, look.Trader = gateway, trader
		if len(gateway)+len(trader) == 0 {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			look.Settled = false
			return
		}
	}
}

// observe takes an event of the Gateway during or after life n; it reports a cycle.
func (r *run) observe(e fakegateway.Event, n int) (cycle bool) {
	if e.Kind == fakegateway.EventAccepted {
		r.followInKernel(e.Connection)
	}
	r.watcher.messages.note(r.rec, e, n, r.now())
	c, ok := r.watcher.take(e)
	r.rec.Outages = r.watcher.outages
	if !ok || len(r.rec.Cycles) >= maxCycles {
		return false
	}
	c.Number, c.Life = len(r.rec.Cycles)+1, r.watcher.messages.life(c.Connection, n)
	r.rec.Cycles = append(r.rec.Cycles, c)
	return true
}

// tell reports progress.
func (r *run) tell(n, done int, event string) {
	p := Progress{
		Elapsed: time.Since(r.began), Life: n, Lives: r.Subject.Runs, Done: done,
		Cycles: len(r.rec.Cycles), Of: r.Subject.Cycles, For: r.scaled(r.Subject.For), Event: event,
	}
	if r.Subject.Mode == Continuous {
		p.Lives = 0
	}
	r.watcher.messages.report(&r.rec.Footer)
	r.journal.update(r.rec)
	r.Live.tell(p)
	r.Progress(p)
}
