package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/govalues/decimal"
)

// Decision is what one cycle made of one symbol.
type Decision struct {
	Cycle   int64
	Symbol  string
	Outcome string // "hold", "order", "blocked", "stale", "closed", "refused", "warm-up", "failed"
	Reason  string
	BarEnd  time.Time
	Close   decimal.Decimal
	Held    decimal.Decimal
	Target  decimal.Decimal
	Intent  string
}

// BeginCycle opens a cycle's record and returns its number, which rises over every life.
func (j *Journal) BeginCycle(ctx context.Context, generation uint64) (int64, error) {
	res, err := j.db.ExecContext(ctx, `INSERT INTO cycles (generation, started_at) VALUES (?, ?)`,
		int64(generation), stamp(j.now()))
	if err != nil {
		return 0, fmt.Errorf("begin cycle: %w", err)
	}
	id, err := res.LastInsertId()
	return id, wrap("begin cycle", err)
}

// Decide records what a cycle made of a symbol.
func (j *Journal) Decide(ctx context.Context, d Decision) error {
	_, err := j.db.ExecContext(ctx, `INSERT OR REPLACE INTO decisions (cycle, symbol, outcome,
		reason, bar_end, close, held, target, intent, at) VALUES (?,?,?,?,?,?,?,?,?,?)`,
		d.Cycle, d.Symbol, d.Outcome, d.Reason, stamp(d.BarEnd), d.Close, d.Held, d.Target,
		d.Intent, stamp(j.now()))
	return wrap(fmt.Sprintf("record decision on %s", d.Symbol), err)
}

// EndCycle closes a cycle's record.
func (j *Journal) EndCycle(ctx context.Context, id int64, outcome, detail string) error {
	_, err := j.db.ExecContext(ctx, `UPDATE cycles SET ended_at = ?, outcome = ?, detail = ?
		WHERE id = ?`, stamp(j.now()), outcome, detail, id)
	return wrap(fmt.Sprintf("end cycle %d", id), err)
}

// cycleHistory is how many cycles' records are kept: a week of one every 30 s.
const cycleHistory = 20_160

// Prune deletes the records of old cycles. Intents and executions are kept for ever.
func (j *Journal) Prune(ctx context.Context) error {
	return j.tx(ctx, "prune cycles", func(tx *sql.Tx) error {
		for _, q := range []string{
			`DELETE FROM decisions WHERE cycle <= (SELECT max(id) FROM cycles) - ?`,
			`DELETE FROM cycles WHERE id <= (SELECT max(id) FROM cycles) - ?`,
		} {
			if _, err := tx.ExecContext(ctx, q, cycleHistory); err != nil {
				return err
			}
		}
		return nil
	})
}

// LastClose is the end and close of the last bar that was decided on for a symbol; zero when there is
// none.
func (j *Journal) LastClose(ctx context.Context, symbol string) (end time.Time, price decimal.Decimal, err error) {
	var text string
	err = j.db.QueryRowContext(ctx, `SELECT bar_end, close FROM decisions WHERE symbol = ? AND
		bar_end <> '' ORDER BY cycle DESC LIMIT 1`, symbol).Scan(&text, &price)
	if errors.Is(err, sql.ErrNoRows) {
		return end, price, nil
	}
	if err == nil {
		end, err = parseStamp(text)
	}
	return end, price, wrap("read last close of "+symbol, err)
}

// Decisions are the outcomes and reasons of a symbol's decisions, oldest first.
func (j *Journal) Decisions(ctx context.Context, symbol string) (all []Decision, err error) {
	rows, err := j.db.QueryContext(ctx, `SELECT cycle, outcome, reason, held, target, intent
		FROM decisions WHERE symbol = ? ORDER BY cycle`, symbol)
	if err != nil {
		return nil, fmt.Errorf("read decisions: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		d := Decision{Symbol: symbol}
		if err := rows.Scan(&d.Cycle, &d.Outcome, &d.Reason, &d.Held, &d.Target, &d.Intent); err != nil {
			return nil, fmt.Errorf("read decisions: %w", err)
		}
		all = append(all, d)
	}
	return all, wrap("read decisions", rows.Err())
}

// Outcome is how often decisions ended alike, and why the last of them did.
type Outcome struct {
	Name, Last string
	Count      int
}

// Outcomes are those of the decisions that are kept, the most frequent first.
func (j *Journal) Outcomes(ctx context.Context) (all []Outcome, err error) {
	// Beside max(), SQLite takes the other columns from the row that has it.
	rows, err := j.db.QueryContext(ctx, `SELECT outcome, reason, count(*) AS n, max(cycle) FROM decisions
		GROUP BY outcome ORDER BY n DESC, outcome`)
	if err != nil {
		return nil, fmt.Errorf("count decisions: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var o Outcome
		var last int64
		if err := rows.Scan(&o.Name, &o.Last, &o.Count, &last); err != nil {
			return nil, fmt.Errorf("count decisions: %w", err)
		}
		all = append(all, o)
	}
	return all, wrap("count decisions", rows.Err())
}
