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
	Tell           []Told
	Wire, Mismatch string
	// Released is what was withheld and is told now, in the order in which it was withheld:
	// ahead of the handling of a request, behind a message or a phase.
	Released []Withheld
}

// tell performs a telling action. a is nil for a hook's. The caller holds mu.
func (t *Track) tell(f *Fall, a *armed, m wire.Message) {
	x := &telling{Fall: f, track: t, fault: a, message: m, changed: m}
	var err error
	if x.changed.Body, err = f.Hit.What.Set.applied(m.Body); err != nil {
		x.untouched(err.Error())
		return
	}
	f.Hit.What.Do.action().onTelling(x)
}

// untouched tells the message as it is, and says why.
func (x *telling) untouched(why string) {
	x.Tell, x.Wire, x.Mismatch = nil, "message untouched", why
	x.tell("", x.message)
}

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
		f.Wire, f.Mismatch = "message untouched", "too many messages are withheld"
		if len(f.Tell) == 0 {
			f.Tell = []Told{{Message: w.Message}}
		}
	default:
		p.withheld = append(p.withheld, w)
	}
}

// pair is the two requests whose answers a swap exchanges on a connection.
type pair struct{ first, second *key }

// pair is that of a swap, nil before either request.
func (t *Track) pair(a *armed) *pair {
	p, _ := t.memory[a].(*pair)
	return p
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

// letGo takes out what the faults kept that were lifted since it was called last. The caller holds mu.
func (p *Plan) letGo(live []*Track) []Withheld {
	due := p.released
	for _, a := range p.lifted {
		for _, t := range live {
			if window, ok := t.memory[a].([]Withheld); ok {
				due = append(due, window...)
				delete(t.memory, a)
			}
		}
	}
	p.released, p.lifted = nil, nil
	return due
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
