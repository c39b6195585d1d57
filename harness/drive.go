package harness

import (
	"context"
	"errors"
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
		r.rec.Lives[n-1] = l
		r.settle(ctx, n, l)
		if stop, early := r.stopped(ctx, l); early {
			r.rec.Footer.Stop = stop
			return
		}
	}
}

// stopped says why no further life is started, if there is a reason.
func (r *run) stopped(ctx context.Context, l Life) (Stop, bool) {
	switch {
	case errors.Is(context.Cause(ctx), errLimit):
		r.fault("%v: %s", errLimit, r.Limit)
		return StopLimit, true
	case ctx.Err() != nil:
		r.fault("interrupted: %v", context.Cause(ctx))
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
	}
	return "", false
}

// everSpoke reports whether any life so far is evidence of anything: without a connection and
// without a telling exit code, more of the same lives would show no more.
func (r *run) everSpoke() bool {
	for _, c := range r.gateway.Connections() {
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
// then looks for sockets in CLOSE_WAIT and for processes that outlived the life.
func (r *run) settle(ctx context.Context, n int, l Life) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), SettleTime)
	defer cancel()
	settled := make(chan error, 1)
	go func() {
		settled <- r.gateway.Wait(ctx, "the end of every connection", allClosed)
	}()
	var err error
	for waiting := true; waiting; {
		select {
		case err = <-settled:
			waiting = false
		case e := <-r.watcher.events:
			r.observe(e, n)
		}
	}
	look := Look{Life: n, Settled: err == nil}
	r.lookAtKernel(ctx, &look)
	r.rec.Looks = append(r.rec.Looks, look)
	r.clearGroup(ctx, n, l.PID)
}

// allClosed holds when the Gateway has no socket of the subject any more.
func allClosed(v *fakegateway.View) bool {
	for _, c := range v.Connections() {
		if !c.Planted && c.Closed.IsZero() {
			return false
		}
	}
	return true
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
			look.Settled = false
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

// clearGroup names what is left of a life's process group when the settle time is over, and ends
// it: it was started by what the harness has started.
func (r *run) clearGroup(ctx context.Context, n, pid int) {
	if pid == 0 {
		return
	}
	again := time.NewTicker(closeWaitEvery)
	defer again.Stop()
	for {
		left, err := r.group.leftovers(pid)
		if err != nil {
			r.fault("look for leftovers of life %d: %v", n, err)
			return
		}
		if len(left) == 0 {
			return
		}
		select {
		case <-again.C:
			continue
		case <-ctx.Done():
		}
		r.rec.Lives[n-1].Leftovers = left
		if err := killGroup(pid); err != nil {
			r.fault("end leftovers of life %d: %v", n, err)
		}
		return
	}
}

// observe takes an event of the Gateway during or after life n; it reports a cycle.
func (r *run) observe(e fakegateway.Event, n int) (cycle bool) {
	if r.kernel != nil && e.Kind == fakegateway.EventAccepted {
		if remote, known := r.remoteOf(e.Connection); known {
			r.kernel.follow(remote)
		}
	}
	c, ok := r.watcher.take(e)
	if !ok {
		return false
	}
	c.Number, c.Life = len(r.rec.Cycles)+1, n
	r.rec.Cycles = append(r.rec.Cycles, c)
	return true
}

// sample measures the life's process group; cycle is 0 for a sample by time.
func (r *run) sample(n, pid, cycle int) {
	s, ok, err := r.group.size(pid)
	if err != nil || !ok || len(r.rec.Samples) >= maxSamples {
		return // what was not measured is missing as evidence
	}
	s.Life, s.Cycle, s.At = n, cycle, r.now()
	r.rec.Samples = append(r.rec.Samples, s)
}

// tell reports progress.
func (r *run) tell(n, done int, event string) {
	p := Progress{
		Elapsed: time.Since(r.began), Life: n, Lives: r.Subject.Runs, Done: done,
		Cycles: len(r.rec.Cycles), Of: r.Subject.Cycles, Event: event,
	}
	if r.Subject.Mode == Continuous {
		p.Lives = 0
	}
	r.Progress(p)
}
