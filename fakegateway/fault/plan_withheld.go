package fault

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// maxWithheld bounds the messages that are kept back. When so many are, further ones are told as
// if there were no fault, with a mismatch in the receipt.
const maxWithheld = 1 << 14

// Withheld is a message that a fault keeps back from a client, across its connections.
type Withheld struct {
	Hit
	ClientID int
	Message  wire.Message
	Copies   int // how often it is to be told
	// Wait is real time that is still to pass before it is told.
	Wait time.Duration
	// Since is when it was withheld, as time since the Gateway started.
	Since time.Duration

	swap *pair // of a swap: released when the other request has been read
}

// Fall is what comes of one occasion on a connection.
type Fall struct {
	// Hit is the fault that acts, nil for none. When its action is a telling one, Tell has what
	// is told in place of the message, and Wire and Mismatch are for the receipt.
	Hit            *Hit
	Tell           []wire.Message
	Wire, Mismatch string
	// Released is what was withheld and is told now, in the order in which it was withheld:
	// ahead of the handling of a request, behind a message or a phase.
	Released []Withheld
}

// tell performs a telling action. a is nil for a hook's. The caller holds mu.
func (t *Track) tell(f *Fall, a *armed, m wire.Message) {
	hit := *f.Hit
	changed := m
	var err error
	if changed.Body, err = hit.What.Set.applied(m.Body); err != nil {
		f.untouched(m, err.Error())
		return
	}
	switch hit.What.Do { //nolint:exhaustive // Telling has let no other through
	case Replace:
		f.Tell, f.Wire = []wire.Message{changed}, "told with "+hit.What.Set.phrase()
	case Corrupt:
		f.Tell, f.Wire = []wire.Message{m}, "with an unreadable "+hit.What.Field
	case Duplicate:
		f.Tell = []wire.Message{m}
		f.Wire = plural(hit.copies(), "more copy", "more copies")
		if hit.What.Release != nil {
			t.withhold(f, Withheld{Hit: hit, Message: changed, Copies: hit.copies()})
			return
		}
		f.Tell = append(f.Tell, slices.Repeat([]wire.Message{changed}, hit.copies())...)
	case Withhold:
		t.withhold(f, Withheld{Hit: hit, Message: changed, Copies: 1})
	case Swap:
		t.swap(f, t.pairs[a], m)
	}
}

// untouched tells the message as it is, and says why.
func (f *Fall) untouched(m wire.Message, why string) {
	f.Tell, f.Wire, f.Mismatch = []wire.Message{m}, "message untouched", why
}

// copies is how many a duplicate adds.
func (h Hit) copies() int { return max(2, h.What.Times) - 1 }

// withhold keeps w back until its moment.
func (t *Track) withhold(f *Fall, w Withheld) {
	p := t.plan
	w.Message.Body = proto.Clone(w.Message.Body) // a session writes its next tick into the same body
	w.ClientID, w.Since = *t.clientID, p.elapsed()
	r := w.What.Release
	if f.Wire != "" {
		f.Wire += ", "
	}
	f.Wire += "withheld" + r.phrase()
	switch {
	case r != nil && r.bare():
		w.Wait = time.Duration(r.Delay)
		f.Released = append(f.Released, w)
	case r == nil && w.swap == nil: // for ever
	case len(p.withheld) >= maxWithheld:
		f.untouched(w.Message, "too many messages are withheld")
	default:
		p.withheld = append(p.withheld, w)
	}
}

// pair is the two requests whose answers a swap exchanges on a connection.
type pair struct{ first, second *key }

// swap tells an answer under the id of the other request, as soon as there is one.
func (t *Track) swap(f *Fall, p *pair, m wire.Message) {
	if p.first == nil || p.second == nil {
		t.withhold(f, Withheld{Hit: *f.Hit, Message: m, Copies: 1, swap: p})
		return
	}
	told, ok := p.exchange(m)
	if !ok {
		f.untouched(m, "the two requests have no ids to exchange")
		return
	}
	f.Tell, f.Wire = []wire.Message{told}, "told as the answer to the other request"
}

func (p *pair) exchange(m wire.Message) (wire.Message, bool) {
	if p.first.space == byKind || p.second.space == byKind {
		return m, false
	}
	to := p.second.id
	if p.second.answers(m) {
		to = p.first.id
	}
	return readdressed(m, to), true
}

// release takes out what is due at o and ends the windows that close with it. The caller holds mu.
func (t *Track) release(o occasion) []Withheld {
	if t.clientID == nil {
		return nil
	}
	p := t.plan
	var due []Withheld
	p.withheld = slices.DeleteFunc(p.withheld, func(w Withheld) bool {
		r := w.What.Release
		if w.ClientID != *t.clientID || w.swap != nil || r == nil || !r.is(o) {
			return false
		}
		w.Wait = time.Duration(r.Delay)
		due = append(due, w)
		return true
	})
	return due
}

// releaseSwap takes out the answers that waited for the second request of a swap.
func (t *Track) releaseSwap(pr *pair) (due []Withheld) {
	p := t.plan
	p.withheld = slices.DeleteFunc(p.withheld, func(w Withheld) bool {
		if w.swap != pr {
			return false
		}
		w.Message, _ = pr.exchange(w.Message)
		due = append(due, w)
		return true
	})
	return due
}

// Withheld lists what is kept back now, oldest first.
func (p *Plan) Withheld() []Withheld {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := slices.Clone(p.withheld)
	for i := range list {
		list[i].Message.Body = proto.Clone(list[i].Message.Body)
	}
	return list
}

// dueByClock takes out what is released by the clock. The caller holds mu.
func (p *Plan) dueByClock(now time.Duration) (due []Withheld) {
	p.withheld = slices.DeleteFunc(p.withheld, func(w Withheld) bool {
		r := w.What.Release
		if r == nil || !r.passed(now) {
			return false
		}
		w.Wait = time.Duration(r.Delay)
		due = append(due, w)
		return true
	})
	return due
}
