package keeper

import (
	"cmp"
	"slices"
	"time"

	"ibsoak/internal/wire"
)

// Status is what a keeper is doing.
type Status struct {
	Gateway string    `json:"gateway"`
	Listen  string    `json:"listen"`
	Open    bool      `json:"open"`  // clients can connect
	Ready   bool      `json:"ready"` // and as far as is known they would be served
	Why     string    `json:"why"`   // why it is not ready, or what is not known
	Begun   time.Time `json:"begun"`
	Clients int       `json:"clients"` // connections of clients, in whatever phase
	Counts  Counts    `json:"counts"`

	Sessions []SessionStatus `json:"sessions"`
}

// Counts are numbers since the start.
type Counts struct {
	Clients   uint64 `json:"clients"`   // handshakes of clients
	Probes    uint64 `json:"probes"`    // connections without one
	Refused   uint64 `json:"refused"`   // clients that got no session
	Slow      uint64 `json:"slow"`      // clients dropped because they did not read
	TakenOver uint64 `json:"takenOver"` // clients that another has replaced
	Sessions  uint64 `json:"sessions"`  // handshakes with the Gateway
	Reused    uint64 `json:"reused"`    // clients that got a session which was there
	Reopened  uint64 `json:"reopened"`  // sessions closed for another version, or late answers
	Failed    uint64 `json:"failed"`    // handshakes with the Gateway that failed
	Lost      uint64 `json:"lost"`      // sessions that ended by themselves
	Unsent    uint64 `json:"unsent"`    // requests that were never sent
	Dropped   uint64 `json:"dropped"`   // frames of the Gateway that no client was there for
}

// SessionStatus is one session at the Gateway.
type SessionStatus struct {
	ID            int          `json:"id"`
	Version       wire.Version `json:"version"`
	State         string       `json:"state"`
	Since         time.Time    `json:"since,omitzero"`    // when the Gateway was ready
	Client        string       `json:"client"`            // its address; "" when there is none
	Attached      time.Time    `json:"attached,omitzero"` // since when
	FramesIn      uint64       `json:"framesIn"`          // from the client that is there
	FramesOut     uint64       `json:"framesOut"`         // to it
	Subscriptions int          `json:"subscriptions"`
	Waiting       int          `json:"waiting"` // requests that wait for their turn
	Unread        int          `json:"unread"`  // bytes that the client has not taken yet
	Dropped       uint64       `json:"dropped"`
	Connected     bool         `json:"connected"` // the Gateway has not said 1100
}

// Status is what the keeper is doing now.
func (k *Keeper) Status() Status {
	st := Status{
		Gateway: k.cfg.Gateway, Listen: k.cfg.Listen, Open: k.port.isOpen(), Begun: k.begun,
		Sessions: []SessionStatus{},
	}
	if k.port.network == "tcp" {
		st.Listen = k.Addr().String()
	}
	k.mu.Lock()
	sessions := make([]*session, 0, len(k.sessions))
	for _, s := range k.sessions {
		sessions = append(sessions, s)
	}
	st.Clients = len(k.clients)
	away, proven := k.away, k.proven
	k.mu.Unlock()
	for _, s := range sessions {
		st.Sessions = append(st.Sessions, s.status())
	}
	slices.SortFunc(st.Sessions, func(a, b SessionStatus) int { return cmp.Compare(a.ID, b.ID) })
	st.Counts = k.counts.read()
	for _, s := range st.Sessions {
		st.Counts.Dropped += s.Dropped
	}
	st.judge(away, proven, k.book.Broken())
	return st
}

// judge decides about readiness.
func (st *Status) judge(away *absence, proven time.Time, broken error) {
	lost := slices.ContainsFunc(st.Sessions, func(s SessionStatus) bool { return !s.Connected })
	switch {
	case away != nil:
		st.Why = "the Gateway is away since " + away.since.UTC().Format(time.RFC3339) + ": " + away.why.Error()
	case !st.Open:
		st.Why = "the port is closed"
	case lost:
		st.Why = "the Gateway has lost its connection to IBKR (1100)"
	case broken != nil:
		st.Why = "order ids would not survive a crash: " + broken.Error()
	case proven.IsZero():
		st.Ready, st.Why = true, "no client has come yet: whether the Gateway is there is not known"
	default:
		st.Ready = true
	}
}

func (s *session) status() SessionStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := SessionStatus{
		ID: s.identity.id, Version: s.identity.version, State: s.machine.State().String(), Since: s.since,
		Subscriptions: s.machine.Subscriptions(), Waiting: s.lane.Waiting(), Dropped: s.machine.Dropped(),
		Connected: s.machine.Connected(),
	}
	if c := s.client; c != nil {
		st.Client, st.Attached = c.Remote().String(), c.Since
		st.FramesIn, st.FramesOut, st.Unread = c.In.Load(), c.Out.Load(), c.Unread()
	}
	return st
}

func (c *counters) read() Counts {
	return Counts{
		Clients: c.Clients.Load(), Probes: c.Probes.Load(), Refused: c.Refused.Load(), Slow: c.Slow.Load(),
		TakenOver: c.TakenOver.Load(), Sessions: c.Sessions.Load(), Reused: c.Reused.Load(),
		Reopened: c.Reopened.Load(), Failed: c.Failed.Load(), Lost: c.Lost.Load(), Unsent: c.Unsent.Load(),
		Dropped: c.Dropped.Load(),
	}
}
