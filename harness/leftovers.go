package harness

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ibsoak/internal/sockets"
)

// What a life leaves behind, as it is looked for, watched and ended.

// lookForLeftovers notes the sessions that are not over and the processes that outlived the life.
// It looks again until there is nothing or ctx is over: the system tells nobody when a process of
// another has gone.
func (r *run) lookForLeftovers(ctx context.Context, look *Look) {
	again := time.NewTicker(closeWaitEvery)
	defer again.Stop()
	for {
		if err := r.follower.look(); err != nil {
			look.Blind = cmp.Or(look.Blind, err.Error())
			return
		}
		if len(r.follower.running(everyLife)) == 0 {
			break
		}
		select {
		case <-again.C:
			continue
		case <-ctx.Done():
		}
		r.noteLeftovers()
		break
	}
	switch {
	case look.Settled:
	case r.keeper != nil:
		look.Open = r.openTowards()
	default:
		look.Open = r.openSessions()
	}
}

// noteLeftovers notes every process that is there when no life runs, each once: also one of an
// earlier life that has come to light only now.
func (r *run) noteLeftovers() {
	for _, p := range r.follower.running(everyLife) {
		if !p.Left {
			p.Left = true
			l := &r.rec.Lives[p.Life-1]
			l.Leftovers = append(l.Leftovers, r.described(p))
		}
	}
}

// relations say in words how a process was known to be the subject's.
var relations = map[Relation]string{
	RelatedChild: ", a child", RelatedGroup: ", in its process group", RelatedSession: ", in its session",
	RelatedCgroup: ", in its control group", RelatedTag: ", with its environment",
	RelatedOrphan: ", an orphan of its",
}

// described names a process with the sockets of the Gateway's port that it holds and what it
// listens on.
func (r *run) described(p *followed) string {
	text := p.String() + relations[p.Related]
	var held []string
	for _, s := range r.traderSockets() {
		if owns, err := sockets.Owns(p.PID, s); err == nil && owns {
			held = append(held, fmt.Sprintf("%s -> %s (%s)", s.Local, s.Remote, s.State))
		}
	}
	if len(held) > 0 {
		text += ", holds " + strings.Join(held, ", ")
	}
	if ports := listensOn(p.PID); len(ports) > 0 {
		text += ", listens on " + strings.Join(ports, ", ")
	}
	return text
}

// traderSockets are the sockets on the Gateway's port that are the trader's end.
func (r *run) traderSockets() []sockets.Socket {
	if r.follower.table == nil {
		return nil
	}
	gateway := r.front()
	rows, err := r.follower.table.Port(gateway.Port())
	if err != nil {
		r.Log.Warn("no owners of sockets", "error", err)
		return nil
	}
	return slices.DeleteFunc(rows, func(s sockets.Socket) bool { return s.Remote != gateway })
}

// openSessions are the subject's connections that the Gateway has not seen the end of.
func (r *run) openSessions() []OpenSession {
	var open []OpenSession
	for _, c := range r.gateway.connections() {
		over := !c.Closed.IsZero() || !c.ClientFIN.IsZero() || !c.ClientRST.IsZero()
		if c.Planted || over {
			continue
		}
		s := OpenSession{Connection: c.ID, Client: plain(c.Remote)}
		socket, state := r.traderEnd(s)
		s.State = state
		if state != "" && state != SessionGone {
			s.Holder = r.holderOf(socket)
		}
		open = append(open, s)
	}
	return open
}

// traderEnd finds the trader's socket of a connection: its state, SessionGone when no process has
// it open any more, "" when the kernel could not be asked.
func (r *run) traderEnd(s OpenSession) (sockets.Socket, string) {
	if r.follower.table == nil {
		return sockets.Socket{}, ""
	}
	socket, there, err := r.follower.table.Lookup(s.Client, r.rec.Header.Gateway)
	switch {
	case err != nil:
		r.Log.Warn("no state of a session", "error", err)
		return sockets.Socket{}, ""
	case !there || (socket.Inode == 0 && socket.PID == 0):
		return socket, SessionGone
	}
	return socket, socket.State.String()
}

// holderOf names the process of any life that has the socket open; "" when none is known to.
func (r *run) holderOf(s sockets.Socket) string {
	for _, p := range r.follower.known {
		if owns, err := sockets.Owns(p.PID, s); err == nil && owns {
			return p.String()
		}
	}
	return ""
}

// watchOn keeps the Gateway up after the last life when something of it was left, or the scenario
// is about orders: a process that was left may act later, and is to be seen at it.
func (r *run) watchOn(ctx context.Context, n int) {
	if !r.leftSomething() && !r.claimsOrders() {
		return
	}
	defer func() {
		if err := r.follower.look(); err != nil {
			r.fault("look at what is left after the last life: %v", err)
		}
		r.noteLeftovers()
	}()
	ctx, cancel := context.WithTimeout(ctx, WatchAfter)
	defer cancel()
	r.tell(n, n, "watching what comes after it")
	for {
		select {
		case e := <-r.gateway.events:
			r.observe(e, n)
		case <-ctx.Done():
			return
		}
	}
}

// lastLook is the newest look; without one it is blind.
func (r *run) lastLook() Look {
	if n := len(r.rec.Looks); n > 0 {
		return r.rec.Looks[n-1]
	}
	return Look{Blind: "nobody looked"}
}

// leftSomething reports a process or a session that outlived the life that was looked at last.
func (r *run) leftSomething() bool {
	if len(r.follower.running(everyLife)) > 0 || len(r.rec.Looks) == 0 {
		return true
	}
	return slices.ContainsFunc(r.rec.Looks[len(r.rec.Looks)-1].Open, func(s OpenSession) bool {
		return s.State != SessionGone
	})
}

// claimsOrders reports a scenario that is about orders: one that wants to see some, or says what the
// trader is to hold.
func (r *run) claimsOrders() bool {
	return len(r.Subject.Positions) > 0 || slices.ContainsFunc(r.Checks, func(c Check) bool {
		d, err := DetectorNamed(c.Name)
		return err == nil && d.Group == GroupOrders && c.Evidence > 0
	})
}

// clear ends what is left of a life, takes the rest of its output, and notes both. The next life
// must not meet what this one has left.
func (r *run) clear(l *life) {
	if l.proc == nil {
		return
	}
	noted := &r.rec.Lives[l.Number-1]
	if len(r.follower.running(everyLife)) > 0 || r.lastLook().Blind != "" {
		if err := r.follower.end(); err != nil {
			r.fault("end what life %d left: %v", l.Number, err)
		}
	}
	held, err := l.proc.output.close()
	if err != nil {
		r.fault("keep the output of life %d: %v", l.Number, err)
	}
	r.rec.Processes = r.follower.lines // those that have gone: a journal can have them
	noted.OutputHeld = held
	l.proc.output.meter.fill(noted)
	noted.Stderr = tailLines(r.logPath(l.Number, "stderr"), StderrTailLines)
}

// overlong reports that MaxOverlong lives in a row did not end by themselves, or that one did not
// and another such would not fit in the scenario's limit: more of them would show no more.
func (r *run) overlong(ctx context.Context) bool {
	row := 0
	for _, l := range slices.Backward(r.rec.Lives) {
		if l.EndedBy != EndedOverlong {
			break
		}
		row++
	}
	if row == 0 {
		return false
	}
	another := r.Subject.lifeLimit() + r.termGrace + SettleTime
	deadline, limited := ctx.Deadline()
	if row < MaxOverlong && (!limited || time.Until(deadline) > another) {
		return false
	}
	r.rec.Footer.Why = fmt.Sprintf("%s in a row did not end by themselves within %s, %d of %d were started",
		count(row, "lives"), r.Subject.lifeLimit(), len(r.rec.Lives), r.Subject.Runs)
	return true
}

// sample measures all processes of the life; cycle is 0 for a sample by time.
func (r *run) sample(n, cycle int) {
	s, ok, err := r.follower.sample(n)
	if err != nil || !ok || len(r.rec.Samples) >= maxSamples {
		return // what was not measured is missing as evidence
	}
	s.Life, s.Cycle, s.At = n, cycle, r.now()
	if r.keeper != nil {
		s.OwnsSession, s.Foreign = r.ownerTowards(n)
	} else {
		s.OwnsSession, s.Foreign = r.sessionOwner(n)
	}
	r.rec.Samples = append(r.rec.Samples, s)
}

// sessionOwner tells whether a process of the life has the trader's end of an established session
// open, or else of which connection it is known that none of them has.
func (r *run) sessionOwner(n int) (own bool, foreign int) {
	for _, c := range slices.Backward(r.gateway.connections()) {
		if c.Planted || !c.Closed.IsZero() || r.rec.lifeAt(r.moment(c.Accepted), false) != n {
			continue
		}
		session := OpenSession{Connection: c.ID, Client: plain(c.Remote)}
		s, state := r.traderEnd(session)
		if state == "" || state == SessionGone {
			continue
		}
		own, known := r.follower.owns(n, c.ID, s)
		if own {
			return true, 0
		}
		if known && r.follower.look() == nil { // a process may have come since, and have taken it over
			again, state := r.traderEnd(session)
			own, known = r.follower.owns(n, c.ID, again)
			if own {
				return true, 0
			}
			if known && state != "" && state != SessionGone && again.Inode == s.Inode {
				foreign = c.ID
			}
		}
	}
	return false, foreign
}

// unfollowed notes in the header, once, what could not be used to follow the subject's processes.
func (r *run) unfollowed(format string, args ...any) {
	note := fmt.Sprintf(format, args...)
	if notes := &r.rec.Header.Unfollowed; !slices.Contains(*notes, note) {
		*notes = append(*notes, note)
	}
}
