// Package journal is the trader's memory: intents, executions, positions, cash, cycles. It is one
// SQLite file in the state directory. An intent is on the disk before its order is on the wire;
// an execution changes trade, position and cash in one transaction or not at all.
//
// A Journal may be used by several goroutines; SQLite sees one connection.
package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Names of the files in a state directory.
const (
	FileName = "journal.db"
	LockName = "trader.lock"
)

// ErrLocked says that another trader uses the state directory.
var ErrLocked = errors.New("state directory is in use by another trader")

// pageCache bounds, in KiB, the pages that SQLite keeps. Its own bound of 2 MiB fills with the journal's
// pages over the first ten thousand cycles, which looks like a leak for as long as a person watches;
// a cycle reads and writes the same few.
const pageCache = 256

// busyTimeout is how long SQLite waits for a reader of the file from outside.
const busyTimeout = 5 * time.Second

// Journal is an open journal. It holds the state directory's lock until Close.
type Journal struct {
	db   *sql.DB
	lock *flock.Flock
	dir  string
	now  func() time.Time

	books   sync.Mutex  // held while executions or commissions change, and while they are audited
	audited *checkpoint // nil: the next audit replays everything
}

// Open makes the directory when it is missing, takes its lock, brings the file to the current
// schema and audits the books. The directory and what is in it are for the owner only.
func Open(ctx context.Context, dir string) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make state directory: %w", err)
	}
	lock := flock.New(filepath.Join(dir, LockName), flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock state directory %s: %w", dir, err)
	}
	if !locked {
		return nil, fmt.Errorf("lock %s: %w", dir, ErrLocked)
	}
	j := &Journal{lock: lock, dir: dir, now: time.Now}
	if err := j.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open journal in %s: %w", dir, err), j.Close())
	}
	return j, nil
}

// Held says whether a trader has the state directory.
func Held(dir string) (held bool, err error) {
	lock := flock.New(filepath.Join(dir, LockName), flock.SetPermissions(0o600))
	free, err := lock.TryRLock()
	if err != nil {
		return false, fmt.Errorf("lock state directory %s: %w", dir, err)
	}
	return !free, lock.Unlock()
}

// open uses synchronous=FULL: in WAL mode NORMAL may lose the last commits with the machine's
// power, and a lost intent is an order that can be sent twice.
func (j *Journal) open(ctx context.Context) error {
	if err := emptied(j.dir); err != nil {
		return err
	}
	if err := j.connect(); err != nil {
		return err
	}
	if err := migrate(ctx, j.db); err != nil {
		return err
	}
	return j.Audit(ctx)
}

// connect opens the file. SQLite reads it when something is asked.
func (j *Journal) connect() error {
	path := filepath.ToSlash(filepath.Join(j.dir, FileName))
	db, err := openPrepared(fmt.Sprintf("file:%s?_pragma=busy_timeout(%d)"+
		"&_pragma=cache_size(-%d)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"+
		"&_txlock=immediate", escapePath(path), busyTimeout.Milliseconds(), pageCache))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	j.db = db
	return nil
}

// escapePath keeps a directory's name out of the DSN's syntax.
func escapePath(path string) string {
	out := make([]byte, 0, len(path))
	for i := range len(path) {
		switch c := path[i]; c {
		case '%', '?', '#':
			out = fmt.Appendf(out, "%%%02X", c)
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

// Close closes the file, then gives the lock back.
func (j *Journal) Close() error {
	var errs []error
	if j.db != nil {
		errs = append(errs, j.db.Close())
	}
	if j.lock != nil { // which Switch may do without
		errs = append(errs, j.lock.Unlock())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close journal: %w", err)
	}
	return nil
}

// tx runs fn in one transaction: all of it is on the disk when tx returns nil, none of it else.
func (j *Journal) tx(ctx context.Context, what string, fn func(*sql.Tx) error) error {
	tx, err := j.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("%s: begin: %w", what, err)
	}
	if err := fn(tx); err != nil {
		return fmt.Errorf("%s: %w", what, errors.Join(err, rollback(tx)))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("%s: commit: %w", what, err)
	}
	return nil
}

func rollback(tx *sql.Tx) error {
	if err := tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return fmt.Errorf("roll back: %w", err)
	}
	return nil
}

// stamp is how instants are stored: UTC, sortable as text.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000000Z")
}

func parseStamp(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339Nano, s)
}

// OpenScratch is Open for a journal that is made anew when the machine fails, as a backtest's is: it does
// not wait for the disk, and nobody else can read it meanwhile. now is what records are dated by.
func OpenScratch(ctx context.Context, dir string, now func() time.Time) (*Journal, error) {
	j, err := Open(ctx, dir)
	if err != nil {
		return nil, err
	}
	j.now = now
	for _, pragma := range []string{`PRAGMA synchronous = OFF`, `PRAGMA locking_mode = EXCLUSIVE`} {
		if _, err := j.db.ExecContext(ctx, pragma); err != nil {
			return nil, errors.Join(fmt.Errorf("open journal in %s: %w", dir, err), j.Close())
		}
	}
	return j, nil
}
