package connection

import "time"

// writtenLimit bounds how long the loop waits for the writer.
const writtenLimit = 5 * time.Millisecond

// awaitWritten waits until what was said so far is written, before more is heard: so the order of what a
// Gateway hears and says is the same in every run with the same client. A writer that does not get
// on, because of its client or of a fault, is not waited for until it has. It reports whether the
// loop goes on.
func (c *Conn) awaitWritten() bool {
	resting := c.w.resting()
	if resting == nil {
		c.lagging = false
		return !c.quitting() && !c.rd.isOver()
	}
	if c.lagging {
		return !c.quitting() && !c.rd.isOver()
	}
	timer := time.NewTimer(writtenLimit)
	defer timer.Stop()
	select {
	case <-resting:
	case <-timer.C:
		c.lagging = true
	case <-c.quit:
	case <-c.over:
	}
	return !c.quitting() && !c.rd.isOver()
}

// sleep is wait for the loop: what was said goes out meanwhile.
func (c *Conn) sleep(d time.Duration) bool {
	if d <= 0 {
		return c.wait(d)
	}
	if c.w.uncork() {
		defer c.w.cork()
	}
	return c.wait(d)
}

// wait waits for d. It is cut short when the connection is quitting, and reports false when the
// connection is over.
func (c *Conn) wait(d time.Duration) bool {
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-c.quit:
		case <-c.over:
		}
	}
	select {
	case <-c.over:
		return false
	default:
		return true
	}
}
