package connection

import (
	"fmt"
	"strings"
	"time"

	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

const (
	codeMaxRate = 100
	// maxViolations of the message rate end a session.
	maxViolations = 3
	// pacedOption in a greeting asks to be paced where others are rejected.
	pacedOption = "+PACEAPI"
)

// meter counts a client's messages by the second of the scenario's clock.
type meter struct {
	limit      int
	began      time.Time // of the current second
	count      int       // in it
	violations int
}

// next counts a message: how many its second has had with it, and how much of it is left.
func (m *meter) next(now time.Time) (count int, left time.Duration) {
	if now.Sub(m.began) >= time.Second {
		m.began, m.count = now, 0
	}
	m.count++
	return m.count, m.began.Add(time.Second).Sub(now)
}

// meters makes the meter of a client that has just greeted: that of its reader, which paces, or
// that of its loop, which rejects.
func (c *Conn) meters(p wire.Preamble) (pace, reject *meter) {
	mode := c.gateway.Settings.MessagePacing
	if mode == NoPacing {
		return nil, nil
	}
	m := &meter{limit: c.gateway.Settings.MessageRate}
	if mode == PaceMessages || strings.Contains(p.Options, pacedOption) {
		return m, nil
	}
	return nil, m
}

// pace holds the reader up while the client is too fast. It reports false when the connection is
// over, or nobody wants what is read any more.
func (r *reader) pace() bool {
	count, left := r.meter.next(r.c.Now())
	if count <= r.meter.limit {
		return true
	}
	timer := time.NewTimer(r.c.gateway.Clock.Real(left))
	defer timer.Stop()
	select {
	case <-timer.C:
		r.meter.next(r.c.Now()) // the message is the first of the next second
		return true
	case <-r.dropping:
	case <-r.c.over:
	}
	return false
}

// overRate counts a message and answers one that is too many. handle is false for that one, goOn
// when it was the third.
func (c *Conn) overRate() (goOn, handle bool) {
	count, _ := c.rate.next(c.Now())
	if count <= c.rate.limit {
		return true, true
	}
	c.rate.violations++
	c.session.Notify(client.Notice{Code: codeMaxRate, Text: fmt.Sprintf(
		"Max rate of messages per second has been exceeded: max=%d rec=%d (%d)",
		c.rate.limit, count, c.rate.violations)})
	if c.rate.violations < maxViolations {
		return true, false
	}
	c.finishAfter(c.gateway.Settings.RefusalDelay, "the message rate was exceeded three times")
	return false, false
}
