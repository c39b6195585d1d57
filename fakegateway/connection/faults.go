package connection

import (
	"maps"
	"slices"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/observe"
	"ibsoak/internal/wire"
)

// reached notes in the loop that the handshake has come to p, and lets what falls there act. It
// reports whether the loop goes on.
func (c *Conn) reached(p fault.Phase) bool {
	if p != fault.Accepted { // marked before the reader started
		c.mark(p)
	}
	hit := c.phase(p)
	if hit == nil {
		return true
	}
	goOn, _ := c.strike(*hit, wire.Message{})
	return goOn
}

// reachedAtWriter is reached for the phases that are over when something was written.
func (c *Conn) reachedAtWriter(p fault.Phase) bool {
	c.mark(p)
	hit := c.phase(p)
	return hit == nil || c.w.strike(*hit, item{})
}

func (c *Conn) mark(p fault.Phase) {
	event := observe.Event{Kind: observe.EventPhase, Message: string(p)}
	c.gateway.Board.Update(c.row, event, func(r *observe.Connection) {
		if at := r.Phase(p); at.IsZero() {
			*at = time.Now()
		}
	})
}

// fell notes a hit that has yet to leave its receipt. One that the end of the connection overtakes gets
// it when the connection is gone.
func (c *Conn) fell(hit fault.Hit) {
	if hit.What.Do.OnListener() {
		return // its receipt is the port's
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.unfiled == nil {
		c.unfiled = make(map[int]fault.Hit)
	}
	c.unfiled[hit.Number] = hit
}

// cameToNothing files the hits that the end of the connection has overtaken.
func (c *Conn) cameToNothing() {
	c.mu.Lock()
	left := c.unfiled
	c.mu.Unlock()
	for _, number := range slices.Sorted(maps.Keys(left)) {
		c.receipt(left[number], fault.CameToNothing, "")
	}
}

// receipt files what a fault did.
func (c *Conn) receipt(hit fault.Hit, wire, mismatch string) {
	c.mu.Lock()
	delete(c.unfiled, hit.Number)
	c.mu.Unlock()
	c.gateway.Board.File(fault.Receipt{
		Fault: hit.ID, Planned: hit.Planned(), Wire: wire, Connection: c.id, Point: hit.Point,
		At: time.Now(), BytesOut: c.w.sent.Load(), Mismatch: mismatch,
	})
}

// perform files what an action does and lets it happen. wrote is what the fault has put on the wire
// before. It reports whether the goroutine that is at it goes on.
func (c *Conn) perform(hit fault.Hit, wrote string, e fault.Effect) bool {
	if e.Close != nil {
		e.Close(func(more, mismatch string) { c.receipt(hit, wrote+e.Wire+more, mismatch) })
		return false
	}
	c.receipt(hit, wrote+e.Wire, e.Mismatch)
	if e.Resume != nil {
		c.resumeLater(hit, e)
	}
	return e.Do == nil || e.Do()
}

// resumeLater ends what lasts, when its time is over or the fault is lifted.
func (c *Conn) resumeLater(hit fault.Hit, e fault.Effect) {
	if e.Lasts <= 0 && hit.Lifted() == nil {
		return
	}
	c.spawn(func() {
		began := time.Now()
		if over, lifted := c.await(e.Lasts, hit, nil); over {
			return
		} else if e.Resume(); lifted {
			c.receipt(hit, liftedAfter(began), "")
		}
	})
}

// await waits for d, or for good when that is 0, until the fault is lifted, the connection is over or
// quit is closed.
func (c *Conn) await(d time.Duration, hit fault.Hit, quit <-chan struct{}) (over, lifted bool) {
	var passed <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		passed = timer.C
	}
	select {
	case <-passed:
	case <-hit.Lifted():
		lifted = true
	case <-quit:
	case <-c.over:
		over = true
	}
	return over, lifted
}

func liftedAfter(began time.Time) string {
	return "lifted after " + time.Since(began).Round(time.Millisecond).String()
}

// holdBack is wait for a fault that can be lifted.
func (c *Conn) holdBack(d time.Duration, hit fault.Hit) bool {
	if d <= 0 {
		return c.wait(d)
	}
	began := time.Now()
	if _, lifted := c.await(d, hit, c.quit); lifted {
		c.receipt(hit, liftedAfter(began), "")
	}
	return c.wait(0)
}

// strike lets a fault act in the loop, on the message m that was just read, if any. goOn is false
// when the loop is over, handle when the message is not to be handled.
func (c *Conn) strike(hit fault.Hit, m wire.Message) (goOn, handle bool) {
	if hit.InMessages() {
		c.fell(hit)
		if !c.sleep(time.Duration(hit.When.Delay)) || c.quitting() {
			return false, false
		}
		e := hit.OnMessage(atLoop{Conn: c, hit: hit, message: m})
		goOn = c.perform(hit, "", e)
		return goOn, goOn && !e.Swallow
	}
	if hit.When.Delay > 0 {
		c.Later(hit)
		return true, true
	}
	c.Do(hit)
	goOn = !hit.What.Do.EndsConnection()
	return goOn, goOn
}

// Later lets a fault act after its When.Delay, while the connection goes on. One that is lifted before
// does not act.
func (c *Conn) Later(hit fault.Hit) {
	delay := time.Duration(hit.When.Delay)
	hit.When.Delay = 0
	c.fell(hit)
	c.spawn(func() {
		switch over, lifted := c.await(max(1, delay), hit, nil); {
		case over:
		case lifted:
			c.receipt(hit, fault.LiftedBefore, "")
		default:
			c.Do(hit)
		}
	})
}

// Do lets a fault act on the connection, or hands one on the listener to the Gateway. Any goroutine may
// call it.
func (c *Conn) Do(hit fault.Hit) {
	if hit.What.Do.OnListener() {
		c.gateway.Owner.Order(hit)
		return
	}
	c.fell(hit)
	if hit.InStream() {
		c.w.put(item{step: func(bool) bool { return c.w.strike(hit, item{}) }})
		return
	}
	c.perform(hit, "", hit.OnConnection(c))
}
