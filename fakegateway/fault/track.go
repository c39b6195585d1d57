package fault

import "fmt"

// Any as a message name in When stands for every message.
const Any = "any"

// Track follows one connection past the points at which faults fall. It is pure bookkeeping: the
// Gateway tells it what happens, it answers what acts there. It shares its plan's lock.
type Track struct {
	plan       *Plan
	connection int // ledger number
	ordinal    int // what Where counts
	clientID   *int
	inbound    map[string]int // messages so far, by name and under Any
	outbound   map[string]int
	cut        map[*armed]bool // faults with a BytesOut that have fallen here
}

// Track starts following the connection with this ledger number, which is the ordinal-th, from 1,
// that Where counts. Ordinal 0 is a connection on which no fault falls.
func (p *Plan) Track(connection, ordinal int) *Track {
	return &Track{
		plan: p, connection: connection, ordinal: ordinal,
		inbound: make(map[string]int), outbound: make(map[string]int),
		cut: make(map[*armed]bool),
	}
}

// Connection is the ledger number.
func (t *Track) Connection() int { return t.connection }

// ClientID tells the track which id START_API carried.
func (t *Track) ClientID(id int) {
	t.plan.mu.Lock()
	defer t.plan.mu.Unlock()
	t.clientID = &id
}

func (t *Track) selected(w Where) bool {
	switch {
	case t.ordinal == 0, w.Connection > 0 && w.Connection != t.ordinal:
		return false
	case w.FromConnection > t.ordinal:
		return false
	case w.ClientID != nil && (t.clientID == nil || *t.clientID != *w.ClientID):
		return false
	}
	return true
}

// Phase asks what acts when the handshake has reached p.
func (t *Track) Phase(p Phase) (Hit, bool) {
	t.plan.mu.Lock()
	defer t.plan.mu.Unlock()
	return t.plan.first(t, "phase "+string(p), func(a *armed) bool { return a.When.Phase == p })
}

// Inbound counts a client's message that was just read and asks what acts on it.
func (t *Track) Inbound(name string) (Hit, bool) {
	return t.message("inbound", name, t.inbound, func(w When) string { return w.Inbound })
}

// Outbound counts a message that is about to be written and asks what acts on it.
func (t *Track) Outbound(name string) (Hit, bool) {
	return t.message("outbound", name, t.outbound, func(w When) string { return w.Outbound })
}

func (t *Track) message(
	way, name string, counts map[string]int, wanted func(When) string,
) (Hit, bool) {
	t.plan.mu.Lock()
	defer t.plan.mu.Unlock()
	counts[name]++
	counts[Any]++
	hit, ok := t.plan.first(t, "", func(a *armed) bool {
		want := wanted(a.When)
		return want != "" && (want == name || want == Any) &&
			(a.When.Nth == 0 || a.When.Nth == counts[want])
	})
	if ok {
		hit.Point = fmt.Sprintf("%s %s #%d", way, name, counts[name])
		if hit.When.Byte > 0 {
			hit.Point += fmt.Sprintf(" byte %d", hit.When.Byte)
		}
	}
	return hit, ok
}

// NextCut is the smallest count of bytes, sent or more, at which a fault falls; false for none.
func (t *Track) NextCut(sent int64) (at int64, ok bool) {
	t.plan.mu.Lock()
	defer t.plan.mu.Unlock()
	for a := range t.plan.all() {
		if a.When.BytesOut == nil || t.cut[a] || !t.selected(a.Where) {
			continue
		}
		if n := *a.When.BytesOut; n >= sent && (!ok || n < at) {
			at, ok = n, true
		}
	}
	return at, ok
}

// AtByte asks what acts when exactly so many bytes have gone out.
func (t *Track) AtByte(sent int64) (Hit, bool) {
	t.plan.mu.Lock()
	defer t.plan.mu.Unlock()
	return t.plan.first(t, fmt.Sprintf("after %d bytes out", sent), func(a *armed) bool {
		if a.When.BytesOut == nil || *a.When.BytesOut != sent || t.cut[a] {
			return false
		}
		t.cut[a] = true // even when it is over: it must not be met again
		return true
	})
}
