package fakegateway

import (
	"fmt"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

// tell is the layer between the books and what a session says of them: every message of the session
// passes here, and faults withhold, change, multiply or swap it. The books never see it.
//
// Deciding about a message and queueing it is one step under telling, so that the order on the wire
// is the order in which faults counted. The order of locks is exchange, session, telling, plan.
func (c *conn) tell(m wire.Message) {
	c.telling.Lock()
	defer c.telling.Unlock()
	fall := c.track.Outbound(m, c.hooked(m))
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
	c.sayAll(fall.Released)
}

// queueTold queues what a telling fault made of a message.
func (c *conn) queueTold(told fault.Told) {
	if told.Raw == nil {
		c.queue(c.timed(told.Message), nil, told.Note)
		return
	}
	kind := told.Message.Kind.String()
	c.w.put(item{raw: told.Raw, kind: kind, message: true, note: told.Note})
}

// queue hands a message to the writer, with the fault that acts on its bytes, if any. One that the
// version cannot carry is logged and dropped. The caller holds telling.
func (c *conn) queue(m wire.Message, hit *fault.Hit, note string) {
	raw, err := c.slab.frame(m, wire.Version(c.spoken.Load()))
	if err != nil {
		c.srv.log.Error("message not sent", "connection", c.id, "err", err)
		return
	}
	c.w.put(item{raw: raw, kind: m.Kind.String(), message: true, hit: hit, note: note, digest: c.digest(m)})
}

// hear lets a request that was just read pass the faults: it tells what waited for it, and returns
// the fault that acts on it, nil for none.
func (c *conn) hear(m wire.Message) *fault.Hit {
	c.telling.Lock()
	defer c.telling.Unlock()
	fall := c.track.Inbound(m, c.hooked(m))
	c.sayAll(fall.Released)
	return fall.Hit
}

// phase lets a phase pass the faults, as hear does.
func (c *conn) phase(p fault.Phase) *fault.Hit {
	c.telling.Lock()
	defer c.telling.Unlock()
	fall := c.track.Phase(p)
	c.sayAll(fall.Released)
	return fall.Hit
}

// made lets an error pass that a fault has made and that was queued.
func (c *conn) made(m wire.Message) {
	c.telling.Lock()
	defer c.telling.Unlock()
	c.sayAll(c.track.Told(m).Released)
}

// sayAll tells what was withheld until now, in its order. The caller holds telling.
func (c *conn) sayAll(released []fault.Withheld) {
	for _, w := range released {
		if w.Wait > 0 {
			c.srv.delayed.add(w)
			continue
		}
		c.say(w)
	}
}

func (c *conn) say(w fault.Withheld) {
	kept := (c.srv.clock.Elapsed() - w.Since).Round(time.Millisecond)
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

// sayNow tells what was withheld to the client, wherever it is.
func (s *Server) sayNow(w fault.Withheld) {
	if w.Wait > 0 {
		s.delayed.add(w)
		return
	}
	c := s.addressee(w)
	if c == nil {
		s.board.File(fault.Receipt{
			Fault: w.ID, Planned: w.What.Do, Wire: "nothing: the client is not connected",
			Connection: w.Connection, Point: w.Point, At: time.Now(),
		})
		return
	}
	c.telling.Lock()
	defer c.telling.Unlock()
	c.say(w)
}

// addressee is the live connection of a withheld message's client, nil for none: the one that it was
// withheld from, or the newest.
func (s *Server) addressee(w fault.Withheld) *conn {
	var newest *conn
	for _, c := range s.open() {
		if !c.isLive() {
			continue
		}
		if c.id == w.Connection {
			return c
		}
		s.board.Read(c.row, func(r *Connection) {
			if r.ClientID != nil && *r.ClientID == w.ClientID && !r.BootstrapSent.IsZero() {
				newest = c
			}
		})
	}
	return newest
}
