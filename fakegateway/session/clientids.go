package session

import (
	"slices"
	"time"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/lock"
)

// clientIDs is which client ids are in use. The zero value is empty.
type clientIDs struct {
	mu      lock.Mutex[lock.Session]
	byID    map[int]*Session
	leaving map[int]time.Time // when an id that is not free yet will be, on the scenario's clock
	claims  map[int]int       // sessions that each id has had, across restarts
	total   int               // sessions of all ids
}

// claim takes a client id at now. It fails while another session has it, or has not released it.
func (r *clientIDs) claim(id int, s *Session, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byID[id] != nil || now.Before(r.leaving[id]) {
		return false
	}
	if r.byID == nil {
		r.byID, r.leaving = make(map[int]*Session), make(map[int]time.Time)
		r.claims = make(map[int]int)
	}
	delete(r.leaving, id)
	r.byID[id] = s
	r.claims[id]++
	r.total++
	s.claim, s.ordinal = r.claims[id], r.total
	return true
}

// release gives a client id back, if this session has it, so that it is free at a moment.
func (r *clientIDs) release(s *Session, free time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byID[s.client.ID()] == s {
		delete(r.byID, s.client.ID())
		r.leaving[s.client.ID()] = free
	}
}

// forget frees the ids that wait for their release, as a restart does.
func (r *clientIDs) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.leaving)
}

// all lists the sessions by client id.
func (r *clientIDs) all() []*Session {
	r.mu.Lock()
	all := make([]*Session, 0, len(r.byID))
	for _, s := range r.byID {
		all = append(all, s)
	}
	r.mu.Unlock()
	slices.SortFunc(all, func(a, b *Session) int { return a.client.ID() - b.client.ID() })
	return all
}

// deliver hands an event of the exchange to every session.
func (r *clientIDs) deliver(v *exchange.View, e exchange.Event) {
	for _, s := range r.all() {
		s.deliver(v, e)
	}
}
