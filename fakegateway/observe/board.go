package observe

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"ibsoak/fakegateway/clock"
	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/lock"
)

const (
	// LedgerRows bounds the ledger. A run that makes more connections than this has shown all
	// that it will ever show: further ones are reset at once.
	LedgerRows = 100_000
	// receiptsKept bounds the receipts; later ones are counted only.
	receiptsKept = 1 << 16
)

// Board is what the Gateway remembers and shows: ledger, transcript and receipts, and who follows
// them. mu guards everything and is never held while anything else is waited for.
type Board struct {
	began    time.Time // when the Gateway was made: see steady
	mu       lock.Mutex[lock.Last]
	rows     []*Connection // by ID-1
	frames   transcript
	received map[string]int // messages by name, over all connections
	sent     map[string]int

	receipts        []fault.Receipt
	receiptsDropped int

	events   int // numbered so far
	watchers map[*watcher]bool
	watched  atomic.Bool // there are watchers
	waiters  map[chan struct{}]bool
	record   *recorder // nil without a directory
	clock    clock.Running
}

// NewBoard begins the records. It keeps so many frames in memory, and all of them in dir, when that is
// not "".
func NewBoard(framesKept int, dir string, k clock.Running) (*Board, error) {
	record, err := newRecorder(dir)
	if err != nil {
		return nil, err
	}
	return newBoard(framesKept, record, k), nil
}

func newBoard(framesKept int, record *recorder, k clock.Running) *Board {
	return &Board{
		began:    k.Began,
		frames:   transcript{limit: framesKept},
		received: make(map[string]int), sent: make(map[string]int),
		watchers: make(map[*watcher]bool), waiters: make(map[chan struct{}]bool),
		record: record, clock: k,
	}
}

// Open makes the row of a connection that was just accepted. ok is false when the ledger is full.
func (b *Board) Open(row Connection) (*Connection, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.rows) >= LedgerRows {
		return nil, false
	}
	row.ID = len(b.rows) + 1
	row.MessagesIn, row.MessagesOut = make(map[string]int), make(map[string]int)
	row.rates = newRates(b.clock)
	b.rows = append(b.rows, &row)
	b.emit(Event{Kind: EventAccepted, Connection: row.ID, Message: row.Remote.String()})
	return &row, true
}

// Update changes a row and tells everybody, in one step.
func (b *Board) Update(row *Connection, e Event, change func(*Connection)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(row)
	if e.Kind != "" {
		row.revision++
		e.Connection = row.ID
		b.emit(e)
	}
}

// Look looks at a row.
func (b *Board) Look(row *Connection, look func(*Connection)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	look(row)
}

// Announce makes an event that changes no row.
func (b *Board) Announce(e Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.emit(e)
}

// File files what a fault did.
func (b *Board) File(r fault.Receipt) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.receipts) < receiptsKept {
		b.receipts = append(b.receipts, r)
	} else {
		b.receiptsDropped++
	}
	if r.Connection > 0 && r.Connection <= len(b.rows) {
		row := b.rows[r.Connection-1]
		row.revision++
		if !slices.Contains(row.Faults, r.Fault) {
			row.Faults = append(row.Faults, r.Fault)
		}
	}
	b.emit(Event{
		Kind: EventFault, Connection: r.Connection, Fault: r.Fault,
		Message: fmt.Sprintf("%s at %s: %s", r.Planned, r.Point, r.Wire),
	})
}

// Inbound files frames that arrived on row.
func (b *Board) Inbound(row *Connection, f RawFrame) {
	b.mu.Lock()
	defer b.mu.Unlock()
	row.MessagesIn[f.Kind]++
	if f.Kind != KindPreamble {
		row.rates.count(row, f.At)
	}
	b.received[f.Kind]++
	b.file(f)
	b.emit(Event{
		Kind: EventInbound, Connection: row.ID, Message: f.Kind, Digest: f.Digest, Begun: f.At,
	})
}

// Outbound files frames that are about to be written, and numbers them in place.
func (b *Board) Outbound(frames []RawFrame) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range frames {
		frames[i].Seq = b.file(frames[i])
	}
}

// Written counts what the kernel took.
func (b *Board) Written(row *Connection, bytes int, whole []RawFrame) {
	b.mu.Lock()
	defer b.mu.Unlock()
	through := row.BytesOut
	row.BytesOut += int64(bytes)
	for _, f := range whole {
		through += int64(len(f.Raw))
		row.MessagesOut[f.Kind]++
		b.sent[f.Kind]++
		b.emit(Event{
			Kind: EventOutbound, Connection: row.ID, Message: f.Kind, Digest: f.Digest, Begun: f.At,
			AfterFIN: f.AfterFIN, Through: through,
		})
	}
}

// Annotate adds to a frame's note.
func (b *Board) Annotate(seq int, note string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.frames.annotate(seq, note)
}

func (b *Board) file(f RawFrame) int {
	f.At = b.steady(f.At)
	seq := b.frames.add(f)
	if b.record != nil {
		f.Seq = seq
		b.record.frame(f)
	}
	return seq
}

// Connections is the ledger.
func (b *Board) Connections() []Connection {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now() // behind the lock: later than everything in the rows
	rows := make([]Connection, len(b.rows))
	for i, row := range b.rows {
		rows[i] = b.shown(row, now)
	}
	return rows
}

// InCloseWait counts the Gateway's zombies.
func (b *Board) InCloseWait() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, row := range b.rows {
		if row.InCloseWait() {
			n++
		}
	}
	return n
}

// Tail describes the newest rows, for error messages.
func (b *Board) Tail() string {
	const shown = 5
	rows := b.Connections()
	if len(rows) == 0 {
		return "no connection was ever accepted"
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%d connections", len(rows))
	for _, r := range rows[max(0, len(rows)-shown):] {
		fmt.Fprintf(&text, "; #%d %s %s", r.ID, r.Remote, r.lastPhase())
		fmt.Fprintf(&text, " in %v out %v", r.MessagesIn, r.MessagesOut)
		if r.Held {
			text.WriteString(" held")
		}
		if r.End != "" {
			fmt.Fprintf(&text, " ended: %s", r.End)
		}
	}
	return text.String()
}

// EndedFirstBy notes who has begun to end the connection, unless that is known.
func (c *Connection) EndedFirstBy(who string) {
	if c.ClosedFirst == "" {
		c.ClosedFirst = who
	}
}

// Connection is one row; false when there is no such connection yet.
func (b *Board) Connection(id int) (Connection, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if id < 1 || id > len(b.rows) {
		return Connection{}, false
	}
	return b.shown(b.rows[id-1], time.Now()), true
}

// Received counts client messages of this name over all connections since the start.
func (b *Board) Received(name string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.received[name]
}

// Sent counts Gateway messages of this name that the kernel took, over all connections.
func (b *Board) Sent(name string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sent[name]
}

// Counts are the events, the rows of the ledger and the receipts so far.
func (b *Board) Counts() (events, connections, receipts int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.events, len(b.rows), len(b.receipts)
}

// Transcript is the kept frames with a Seq above after, decoded.
func (b *Board) Transcript(after int) []Frame {
	b.mu.Lock()
	kept := b.frames.since(after)
	b.mu.Unlock()
	frames := make([]Frame, len(kept))
	for i, f := range kept {
		frames[i] = f.decoded()
	}
	return frames
}

// Dropped is how many of the oldest frames are no longer kept in memory.
func (b *Board) Dropped() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.frames.dropped
}

// Receipts is what every fault that acted really did, in order.
func (b *Board) Receipts() []fault.Receipt { return b.receiptsFrom(0) }

// lastPhase names how far the handshake came.
func (c *Connection) lastPhase() fault.Phase {
	last := fault.Accepted
	for _, p := range fault.Phases() {
		if !c.Phase(p).IsZero() {
			last = p
		}
	}
	return last
}

// Phase is where the row keeps the time of p.
func (c *Connection) Phase(p fault.Phase) *time.Time {
	switch p {
	case fault.Accepted:
		return &c.Accepted
	case fault.PreambleRead:
		return &c.PreambleRead
	case fault.VersionSent:
		return &c.VersionSent
	case fault.StartAPIRead:
		return &c.StartAPIRead
	case fault.BootstrapSent:
		return &c.BootstrapSent
	case fault.FirstRequested:
		return &c.FirstRequested
	}
	panic("observe: no such phase: " + string(p))
}
