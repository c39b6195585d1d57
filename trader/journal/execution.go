package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/govalues/decimal"
)

// Side is what an execution did.
type Side string

// The sides, as IBKR writes them.
const (
	Bought Side = "BOT"
	Sold   Side = "SLD"
)

// Execution is one fill, or part of one, as the broker reported it.
type Execution struct {
	ExecID   string // "0000e0d5.6553c91d.01.01": what follows the last dot is the revision
	IntentID string // "": not an order of ours
	Account  string
	ConID    int64
	Symbol   string
	OrderID  int64
	PermID   int64
	ClientID int
	Side     Side
	Shares   decimal.Decimal
	Price    decimal.Decimal
	At       time.Time
}

// Commission is a commission report.
type Commission struct {
	ExecID   string
	Amount   decimal.Decimal
	Currency string
	Realized *decimal.Decimal // nil: the broker gave none
}

// splitExecID parts an execId into what identifies the execution and its revision. A correction
// has the same base and a higher revision; an id that ends in no number has revision 0.
func splitExecID(id string) (base string, revision int64) {
	i := strings.LastIndexByte(id, '.')
	if i <= 0 {
		return id, 0
	}
	n, err := strconv.ParseInt(id[i+1:], 10, 32)
	if err != nil || n < 0 {
		return id, 0
	}
	return id[:i], n
}

// Book takes an execution into the books: trade, position, cash and its intent's state change in
// one transaction. It is booked once: a replay changes nothing and returns false, a correction
// replaces what it corrects. One of no shares is a bust: it takes back the execution that it corrects,
// its commission included.
func (j *Journal) Book(ctx context.Context, e Execution) (booked bool, err error) {
	_, revision := splitExecID(e.ExecID)
	busted := e.Shares.IsZero() && revision > 0
	if e.ExecID == "" || (!e.Shares.IsPos() && !busted) || (e.Side != Bought && e.Side != Sold) {
		return false, fmt.Errorf("book execution %q: side %q, shares %s: not an execution",
			e.ExecID, e.Side, e.Shares)
	}
	j.books.Lock()
	defer j.books.Unlock()
	err = j.tx(ctx, "book execution "+e.ExecID, func(tx *sql.Tx) error {
		base, revision := splitExecID(e.ExecID)
		old, found, err := selectExecution(ctx, tx, base)
		if err != nil {
			return err
		}
		if found {
			if _, had := splitExecID(old.ExecID); revision <= had {
				return nil
			}
			if old.IntentID != "" && e.IntentID == "" {
				e.IntentID = old.IntentID
			}
			j.audited = nil
			if err := post(ctx, tx, old, reverse); err != nil {
				return err
			}
		}
		booked = true
		if !found && e.IntentID != "" {
			if err := j.replaceAssumed(ctx, tx, e); err != nil {
				return err
			}
		}
		if err := j.upsertExecution(ctx, tx, base, revision, e); err != nil {
			return err
		}
		if err := post(ctx, tx, e, apply); err != nil {
			return err
		}
		return j.settle(ctx, tx, e.IntentID)
	})
	return booked && err == nil, err
}

func (j *Journal) upsertExecution(ctx context.Context, tx *sql.Tx, base string, revision int64,
	e Execution,
) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO executions (exec_base, exec_id, revision, intent,
		account, con_id, symbol, order_id, perm_id, client_id, side, shares, price, at, booked_at)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
		ON CONFLICT (exec_base) DO UPDATE SET exec_id = excluded.exec_id,
		revision = excluded.revision, intent = excluded.intent, account = excluded.account,
		con_id = excluded.con_id, symbol = excluded.symbol, side = excluded.side,
		shares = excluded.shares, price = excluded.price, at = excluded.at,
		booked_at = excluded.booked_at`,
		base, e.ExecID, revision, sql.NullString{String: e.IntentID, Valid: e.IntentID != ""},
		e.Account, e.ConID, e.Symbol, e.OrderID, e.PermID, e.ClientID, string(e.Side), e.Shares,
		e.Price, stamp(e.At), stamp(j.now()))
	return err
}

// settle moves an intent by the sum of its executions: in full is filled. A filled one that has less
// than that, by a correction or a bust, has ended all the same: its order can fill no further.
func (j *Journal) settle(ctx context.Context, tx *sql.Tx, id string) error {
	if id == "" {
		return nil
	}
	found, err := selectIntents(ctx, tx, `i.id = ?`, id)
	if err != nil || len(found) == 0 {
		return errors.Join(err, errorIf(err == nil, "execution names intent %s, which is missing", id))
	}
	in := found[0]
	full := in.Executed.Cmp(in.Quantity) >= 0
	detail := fmt.Sprintf("executed %s of %s", in.Executed, in.Quantity)
	switch {
	case full:
		return j.advance(ctx, tx, id, Filled, detail)
	case in.State == Filled:
		return j.advance(ctx, tx, id, Cancelled, "corrected: "+detail)
	case in.State == Prepared, in.State == Sent, in.State == Absent:
		return j.advance(ctx, tx, id, Working, detail)
	}
	return nil
}

func errorIf(yes bool, format string, args ...any) error {
	if !yes {
		return nil
	}
	return fmt.Errorf(format, args...)
}

func selectExecution(ctx context.Context, tx *sql.Tx, base string) (e Execution, found bool, err error) {
	var intent sql.NullString
	err = tx.QueryRowContext(ctx, `SELECT exec_id, intent, account, con_id, symbol, side, shares,
		price FROM executions WHERE exec_base = ?`, base).
		Scan(&e.ExecID, &intent, &e.Account, &e.ConID, &e.Symbol, &e.Side, &e.Shares, &e.Price)
	if errors.Is(err, sql.ErrNoRows) {
		return e, false, nil
	}
	e.IntentID = intent.String
	return e, err == nil, err
}

// Commission books a commission report once; a report for a corrected execution replaces the one
// before. It may come before its execution.
func (j *Journal) Commission(ctx context.Context, c Commission) error {
	j.books.Lock()
	defer j.books.Unlock()
	err := j.tx(ctx, "book commission of "+c.ExecID, func(tx *sql.Tx) error {
		base, revision := splitExecID(c.ExecID)
		var had int64
		var old decimal.Decimal
		err := tx.QueryRowContext(ctx, `SELECT revision, amount FROM commissions
			WHERE exec_base = ?`, base).Scan(&had, &old)
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return err
		case revision < had:
			return nil
		}
		var realized sql.NullString
		if c.Realized != nil {
			realized = sql.NullString{String: c.Realized.String(), Valid: true}
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO commissions (exec_base, exec_id, revision,
			amount, currency, realized) VALUES (?,?,?,?,?,?) ON CONFLICT (exec_base) DO UPDATE SET
			exec_id = excluded.exec_id, revision = excluded.revision, amount = excluded.amount,
			currency = excluded.currency, realized = excluded.realized`,
			base, c.ExecID, revision, c.Amount, c.Currency, realized); err != nil {
			return err
		}
		e, found, err := selectExecution(ctx, tx, base)
		if err != nil || !found || e.IntentID == "" || e.Shares.IsZero() {
			return err // applied when the execution comes, or not ours to pay
		}
		delta, err := old.Sub(c.Amount)
		if err != nil || delta.IsZero() {
			return err
		}
		if err := addCash(ctx, tx, e.Account, delta); err != nil {
			return err
		}
		return j.paidLate(ctx, tx, base, e.Account, delta)
	})
	if err != nil {
		j.audited = nil
	}
	return err
}

// paidLate keeps the checkpoint true when the commission of an execution in it comes or changes.
func (j *Journal) paidLate(ctx context.Context, tx *sql.Tx, base, account string, delta decimal.Decimal) error {
	c := j.audited
	if c == nil {
		return nil
	}
	var row int64
	if err := tx.QueryRowContext(ctx, `SELECT rowid FROM executions WHERE exec_base = ?`, base).
		Scan(&row); err != nil {
		return err
	}
	if row > c.through {
		return nil
	}
	var err error
	c.cash[account], err = c.cash[account].Add(delta)
	return err
}

// WithoutCommission counts the intent's executions whose commission report has not come.
func (j *Journal) WithoutCommission(ctx context.Context, id string) (int, error) {
	var n int
	err := j.db.QueryRowContext(ctx, `SELECT count(*) FROM executions e WHERE e.intent = ? AND e.assumed = 0 AND
		CAST(e.shares AS REAL) <> 0 AND NOT EXISTS
		(SELECT 1 FROM commissions c WHERE c.exec_base = e.exec_base)`, id).Scan(&n)
	return n, wrap("count missing commissions", err)
}
