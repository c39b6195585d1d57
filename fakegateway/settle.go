package fakegateway

import (
	"syscall"
	"time"
)

// settleWithin bounds how long START_API waits for the sessions that are ending.
const settleWithin = 250 * time.Millisecond

// settle waits until the session of every connection that is ending is over, so that the client
// ids of the dead are free: else a client that is quick to come back would meet itself. One whose
// loop does not get to its end, because a fault holds it up, keeps its id.
func (c *conn) settle(id int) {
	var late <-chan time.Time
	for _, other := range c.srv.open() {
		if other == c || !other.isLeaving() && (!other.hasID(id) || !other.isDeserted()) {
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

func (c *conn) hasID(id int) bool {
	has := false
	c.srv.board.read(c.row, func(r *Connection) { has = r.ClientID != nil && *r.ClientID == id })
	return has
}

// isDeserted reports whether the kernel has the client's FIN or RST, which the reader may not have
// come to yet. Where the kernel does not tell, it is false.
func (c *conn) isDeserted() bool {
	raw, ok := c.nc.(syscall.Conn)
	if !ok {
		return false
	}
	state, known := tcpState(raw)
	return known && (state == tcpCloseWait || state == tcpClose)
}

// isLeaving reports whether the connection's session is over, or will be as soon as its loop has
// taken what its reader has seen.
func (c *conn) isLeaving() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended || c.stopped || c.finSeen && c.eof != sendPastEOF
}
