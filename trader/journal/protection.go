package journal

import (
	"context"
	"database/sql"
	"errors"

	"github.com/govalues/decimal"
)

// Role is what an order is for. A strategy's has none.
type Role string

// The roles of protective orders.
const (
	StopRole   Role = "stop"
	TargetRole Role = "target"
	ReduceRole Role = "reduce" // closes a position that could not be protected
)

// Resting says whether it is an order that waits at the broker for its price.
func (r Role) Resting() bool { return r == StopRole || r == TargetRole }

// Protection is what one position's protective orders are made from.
type Protection struct {
	Account string
	ConID   int64
	Group   string          // "" while there is no position
	Stop    decimal.Decimal // the price of the stop; of a trailing one, where it was last
	Target  decimal.Decimal // zero: none
	// ShutDay, when set, is the exchange day on which no new position is opened, and ShutWhy the cause.
	ShutDay, ShutWhy string
}

// Protection is the contract's row; the zero one when there is none.
func (j *Journal) Protection(ctx context.Context, account string, conID int64) (Protection, error) {
	p := Protection{Account: account, ConID: conID}
	err := j.db.QueryRowContext(ctx, `SELECT oca_group, stop, target, shut_day, shut_why FROM protections
		WHERE account = ? AND con_id = ?`, account, conID).
		Scan(&p.Group, &p.Stop, &p.Target, &p.ShutDay, &p.ShutWhy)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil
	}
	return p, wrap("read protection", err)
}

// Protections are the account's rows, by contract.
func (j *Journal) Protections(ctx context.Context, account string) (all map[int64]Protection, err error) {
	rows, err := j.db.QueryContext(ctx, `SELECT con_id, oca_group, stop, target, shut_day, shut_why
		FROM protections WHERE account = ?`, account)
	if err != nil {
		return nil, wrap("read protections", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	all = map[int64]Protection{}
	for rows.Next() {
		p := Protection{Account: account}
		if err := rows.Scan(&p.ConID, &p.Group, &p.Stop, &p.Target, &p.ShutDay, &p.ShutWhy); err != nil {
			return nil, wrap("read protections", err)
		}
		all[p.ConID] = p
	}
	return all, wrap("read protections", rows.Err())
}

// SetProtection writes the contract's row.
func (j *Journal) SetProtection(ctx context.Context, p Protection) error {
	_, err := j.db.ExecContext(ctx, `INSERT INTO protections (account, con_id, oca_group, stop, target, shut_day,
		shut_why) VALUES (?,?,?,?,?,?,?) ON CONFLICT (account, con_id) DO UPDATE SET
		oca_group = excluded.oca_group, stop = excluded.stop, target = excluded.target,
		shut_day = excluded.shut_day, shut_why = excluded.shut_why`,
		p.Account, p.ConID, p.Group, p.Stop, p.Target, p.ShutDay, p.ShutWhy)
	return wrap("write protection", err)
}

// Told takes the broker's word on the size of a protective order, and on where its stop is (zero: it did
// not say). Its size changes: we change it, and the broker does when another of its group fills. One
// that has executed as much as that is filled.
func (j *Journal) Told(ctx context.Context, id string, quantity, stop decimal.Decimal) error {
	return j.tx(ctx, "resize intent "+id, func(tx *sql.Tx) error {
		found, err := selectIntents(ctx, tx, `i.id = ?`, id)
		if err != nil || len(found) == 0 || !found[0].Role.Resting() || found[0].State.Closed() {
			return err
		}
		in := found[0]
		if !stop.IsPos() {
			stop = in.StopPrice
		}
		if !quantity.IsPos() || quantity.Cmp(in.Quantity) == 0 && stop.Cmp(in.StopPrice) == 0 {
			return nil
		}
		if _, err := tx.ExecContext(ctx, `UPDATE intents SET quantity = ?, stop_price = ? WHERE id = ?`,
			quantity, stop, id); err != nil {
			return err
		}
		if in.Executed.IsPos() {
			return j.settle(ctx, tx, id)
		}
		return nil
	})
}

// LastPrice is the price of the newest own execution of a contract on a side; zero when there is none.
func (j *Journal) LastPrice(ctx context.Context, account string, conID int64, side Side) (decimal.Decimal, error) {
	var price decimal.Decimal
	err := j.db.QueryRowContext(ctx, `SELECT price FROM executions WHERE account = ? AND con_id = ? AND side = ?
		AND intent IS NOT NULL AND CAST(shares AS REAL) <> 0 ORDER BY rowid DESC LIMIT 1`,
		account, conID, string(side)).Scan(&price)
	if errors.Is(err, sql.ErrNoRows) {
		return price, nil
	}
	return price, wrap("read last price", err)
}

// Executed names the protective orders of a group that have executed, in the order of their sending.
func (j *Journal) Executed(ctx context.Context, group string) ([]Intent, error) {
	found, err := selectIntents(ctx, j.db, `i.oca_group = ? AND i.role <> ''`, group)
	var out []Intent
	for _, in := range found {
		if in.Executed.IsPos() {
			out = append(out, in)
		}
	}
	return out, wrap("read group "+group, err)
}
