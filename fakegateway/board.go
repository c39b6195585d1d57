package fakegateway

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ibsoak/fakegateway/fault"
)

const (
	// ledgerRows bounds the ledger. A run that makes more connections than this has shown all
	// that it will ever show: further ones are reset at once.
	ledgerRows = 100_000
	// receiptsKept bounds the receipts; later ones are counted only.
	receiptsKept = 1 << 16
)

// board is what the Server remembers and shows: ledger, transcript and receipts, and who follows
// them. mu guards everything and is never held while anything else is waited for.
type board struct {
	began    time.Time // when the Gateway was made: see steady
	mu       sync.Mutex
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
	record   *recorder // nil without a RecordDir
	clock    clock
}

func newBoard(framesKept int, record *recorder, k clock) *board {
	return &board{
		began:    k.began,
		frames:   transcript{limit: framesKept},
		received: make(map[string]int), sent: make(map[string]int),
		watchers: make(map[*watcher]bool), waiters: make(map[chan struct{}]bool),
		record: record, clock: k,
	}
}

// open makes the row of a connection that was just accepted. ok is false when the ledger is full.
func (b *board) open(row Connection) (*Connection, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.rows) >= ledgerRows {
		return nil, false
	}
	row.ID = len(b.rows) + 1
	row.MessagesIn, row.MessagesOut = make(map[string]int), make(map[string]int)
	row.rates = newRates(b.clock)
	b.rows = append(b.rows, &row)
	b.emit(Event{Kind: EventAccepted, Connection: row.ID, Message: row.Remote.String()})
	return &row, true
}

// update changes a row and tells everybody, in one step.
func (b *board) update(row *Connection, e Event, change func(*Connection)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(row)
	if e.Kind != "" {
		row.revision++
		e.Connection = row.ID
		b.emit(e)
	}
}

// read looks at a row.
func (b *board) read(row *Connection, look func(*Connection)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	look(row)
}

// tell makes an event that changes no row.
func (b *board) tell(e Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.emit(e)
}

// receipt files what a fault did.
func (b *board) receipt(r fault.Receipt) {
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

// inbound files frames that arrived on row.
func (b *board) inbound(row *Connection, f frame) {
	b.mu.Lock()
	defer b.mu.Unlock()
	row.MessagesIn[f.kind]++
	if f.kind != KindPreamble {
		row.rates.count(row, f.at)
	}
	b.received[f.kind]++
	b.file(f)
	b.emit(Event{
		Kind: EventInbound, Connection: row.ID, Message: f.kind, Digest: f.digest, Begun: f.at,
	})
}

// outbound files frames that are about to be written, and numbers them in place.
func (b *board) outbound(frames []frame) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range frames {
		frames[i].seq = b.file(frames[i])
	}
}

// written counts what the kernel took.
func (b *board) written(row *Connection, bytes int, whole []frame) {
	b.mu.Lock()
	defer b.mu.Unlock()
	row.BytesOut += int64(bytes)
	for _, f := range whole {
		row.MessagesOut[f.kind]++
		b.sent[f.kind]++
		b.emit(Event{
			Kind: EventOutbound, Connection: row.ID, Message: f.kind, Digest: f.digest, Begun: f.at,
			AfterFIN: f.afterFIN,
		})
	}
}

// annotate adds to a frame's note.
func (b *board) annotate(seq int, note string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.frames.annotate(seq, note)
}

func (b *board) file(f frame) int {
	f.at = b.steady(f.at)
	seq := b.frames.add(f)
	if b.record != nil {
		f.seq = seq
		b.record.frame(f)
	}
	return seq
}

func (b *board) connections() []Connection {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now() // behind the lock: later than everything in the rows
	rows := make([]Connection, len(b.rows))
	for i, row := range b.rows {
		rows[i] = b.shown(row, now)
	}
	return rows
}

// inCloseWait counts the Gateway's zombies.
func (b *board) inCloseWait() int {
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

// tail describes the newest rows, for error messages.
func (b *board) tail() string {
	const shown = 5
	rows := b.connections()
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

// lastPhase names how far the handshake came.
func (c *Connection) lastPhase() fault.Phase {
	last := fault.Accepted
	for _, p := range fault.Phases() {
		if !c.phase(p).IsZero() {
			last = p
		}
	}
	return last
}

// phase is where the row keeps the time of p.
func (c *Connection) phase(p fault.Phase) *time.Time {
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
	panic("fakegateway: no such phase: " + string(p))
}
