package connection

import (
	"syscall"
	"time"
)

// settleWithin bounds how long START_API waits for a session that is ending.
const settleWithin = 250 * time.Millisecond

// settle waits until the session of a connection that is ending and had the client id is over: else a
// client that is quick to come back would meet itself. One whose loop does not get to its end,
// because a fault holds it up, keeps its id.
func (c *Conn) settle(id int) {
	var late <-chan time.Time
	for _, other := range c.gateway.Owner.Open() {
		if other == c || !other.hasAsked(id) || !other.IsLeaving() && !other.isDeserted() {
			continue
		}
		if late == nil {
			timer := time.NewTimer(settleWithin)
			defer timer.Stop()
			late = timer.C
		}
		select {
		case <-other.rd.dropping:
		case <-late:
			return
		case <-c.quit:
		case <-c.over:
		}
	}
}

// hasAsked reports whether START_API has come with this client id.
func (c *Conn) hasAsked(id int) bool {
	asked := c.asked.Load()
	return asked != nil && *asked == id
}

// isDeserted reports whether the kernel has the client's FIN or RST, which the reader may not have
// come to yet. Where the kernel does not tell, it is false.
func (c *Conn) isDeserted() bool {
	raw, ok := c.nc.(syscall.Conn)
	if !ok {
		return false
	}
	state, known := tcpState(raw)
	return known && (state == tcpCloseWait || state == tcpClose)
}

// IsLeaving reports whether the connection's session is over, or will be as soon as its loop has
// taken what its reader has seen.
func (c *Conn) IsLeaving() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended || c.stopped || c.finSeen && !c.onFIN.What.Do.OutlivesClientFIN()
}
