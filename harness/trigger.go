package harness

import (
	"cmp"
	"errors"
	"fmt"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
)

// trigger watches for a fault.When on the connections of one life.
type trigger struct {
	when fault.When
	seen map[int]int // matching messages by connection
}

func newTrigger(w fault.When) *trigger {
	return &trigger{when: w, seen: map[int]int{}}
}

// String names the point.
func (t *trigger) String() string { return when(fault.Fault{When: t.when}) }

// reached reports whether the event is the point. Byte counts are read from the ledger at every
// event, since none is sent for a single byte.
func (t *trigger) reached(e fakegateway.Event, gateway *gateway) bool {
	switch {
	case t.when.Phase == fault.Accepted:
		return e.Kind == fakegateway.EventAccepted
	case t.when.Phase != "":
		return e.Kind == fakegateway.EventPhase && e.Message == string(t.when.Phase)
	case t.when.Inbound != "":
		return e.Kind == fakegateway.EventInbound && t.counted(e, t.when.Inbound)
	case t.when.Outbound != "":
		return e.Kind == fakegateway.EventOutbound && t.counted(e, t.when.Outbound)
	case t.when.BytesOut != nil:
		return e.Connection != 0 && gateway.bytesOut(e.Connection) >= *t.when.BytesOut
	}
	return false
}

// counted reports whether this is the Nth message of that name on its connection.
func (t *trigger) counted(e fakegateway.Event, name string) bool {
	if name != "any" && name != e.Message {
		return false
	}
	t.seen[e.Connection]++
	return t.seen[e.Connection] == cmp.Or(t.when.Nth, 1)
}

// killable reports why a moment cannot be the point of a kill; nil when it can.
func killable(w fault.When) error {
	if w.At != nil {
		return fmt.Errorf("kill at %s: a kill follows the connection, not the clock; "+
			"use a phase, a message or bytes", *w.At)
	}
	if w.Of != nil || w.AnswerTo != nil || w.After != nil {
		return errors.New("kill at a message by its content: a kill counts messages of a kind; use nth")
	}
	if w.Byte != 0 {
		return fmt.Errorf("kill at byte %d of a frame: use bytesOut", w.Byte)
	}
	if w.Phase == "" && w.Inbound == "" && w.Outbound == "" && w.BytesOut == nil {
		return errors.New("kill at no moment: give a phase, a message or bytes")
	}
	return nil
}
