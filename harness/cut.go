package harness

import (
	"fmt"
	"slices"
	"time"
)

// A run that was cut short is judged from what had been seen: what a check has shown by then stands,
// and everything else is inconclusive.

// UpToCut is the record as it was when the run was cut short, and the record itself when it was not.
func (r *Record) UpToCut() *Record {
	cut := r.Footer.Cut
	if cut == 0 {
		return r
	}
	c := *r
	c.Footer.Ended = cut
	c.Lives = kept(r.Lives, func(l Life) bool { return l.Started <= cut })
	for i := range c.Lives {
		c.Lives[i].cutAt(cut)
	}
	c.Connections = kept(r.Connections, func(c Connection) bool { return c.Accepted <= cut })
	for i := range c.Connections {
		c.Connections[i].cutAt(cut, r.longestAllowed())
	}
	c.Outages = kept(r.Outages, func(o Outage) bool { return o.From <= cut })
	for i := range c.Outages {
		o := &c.Outages[i]
		o.Listening, o.Ready = upTo(cut, o.Listening), upTo(cut, o.Ready)
	}
	c.Sightings = kept(r.Sightings, func(s Sighting) bool { return s.First <= cut })
	for i := range c.Sightings {
		s := &c.Sightings[i]
		s.Last, s.After = min(s.Last, cut), upTo(cut, s.After)
	}
	c.Unread = kept(r.Unread, func(u Unread) bool { return u.At <= cut })
	c.KeeperSightings = kept(r.KeeperSightings, func(s Sighting) bool { return s.First <= cut })
	for i := range c.KeeperSightings {
		s := &c.KeeperSightings[i]
		s.Last, s.After = min(s.Last, cut), upTo(cut, s.After)
	}
	c.Tables = kept(r.Tables, func(t Table) bool { return t.At <= cut })
	c.Looks = kept(r.Looks, func(l Look) bool { return l.At <= cut })
	c.Processes = kept(r.Processes, func(p Process) bool { return p.FirstSeen <= cut })
	for i := range c.Processes {
		c.Processes[i].Gone = upTo(cut, c.Processes[i].Gone)
	}
	// A delay began when its reading was due, so one that was read after the cut may be of before.
	c.Loads = kept(r.Loads, func(l MachineLoad) bool { return l.At-Moment(l.Delay) <= cut })
	c.Attempts = kept(r.Attempts, func(a Attempt) bool { return a.At <= cut })
	c.HostDials = kept(r.HostDials, func(d HostDials) bool { return d.At <= cut })
	c.Samples = kept(r.Samples, func(s Sample) bool { return s.At <= cut })
	c.Cycles = kept(r.Cycles, func(c Cycle) bool { return c.Answered <= cut })
	c.Messages = kept(r.Messages, func(m Message) bool { return m.At <= cut })
	c.Receipts = kept(r.Receipts, func(r Receipt) bool { return r.At <= cut })
	return &c
}

// kept copies the values that hold.
func kept[T any](values []T, hold func(T) bool) []T {
	var out []T
	for _, v := range values {
		if hold(v) {
			out = append(out, v)
		}
	}
	return out
}

// upTo is a moment that had come by the cut, else 0.
func upTo(cut, m Moment) Moment {
	if m > cut {
		return 0
	}
	return m
}

// cutAt takes away what happened to the life later.
func (l *Life) cutAt(cut Moment) {
	if l.Exited != 0 && l.Exited <= cut && l.EndedBy != EndedCut {
		return
	}
	*l = Life{
		Number: l.Number, Command: l.Command, PID: l.PID, Started: l.Started, Exited: cut,
		TermSent: upTo(cut, l.TermSent), KillSent: upTo(cut, l.KillSent), EndedBy: EndedCut,
		Stderr: l.Stderr,
	}
}

// cutAt takes away what happened to the connection later. A FIN that was not answered by then, and
// had no longer than allowed to be, says nothing: nobody knows when the answer would have come.
func (c *Connection) cutAt(cut Moment, allowed Moment) {
	for _, m := range []*Moment{
		&c.FirstByte, &c.PreambleRead, &c.VersionSent, &c.StartAPIRead, &c.BootstrapSent,
		&c.FirstRequested, &c.ClientFIN, &c.ClientRST, &c.GatewayFIN, &c.GatewayRST, &c.Closed,
	} {
		*m = upTo(cut, *m)
	}
	for _, side := range []Side{GatewaySide, TraderSide} {
		d, ok := c.closeWait(side, cut)
		if !ok || !d.Pending || d.To-d.From > allowed {
			continue
		}
		if side == GatewaySide {
			c.ClientFIN = 0
		} else {
			c.GatewayFIN = 0
		}
	}
}

// longestAllowed is the longest stay in CLOSE_WAIT that any of the checks allows.
func (r *Record) longestAllowed() Moment {
	longest := Moment(ZombieBound)
	for _, c := range r.Header.Scenario.Checks {
		longest = max(longest, Moment(c.Within))
	}
	return longest
}

// cutShort makes findings on a record up to its cut those of a run that did not go on: a violation
// stands that was there by then, and needs nothing that was still to come.
func (r *Record) cutShort(f Finding) Finding {
	cut := r.Footer.Cut
	if cut == 0 || f.Check == gatewayUnharmedName && f.Outcome == Fail {
		return f // that failure is the cut
	}
	running := map[int]bool{}
	for _, l := range r.Lives {
		running[l.Number] = l.EndedBy == EndedCut
	}
	f.Examples = slices.DeleteFunc(f.Examples, func(e Example) bool {
		return e.Missing || running[e.Life] && (e.At == 0 || e.At >= cut)
	})
	if f.Outcome == Fail && len(f.Examples) > 0 {
		return f
	}
	if f.Outcome != Inconclusive {
		f.Outcome, f.Lives, f.Examples = Inconclusive, nil, nil
		f.Detail = fmt.Sprintf("the run was cut short at %s; until then: %s", round(time.Duration(cut)), f.Detail)
	}
	return f
}

// lossy makes findings that rest on single events inconclusive when some of them were lost.
func (r *Record) lossy(f Finding) Finding {
	d, err := DetectorNamed(f.Check)
	if err != nil || r.Footer.Dropped == 0 || d.Ledger || f.Outcome == Inconclusive {
		return f
	}
	switch d.Group {
	case GroupWork, GroupOrders, GroupLeaks:
	case GroupSockets, GroupProcesses, GroupHarness:
		return f
	}
	f.Outcome, f.Lives, f.Examples = Inconclusive, nil, nil
	f.Detail = fmt.Sprintf("the harness lost %s of the Gateway: cycles and messages may be missing; "+
		"what is known: %s", count(r.Footer.Dropped, "events"), f.Detail)
	return f
}

// cutReason says what cut the run short, as a sentence; "" when nothing did.
func (r *Record) cutReason() string {
	at := round(time.Duration(r.Footer.Cut))
	switch {
	case r.Footer.Cut == 0:
		return ""
	case r.Footer.GatewayEnd != nil:
		return fmt.Sprintf(" That cut the run short; what had been seen by %s is judged.", at)
	case r.Footer.Stop == StopKilled:
		return fmt.Sprintf(" The run was cut short at %s: soak was killed.", at)
	}
	return fmt.Sprintf(" The run was cut short at %s: it was interrupted.", at)
}
