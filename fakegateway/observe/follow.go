package observe

import (
	"context"
	"slices"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/fault"
)

// followedAtOnce bounds how many events go into one batch of lines.
const followedAtOnce = 256

// Line is one line of GET /watch: what has changed since the line before. Whoever applies them all
// in their order has the ledger, the receipts and the books as they are.
type Line struct {
	Hello *Hello `json:"hello,omitempty"` // of the first line only
	Event *Event `json:"event,omitempty"`
	// Connection is a row of the ledger: that of the event when more of it has changed than its
	// counts, else it has BytesIn and BytesOut alone.
	Connection *Connection `json:"connection,omitempty"`
	BytesIn    int64       `json:"bytesIn,omitempty"`
	BytesOut   int64       `json:"bytesOut,omitempty"`
	// Receipts are the new ones.
	Receipts []fault.Receipt `json:"receipts,omitempty"`
	// Books hold the orders and executions that are new or have changed, and all of the rest.
	Books *exchange.Books `json:"books,omitempty"`
	// Lost is how many events up to number Seq this follower was too slow for, when none follows
	// that could say so in its Dropped.
	Lost int `json:"lost,omitempty"`
	Seq  int `json:"seq,omitempty"`
}

// Hello says what the lines that follow are measured by.
type Hello struct {
	Gateway string `json:"gateway"` // HOST:PORT
	// At is the time of this line. All times are on one clock, which was set by the machine's once,
	// when the Gateway was made: later steps of that one do not bend what lies between two times.
	At time.Time `json:"at"`
	// Began is when the scenario's clock showed Start; it runs Scale times as fast.
	Began time.Time `json:"began"`
	Start time.Time `json:"start"`
	Scale float64   `json:"scale"`
	// Events is the number of the newest event; the lines tell of those behind it.
	Events int `json:"events"`
}

// steady puts a time on the clock that Hello describes.
func (b *Board) steady(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return b.began.Add(t.Sub(b.began)) // by the monotonic readings of both
}

// shown is a row as the outside sees it. The caller holds mu.
func (b *Board) shown(row *Connection, now time.Time) Connection {
	r := row.copyAt(now)
	for _, t := range []*time.Time{
		&r.Accepted, &r.FirstByte, &r.PreambleRead, &r.VersionSent, &r.StartAPIRead,
		&r.BootstrapSent, &r.FirstRequested, &r.ClientFIN, &r.ClientRST, &r.GatewayFIN,
		&r.GatewayRST, &r.Closed,
	} {
		*t = b.steady(*t)
	}
	return r
}

// receiptsFrom are the receipts behind the first n.
func (b *Board) receiptsFrom(n int) []fault.Receipt {
	b.mu.Lock()
	defer b.mu.Unlock()
	receipts := slices.Clone(b.receipts[n:])
	for i := range receipts {
		receipts[i].At = b.steady(receipts[i].At)
	}
	return receipts
}

// missed takes over what a follower has lost behind everything that it has still to read, and the
// number of the newest event.
func (b *Board) missed(w *watcher) (lost, seq int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(w.events) > 0 {
		return 0, 0 // the next event, or the one behind it, says so
	}
	lost, w.dropped = w.dropped, 0
	return lost, b.events
}

// follow is what one follower was told already, and what it is to be told next.
type follow struct {
	b          *Board
	of         Source
	w          *watcher
	revisions  map[int]int // by connection
	receipts   int
	orders     map[int64]orderMark
	executions map[string]decimal.Decimal // their commissions
	booksMoved bool
	transfers  int // told so far
}

// orderMark is what changes in an order while it is in the books.
type orderMark struct {
	status             exchange.Status
	orderID, changes   int
	filled             int64
	updated            time.Time
	limit, stop, costs decimal.Decimal
	canceled, held     bool
}

func markOf(o exchange.Order) orderMark {
	return orderMark{
		o.Status, o.OrderID, o.Modifications, o.Filled, o.UpdatedAt,
		o.LimitPrice, o.StopPrice, o.Commission, o.CanceledByClient, o.Held,
	}
}

// Source is what a follower is told of beside the board.
type Source struct {
	Gateway func() string // HOST:PORT
	Books   func() exchange.Books
	Closed  <-chan struct{} // when nothing more will happen
}

// Follow tells everything from the beginning and then what happens, in batches of lines, until ctx
// ends, tell fails, or the Gateway is closed and all was told. A follower that lags behind by more
// than the 4096 events of Watch loses some, and the lines say how many.
func (b *Board) Follow(ctx context.Context, of Source, tell func([]Line) error) error {
	w, seq := b.watch()
	defer b.unwatch(w)
	f := &follow{
		b: b, of: of, w: w, revisions: map[int]int{}, orders: map[int64]orderMark{},
		executions: map[string]decimal.Decimal{},
	}
	if err := tell(f.begin(seq)); err != nil {
		return err
	}
	for over := false; !over; {
		var batch []Line
		select {
		case e := <-w.events:
			batch = f.batch(e)
		case <-ctx.Done():
			return nil
		case <-of.Closed:
			over = len(w.events) == 0
		}
		if batch = f.caughtUp(batch); len(batch) == 0 {
			continue
		}
		if err := tell(batch); err != nil {
			return err
		}
	}
	return nil
}

// begin is the state of things.
func (f *follow) begin(seq int) []Line {
	k := f.b.clock
	lines := []Line{{Hello: &Hello{
		Gateway: f.of.Gateway(), At: f.b.steady(time.Now()), Began: k.Began.Round(0),
		Start: k.Start, Scale: k.Scale, Events: seq,
	}}}
	for _, row := range f.b.Connections() {
		f.revisions[row.ID] = row.revision
		lines = append(lines, Line{Connection: &row})
	}
	f.booksMoved = true
	return f.caughtUp(f.withReceipts(lines))
}

// batch makes lines of an event and of those that wait behind it.
func (f *follow) batch(e Event) []Line {
	lines := []Line{f.line(e)}
	for len(lines) < followedAtOnce {
		select {
		case e := <-f.w.events:
			lines = append(lines, f.line(e))
		default:
			return f.withReceipts(lines)
		}
	}
	return f.withReceipts(lines)
}

func (f *follow) line(e Event) Line {
	l := Line{Event: &e}
	f.booksMoved = f.booksMoved || e.Kind == EventBooks
	if e.Connection == 0 {
		return l
	}
	b := f.b
	b.mu.Lock()
	defer b.mu.Unlock()
	row := b.rows[e.Connection-1]
	if sent, told := f.revisions[row.ID]; told && sent == row.revision {
		l.BytesIn, l.BytesOut = row.BytesIn, row.BytesOut
		return l
	}
	f.revisions[row.ID] = row.revision
	shown := b.shown(row, time.Now())
	l.Connection = &shown
	return l
}

func (f *follow) withReceipts(lines []Line) []Line {
	if fresh := f.b.receiptsFrom(f.receipts); len(fresh) > 0 {
		f.receipts += len(fresh)
		lines = append(lines, Line{Receipts: fresh})
	}
	return lines
}

// caughtUp adds what is told once for many events: the books, and what was lost at the end.
func (f *follow) caughtUp(lines []Line) []Line {
	if f.booksMoved {
		f.booksMoved = false
		if books := f.books(); books != nil {
			lines = append(lines, Line{Books: books})
		}
	}
	if lost, seq := f.b.missed(f.w); lost > 0 {
		f.booksMoved = true // EventBooks may have been among them
		lines = append(lines, Line{Lost: lost, Seq: seq})
	}
	return lines
}

// books are the books without the orders and executions that were told as they are; nil when that
// leaves nothing new.
func (f *follow) books() *exchange.Books {
	b := f.of.Books()
	first := len(f.orders)+len(f.executions) == 0
	b.Orders = slices.DeleteFunc(b.Orders, func(o exchange.Order) bool {
		mark := markOf(o)
		same := f.orders[o.PermID] == mark
		f.orders[o.PermID] = mark
		return same
	})
	b.Executions = slices.DeleteFunc(b.Executions, func(e exchange.Execution) bool {
		told, known := f.executions[e.ExecID]
		f.executions[e.ExecID] = e.Commission
		return known && told == e.Commission
	})
	moved := len(b.Transfers) > f.transfers
	f.transfers = len(b.Transfers)
	if !first && !moved && len(b.Orders)+len(b.Executions) == 0 {
		return nil
	}
	return &b
}
