package fakegateway

import (
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"ibsoak/fakegateway/fault"
)

// dialogOperations are the answers as operations.
var dialogOperations = map[fault.Operation]DialogAnswer{
	fault.DialogAccept: AcceptClient, fault.DialogReject: RejectClient,
	fault.DialogDismiss: DismissDialog,
}

// dialogs are the clients that wait for the operator. One dialog is on show at a time, that of the
// first; a client that has gone keeps its place, and its socket in CLOSE_WAIT, until then.
type dialogs struct {
	mu       sync.Mutex
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
func (d *dialogs) ask(about string) *dialog {
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

// answerShown answers the dialog on show, and with an accept all others about the same.
func (d *dialogs) answerShown(a DialogAnswer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.queue) == 0 {
		return errors.New("no incoming connection dialog is on show: await one, see GET /healthz")
	}
	d.close(d.queue[0], a)
	return nil
}

// answerOne answers q, if it still waits.
func (d *dialogs) answerOne(q *dialog, a DialogAnswer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if slices.Contains(d.queue, q) {
		d.close(q, a)
	}
}

// close takes q, and what its answer also answers, from the queue. The caller holds mu.
func (d *dialogs) close(q *dialog, a DialogAnswer) {
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

func (d *dialogs) waiting() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.queue)
}

// askFirst asks about a connection that was just accepted, when the dialog does that: nothing of it
// is read meanwhile. The caller has not started the connection yet.
func (c *conn) askFirst() {
	var about string
	switch c.srv.cfg.Dialog {
	case DialogEach:
	case DialogPerAddress:
		about = "address " + addrPort(c.nc.RemoteAddr()).Addr().String()
	default:
		return
	}
	if c.dialog = c.srv.dialogs.ask(about); c.dialog != nil {
		c.readOn = c.rd.gate.shut()
	}
}

// welcome decides whether a connection that was accepted is served at all.
func (c *conn) welcome() bool {
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
func (c *conn) allow(clientID int) bool {
	if c.srv.cfg.Dialog != DialogPerClientID {
		return true
	}
	q := c.srv.dialogs.ask("client id " + strconv.Itoa(clientID))
	return q == nil || c.obeyAnswer(c.awaitAnswer(q))
}

// obeyAnswer reports whether the loop goes on.
func (c *conn) obeyAnswer(a DialogAnswer) bool {
	switch a {
	case AcceptClient:
		return true
	case DismissDialog:
		c.setMuted(true)
		return true
	case RejectClient:
		c.finish("the incoming connection was rejected", nil)
	}
	return false
}

// awaitAnswer waits in the connection's loop; "" when the connection ends first.
func (c *conn) awaitAnswer(q *dialog) DialogAnswer {
	dialogs, cfg := &c.srv.dialogs, c.srv.cfg
	c.srv.board.Announce(Event{Kind: EventDialog, Connection: c.id, Message: q.about})
	defer func() { c.srv.board.Announce(Event{Kind: EventDialog, Connection: c.id, Message: "closed"}) }()
	shown := q.shown
	var due <-chan time.Time
	for {
		select {
		case <-shown:
			shown = nil
			if cfg.DialogAnswer != "" {
				timer := time.NewTimer(c.srv.clock.Real(cfg.DialogAfter))
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
