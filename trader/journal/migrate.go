package journal

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the file to the newest schema, one transaction a step. PRAGMA user_version is
// the number of steps that were taken.
func migrate(ctx context.Context, db *sql.DB) error {
	steps, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return fmt.Errorf("list migrations: %w", err)
	}
	slices.Sort(steps)
	version, err := schema(ctx, db)
	if err != nil {
		return err
	}
	if version > len(steps) {
		return fmt.Errorf("journal has schema %d, this trader knows %d: use the newer trader",
			version, len(steps))
	}
	for i, name := range steps[version:] {
		if err := step(ctx, db, name, version+i+1); err != nil {
			return fmt.Errorf("migrate by %s: %w", name, err)
		}
	}
	return nil
}

// schema is the number of steps that made the file; 0 is a file that none made.
func schema(ctx context.Context, db *sql.DB) (version int, err error) {
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return 0, fmt.Errorf("read schema version: %w", err)
	}
	return version, nil
}

// errOlderSchema is a journal that an older trader wrote last.
var errOlderSchema = errors.New("use the trader's own program")

// current is nil when the file has this program's schema.
func current(ctx context.Context, db *sql.DB) error {
	steps, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return fmt.Errorf("list migrations: %w", err)
	}
	version, err := schema(ctx, db)
	if err != nil {
		return err
	}
	if version < len(steps) {
		return fmt.Errorf("its trader writes schema %d, this program %d: %w", version, len(steps), errOlderSchema)
	}
	if version > len(steps) {
		return fmt.Errorf("its trader writes schema %d, this program %d: use the trader's own program",
			version, len(steps))
	}
	return nil
}

func step(ctx context.Context, db *sql.DB, name string, version int) error {
	script, err := migrations.ReadFile(name)
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, string(script)); err != nil {
		return errors.Join(err, rollback(tx))
	}
	// PRAGMA takes no parameters; the number is ours.
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version)); err != nil {
		return errors.Join(err, rollback(tx))
	}
	return tx.Commit()
}
