package serve

import "time"

// Watch sees the end of a client that nobody reads, so that no socket is left in CLOSE_WAIT for as long
// as the client's session takes.
type Watch struct {
	// Left is closed when the client has ended and nothing that it said is left to be read.
	Left <-chan struct{}
	// Ended is closed when the client has ended, whatever it said before, or has said more than the
	// bytes that are kept for it, behind which its end cannot be seen.
	Ended <-chan struct{}

	client *Client
	over   chan struct{} // closed when its goroutine has returned
}

// atOnce is a deadline that is over.
var atOnce = time.Unix(1, 0)

// Watch begins to look. Read and Discard must not be called until Stop has returned, nor a second Watch
// begun.
func (c *Client) Watch() *Watch {
	left, ended := make(chan struct{}), make(chan struct{})
	w := &Watch{Left: left, Ended: ended, client: c, over: make(chan struct{})}
	c.interrupt(false) // no deadline of the handshake's
	go func() {
		defer close(w.over)
		for n := 1; ; n = c.in.Buffered() + 1 {
			if _, err := c.in.Peek(n); err == nil {
				continue
			}
			if c.interrupted() {
				return
			}
			if c.in.Buffered() == 0 {
				close(left)
			}
			close(ended)
			return
		}
	}()
	return w
}

// Stop ends the look. What the client has said is still there to be read.
func (w *Watch) Stop() {
	w.client.interrupt(true)
	<-w.over
	w.client.interrupt(false)
}

// interrupt ends a read that is under way; when it is not to, the deadline is readBy again.
func (c *Client) interrupt(now bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopping = now
	c.limitReading(c.readBy)
}

func (c *Client) interrupted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stopping
}

// limitReading says until when the client may be read; zero is for ever. The caller holds mu.
func (c *Client) limitReading(by time.Time) {
	c.readBy = by
	if c.stopping {
		by = atOnce
	}
	_ = c.conn.SetReadDeadline(by) // a closed connection needs no deadline
}
