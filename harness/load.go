package harness

import (
	"fmt"
	"net"
	"sync"
	"time"

	"ibsoak/fakegateway/fault"
)

// A busy machine makes everything late: the subject, the Gateway and the harness. What it costs is
// measured by a control that runs beside the subject and does the least of what a subject does:
// it sleeps, wakes, says a byte over loopback and waits for the echo of another thread. No check
// blames a subject for lateness that the control had as well.
const (
	// loadEvery is the control's period.
	loadEvery = 100 * time.Millisecond

	// loadNoted is the delay from which a line is kept: a machine with nothing to do is not
	// worth one every 100 ms.
	loadNoted = 2 * time.Millisecond

	// BusyLimit is the delay beyond which a bound is not merely made wider: what is late on such
	// a machine is inconclusive.
	BusyLimit = 2 * time.Second

	// workAllowed is the computing that any bound leaves room for: what a good subject does between
	// what happens to it and its answer, an interpreter's clean-up included.
	workAllowed = 100 * time.Millisecond

	// startAllowed is the same where the start of a program is counted as well.
	startAllowed = 300 * time.Millisecond

	// maxLoads bounds the lines of a record: an hour of the period, and some.
	maxLoads = 40_000
)

// MachineLoad is one reading of the control, kept when it shows a machine with something else to do.
type MachineLoad struct {
	At Moment `json:"at"`
	// Delay is how late the control was: the sleep that was too long and the echo's way.
	Delay fault.Duration `json:"delay"`
	// Crowd is how many threads of the host wanted each of its processors; 0: not known.
	Crowd float64 `json:"crowd,omitempty"`
}

// control measures the machine. Its goroutines end with stop.
type control struct {
	clock    func() Moment
	journal  *journal
	ping     net.Conn
	done     chan struct{}
	finished sync.WaitGroup
	loads    []MachineLoad // of run's goroutine until stop has returned
}

// watchLoad starts the control.
func watchLoad(clock func() Moment, j *journal) (*control, error) {
	ping, pong, err := loopbackPair()
	if err != nil {
		return nil, fmt.Errorf("start the control that measures the machine: %w", err)
	}
	c := &control{clock: clock, journal: j, ping: ping, done: make(chan struct{})}
	c.finished.Go(func() { echo(pong) })
	c.finished.Go(c.run)
	return c, nil
}

// loopbackPair is a TCP connection of the harness with itself.
func loopbackPair() (ping, pong net.Conn, err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer ln.Close()
	if ping, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		return nil, nil, err
	}
	if pong, err = ln.Accept(); err != nil {
		_ = ping.Close()
		return nil, nil, err
	}
	return ping, pong, nil
}

// echo sends back each byte until the other end closes.
func echo(c net.Conn) {
	defer c.Close()
	for b := make([]byte, 1); ; {
		if _, err := c.Read(b); err != nil {
			return
		}
		if _, err := c.Write(b); err != nil {
			return
		}
	}
}

// run takes readings. One that cannot be made is left out: then bounds are as they are written.
func (c *control) run() {
	defer c.ping.Close()
	for timer, b := time.NewTimer(loadEvery), make([]byte, 1); ; timer.Reset(loadEvery) {
		slept := time.Now()
		select {
		case <-timer.C:
		case <-c.done:
			return
		}
		_, err := c.ping.Write(b)
		if err == nil {
			_, err = c.ping.Read(b)
		}
		if err != nil {
			return
		}
		c.keep(MachineLoad{
			At: c.clock(), Delay: fault.Duration(max(0, time.Since(slept)-loadEvery)), Crowd: crowd(),
		})
	}
}

func (c *control) keep(l MachineLoad) {
	if (time.Duration(l.Delay) >= loadNoted || l.Crowd > 1) && len(c.loads) < maxLoads {
		c.loads = append(c.loads, l)
		c.journal.add("load", l)
	}
}

// stop ends the control and hands over what it measured.
func (c *control) stop() []MachineLoad {
	close(c.done)
	c.finished.Wait()
	return c.loads
}

// busy is what the machine did to whoever had something to do between two moments: the control's
// largest delay, and how many times longer computing took, at least 1. Two periods before and
// after count as well: the control's readings are that far apart.
func (r *Record) busy(from, to Moment) (delay time.Duration, crowd float64) {
	const around = Moment(2 * loadEvery)
	from, to = from-around, to+around
	readings, excess := max(1, float64(to.Since(from))/float64(loadEvery)), 0.0
	x := r.indexes()
	for _, l := range since(x.loads, from, func(l MachineLoad) Moment { return l.At }) {
		if l.At-Moment(x.delay) > to {
			break
		}
		if l.At-Moment(l.Delay) > to { // a delay began when the reading was due
			continue
		}
		delay = max(delay, time.Duration(l.Delay))
		excess += max(0, l.Crowd-1)
	}
	return delay, 1 + excess/readings
}

// strain says what the control saw of the machine, at its worst.
func (r *Record) strain() string {
	var worst MachineLoad
	for _, l := range r.Loads {
		worst.Delay, worst.Crowd = max(worst.Delay, l.Delay), max(worst.Crowd, l.Crowd)
	}
	return fmt.Sprintf("a control beside it was up to %s late, and up to %.0f threads wanted each processor",
		round(time.Duration(worst.Delay)), worst.Crowd)
}

// lateness is a judgement on a time that was allowed.
type lateness int

const (
	lateNot     lateness = iota // within the bound, made wider by what the machine did
	latePerhaps                 // beyond it, on a machine too busy to say whose doing it was
	lateSurely
)

// lateness judges what took so long between two moments. A thread that only waits is late by the
// control's delay. A fair scheduler gives each of n threads a processor for one n-th of the time,
// so workAllowed takes n times as long.
func (r *Record) lateness(took, bound time.Duration, from, to Moment) lateness {
	return r.latenessOf(workAllowed, took, bound, from, to)
}

// latenessOf is lateness of what computes for so long.
func (r *Record) latenessOf(work, took, bound time.Duration, from, to Moment) lateness {
	if (took <= bound) != (r.Header.Sabotage == ThresholdInverted) {
		return lateNot
	}
	delay, crowd := r.busy(from, to)
	switch {
	case delay > BusyLimit:
		return latePerhaps
	case took <= bound+delay+time.Duration((crowd-1)*float64(work)):
		return lateNot
	}
	return lateSurely
}
