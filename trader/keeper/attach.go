package keeper

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ibsoak/trader/keeper/serve"
)

// errClientGone is a client that left while it waited for its session.
var errClientGone = errors.New("the client left before it had its session")

// attach finds or opens the session of a client and waits until the client may ask. w sees
// the client's end meanwhile.
func (k *Keeper) attach(c *serve.Client, w *serve.Watch) (*session, error) {
	for {
		if k.ctx.Err() != nil || c.Why() != nil {
			return nil, errors.Join(errStopping, c.Why())
		}
		s, made := k.find(identityOf(c))
		closing, same, busy := s.usable(c)
		switch {
		case closing:
			if err := k.await(w, s.over); err != nil {
				return nil, err
			}
			continue
		case busy:
			if err := k.supersede(c, w, s); err != nil {
				return nil, err
			}
			continue
		case !same:
			k.counts.Reopened.Add(1)
			s.close(k.ctx, fmt.Sprintf("its next client speaks version %d or has other options", c.Hello.Version))
			continue
		}
		if _, ok := s.try(c); !ok {
			continue
		}
		if !made {
			k.counts.Reused.Add(1)
		}
		again, err := k.settle(c, w, s)
		if !again {
			return s, err
		}
	}
}

// find is the session of a client id, which it opens as who if there is none.
func (k *Keeper) find(who identity) (s *session, made bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if s = k.sessions[who.id]; s != nil {
		return s, false
	}
	s = k.newSession(who)
	k.sessions[who.id] = s
	k.running.Go(s.run)
	return s, true
}

// await waits for an event on behalf of a client. One that has asked something already is waited for
// although it has ended: what it wrote whole, an order say, still goes out.
func (k *Keeper) await(w *serve.Watch, event <-chan struct{}) error {
	select {
	case <-event:
		return nil
	case <-w.Left:
		return errClientGone
	case <-k.ctx.Done():
		return errStopping
	}
}

// supersede decides between two clients of one id. The older may just be about to leave.
func (k *Keeper) supersede(c *serve.Client, w *serve.Watch, s *session) error {
	s.mu.Lock()
	older, left := s.client, s.left
	s.mu.Unlock()
	if older == nil {
		return nil
	}
	if older.Why() != nil { // it has its FIN, and no claim to the session any more
		older.Drop(errTakenOver)
		return k.await(w, left)
	}
	t := time.NewTimer(supersedeWithin)
	defer t.Stop()
	select {
	case <-left:
		return nil
	case <-t.C:
	}
	if !k.cfg.Takeover {
		return errIDInUse
	}
	k.counts.TakenOver.Add(1)
	k.log.Warn("session taken over", "id", c.ID, "from", older.Remote(), "to", c.Remote())
	older.Drop(errTakenOver)
	return k.await(w, left)
}

// settle waits until the client has its bootstrap. again says that the session is another now: the
// answers to its predecessor did not end in time, or the Gateway is to be waited for.
func (k *Keeper) settle(c *serve.Client, w *serve.Watch, s *session) (again bool, err error) {
	select {
	case <-s.opened: // draining begins with an open session
	default:
		if err := k.await(w, s.opened); err != nil {
			s.leave(c)
			return false, err
		}
	}
	s.mu.Lock()
	settled, failure := s.settled, s.failure
	s.mu.Unlock()
	if failure != nil {
		s.leave(c)
		if err := k.await(w, s.over); err != nil {
			return false, err
		}
		if k.cfg.Hold && c.Out.Load() == 0 && k.isAway() {
			err := k.awaitGateway(w)
			return err == nil, err
		}
		return false, failure
	}
	limit, cancel := context.WithTimeoutCause(k.ctx, k.cfg.DrainWithin, errNotDrained)
	defer cancel()
	select {
	case <-settled:
		return false, nil
	case <-s.over:
		return false, nil // its FIN is queued behind everything that came
	case <-w.Left:
		return false, nil
	case <-limit.Done():
		if k.ctx.Err() != nil {
			return false, nil
		}
		s.leave(c)
		k.counts.Reopened.Add(1)
		s.close(k.ctx, errNotDrained.Error())
		return true, nil
	}
}

var errNotDrained = errors.New("answers to its last client, or its open orders, did not come in time")
