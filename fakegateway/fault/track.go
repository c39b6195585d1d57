package fault

import (
	"fmt"
	"slices"
	"strings"

	"ibsoak/internal/wire"
)

// Any as a message name in When stands for every message.
const Any = "any"

// HookID is the id of faults that a hook asked for, in receipts.
const HookID = "hook"

// Track follows one connection past the points at which faults fall. It is pure bookkeeping: the
// Gateway tells it what happens, it answers what acts there. It shares its plan's lock.
type Track struct {
	plan       *Plan
	connection int // ledger number
	ordinal    int // what Where counts
	clientID   *int
	version    wire.Version
	inbound    map[string]int // messages so far, by name and under Any
	outbound   map[string]int
	cut        map[*armed]bool  // faults with a BytesOut that have fallen here
	open       map[*armed]bool  // true when After has come, false when Release has
	asked      map[*armed][]key // requests that AnswerTo selects, the newest last
	memory     map[*armed]any   // what an action keeps of this connection
}

// askedKept bounds how many requests of one fault's AnswerTo are remembered on a connection.
const askedKept = 1024

// Track starts following the connection with this ledger number, which is the ordinal-th, from 1,
// that Where counts. Ordinal 0 is a connection on which no fault falls.
func (p *Plan) Track(connection, ordinal int) *Track {
	return &Track{
		plan: p, connection: connection, ordinal: ordinal,
		inbound: make(map[string]int), outbound: make(map[string]int),
		cut: make(map[*armed]bool), open: make(map[*armed]bool),
		asked: make(map[*armed][]key), memory: make(map[*armed]any),
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

// Version tells the track which version the connection speaks.
func (t *Track) Version(v wire.Version) {
	t.plan.mu.Lock()
	defer t.plan.mu.Unlock()
	t.version = v
}

// Client is the id that START_API carried, if it has come.
func (t *Track) Client() (id int, known bool) {
	t.plan.mu.Lock()
	defer t.plan.mu.Unlock()
	if t.clientID == nil {
		return 0, false
	}
	return *t.clientID, true
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
func (t *Track) Phase(p Phase) Fall {
	t.plan.mu.Lock()
	defer t.plan.mu.Unlock()
	_, hit := t.plan.first(t, "phase "+string(p), func(a *armed) bool { return a.When.Phase == p })
	return Fall{Hit: hit, Released: t.pass(occasion{phase: p})}
}

// Inbound counts a client's message that was just read and asks what acts on it. hook, when not
// nil, acts in place of any fault.
func (t *Track) Inbound(m wire.Message, hook *What) Fall {
	t.plan.mu.Lock()
	defer t.plan.mu.Unlock()
	o := t.count(true, t.inbound, m)
	released := t.note(o)
	_, hit := t.first(o, hook, func(a *armed) bool {
		return o.meets(a.When.Inbound, a.When.Nth, a.When.Of)
	})
	return Fall{Hit: hit, Released: append(released, t.pass(o)...)}
}

// Outbound counts a message that the session is about to tell and asks what comes of it.
func (t *Track) Outbound(m wire.Message, hook *What) Fall {
	t.plan.mu.Lock()
	defer t.plan.mu.Unlock()
	o := t.count(false, t.outbound, m)
	a, hit := t.first(o, hook, func(a *armed) bool { return t.tellsOf(a, o) })
	f := Fall{Hit: hit, Released: t.pass(o)} // before tell: a message does not release itself
	if hit == nil || !hit.What.Telling() {
		return f
	}
	told := f // f itself stays off the heap: a tick costs no allocation
	t.tell(&told, a, m)
	return told
}

// Told lets the moments pass that a message of a fault is: an error that it made. No fault acts on
// those, and they are not counted.
func (t *Track) Told(m wire.Message) Fall {
	t.plan.mu.Lock()
	defer t.plan.mu.Unlock()
	return Fall{Released: t.pass(occasion{message: m, counts: t.outbound})}
}

func (t *Track) count(inbound bool, counts map[string]int, m wire.Message) occasion {
	counts[m.Kind.String()]++
	counts[Any]++
	return occasion{inbound: inbound, message: m, counts: counts}
}

// first is the plan's first, or the hook's wish. It names the point.
func (t *Track) first(o occasion, hook *What, falls func(*armed) bool) (*armed, *Hit) {
	var a *armed
	var hit *Hit
	if hook != nil && t.ordinal > 0 {
		t.plan.hits++
		hit = &Hit{Fault: Fault{ID: HookID, What: *hook}, Number: t.plan.hits, Connection: t.connection}
	} else {
		a, hit = t.plan.first(t, "", func(a *armed) bool { return falls(a) && t.within(a) })
	}
	if hit == nil {
		return nil, nil
	}
	way, name := "outbound", o.message.Kind.String()
	if o.inbound {
		way = "inbound"
	}
	hit.Point = fmt.Sprintf("%s %s #%d", way, name, o.counts[name])
	if hit.When.Byte > 0 {
		hit.Point += fmt.Sprintf(" byte %d", hit.When.Byte)
	}
	return a, hit
}

// within reports whether a fault's window is open: After has come, if there is one, and Release has
// not.
func (t *Track) within(a *armed) bool {
	if a.What.Telling() && t.clientID == nil {
		return false // nobody to keep anything for
	}
	if r := a.What.Release; r != nil && r.passed(t.plan.elapsed()) {
		return false
	}
	if isOpen, known := t.open[a]; known {
		return isOpen
	}
	after := a.When.After
	return after == nil || after.passed(t.plan.elapsed())
}

// pass lets the moment o pass: it opens and closes windows, and returns what is due.
func (t *Track) pass(o occasion) []Withheld {
	due := t.release(o)
	for a := range t.plan.all() {
		after, release := a.When.After, a.What.Release
		switch {
		case !t.selected(a.Where):
		case after != nil && after.is(o):
			t.open[a] = true
		case release != nil && release.is(o) && (t.within(a) && after != nil || releases(due, a)):
			t.open[a] = false
		}
	}
	return due
}

// releases reports whether something is due that this fault has withheld.
func releases(due []Withheld, a *armed) bool {
	return slices.ContainsFunc(due, func(w Withheld) bool { return w.ID == a.ID })
}

// note remembers a request for the faults that are about answers. It returns answers that waited
// for it to be swapped.
func (t *Track) note(o occasion) (released []Withheld) {
	for a := range t.plan.all() {
		if a.When.AnswerTo == nil || !t.selected(a.Where) {
			continue
		}
		k := keyOf(o.message)
		t.asked[a] = t.without(a, o, k)
		if a.When.AnswerTo.is(o) {
			t.asked[a] = append(t.asked[a], k)
			if len(t.asked[a]) > askedKept {
				t.asked[a] = t.asked[a][1:]
			}
		}
		if a.What.With != nil {
			released = append(released, t.notePair(a, o, k)...)
		}
	}
	return released
}

// without is what was asked, less what this request puts an end to: an id that is used again, or
// another request of a kind that has no ids. A cancel ends nothing: late answers are answers.
func (t *Track) without(a *armed, o occasion, k key) []key {
	if strings.HasPrefix(o.message.Kind.String(), "cancel") {
		return t.asked[a]
	}
	return slices.DeleteFunc(t.asked[a], func(old key) bool { return old == k })
}

func (t *Track) notePair(a *armed, o occasion, k key) []Withheld {
	p := t.pair(a)
	if p == nil {
		p = &pair{}
		t.memory[a] = p
	}
	switch {
	case p.first == nil && a.When.AnswerTo.is(o):
		p.first = &k
	case p.second == nil && a.What.With.is(o):
		p.second = &k
	default:
		return nil
	}
	if p.first == nil || p.second == nil {
		return nil
	}
	return t.releaseSwap(p)
}

// tellsOf reports whether a fault selects the outbound message o.
func (t *Track) tellsOf(a *armed, o occasion) bool {
	w := a.When
	if w.AnswerTo == nil {
		return o.meets(w.Outbound, w.Nth, w.Of)
	}
	name := w.Outbound
	if name == "" {
		name = Any
	}
	if !o.meets(name, w.Nth, w.Of) {
		return false
	}
	if a.What.With != nil {
		p := t.pair(a)
		return p != nil && (p.first.answers(o.message) || p.second.answers(o.message))
	}
	return slices.ContainsFunc(t.asked[a], func(k key) bool { return k.answers(o.message) })
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
func (t *Track) AtByte(sent int64) *Hit {
	t.plan.mu.Lock()
	defer t.plan.mu.Unlock()
	_, hit := t.plan.first(t, fmt.Sprintf("after %d bytes out", sent), func(a *armed) bool {
		if a.When.BytesOut == nil || *a.When.BytesOut != sent || t.cut[a] {
			return false
		}
		t.cut[a] = true // even when it is over: it must not be met again
		return true
	})
	return hit
}
