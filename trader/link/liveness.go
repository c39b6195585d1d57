package link

import (
	"fmt"
	"time"

	pb "github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// roundTripEvery times LivenessIdle without an answered probe, one is sent even while frames
// arrive: a Gateway may talk without listening.
const roundTripEvery = 4

// watchLiveness probes until the link begins to end. A connection is alive if a request makes the
// round trip; that it is open says nothing.
func (l *Link) watchLiveness() {
	if l.cfg.LivenessIdle < 0 {
		<-l.ending
		return
	}
	answered := time.Now()
	for {
		heard := l.began.Add(time.Duration(l.inbound.Load()))
		due := heard.Add(l.cfg.LivenessIdle)
		if forced := answered.Add(roundTripEvery * l.cfg.LivenessIdle); forced.Before(due) {
			due = forced
		}
		if wait := time.Until(due); wait > 0 {
			if !l.wait(wait) {
				return
			}
			continue // frames may have arrived meanwhile
		}
		if !l.probe() {
			return
		}
		answered = time.Now()
	}
}

// probe makes one round trip. False means that the link has begun to end.
func (l *Link) probe() bool {
	m := wire.Message{Kind: wire.ReqCurrentTime, Body: &pb.CurrentTimeRequest{}}
	payload, err := wire.Payload(m, l.hello.Version)
	if err != nil {
		l.end(ClientFailed, err)
		return false
	}
	r := newRequest(wire.ReqCurrentTime, payload)
	r.note, r.probe = "probe", true
	select {
	case <-l.answered: // the late answer of a probe that was given up
	default:
	}
	select {
	case l.probes <- r:
	case <-l.ending:
		return false
	}
	select {
	case <-r.Done():
	case <-l.ending:
		return false
	}
	l.counters.probes.Add(1)
	return l.awaitAnswer()
}

func (l *Link) awaitAnswer() bool {
	t := time.NewTimer(l.cfg.LivenessTimeout)
	defer t.Stop()
	for {
		select {
		case <-l.answered:
			return true
		case <-l.ending:
			return false
		case <-t.C:
		}
		switch {
		case l.waiting.Load():
			// The answer may be behind frames that our own client has not taken yet.
			t.Reset(l.cfg.LivenessTimeout)
		case l.State() == Degraded:
			// A Gateway without IBKR may leave requests unanswered, and a reconnect would not help.
			l.forgetProbe()
			l.inbound.Store(int64(time.Since(l.began)))
			return true
		default:
			l.end(Silent, fmt.Errorf("no answer to reqCurrentTime within %s", l.cfg.LivenessTimeout))
			return false
		}
	}
}

// expectAnswer notes who asks for the current time, before the request is written.
func (l *Link) expectAnswer(r *Request) {
	if r.Kind != wire.ReqCurrentTime {
		return
	}
	who := askedByClient
	if r.probe {
		who = askedByLink
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.askers = append(l.askers, who)
}

// takeAnswer attributes a currentTime to the oldest request; true if that was the link's own.
func (l *Link) takeAnswer() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.askers) == 0 {
		return false
	}
	who := l.askers[0]
	l.askers = l.askers[1:]
	if who == askedByLink {
		signal(l.answered)
		return true
	}
	return false
}

// forgetProbe gives up waiting for the oldest answer to a probe.
func (l *Link) forgetProbe() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, who := range l.askers {
		if who == askedByLink {
			l.askers = append(l.askers[:i:i], l.askers[i+1:]...)
			return
		}
	}
}
