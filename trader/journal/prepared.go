package journal

import (
	"context"
	"database/sql"
	"database/sql/driver"
)

// mostPrepared bounds the statements that a connection keeps; the journal has fewer. One more is made for
// each use.
const mostPrepared = 128

// openPrepared is sql.Open with connections that keep their statements. database/sql makes a statement for
// every call that is given a text, and SQLite's parser then takes most of the time and asks for memory
// and gives it back thousands of times a minute, which the process does not shrink from.
func openPrepared(dsn string) (*sql.DB, error) {
	plain, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector{plain.Driver(), dsn}), plain.Close()
}

type connector struct {
	driver driver.Driver
	dsn    string
}

// Connect opens the file.
func (c connector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	return &keeping{Conn: conn, kept: map[string]*kept{}}, nil
}

// Driver is SQLite's.
func (c connector) Driver() driver.Driver { return c.driver }

// keeping is a connection that keeps its statements. database/sql lets one goroutine at a time use it.
type keeping struct {
	driver.Conn
	kept map[string]*kept
}

type kept struct {
	driver.Stmt
	busy bool // its rows are being read
}

// idle is the statement of a text, if it may be kept and nobody reads its rows.
func (k *keeping) idle(ctx context.Context, query string) (*kept, error) {
	s := k.kept[query]
	if s != nil && s.busy || s == nil && len(k.kept) >= mostPrepared {
		return nil, driver.ErrSkip // database/sql makes one of its own
	}
	if s != nil {
		return s, nil
	}
	made, err := k.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s = &kept{Stmt: made}
	k.kept[query] = s
	return s, nil
}

// ExecContext runs a statement.
func (k *keeping) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := k.idle(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

// QueryContext runs a statement; it is busy until its rows are closed.
func (k *keeping) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := k.idle(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return &reading{rows, s}, nil
}

// reading are rows that set their statement free.
type reading struct {
	driver.Rows
	of *kept
}

// Close ends the reading.
func (r *reading) Close() error {
	r.of.busy = false
	return r.Rows.Close()
}

// PrepareContext makes a statement that is not kept.
func (k *keeping) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	return k.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
}

// BeginTx begins a transaction.
func (k *keeping) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	return k.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
}

// ResetSession asks the connection.
func (k *keeping) ResetSession(ctx context.Context) error {
	return k.Conn.(driver.SessionResetter).ResetSession(ctx)
}

// IsValid asks the connection.
func (k *keeping) IsValid() bool { return k.Conn.(driver.Validator).IsValid() }

// Close ends the statements, then the connection.
func (k *keeping) Close() error {
	for _, s := range k.kept {
		_ = s.Close() // the connection's own end says what is wrong with it
	}
	return k.Conn.Close()
}
