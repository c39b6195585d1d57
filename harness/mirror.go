package harness

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/fault"
)

// mirror is what the harness knows of the Gateway, which is another process: its ledger, receipts
// and books, put together from the lines of GET /watch. It outlives the Gateway.
type mirror struct {
	mu       sync.Mutex
	hello    fakegateway.Hello
	seen     int // the number of the newest event that was told or lost
	heard    time.Time
	rows     []fakegateway.Connection // by ID-1
	receipts []fault.Receipt
	books    exchange.Books
	booked   bool // the books were told at least once
	waiters  map[chan struct{}]bool
}

func newMirror() *mirror { return &mirror{waiters: map[chan struct{}]bool{}} }

// apply takes one line over and gives the event in it, if there is one. A loss that no event tells
// of is an event without a kind.
func (m *mirror) apply(l fakegateway.Line) (e fakegateway.Event, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if l.Hello != nil {
		m.hello, m.seen, m.heard = *l.Hello, l.Hello.Events, l.Hello.At
	}
	if l.Event != nil {
		e, ok = *l.Event, true
		m.seen, m.heard = e.Seq, e.At
		if row := m.row(e.Connection); row != nil && l.Connection == nil {
			row.BytesIn, row.BytesOut = l.BytesIn, l.BytesOut
		}
	}
	if l.Connection != nil {
		m.put(*l.Connection)
	}
	m.receipts = append(m.receipts, l.Receipts...)
	if l.Books != nil {
		m.book(*l.Books)
	}
	if l.Lost > 0 {
		e, ok = fakegateway.Event{Seq: l.Seq, Dropped: l.Lost}, true
		m.seen = l.Seq
	}
	m.changed()
	return e, ok
}

// row is one row, nil when there is none. The caller holds mu.
func (m *mirror) row(id int) *fakegateway.Connection {
	if id < 1 || id > len(m.rows) {
		return nil
	}
	return &m.rows[id-1]
}

// put files a row. Rows of events that were lost are filled in by later ones.
func (m *mirror) put(row fakegateway.Connection) {
	for len(m.rows) < row.ID {
		m.rows = append(m.rows, fakegateway.Connection{ID: len(m.rows) + 1})
	}
	m.rows[row.ID-1] = row
}

// book takes over books that hold only what is new of orders and executions.
func (m *mirror) book(b exchange.Books) {
	old := m.books
	m.books, m.booked = b, true
	m.books.Orders = merged(old.Orders, b.Orders, func(o exchange.Order) int64 { return o.PermID })
	m.books.Executions = merged(old.Executions, b.Executions,
		func(e exchange.Execution) string { return e.ExecID })
	m.books.Executions = slices.DeleteFunc(m.books.Executions, func(e exchange.Execution) bool {
		return slices.ContainsFunc(b.Superseded, func(s exchange.Execution) bool {
			return s.ExecID == e.ExecID
		})
	})
}

// merged puts new values in the place of the old ones with the same key, and the others behind.
func merged[V any, K comparable](old, fresh []V, key func(V) K) []V {
	at := map[K]int{}
	for i, v := range old {
		at[key(v)] = i
	}
	for _, v := range fresh {
		if i, known := at[key(v)]; known {
			old[i] = v
		} else {
			at[key(v)] = len(old)
			old = append(old, v)
		}
	}
	return old
}

// replace takes over a whole state that was read at once.
func (m *mirror) replace(rows []fakegateway.Connection, receipts []fault.Receipt, b exchange.Books) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rows, m.receipts, m.books, m.booked = rows, receipts, b, true
}

// changed tells whoever waits. The caller holds mu.
func (m *mirror) changed() {
	for wake := range m.waiters {
		select {
		case wake <- struct{}{}:
		default: // it was woken already
		}
	}
}

// await returns when until holds; it is asked, under the mirror's lock, after everything that
// happens. The error, when ctx ends first or over is closed, says what was awaited.
func (m *mirror) await(ctx context.Context, over <-chan struct{}, what string, until func(*mirror) bool) error {
	wake := make(chan struct{}, 1)
	m.mu.Lock()
	m.waiters[wake] = true
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.waiters, wake)
	}()
	for {
		m.mu.Lock()
		holds := until(m)
		m.mu.Unlock()
		if holds {
			return nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", what, context.Cause(ctx))
		case <-over:
			return fmt.Errorf("wait for %s: %w", what, errGatewayEnded)
		}
	}
}

// allClosed holds when the Gateway has no socket of the subject any more.
func allClosed(m *mirror) bool {
	return !slices.ContainsFunc(m.rows, func(c fakegateway.Connection) bool {
		return !c.Planted && !c.Accepted.IsZero() && c.Closed.IsZero()
	})
}

// connections copies the ledger. A row that was lost, and never told again, is not there.
func (m *mirror) connections() []fakegateway.Connection {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(m.rows), func(c fakegateway.Connection) bool {
		return c.Accepted.IsZero()
	})
}

// bytesOut is what the kernel took on a connection, as far as it was told.
func (m *mirror) bytesOut(connection int) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if row := m.row(connection); row != nil {
		return row.BytesOut
	}
	return 0
}

// lastHeard is the time of the newest line that has one, on the Gateway's clock.
func (m *mirror) lastHeard() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.heard
}

// greeting is the first line.
func (m *mirror) greeting() fakegateway.Hello {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.hello
}

// real is when a moment of the scenario's clock came in real time; zero for the zero time.
func real(h fakegateway.Hello, t time.Time) time.Time {
	if t.IsZero() || h.Scale == 0 {
		return time.Time{}
	}
	return h.Began.Add(time.Duration(float64(t.Sub(h.Start)) / h.Scale))
}
