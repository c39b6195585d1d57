package connection

import (
	"fmt"
	"sync/atomic"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/lock"
	"ibsoak/fakegateway/observe"
	"ibsoak/internal/wire"
)

const (
	// QueueBytes bounds what waits for a client that reads too slowly. Past it, or past QueueItems,
	// the connection is reset, with a reason in the ledger.
	QueueBytes = 32 << 20

	// QueueItems bounds the number of frames that wait.
	QueueItems = 1 << 16

	// spareItems bounds the queue whose memory is kept: a burst's is given back.
	spareItems = 1 << 14

	// batchBytes is how much is gathered for one system call.
	batchBytes = 64 << 10

	// flushGrace bounds the writing of what was queued before a FIN.
	flushGrace = time.Second
)

// item is one thing for the writer to do: a unit of the stream, or a step between units.
type item struct {
	raw     []byte
	kind    string
	message bool            // false for what is none: its bytes do not decode
	hit     *fault.Hit      // acts on it in place of the writing; nil for none
	note    string          // for the transcript
	digest  *observe.Digest // for whoever follows; nil when nobody does
	// step runs when everything before it is written, or thrown away because the writer was
	// silenced; false ends the writer.
	step func(silenced bool) bool
}

// writer owns the sending half of a connection. Its goroutine alone writes, except that anybody
// may end the connection.
type writer struct {
	c *Conn

	mu     lock.Mutex[lock.Last]
	queue  []item
	spare  []item        // memory of an earlier queue
	bytes  int           // in queue
	closed bool          // nothing more is taken
	corked bool          // the loop is handling something
	busy   bool          // something is queued or being written
	rested chan struct{} // closed at the end of busy; nil unless somebody waits

	ready  chan struct{}
	gate   gate          // shut by stop-writing
	silent atomic.Bool   // set by mute and hold: what is queued is thrown away
	every  atomic.Int64  // nanoseconds between bytes of a drip; 0 is none
	hurry  chan struct{} // of one: every has changed
	sent   atomic.Int64  // bytes that the kernel took
	done   chan struct{} // closed when the goroutine is over

	// Of the goroutine alone:
	batch  []byte
	frames []observe.RawFrame // in batch
	ends   []int              // of each frame in batch
	late   []item             // reordered: they go out behind the next message
}

func newWriter(c *Conn) *writer {
	return &writer{c: c, ready: make(chan struct{}, 1), hurry: make(chan struct{}, 1), done: make(chan struct{})}
}

// put queues items and never blocks. They are thrown away when the writer takes no more.
func (w *writer) put(items ...item) {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return
	}
	for _, it := range items {
		w.bytes += len(it.raw)
	}
	w.busy = true
	w.queue = append(w.queue, items...)
	full := w.bytes > QueueBytes || len(w.queue) > QueueItems
	if full {
		w.closed = true
	}
	corked := w.corked
	w.mu.Unlock()
	if full {
		w.c.shut(fmt.Sprintf("slow consumer: over %d bytes or %d messages waited to be written",
			QueueBytes, QueueItems), true)
		return
	}
	if !corked {
		w.wake()
	}
}

func (w *writer) wake() {
	select {
	case w.ready <- struct{}{}:
	default: // the writer is on its way
	}
}

// cork lets the writer rest while the loop handles something, so that all of it is decided before any
// of it is written. uncork, which comes soon, starts it and says whether it was corked.
func (w *writer) cork() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.corked = true
}

func (w *writer) uncork() (was bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	was, w.corked = w.corked, false
	if len(w.queue) > 0 {
		w.wake()
	}
	return was
}

// putLast queues one final item: nothing is taken after it.
func (w *writer) putLast(it item) {
	w.put(it)
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
}

// discard throws away what waits and takes nothing more.
func (w *writer) discard() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed, w.queue, w.bytes = true, nil, 0
}

// end is the writer's last act.
func (w *writer) end() {
	w.discard()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.idle()
}

// idle notes that nothing waits to be written. The caller holds mu.
func (w *writer) idle() {
	w.busy = false
	if w.rested != nil {
		close(w.rested)
		w.rested = nil
	}
}

// resting is closed when everything that is queued now was written; nil when that is so already.
func (w *writer) resting() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy && w.rested == nil {
		w.rested = make(chan struct{})
	}
	return w.rested
}

// take hands out what waits and gets back the memory of what was taken before.
func (w *writer) take(done []item) []item {
	clear(done) // nothing written is kept for the memory's sake
	w.mu.Lock()
	defer w.mu.Unlock()
	if done != nil && cap(done) <= spareItems {
		w.spare = done[:0]
	}
	items := w.queue
	w.queue, w.spare, w.bytes = w.spare, nil, 0
	if len(items) == 0 {
		w.idle()
	}
	return items
}

func (w *writer) run() {
	defer close(w.done)
	defer w.end()
	for {
		select {
		case <-w.ready:
		case <-w.c.over:
			return
		}
		w.c.gateway.Moment.RLock() // until the exchange has told all of a moment
		items := w.take(nil)
		w.c.gateway.Moment.RUnlock()
		for ; len(items) > 0; items = w.take(items) {
			for _, it := range items {
				if !w.write(it) {
					return
				}
			}
			if !w.flush() {
				return
			}
		}
	}
}

func (w *writer) write(it item) bool {
	silenced := w.silent.Load()
	if it.step != nil {
		return w.flush() && it.step(silenced)
	}
	if silenced {
		return true
	}
	if it.hit != nil {
		return w.flush() && w.strike(*it.hit, it)
	}
	return w.add(it, it.note) && w.addLate()
}

// addLate writes what was reordered.
func (w *writer) addLate() bool {
	late := w.late
	w.late = nil
	for _, it := range late {
		if !w.add(it, "reordered") {
			return false
		}
	}
	return true
}

// add puts a unit into the batch.
func (w *writer) add(it item, note string) bool {
	w.batch = append(w.batch, it.raw...)
	w.frames = append(w.frames, w.c.frame(wire.FromServer, it, note))
	w.ends = append(w.ends, len(w.batch))
	return len(w.batch) < batchBytes || w.flush()
}

// flush writes the batch. It reports false when the connection or the sending is over.
func (w *writer) flush() bool {
	if len(w.batch) == 0 {
		return true
	}
	if !w.gate.pass(w.c.over) {
		return false
	}
	board, row := w.c.gateway.Board, w.c.row
	board.Outbound(w.frames)
	if board.Watched() && w.c.clientSaidFIN() {
		for i := range w.frames {
			w.frames[i].AfterFIN = true
		}
	}
	n, goOn := w.send(w.batch)
	whole := 0
	for whole < len(w.ends) && w.ends[whole] <= n {
		whole++
	}
	board.Written(row, n, w.frames[:whole])
	for i, f := range w.frames[whole:] {
		start := w.ends[whole+i] - len(f.Raw)
		board.Annotate(f.Seq, fmt.Sprintf("cut: %d of %d bytes went out", max(0, n-start), len(f.Raw)))
	}
	w.batch, w.frames, w.ends = w.batch[:0], w.frames[:0], w.ends[:0]
	if cap(w.batch) > 4*batchBytes {
		w.batch = nil // one huge frame must not stay in memory
	}
	return goOn
}

// send writes b and lets the faults fall that have a byte count inside it or at its end.
func (w *writer) send(b []byte) (n int, goOn bool) {
	for {
		sent := w.sent.Load()
		cut, ok := w.c.track.NextCut(sent)
		part := len(b) - n
		if ok && cut-sent < int64(part) {
			part = int(cut - sent)
		}
		m, err := w.bytesOut(b[n : n+part])
		n += m
		if err != nil {
			w.c.writeFailed(err)
			return n, false
		}
		if !ok || cut != w.sent.Load() {
			return n, true
		}
		if hit := w.c.track.AtByte(cut); hit != nil && !w.strike(*hit, item{}) {
			return n, false
		}
	}
}

// limit bounds the next write, when the Gateway does that. The end of a connection has its own.
func (w *writer) limit() {
	if d := w.c.gateway.Settings.SendTimeout; d > 0 && !w.c.quitting() {
		_ = w.c.nc.SetWriteDeadline(time.Now().Add(d)) // an error means that it is closed
	}
}

// bytesOut writes b, byte by byte in a drip.
func (w *writer) bytesOut(b []byte) (n int, err error) {
	for {
		part := len(b) - n
		if w.every.Load() > 0 && part > 0 {
			if !w.dripped() {
				return n, errOver
			}
			part = min(1, part)
		} else {
			w.limit()
		}
		m, err := w.c.nc.Write(b[n : n+part])
		w.sent.Add(int64(m))
		n += m
		if err != nil || n >= len(b) {
			return n, err
		}
	}
}

// dripped waits before the next byte of a drip, or less when the drip changes; false when the connection
// is over.
func (w *writer) dripped() bool {
	for began := time.Now(); ; {
		left := time.Duration(w.every.Load()) - time.Since(began)
		if left <= 0 || w.c.quitting() {
			return w.c.wait(0)
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-w.hurry:
		case <-w.c.quit:
		case <-w.c.over:
			timer.Stop()
			return false
		}
		timer.Stop()
	}
}

// queued is how many bytes wait to be written.
func (w *writer) queued() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.bytes
}
