package fakegateway

import (
	"context"
	"fmt"
	"sync"
	"time"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/session"
)

// watchedEvents bounds what a follower may lag behind before events are lost to it.
const watchedEvents = 4096

// EventKind says what happened.
type EventKind string

// The kinds of events.
const (
	EventAccepted   EventKind = "accepted"
	EventPhase      EventKind = "phase"    // Message is the fault.Phase
	EventInbound    EventKind = "inbound"  // Message is IBKR's name
	EventOutbound   EventKind = "outbound" // written; Message is IBKR's name
	EventFault      EventKind = "fault"    // a receipt was filed
	EventClientFIN  EventKind = "client-fin"
	EventClientRST  EventKind = "client-rst"
	EventGatewayFIN EventKind = "gateway-fin"
	EventGatewayRST EventKind = "gateway-rst"
	EventHeld       EventKind = "held"
	EventClosed     EventKind = "closed"    // the Gateway has no socket any more
	EventListening  EventKind = "listening" // Message is the Stage
	EventRefusing   EventKind = "refusing"  // the port is closed, or its accept queue is full
	EventBooks      EventKind = "books"     // the exchange moved
	EventDialog     EventKind = "dialog"    // an incoming connection dialog waits, or is "closed"
)

// Event is one thing that happened, as Watch tells it.
type Event struct {
	Seq        int       `json:"seq"`
	At         time.Time `json:"at"` // real time
	Kind       EventKind `json:"kind"`
	Connection int       `json:"connection,omitempty"`
	Message    string    `json:"message,omitempty"`
	Fault      string    `json:"fault,omitempty"`
	// Begun, of an outbound message, is when the Gateway began to write it. Its reader may have seen
	// the client's reaction, an end even, before the event says that all was written. Of an inbound
	// one it is when its bytes had been read: it is handled when what was said before is written.
	Begun time.Time `json:"begun,omitzero"`
	// Digest, of an inbound or outbound message, says what it is about; nil when it does not decode,
	// or was queued before anybody followed.
	Digest *Digest `json:"digest,omitempty"`
	// Dropped is how many events before this one were lost because the follower lagged.
	Dropped int `json:"dropped,omitempty"`
}

// watcher is one follower. It is guarded by the board.
type watcher struct {
	events  chan Event
	dropped int
}

// emit numbers an event and hands it to everybody who follows. The caller holds mu.
func (b *board) emit(e Event) {
	b.events++
	e.Seq, e.At = b.events, b.steady(time.Now())
	for w := range b.watchers {
		e.Dropped = w.dropped
		select {
		case w.events <- e:
			w.dropped = 0
		default:
			w.dropped++
		}
	}
	for wake := range b.waiters {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// Watch follows what happens from now on. The channel holds 4096 events; when the follower lags
// further, events are lost, and the next one says how many. stop ends it and closes the channel.
func (s *Server) Watch() (events <-chan Event, stop func()) {
	w, _ := s.board.watch()
	return w.events, sync.OnceFunc(func() { s.board.unwatch(w) })
}

// watch begins to follow behind the event with number seq.
func (b *board) watch() (w *watcher, seq int) {
	w = &watcher{events: make(chan Event, watchedEvents)}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watchers[w] = true
	b.watched.Store(true)
	return w, b.events
}

func (b *board) unwatch(w *watcher) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.watchers, w)
	b.watched.Store(len(b.watchers) > 0)
	close(w.events)
}

// Wait returns when until holds. It is asked again after everything that happens, and never
// between. The error, when ctx ends first or the Gateway is closed, names what was awaited and
// shows the ledger's tail.
func (s *Server) Wait(ctx context.Context, what string, until func(*View) bool) error {
	wake := make(chan struct{}, 1)
	s.board.mu.Lock()
	s.board.waiters[wake] = true
	s.board.mu.Unlock()
	defer func() {
		s.board.mu.Lock()
		defer s.board.mu.Unlock()
		delete(s.board.waiters, wake)
	}()
	for {
		if until(&View{s: s}) {
			return nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w (%s)", what, context.Cause(ctx), s.board.tail())
		case <-s.gone:
			if until(&View{s: s}) {
				return nil
			}
			return fmt.Errorf("wait for %s: %w (%s)", what, ErrClosed, s.board.tail())
		}
	}
}

// View is the Gateway's state as Wait shows it. Each method sees the newest state; between two
// calls things may move on, but nothing that happened is ever taken back.
type View struct{ s *Server }

// Connections is the ledger.
func (v *View) Connections() []Connection { return v.s.Connections() }

// Connection is one row; false when there is no such connection yet.
func (v *View) Connection(id int) (Connection, bool) {
	v.s.board.mu.Lock()
	defer v.s.board.mu.Unlock()
	if id < 1 || id > len(v.s.board.rows) {
		return Connection{}, false
	}
	return v.s.board.shown(v.s.board.rows[id-1], time.Now()), true
}

// Received counts client messages of this name over all connections since the start.
func (v *View) Received(name string) int {
	v.s.board.mu.Lock()
	defer v.s.board.mu.Unlock()
	return v.s.board.received[name]
}

// Sent counts Gateway messages of this name that the kernel took, over all connections.
func (v *View) Sent(name string) int {
	v.s.board.mu.Lock()
	defer v.s.board.mu.Unlock()
	return v.s.board.sent[name]
}

// Transcript is the kept frames with a Seq above after, decoded.
func (v *View) Transcript(after int) []Frame { return v.s.transcript(after) }

// Receipts is what faults did so far.
func (v *View) Receipts() []fault.Receipt { return v.s.Receipts() }

// Books is the exchange's truth.
func (v *View) Books() exchange.Books { return v.s.Books() }

// InCloseWait counts connections whose Gateway end is in CLOSE_WAIT.
func (v *View) InCloseWait() int { return v.s.board.inCloseWait() }

// Dialogs counts the clients that wait for the incoming connection dialog.
func (v *View) Dialogs() int { return v.s.dialogs.waiting() }

// Connectivity is the state of the connection to IBKR's servers.
func (v *View) Connectivity() session.Connectivity { return v.s.Connectivity() }

// Stage says how far up the Gateway is.
func (v *View) Stage() Stage { return v.s.stage.now() }
