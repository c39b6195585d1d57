package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/govalues/decimal"
)

// assumedID is the execId of an intent's assumed execution.
func assumedID(intentID string) string { return "assumed:" + intentID }

// Assume books what is left of an intent as executed at a price, because the change of position or a
// person says so. The executions of that intent replace it, share by share, if they are ever told.
func (j *Journal) Assume(ctx context.Context, id string, price decimal.Decimal, reason string) error {
	j.books.Lock()
	defer j.books.Unlock()
	return j.tx(ctx, "assume fill of intent "+id, func(tx *sql.Tx) error {
		return j.assume(ctx, tx, id, price, reason)
	})
}

func (j *Journal) assume(ctx context.Context, tx *sql.Tx, id string, price decimal.Decimal, reason string) error {
	in, err := openIntent(ctx, tx, id)
	if err != nil {
		return err
	}
	left, err := in.Quantity.Sub(in.Executed)
	if err != nil {
		return err
	}
	e := Execution{
		ExecID: assumedID(id), IntentID: id, Account: in.Account, ConID: in.ConID, Symbol: in.Symbol,
		OrderID: in.OrderID, PermID: in.PermID, ClientID: in.ClientID, Side: in.Action.side(),
		Shares: left, Price: price, At: j.now(),
	}
	if err := j.upsertExecution(ctx, tx, e.ExecID, 0, e); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE executions SET assumed = 1 WHERE exec_base = ?`,
		e.ExecID); err != nil {
		return err
	}
	if err := post(ctx, tx, e, apply); err != nil {
		return err
	}
	return j.advance(ctx, tx, id, Filled, reason)
}

// openIntent reads an intent that must not be closed.
func openIntent(ctx context.Context, tx *sql.Tx, id string) (Intent, error) {
	found, err := selectIntents(ctx, tx, `i.id = ?`, id)
	switch {
	case err != nil:
		return Intent{}, err
	case len(found) == 0:
		return Intent{}, fmt.Errorf("there is no intent %s", id)
	case found[0].State.Closed():
		return Intent{}, fmt.Errorf("intent %s is %s already: %s", id, found[0].State, found[0].Reason)
	}
	return found[0], nil
}

func (a Action) side() Side {
	if a == Sell {
		return Sold
	}
	return Bought
}

// replaceAssumed takes as many shares out of the intent's assumed execution as e has.
func (j *Journal) replaceAssumed(ctx context.Context, tx *sql.Tx, e Execution) error {
	var assumed Execution
	err := tx.QueryRowContext(ctx, `SELECT exec_id, intent, account, con_id, symbol, order_id, perm_id,
		client_id, side, shares, price FROM executions WHERE intent = ? AND assumed = 1`, e.IntentID).
		Scan(&assumed.ExecID, &assumed.IntentID, &assumed.Account, &assumed.ConID, &assumed.Symbol,
			&assumed.OrderID, &assumed.PermID, &assumed.ClientID, &assumed.Side, &assumed.Shares,
			&assumed.Price)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	j.audited = nil
	if err := post(ctx, tx, assumed, reverse); err != nil {
		return err
	}
	left, err := assumed.Shares.Sub(e.Shares)
	if err != nil {
		return err
	}
	if !left.IsPos() {
		_, err := tx.ExecContext(ctx, `DELETE FROM executions WHERE exec_base = ?`, assumed.ExecID)
		return err
	}
	assumed.Shares = left
	if _, err := tx.ExecContext(ctx, `UPDATE executions SET shares = ? WHERE exec_base = ?`, left,
		assumed.ExecID); err != nil {
		return err
	}
	return post(ctx, tx, assumed, apply)
}

// Resolve settles an intent by a person's word: filled books what is left of it at price, otherwise
// its order never was or will fill no further. The reason is kept.
func (j *Journal) Resolve(ctx context.Context, id string, filled bool, price decimal.Decimal, reason string) error {
	j.books.Lock()
	defer j.books.Unlock()
	return j.tx(ctx, "resolve intent "+id, func(tx *sql.Tx) error {
		in, err := openIntent(ctx, tx, id)
		if err != nil {
			return err
		}
		reason = "resolved by hand: " + reason
		if filled {
			return j.assume(ctx, tx, id, price, reason)
		}
		if in.State == Ended || in.State == Working {
			if err := j.advance(ctx, tx, id, Unknown, reason); err != nil {
				return err
			}
		}
		if in.Executed.IsPos() {
			return j.advance(ctx, tx, id, Cancelled, reason)
		}
		return j.advance(ctx, tx, id, Absent, reason)
	})
}
