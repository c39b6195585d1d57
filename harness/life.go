package harness

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"ibsoak/fakegateway"
)

// life is a process of the subject while it runs. The goroutine of Run owns it.
type life struct {
	Life
	run  *run
	proc *process

	connected bool
	killer    *trigger
	killAfter time.Duration // its point

	// Each timer is armed only while it means something.
	dial    *time.Timer // no connection yet
	limit   *time.Timer // of one life of mode Once, from its first connection on
	enough  *time.Timer // Subject.For is over
	stalled *time.Timer // no cycle for too long
	grace   *time.Timer // SIGTERM was sent
	delay   *time.Timer // the kill's point was reached
	reap    *time.Timer // SIGKILL was sent
}

// never is the delay of a timer that is not armed yet.
const never = time.Duration(1<<63 - 1)

// live runs one life of the subject from start to exit. The caller owes it a clear.
func (r *run) live(ctx context.Context, n int) *life {
	l := &life{Life: Life{Number: n, Started: r.now(), EndedBy: EndedItself}, run: r}
	r.rec.Lives = append(r.rec.Lives, l.Life)
	if err := l.start(); err != nil {
		l.EndedBy, l.Error, l.ExitCode, l.Exited = EndedUnstart, err.Error(), -1, r.now()
		return l
	}
	l.arm()
	r.tell(n, n-1, "started")
	l.follow(ctx)
	l.disarm()
	r.tell(n, n, l.ended())
	return l
}

// logPath is where a life's output goes.
func (r *run) logPath(n int, stream string) string {
	return filepath.Join(r.dir, fmt.Sprintf("life-%03d.%s.log", n, stream))
}

// start fills in the template and starts the process.
func (l *life) start() error {
	r := l.run
	interval := r.scaled(r.Subject.Interval)
	addr := r.front()
	v := values{
		Host: addr.Addr().String(), Port: int(addr.Port()), ClientID: r.ClientID,
		Symbols: r.Subject.Symbols, Interval: interval,
		State: filepath.Join(r.dir, stateDir), Args: r.Subject.arguments(r.Bundled),
	}
	if len(v.Symbols) == 0 {
		v.Symbols = []string{"AAPL"}
	}
	var err error
	if l.Command, err = substitute(r.Command, v); err != nil {
		return err
	}
	env, err := v.environment(r.Subject.Env)
	if err != nil {
		return err
	}
	env = append(env, r.follower.tag(l.Number))
	return l.launch(env)
}

// launch starts the process and begins to follow what it starts. It keeps the caller's directory,
// so that a command line means what it meant there.
func (l *life) launch(env []string) error {
	r := l.run
	cgroup, done, err := r.follower.cgroups.open(l.Number)
	if err != nil {
		r.unfollowed("no cgroup: %v", err)
		cgroup, done = 0, func() {}
	}
	defer done()
	l.proc, err = launch{
		command: l.Command, env: env, cgroup: cgroup,
		stdout: r.logPath(l.Number, "stdout"), stderr: r.logPath(l.Number, "stderr"),
	}.start()
	if err != nil {
		return err
	}
	l.PID = l.proc.pid
	if l.proc.noCgroup != nil {
		r.unfollowed("no cgroup: %v", l.proc.noCgroup)
	}
	r.follower.started(l.Number, l.proc.row)
	return nil
}

// arm sets the timers.
func (l *life) arm() {
	s := l.run.Subject
	l.dial = time.NewTimer(l.run.dialWithin)
	l.limit, l.enough, l.stalled = time.NewTimer(never), time.NewTimer(never), time.NewTimer(never)
	l.grace, l.delay, l.reap = time.NewTimer(never), time.NewTimer(never), time.NewTimer(never)
	if s.Mode == Once {
		l.limit.Reset(l.run.dialWithin + s.lifeLimit())
	} else {
		l.stalled.Reset(l.run.patience())
	}
	if point, kills := s.killPoint(l.Number); kills {
		l.killer, l.killAfter = newTrigger(point), time.Duration(point.Delay)
	}
}

func (l *life) disarm() {
	for _, t := range []*time.Timer{l.dial, l.limit, l.enough, l.stalled, l.grace, l.delay, l.reap} {
		t.Stop()
	}
}

// follow does what the life's events ask for until the process has exited.
func (l *life) follow(ctx context.Context) {
	r := l.run
	sampler := time.NewTicker(processEvery)
	defer sampler.Stop()
	cancelled := ctx.Done()
	for {
		select {
		case <-l.proc.exited:
			l.exited()
			return
		case e := <-r.gateway.events:
			l.observe(e)
		case <-sampler.C:
			began := r.now()
			l.sample(0)
			sampler.Reset(max(processEvery, processShare*r.now().Since(began)))
			r.tell(l.Number, l.Number-1, "")
		case <-l.dial.C:
			l.terminate(EndedNoDial)
		case <-l.limit.C:
			l.terminate(EndedOverlong)
		case <-l.enough.C:
			l.terminate(EndedSIGTERM)
		case <-l.stalled.C:
			r.rec.Footer.Stop = StopStalled
			r.rec.Footer.Why = fmt.Sprintf("no cycle was seen for %s, which is three intervals, every "+
				"planned downtime, the longest time that a check allows, and a margin of %s",
				round(r.patience()), r.margin)
			l.terminate(EndedSIGTERM)
		case <-l.delay.C:
			l.kill(EndedKillAt)
		case <-l.grace.C:
			l.kill(EndedSIGKILL)
		case <-l.reap.C:
			r.fault("life %d (pid %d) is still there %s after SIGKILL", l.Number, l.PID, ReapWithin)
			l.Exited = r.now()
			return
		case <-cancelled:
			cancelled = nil
			if errors.Is(context.Cause(ctx), errGatewayEnded) {
				r.noticeGateway() // while what did it may still be there
			}
			l.terminate(endedByContext(ctx))
		}
	}
}

// endedByContext is how a life ends when its run is over.
func endedByContext(ctx context.Context) EndedBy {
	if errors.Is(context.Cause(ctx), errLimit) {
		return EndedLimit
	}
	return EndedSIGTERM
}

// lifeLimit is how long a life of mode Once may take from its first connection on.
func (s Subject) lifeLimit() time.Duration { return cmp.Or(s.LifeLimit, DefaultLifeLimit) }

// longest is how long a life that is to go on for a time may go on: with a number of cycles to do as well it
// ends when they are done. What it takes to come back from a loss is real time at any scale.
func (r *run) longest() time.Duration {
	longest := r.scaled(r.Subject.For)
	if r.Subject.Cycles > 0 {
		longest += r.margin
	}
	return longest
}

// exited notes how the process ended.
func (l *life) exited() {
	l.Exited = l.run.moment(l.proc.at)
	l.proc.end(&l.Life)
	if l.run.Subject.Mode == Continuous && l.EndedBy == EndedItself {
		l.run.rec.Footer.Stop = StopExited
	}
	for { // what the Gateway had noted before the process was gone
		select {
		case e := <-l.run.gateway.events:
			l.run.observe(e, l.Number)
		default:
			return
		}
	}
}

// observe takes an event of the Gateway.
func (l *life) observe(e fakegateway.Event) {
	r := l.run
	cycle := r.observe(e, l.Number)
	switch e.Kind {
	case fakegateway.EventAccepted:
		l.connect()
	case fakegateway.EventInbound:
		if r.keeper != nil && e.Message != currentTime {
			l.connect() // on a session that the keeper had already
		}
	case fakegateway.EventRefusing:
		l.dial.Stop()
	case fakegateway.EventListening:
		if !l.connected {
			l.dial.Reset(r.dialWithin)
		}
	default:
	}
	if l.killer != nil && l.killer.reached(e, r.gateway) {
		l.KillPoint = l.killer.String()
		l.killer = nil
		l.delay.Reset(l.killAfter)
	}
	if !cycle {
		return
	}
	n := len(r.rec.Cycles)
	l.sample(n)
	r.tell(l.Number, l.Number-1, "cycle")
	if r.Subject.Mode != Continuous || l.TermSent != 0 {
		return
	}
	l.stalled.Reset(r.patience())
	if n == 1 {
		l.goOn()
	}
	l.cycled(n)
}

// goOn lets the life go on for Subject.For from now: from its first connection, and again from its first cycle.
// How long a program takes to start and to shake hands is no part of the time, and is the same at any scale.
func (l *life) goOn() {
	if s := l.run.Subject; s.Mode == Continuous && s.For > 0 && l.TermSent == 0 {
		l.enough.Reset(l.run.longest())
	}
}

// connect notes that the life has reached the Gateway.
func (l *life) connect() {
	r := l.run
	if !l.connected && r.Subject.Mode == Once {
		l.limit.Reset(r.Subject.lifeLimit())
	}
	if !l.connected {
		l.sample(0) // while the session is there: whose it is
		l.goOn()
	}
	l.connected = true
	l.dial.Stop()
}

// cycled ends a continuous subject when it has done its cycles and the time for them is over, or when
// waiting for that would show nothing more.
func (l *life) cycled(n int) {
	r := l.run
	s := r.Subject
	if s.Cycles == 0 && n < maxCycles || n < s.Cycles {
		return
	}
	took := r.now().Since(r.rec.Cycles[0].Requested)
	left := time.Duration(paceTotal*float64(s.planned(r.TimeScale))) - took
	switch {
	case left <= 0, n >= maxCycles, burst(r.rec.Cycles, s, r.TimeScale):
		l.terminate(EndedSIGTERM)
	case s.For == 0 || left < r.scaled(s.For):
		l.enough.Reset(left)
	}
}

// sample measures the process, unless it was told to end: what it gives back then says nothing
// about what it keeps.
func (l *life) sample(cycle int) {
	if l.TermSent == 0 && l.KillSent == 0 {
		l.run.sample(l.Number, cycle)
	}
}

// terminate asks the process to stop, once; SIGKILL follows after TermGrace.
func (l *life) terminate(by EndedBy) {
	if l.TermSent != 0 || l.KillSent != 0 {
		return
	}
	l.EndedBy, l.TermSent = by, l.run.now()
	if err := l.proc.terminate(); err != nil {
		l.run.fault("send SIGTERM to life %d: %v", l.Number, err)
	}
	l.grace.Reset(l.run.termGrace)
}

// kill ends the process group. A life that did not obey SIGTERM is remembered for that, unless
// the reason for SIGTERM says more.
func (l *life) kill(by EndedBy) {
	if l.KillSent != 0 {
		return
	}
	if by == EndedKillAt || l.EndedBy == EndedSIGTERM {
		l.EndedBy = by
	}
	l.KillSent = l.run.now()
	if err := killGroup(l.PID); err != nil {
		l.run.fault("send SIGKILL to life %d: %v", l.Number, err)
	}
	l.reap.Reset(ReapWithin)
}

// patience is how long a continuous subject may go without a cycle before the run has seen
// enough: three intervals, every planned downtime, the longest time that a check allows, and a
// margin. A subject whose pace cannot be set has its own, whatever the time scale.
func (r *run) patience() time.Duration {
	const intervals = 3
	var downtime, allowed time.Duration
	for _, f := range r.rec.Header.Schedule.Faults {
		downtime += time.Duration(f.What.For)
		if d := f.What.Downtime; d != nil {
			downtime += time.Duration(d.Refused + d.AcceptMute + d.VersionOnly)
		}
	}
	for _, c := range r.Checks {
		allowed = max(allowed, c.Within)
	}
	interval := r.scaled(r.Subject.Interval)
	if !r.Subject.paceable(r.Command) {
		interval = max(interval, r.Subject.Interval)
	}
	return intervals*interval + r.scaled(downtime) + allowed + r.margin
}
