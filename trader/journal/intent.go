package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/govalues/decimal"
)

// Action is what an order does.
type Action string

// The actions, as IBKR writes them.
const (
	Buy  Action = "BUY"
	Sell Action = "SELL"
)

// Intent is one decision to send one order.
type Intent struct {
	ID             string // the order's orderRef, unique over every life of every trader
	Account        string
	Symbol         string
	ConID          int64
	ClientID       int
	OrderID        int64
	PermID         int64
	Action         Action
	Quantity       decimal.Decimal
	Type           string
	LimitPrice     decimal.Decimal
	ReferencePrice decimal.Decimal
	BarEnd         time.Time
	Day            string
	Cycle          int64
	State          State
	Reason         string
	CreatedAt      time.Time
	UpdatedAt      time.Time
	// Executed is the sum of the live executions' shares.
	Executed decimal.Decimal

	// Of protective orders.
	Role      Role
	Group     string          // orders of which one cancels or reduces the others
	StopPrice decimal.Decimal // where the stop is; of a trailing one, where it was last
	Trail     string          // of a trailing stop: "1%", or an amount
}

// ErrDuplicate says that there already is an intent of that id, or for that contract and bar.
var ErrDuplicate = errors.New("the intent exists already")

// ErrTransition says that State's rules forbid a change.
var ErrTransition = errors.New("state change not allowed")

// Prepare writes the intent and raises the order-id floor to its order id. When it returns nil
// both are on the disk, and only then may the order be sent.
func (j *Journal) Prepare(ctx context.Context, in Intent) error {
	return j.tx(ctx, "prepare intent "+in.ID, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM intents WHERE id = ? OR
			(account = ? AND con_id = ? AND bar_end = ? AND state <> 'not-sent' AND role = '' AND ? = '')`,
			in.ID, in.Account, in.ConID, stamp(in.BarEnd), string(in.Role)).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return fmt.Errorf("%s of bar %s: %w", in.Symbol, stamp(in.BarEnd), ErrDuplicate)
		}
		return j.insertIntent(ctx, tx, in, Prepared)
	})
}

// Adopt writes an intent of an order that is at the broker already. Its outcome is unknown.
func (j *Journal) Adopt(ctx context.Context, in Intent) error {
	return j.tx(ctx, "adopt intent "+in.ID, func(tx *sql.Tx) error {
		return j.insertIntent(ctx, tx, in, Unknown)
	})
}

func (j *Journal) insertIntent(ctx context.Context, tx *sql.Tx, in Intent, state State) error {
	now := stamp(j.now())
	if _, err := tx.ExecContext(ctx, `INSERT INTO intents (id, account, symbol, con_id,
		client_id, order_id, perm_id, action, quantity, type, limit_price, reference_price, bar_end,
		day, cycle, state, reason, created_at, updated_at, role, oca_group, stop_price, trail)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		in.ID, in.Account, in.Symbol, in.ConID, in.ClientID, in.OrderID, in.PermID, string(in.Action),
		in.Quantity, in.Type, in.LimitPrice, in.ReferencePrice, stamp(in.BarEnd), in.Day,
		in.Cycle, string(state), in.Reason, now, now, string(in.Role), in.Group, in.StopPrice, in.Trail); err != nil {
		return err
	}
	if err := raiseFloor(ctx, tx, in.ClientID, in.OrderID); err != nil {
		return err
	}
	return j.log(ctx, tx, in.ID, state, in.Reason)
}

// Advance moves an intent to another state. A move that State's rules forbid is refused with an
// error; a move to the state that it has is nothing.
func (j *Journal) Advance(ctx context.Context, id string, to State, reason string) error {
	return j.tx(ctx, "advance intent "+id, func(tx *sql.Tx) error {
		var from State
		err := tx.QueryRowContext(ctx, `SELECT state FROM intents WHERE id = ?`, id).Scan(&from)
		if err == nil && from == Filled && to != Filled {
			// Executions have filled it while the caller looked at an older word. Only they can change that.
			return fmt.Errorf("from %s to %s (%s): %w", from, to, reason, ErrTransition)
		}
		if err != nil {
			return err
		}
		return j.advance(ctx, tx, id, to, reason)
	})
}

func (j *Journal) advance(ctx context.Context, tx *sql.Tx, id string, to State, reason string) error {
	var from State
	err := tx.QueryRowContext(ctx, `SELECT state FROM intents WHERE id = ?`, id).Scan(&from)
	if err != nil {
		return err
	}
	if from == to {
		return nil
	}
	if !from.mayBecome(to) {
		return fmt.Errorf("from %s to %s (%s): %w", from, to, reason, ErrTransition)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE intents SET state = ?, reason = ?, updated_at = ?
		WHERE id = ?`, string(to), reason, stamp(j.now()), id); err != nil {
		return err
	}
	return j.log(ctx, tx, id, to, reason)
}

func (j *Journal) log(ctx context.Context, tx *sql.Tx, id string, s State, reason string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO intent_log (intent, state, reason, at)
		VALUES (?,?,?,?)`, id, string(s), reason, stamp(j.now()))
	return err
}

// SetPermID notes the broker's permanent id of the intent's order.
func (j *Journal) SetPermID(ctx context.Context, id string, permID int64) error {
	_, err := j.db.ExecContext(ctx, `UPDATE intents SET perm_id = ? WHERE id = ? AND perm_id = 0`,
		permID, id)
	if err != nil {
		return fmt.Errorf("set permId of intent %s: %w", id, err)
	}
	return nil
}

// Recover makes every intent unknown that an earlier life left prepared, sent or working: where
// that life stopped cannot be told, so only the broker's evidence may settle them. It returns how
// many there were.
func (j *Journal) Recover(ctx context.Context, why string) (int, error) {
	n := 0
	err := j.tx(ctx, "recover intents", func(tx *sql.Tx) error {
		open, err := selectIntents(ctx, tx, `state IN ('prepared', 'sent', 'working')`)
		if err != nil {
			return err
		}
		for _, in := range open {
			reason := fmt.Sprintf("was %s when %s", in.State, why)
			if err := j.advance(ctx, tx, in.ID, Unknown, reason); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

// Intent is the intent of that id; ok is false when there is none.
func (j *Journal) Intent(ctx context.Context, id string) (in Intent, ok bool, err error) {
	found, err := selectIntents(ctx, j.db, `i.id = ?`, id)
	if err != nil || len(found) == 0 {
		return Intent{}, false, wrap("read intent "+id, err)
	}
	return found[0], true, nil
}

// IntentByOrder is the newest intent that was given this order id by this client; ok is false when
// there is none. Use it only where the broker gave no orderRef.
func (j *Journal) IntentByOrder(ctx context.Context, clientID int, orderID int64) (Intent, bool, error) {
	found, err := selectIntents(ctx, j.db, `i.client_id = ? AND i.order_id = ?`, clientID, orderID)
	if err != nil || len(found) == 0 {
		return Intent{}, false, wrap("read intent by order id", err)
	}
	return found[len(found)-1], true, nil
}

// Open is every intent that is not closed, oldest first.
func (j *Journal) Open(ctx context.Context, account string) ([]Intent, error) {
	// The plus keeps SQLite from going through every order of the account for the few that are open.
	found, err := selectIntents(ctx, j.db, `+i.account = ? AND state IN
		('prepared', 'sent', 'working', 'unknown', 'ended')`, account)
	return found, wrap("read open intents", err)
}

// Intents is every intent, oldest first.
func (j *Journal) Intents(ctx context.Context) ([]Intent, error) {
	found, err := selectIntents(ctx, j.db, `1 = 1`)
	return found, wrap("read intents", err)
}

// OrderIDFloor is the highest order id that this client ever used, 0 when none. The next one must
// be above it, whatever the Gateway's nextValidId says.
func (j *Journal) OrderIDFloor(ctx context.Context, clientID int) (int64, error) {
	var floor int64
	err := j.db.QueryRowContext(ctx, `SELECT floor FROM order_ids WHERE client_id = ?`, clientID).
		Scan(&floor)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return floor, wrap("read order-id floor", err)
}

func raiseFloor(ctx context.Context, tx *sql.Tx, clientID int, orderID int64) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO order_ids (client_id, floor) VALUES (?, ?)
		ON CONFLICT (client_id) DO UPDATE SET floor = max(floor, excluded.floor)`, clientID, orderID)
	return err
}

// querier is what a transaction and the database have in common.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func selectIntents(ctx context.Context, q querier, where string, args ...any) (all []Intent, err error) {
	rows, err := q.QueryContext(ctx, `SELECT i.id, i.account, i.symbol, i.con_id, i.client_id,
		i.order_id, i.perm_id, i.action, i.quantity, i.type, i.limit_price, i.reference_price,
		i.bar_end, i.day, i.cycle, i.state, i.reason, i.created_at, i.updated_at, i.role, i.oca_group,
		i.stop_price, i.trail, e.shares
		FROM intents i LEFT JOIN executions e ON e.intent = i.id
		WHERE `+where+` ORDER BY i.rowid`, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		in, shares, err := scanIntent(rows)
		if err != nil {
			return nil, err
		}
		if len(all) == 0 || all[len(all)-1].ID != in.ID {
			all = append(all, in)
		}
		last := &all[len(all)-1]
		if last.Executed, err = last.Executed.Add(shares); err != nil {
			return nil, fmt.Errorf("sum executions of %s: %w", in.ID, err)
		}
	}
	return all, rows.Err()
}

func scanIntent(rows *sql.Rows) (in Intent, shares decimal.Decimal, err error) {
	var barEnd, created, updated string
	var executed sql.NullString
	if err := rows.Scan(&in.ID, &in.Account, &in.Symbol, &in.ConID, &in.ClientID, &in.OrderID,
		&in.PermID, &in.Action, &in.Quantity, &in.Type, &in.LimitPrice, &in.ReferencePrice,
		&barEnd, &in.Day, &in.Cycle, &in.State, &in.Reason, &created, &updated,
		&in.Role, &in.Group, &in.StopPrice, &in.Trail, &executed); err != nil {
		return in, shares, err
	}
	for _, f := range []struct {
		to   *time.Time
		text string
	}{{&in.BarEnd, barEnd}, {&in.CreatedAt, created}, {&in.UpdatedAt, updated}} {
		if *f.to, err = parseStamp(f.text); err != nil {
			return in, shares, fmt.Errorf("intent %s: %w", in.ID, err)
		}
	}
	if executed.Valid {
		shares, err = decimal.Parse(executed.String)
	}
	return in, shares, err
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
