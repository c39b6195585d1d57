package subs

import (
	"slices"

	"google.golang.org/protobuf/proto"

	pb "github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// maxOpen bounds what is followed of one client. What is beyond it is not known any more, and the
// session cannot be given to another client.
const maxOpen = 4096

// Key names a request: its kind, and its id where it has one.
type Key struct {
	Request wire.Kind
	ID      int64
}

// KeyOf is the key of a request, or of the request that a cancel is for.
func KeyOf(m wire.Message) Key {
	k := Key{Request: m.Kind}
	if row := byCancel[m.Kind]; row != nil {
		k.Request = row.Request
	}
	k.ID, _ = RequestID(m.Body)
	return k
}

// IsCancel reports a kind that only takes something back.
func IsCancel(k wire.Kind) bool { return byCancel[k] != nil }

// IsEnd reports a kind that can end an answer: the only ones, besides errors, that Answered needs.
func IsEnd(k wire.Kind) bool { return len(byEnd[k]) > 0 }

// Tracker follows what a client has asked of a Gateway, and what of it is still going on. It has one
// user at a time.
type Tracker struct {
	version wire.Version
	open    []entry // in the order of the requests
	unknown bool
}

type entry struct {
	key     Key
	row     *Row
	body    proto.Message
	hasID   bool
	lasting bool
}

// NewTracker follows a session at a version.
func NewTracker(v wire.Version) *Tracker { return &Tracker{version: v} }

// Requested notes a client's request.
func (t *Tracker) Requested(m wire.Message) {
	if row := byCancel[m.Kind]; row != nil {
		t.Forget(KeyOf(m))
		return
	}
	row := byRequest[m.Kind]
	switch {
	case row == nil:
		t.unknown = t.unknown || !harmless[m.Kind]
		return
	case row.starts != nil && !row.starts(m.Body):
		t.Forget(KeyOf(m))
		return
	case len(t.open) >= maxOpen:
		t.unknown = true
		return
	}
	_, hasID := RequestID(m.Body)
	e := entry{key: KeyOf(m), row: row, body: m.Body, hasID: hasID}
	e.lasting = len(row.Ends) == 0
	if row.lasting != nil {
		e.lasting = row.lasting(m.Body)
	}
	if e.lasting || e.cancellable(t.version) {
		t.Forget(e.key) // there is one of a kind and id
	}
	t.open = append(t.open, e)
}

// Undecodable notes a request that the codec could not read: nobody knows what it left behind.
func (t *Tracker) Undecodable() { t.unknown = true }

func (e entry) cancellable(v wire.Version) bool {
	return e.row.Cancel != 0 && v >= wire.Since(e.row.Cancel)
}

// Forget drops all requests of a key, for example of one that was never sent.
func (t *Tracker) Forget(k Key) {
	kept := t.open[:0]
	for _, e := range t.open {
		if e.key != k {
			kept = append(kept, e)
		}
	}
	clear(t.open[len(kept):])
	t.open = kept
}

// Answered notes a message of the Gateway: one of IsEnd, or an error.
func (t *Tracker) Answered(m wire.Message) {
	if body, ok := m.Body.(*pb.ErrorMessage); ok {
		t.failed(int64(body.GetId()), int(body.GetErrorCode()))
		return
	}
	if m.Kind == wire.HistoricalData && t.version >= barsEndSince || unfinished(m.Body) {
		return
	}
	id, hasID := RequestID(m.Body)
	for _, row := range byEnd[m.Kind] {
		for i, e := range t.open {
			if e.row == row && !e.lasting && (!hasID || !e.hasID || e.key.ID == id) {
				t.open = slices.Delete(t.open, i, i+1)
				return
			}
		}
	}
}

// The codes of errors that only warn: the request goes on (IBKR's message codes).
const (
	firstWarning, lastWarning = 2100, 2199
	delayedShown              = 10167
	partlyDelayed             = 10090
)

// failed ends the answers, other than subscriptions, of a request id.
func (t *Tracker) failed(id int64, code int) {
	if id <= 0 && code >= firstWarning || code >= firstWarning && code <= lastWarning ||
		code == delayedShown || code == partlyDelayed {
		return
	}
	kept := t.open[:0]
	for _, e := range t.open {
		if e.lasting || !e.hasID || e.key.ID != id {
			kept = append(kept, e)
		}
	}
	clear(t.open[len(kept):])
	t.open = kept
}

// Subscriptions counts what goes on until it is cancelled.
func (t *Tracker) Subscriptions() int {
	n := 0
	for _, e := range t.open {
		if e.lasting && !e.row.setting {
			n++
		}
	}
	return n
}

// Leave makes the messages that take back all that can be taken back. What is left is waited for:
// see Pending.
func (t *Tracker) Leave() []wire.Message {
	var cancels []wire.Message
	kept := t.open[:0]
	for _, e := range t.open {
		switch {
		case e.cancellable(t.version):
			cancels = append(cancels, e.row.cancelOf(e.body))
		case !e.lasting:
			kept = append(kept, e)
		default:
			t.unknown = true // a subscription that this version cannot cancel
		}
	}
	clear(t.open[len(kept):])
	t.open = kept
	return cancels
}

// Pending counts the answers that still come, and that nothing can take back.
func (t *Tracker) Pending() int {
	n := 0
	for _, e := range t.open {
		if !e.lasting {
			n++
		}
	}
	return n
}

// Clean reports that everything which was asked for is known: only then can a session be another
// client's.
func (t *Tracker) Clean() bool { return !t.unknown }
