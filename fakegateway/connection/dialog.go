package connection

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"ibsoak/fakegateway/lock"
	"ibsoak/fakegateway/observe"
)

// Dialogs are the clients that wait for the operator. One dialog is on show at a time, that of the
// first; a client that has gone keeps its place, and its socket in CLOSE_WAIT, until then.
type Dialogs struct {
	mu       lock.Mutex[lock.Last]
	queue    []*dialog
	accepted map[string]bool
}

// dialog is one client's question to the operator.
type dialog struct {
	about  string            // what an accept is remembered for; "": nothing
	shown  chan struct{}     // closed when the dialog comes on show
	answer chan DialogAnswer // holds the answer
}

// ask queues a client, unless it was accepted before.
func (d *Dialogs) ask(about string) *dialog {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.accepted[about] {
		return nil
	}
	q := &dialog{about: about, shown: make(chan struct{}), answer: make(chan DialogAnswer, 1)}
	d.queue = append(d.queue, q)
	if len(d.queue) == 1 {
		close(q.shown)
	}
	return q
}

// AnswerShown answers the dialog on show, and with an accept all others about the same.
func (d *Dialogs) AnswerShown(a DialogAnswer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.queue) == 0 {
		return errors.New("no incoming connection dialog is on show: await one, see GET /healthz")
	}
	d.close(d.queue[0], a)
	return nil
}

// answerOne answers q, if it still waits.
func (d *Dialogs) answerOne(q *dialog, a DialogAnswer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if slices.Contains(d.queue, q) {
		d.close(q, a)
	}
}

// close takes q, and what its answer also answers, from the queue. The caller holds mu.
func (d *Dialogs) close(q *dialog, a DialogAnswer) {
	if a == AcceptClient && q.about != "" {
		if d.accepted == nil {
			d.accepted = make(map[string]bool)
		}
		d.accepted[q.about] = true
	}
	first := d.queue[0]
	d.queue = slices.DeleteFunc(d.queue, func(other *dialog) bool {
		same := other == q || d.accepted[other.about]
		if same {
			other.answer <- a
		}
		return same
	})
	if len(d.queue) > 0 && d.queue[0] != first {
		close(d.queue[0].shown)
	}
}

// Waiting counts the clients that wait.
func (d *Dialogs) Waiting() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.queue)
}

// AskFirst asks about a connection that was just accepted, when the dialog does that: nothing of it
// is read meanwhile. The caller has not started the connection yet.
func (c *Conn) AskFirst() {
	var about string
	switch c.gateway.Settings.Dialog {
	case DialogEach:
	case DialogPerAddress:
		about = "address " + AddrPort(c.nc.RemoteAddr()).Addr().String()
	default:
		return
	}
	if c.dialog = c.gateway.Dialogs.ask(about); c.dialog != nil {
		c.readOn = c.rd.gate.shut()
	}
}

// welcome decides whether a connection that was accepted is served at all.
func (c *Conn) welcome() bool {
	if c.refusal != "" {
		c.finish(c.refusal, nil)
		return false
	}
	if c.dialog == nil {
		return true
	}
	answer := c.awaitAnswer(c.dialog)
	defer c.readOn()
	return c.obeyAnswer(answer)
}

// allow asks about a client id, when the dialog does that.
func (c *Conn) allow(clientID int) bool {
	if c.gateway.Settings.Dialog != DialogPerClientID {
		return true
	}
	q := c.gateway.Dialogs.ask("client id " + strconv.Itoa(clientID))
	return q == nil || c.obeyAnswer(c.awaitAnswer(q))
}

// obeyAnswer reports whether the loop goes on.
func (c *Conn) obeyAnswer(a DialogAnswer) bool {
	switch a {
	case AcceptClient:
		return true
	case DismissDialog:
		c.SetMuted(true)
		return true
	case RejectClient:
		c.finish("the incoming connection was rejected", nil)
	}
	return false
}

// awaitAnswer waits in the connection's loop; "" when the connection ends first.
func (c *Conn) awaitAnswer(q *dialog) DialogAnswer {
	dialogs, cfg := c.gateway.Dialogs, c.gateway.Settings
	c.gateway.Board.Announce(observe.Event{Kind: observe.EventDialog, Connection: c.id, Message: q.about})
	defer func() {
		c.gateway.Board.Announce(observe.Event{Kind: observe.EventDialog, Connection: c.id, Message: "closed"})
	}()
	shown := q.shown
	var due <-chan time.Time
	for {
		select {
		case <-shown:
			shown = nil
			if cfg.DialogAnswer != "" {
				timer := time.NewTimer(c.gateway.Clock.Real(cfg.DialogAfter))
				defer timer.Stop()
				due = timer.C
			}
		case <-due:
			dialogs.answerOne(q, cfg.DialogAnswer)
		case a := <-q.answer:
			return a
		case <-c.quit:
			dialogs.answerOne(q, DismissDialog)
			return ""
		case <-c.over:
			dialogs.answerOne(q, DismissDialog)
			return ""
		}
	}
}
