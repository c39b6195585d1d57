package harness

import (
	"cmp"
	"slices"
	"time"

	"ibsoak/fakegateway/fault"
)

// Measures are what a run that goes on has shown until now, by the Gateway's timing.
type Measures struct {
	Snapshot
	Phases []PhaseTimes // of the handshakes
	// CloseWait are the stays in CLOSE_WAIT that are over, by whose end was there.
	CloseWait map[Side][]time.Duration
	Faults    []FaultCount // that acted, by id
}

// FaultCount is how often a fault acted.
type FaultCount struct {
	ID     string
	Action fault.Action
	Times  int
}

// Measures are those of the run until now; false before it has begun.
func (l *Live) Measures() (Measures, bool) {
	if l == nil {
		return Measures{}, false
	}
	s, ok := l.Now()
	m := Measures{Snapshot: s, CloseWait: map[Side][]time.Duration{}}
	l.mu.Lock()
	began, mirror := l.began, l.mirror
	l.mu.Unlock()
	r := &Record{Header: Header{Started: began}}
	if mirror == nil {
		m.Phases = r.PhaseTimes()
		return m, ok
	}
	for _, c := range mirror.connections() {
		r.Connections = append(r.Connections, r.connection(c))
	}
	m.Phases = r.PhaseTimes()
	now := r.Header.moment(time.Now()) + 1 // so that a stay that ended just now is over
	for _, c := range r.subjects() {
		for _, side := range []Side{GatewaySide, TraderSide} {
			if from, to, in := c.InCloseWait(side, now); in && to < now {
				m.CloseWait[side] = append(m.CloseWait[side], to.Since(from))
			}
		}
	}
	m.Faults = mirror.acted()
	return m, ok
}

// acted counts the receipts by fault.
func (m *mirror) acted() []FaultCount {
	m.mu.Lock()
	defer m.mu.Unlock()
	byID := map[string]*FaultCount{}
	var all []*FaultCount
	for _, r := range m.receipts {
		f := byID[r.Fault]
		if f == nil {
			f = &FaultCount{ID: r.Fault, Action: r.Planned}
			byID[r.Fault], all = f, append(all, f)
		}
		f.Times++
	}
	var out []FaultCount
	for _, f := range all {
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b FaultCount) int { return cmp.Compare(a.ID, b.ID) })
	return out
}
