package connection

import (
	"fmt"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

// sendThroughFaults is the layer between the books and what a session says of them: every message of the session
// passes here, and faults withhold, change, multiply or swap it. The books never see it.
//
// Deciding about a message and queueing it is one step under sending, so that the order on the wire
// is the order in which faults counted. The order of locks is exchange, session, sending, plan.
func (c *Conn) sendThroughFaults(m wire.Message) {
	c.sending.Lock()
	defer c.sending.Unlock()
	fall := c.track.Outbound(m, c.askHook(m))
	switch hit := fall.Hit; {
	case hit == nil:
		c.queue(m, nil, "")
	case !hit.What.Telling(): // the writer's: it is on the bytes
		c.fell(*hit)
		c.queue(m, hit, "")
	default:
		c.receipt(*hit, fall.Wire, fall.Mismatch)
		for _, told := range fall.Tell {
			c.queueTold(told)
		}
	}
	c.tellReleased(fall.Released)
}

// queueTold queues what a telling fault made of a message.
func (c *Conn) queueTold(told fault.Told) {
	if told.Raw == nil {
		c.queue(c.timed(told.Message), nil, told.Note)
		return
	}
	kind := told.Message.Kind.String()
	c.w.put(item{raw: told.Raw, kind: kind, message: true, note: told.Note})
}

// queue hands a message to the writer, with the fault that acts on its bytes, if any. One that the
// version cannot carry is logged and dropped. The caller holds sending.
func (c *Conn) queue(m wire.Message, hit *fault.Hit, note string) {
	raw, err := c.slab.frame(m, wire.Version(c.agreed.Load()))
	if err != nil {
		c.gateway.Log.Error("message not sent", "connection", c.id, "err", err)
		return
	}
	c.w.put(item{raw: raw, kind: m.Kind.String(), message: true, hit: hit, note: note, digest: c.digest(m)})
}

// inboundFault lets a request that was just read pass the faults: it tells what waited for it, and returns
// the fault that acts on it, nil for none.
func (c *Conn) inboundFault(m wire.Message) *fault.Hit {
	c.sending.Lock()
	defer c.sending.Unlock()
	fall := c.track.Inbound(m, c.askHook(m))
	c.tellReleased(fall.Released)
	return fall.Hit
}

// phase lets a phase pass the faults, as hear does.
func (c *Conn) phase(p fault.Phase) *fault.Hit {
	c.sending.Lock()
	defer c.sending.Unlock()
	fall := c.track.Phase(p)
	c.tellReleased(fall.Released)
	return fall.Hit
}

// passError lets an error pass that a fault has made and that was queued.
func (c *Conn) passError(m wire.Message) {
	c.sending.Lock()
	defer c.sending.Unlock()
	c.tellReleased(c.track.Told(m).Released)
}

// tellReleased tells what was withheld until now, in its order. The caller holds sending.
func (c *Conn) tellReleased(released []fault.Withheld) {
	for _, w := range released {
		if w.Wait > 0 {
			c.gateway.Delayed.Add(w)
			continue
		}
		c.tellWithheld(w)
	}
}

func (c *Conn) tellWithheld(w fault.Withheld) {
	kept := (c.gateway.Clock.Elapsed() - w.Since).Round(time.Millisecond)
	kind := w.Message.Kind.String()
	if c.isMuted() {
		c.receipt(w.Hit, "nothing: the connection is mute", "")
		return
	}
	c.receipt(w.Hit, fmt.Sprintf("%s told after %s", kind, kept), "")
	for range w.Copies {
		c.queue(w.Message, nil, fmt.Sprintf("withheld by %s for %s", w.ID, kept))
	}
}

// TellNow tells what was withheld.
func (c *Conn) TellNow(w fault.Withheld) {
	c.sending.Lock()
	defer c.sending.Unlock()
	c.tellWithheld(w)
}
