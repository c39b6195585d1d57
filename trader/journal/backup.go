package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// RecordName is the file in a state directory that says how the last life ended. Where it is, a journal
// was.
const RecordName = "exit.json"

// ErrEmptied says that a state directory had a journal, and has it no more.
var ErrEmptied = errors.New("the journal of an earlier life is gone")

// emptied is ErrEmptied when an earlier life left its record and the journal is missing or empty. An
// empty one must not pass for new: whatever the trader holds would be bought again.
func emptied(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, RecordName)); err != nil {
		return nil // a new directory, or one that fails for another reason at once
	}
	info, err := os.Stat(filepath.Join(dir, FileName))
	if err == nil && info.Size() > 0 {
		return nil
	}
	return fmt.Errorf("%s has %s and no %s: %w", dir, RecordName, FileName, ErrEmptied)
}

// ErrNone says that a state directory has no journal: it is not the one that is meant.
var ErrNone = errors.New("no trader has run on it")

// exists is nil when a state directory has a journal.
func exists(dir string) error {
	info, err := os.Stat(filepath.Join(dir, FileName))
	if err == nil && info.Size() > 0 {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := emptied(dir); err != nil {
		return err
	}
	return fmt.Errorf("%s has no %s: %w", dir, FileName, ErrNone)
}

// OpenExisting is Open for whoever acts on a journal that must be there: it makes none.
func OpenExisting(ctx context.Context, dir string) (*Journal, error) {
	if err := exists(dir); err != nil {
		return nil, err
	}
	return Open(ctx, dir)
}

// Backup writes a copy of a state directory's journal as one file, also while a trader runs on it. The
// file must not exist.
func Backup(ctx context.Context, dir, file string) (err error) {
	db, err := openReadOnly(dir)
	if err != nil {
		return fmt.Errorf("back up journal: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, file); err != nil {
		return fmt.Errorf("back up journal to %s: %w", file, err)
	}
	return nil
}

// openReadOnly opens a state directory's file without its lock.
func openReadOnly(dir string) (*sql.DB, error) {
	if err := exists(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, FileName)
	db, err := sql.Open("sqlite", fmt.Sprintf("file:%s?mode=ro&_pragma=busy_timeout(%d)",
		escapePath(filepath.ToSlash(path)), busyTimeout.Milliseconds()))
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// ErrBackup says that a file cannot be restored.
var ErrBackup = errors.New("no backup of a journal")

// Restore puts a backup in a state directory whose journal is missing or empty, once it is audited.
func Restore(ctx context.Context, dir, file string) error {
	if err := restore(ctx, dir, file); err != nil {
		return fmt.Errorf("restore journal from %s: %w", file, err)
	}
	return nil
}

func restore(ctx context.Context, dir, file string) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	lock := flock.New(filepath.Join(dir, LockName), flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil {
		return err
	}
	if !locked {
		return ErrLocked
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	path := filepath.Join(dir, FileName)
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		return fmt.Errorf("%s is there: move it away first", path)
	}
	aside, err := os.MkdirTemp(dir, "restore.*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(aside)) }()
	if err := audited(ctx, aside, file); err != nil {
		return fmt.Errorf("%w: %w", ErrBackup, err)
	}
	for _, old := range []string{path + "-wal", path + "-shm"} { // of the file that is gone
		if err := os.Remove(old); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return os.Rename(filepath.Join(aside, FileName), path)
}

// audited puts a copy of a backup in an empty directory, in this program's schema. It fails for a file that is
// no journal, or whose books do not add up.
func audited(ctx context.Context, dir, file string) (err error) {
	if err := copyFile(file, filepath.Join(dir, FileName)); err != nil {
		return err
	}
	j := &Journal{dir: dir, now: time.Now}
	defer func() { err = errors.Join(err, j.Close()) }()
	if err := j.connect(); err != nil {
		return err
	}
	version, err := schema(ctx, j.db)
	if err == nil && version == 0 { // migrate would make a new journal of it
		err = errors.New("it has no tables of one")
	}
	if err != nil {
		return err
	}
	if err := migrate(ctx, j.db); err != nil {
		return err
	}
	return j.Audit(ctx)
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}
