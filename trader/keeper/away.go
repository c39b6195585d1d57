package keeper

import (
	"time"

	"github.com/cenkalti/backoff/v5"

	"ibsoak/trader/keeper/serve"
	"ibsoak/trader/link"
)

// shortLives times the base of the pauses is how long a session must have lived to be opened again
// without a pause.
const shortLives = 10

// absence is a time in which the Gateway cannot be reached.
type absence struct {
	since time.Time
	why   error
	over  chan struct{}
}

// present notes that the Gateway is ready for sessions, and opens the port.
func (k *Keeper) present() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.proven = time.Now()
	if k.away == nil {
		return
	}
	k.log.Info("the Gateway is back", "after", time.Since(k.away.since).Round(time.Millisecond))
	close(k.away.over)
	k.away = nil
	k.reopen()
}

// reopen opens the port, and tries again while another program has taken its number. The caller
// holds mu.
func (k *Keeper) reopen() {
	if k.away != nil || k.ctx.Err() != nil {
		return
	}
	err := k.port.open()
	if err == nil {
		return
	}
	k.log.Error("the port cannot be opened again; it is tried every second", "error", err)
	time.AfterFunc(time.Second, func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.reopen()
	})
}

// lost decides what the end of a session says of the Gateway. After one that was good for a while, the
// session is opened once more at once: that tells whether the Gateway is there. When that fails, or
// the session ended right after its handshake, and no other session is good, the Gateway is away, and
// one session is tried until it is back.
func (k *Keeper) lost(s *session, wasReady bool, err error) {
	reason := link.ReasonOf(err)
	if reason == link.LocalClose || reason == link.Canceled || k.ctx.Err() != nil {
		return
	}
	k.log.Warn("session lost", "id", s.identity.id, "ready_before", wasReady, "error", err)
	if wasReady {
		k.counts.Lost.Add(1)
		k.mu.Lock()
		k.pauses.Reset()
		k.mu.Unlock()
	}
	if wasReady && time.Since(s.since) > shortLives*k.cfg.BackoffBase {
		if k.cfg.Keep > 0 {
			k.find(s.identity)
		}
		return
	}
	switch reason {
	case link.ClientIDInUse, link.WrongAccount, link.BadConfig:
		return // the Gateway is there
	default:
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.away != nil || k.anyReady() {
		return
	}
	k.away = &absence{since: time.Now(), why: err, over: make(chan struct{})}
	if !k.cfg.Hold {
		k.port.close()
	}
	k.log.Warn("the Gateway is away", "hold", k.cfg.Hold, "error", err)
	who, over := s.identity, k.away.over
	k.running.Go(func() { k.scout(who, over) })
}

// anyReady reports a session that is good. The caller holds mu.
func (k *Keeper) anyReady() bool {
	for _, s := range k.sessions {
		select {
		case <-s.opened:
			s.mu.Lock()
			l := s.link
			s.mu.Unlock()
			if l != nil && l.Err() == nil {
				return true
			}
		default:
		}
	}
	return false
}

func newPauses(cfg Config) *backoff.ExponentialBackOff {
	pauses := &backoff.ExponentialBackOff{
		InitialInterval: cfg.BackoffBase, MaxInterval: cfg.BackoffCap,
		Multiplier: 2, RandomizationFactor: 0.2,
	}
	pauses.Reset()
	return pauses
}

// scout tries to open one session, with pauses that grow, until the Gateway is back.
func (k *Keeper) scout(who identity, over <-chan struct{}) {
	for {
		k.mu.Lock()
		pause := k.pauses.NextBackOff()
		k.mu.Unlock()
		t := time.NewTimer(pause)
		select {
		case <-t.C:
		case <-over:
			t.Stop()
			return
		case <-k.ctx.Done():
			t.Stop()
			return
		}
		s, _ := k.find(who)
		select {
		case <-s.opened:
		case <-k.ctx.Done():
			return
		}
		s.mu.Lock()
		reason := link.ReasonOf(s.failure)
		s.mu.Unlock()
		if reason == link.ClientIDInUse {
			k.present() // it is there, and has not released the id yet
		}
	}
}

func (k *Keeper) isAway() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.away != nil
}

// awaitGateway waits, on behalf of a client, until the Gateway is not known to be away. It may be away for
// days: the client's end is its end, also when it has asked for something before.
func (k *Keeper) awaitGateway(w *serve.Watch) error {
	k.mu.Lock()
	away := k.away
	k.mu.Unlock()
	if away == nil {
		return nil
	}
	select {
	case <-away.over:
		return nil
	case <-w.Ended:
		return errClientGone
	case <-k.ctx.Done():
		return errStopping
	}
}
