package observe

import (
	"sync"
	"time"
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
	// AfterFIN, of an outbound message, is true when the client's FIN had arrived before the Gateway
	// began to write it, even if it had not read up to it: nobody was there to be told. Where the
	// kernel does not tell (Linux does), it is what had been read.
	AfterFIN bool `json:"afterFIN,omitempty"`
	// Through, of an outbound message, is how many bytes had been written to the connection at its
	// end.
	Through int64 `json:"through,omitempty"`
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
func (b *Board) emit(e Event) {
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
func (b *Board) Watch() (events <-chan Event, stop func()) {
	w, _ := b.watch()
	return w.events, sync.OnceFunc(func() { b.unwatch(w) })
}

// Watched reports whether anybody follows.
func (b *Board) Watched() bool { return b.watched.Load() }

// Wake gives a channel that is told of everything that happens, until stop.
func (b *Board) Wake() (wake <-chan struct{}, stop func()) {
	w := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiters[w] = true
	return w, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.waiters, w)
	}
}

// watch begins to follow behind the event with number seq.
func (b *Board) watch() (w *watcher, seq int) {
	w = &watcher{events: make(chan Event, watchedEvents)}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watchers[w] = true
	b.watched.Store(true)
	return w, b.events
}

func (b *Board) unwatch(w *watcher) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.watchers, w)
	b.watched.Store(len(b.watchers) > 0)
	close(w.events)
}
