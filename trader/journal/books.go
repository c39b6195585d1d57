package journal

import (
	"context"
	"database/sql"
	"errors"

	"github.com/govalues/decimal"
)

// Position is one contract's row in the books, in shares.
type Position struct {
	Account string          `json:"account"`
	ConID   int64           `json:"conId"`
	Symbol  string          `json:"symbol"`
	Own     decimal.Decimal `json:"own"`     // what our intents traded, less Ceded
	Ceded   decimal.Decimal `json:"ceded"`   // shares of ours that somebody else sold
	Opening decimal.Decimal `json:"opening"` // what the account held when the journal began
	Total   decimal.Decimal `json:"total"`   // opening, own and every other execution: the account's
}

// Held is what the trader may count on and sell: its own shares, as far as the account has them.
func (p Position) Held() decimal.Decimal {
	if p.Own.IsNeg() {
		return p.Own // sold and then taken back by a bust: ours to buy again
	}
	return p.Own.Min(p.Total.Max(decimal.Zero))
}

// Posting directions.
const (
	apply   = 1
	reverse = -1
)

// post adds an execution to position and cash, or takes it out again. Its commission goes with it.
func post(ctx context.Context, tx *sql.Tx, e Execution, direction int) error {
	shares := e.Shares
	if (e.Side == Sold) != (direction == reverse) {
		shares = shares.Neg()
	}
	p, err := selectPosition(ctx, tx, e.Account, e.ConID)
	if err != nil {
		return err
	}
	p.Symbol = e.Symbol
	if p.Total, err = p.Total.Add(shares); err != nil {
		return err
	}
	if e.IntentID != "" {
		if p.Own, err = p.Own.Add(shares); err != nil {
			return err
		}
	}
	if err := writePosition(ctx, tx, p); err != nil || e.IntentID == "" || e.Shares.IsZero() {
		return err // nothing is paid for shares of others, or for none
	}
	value, err := shares.Mul(e.Price)
	if err != nil {
		return err
	}
	fee, err := commissionOf(ctx, tx, e.ExecID)
	if err != nil {
		return err
	}
	if direction == reverse {
		fee = fee.Neg()
	}
	paid, err := value.Add(fee)
	if err != nil {
		return err
	}
	return addCash(ctx, tx, e.Account, paid.Neg())
}

func commissionOf(ctx context.Context, tx *sql.Tx, execID string) (decimal.Decimal, error) {
	base, _ := splitExecID(execID)
	var amount decimal.Decimal
	err := tx.QueryRowContext(ctx, `SELECT amount FROM commissions WHERE exec_base = ?`, base).
		Scan(&amount)
	if errors.Is(err, sql.ErrNoRows) {
		return decimal.Zero, nil
	}
	return amount, err
}

func addCash(ctx context.Context, tx *sql.Tx, account string, delta decimal.Decimal) error {
	cash, _, err := selectAccount(ctx, tx, account)
	if err != nil {
		return err
	}
	if cash, err = cash.Add(delta); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO accounts (account, cash) VALUES (?, ?)
		ON CONFLICT (account) DO UPDATE SET cash = excluded.cash`, account, cash)
	return err
}

// rowQuerier is what a transaction and the database have in common for one row.
type rowQuerier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func selectAccount(ctx context.Context, q rowQuerier, account string) (
	cash decimal.Decimal, openedAt string, err error,
) {
	err = q.QueryRowContext(ctx, `SELECT cash, opened_at FROM accounts WHERE account = ?`, account).
		Scan(&cash, &openedAt)
	if errors.Is(err, sql.ErrNoRows) {
		return decimal.Zero, "", nil
	}
	return cash, openedAt, err
}

func selectPosition(ctx context.Context, q rowQuerier, account string, conID int64) (Position, error) {
	p := Position{Account: account, ConID: conID}
	err := q.QueryRowContext(ctx, `SELECT symbol, own, ceded, opening, total FROM positions
		WHERE account = ? AND con_id = ?`, account, conID).
		Scan(&p.Symbol, &p.Own, &p.Ceded, &p.Opening, &p.Total)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil
	}
	return p, err
}

func writePosition(ctx context.Context, tx *sql.Tx, p Position) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO positions (account, con_id, symbol, own, ceded,
		opening, total) VALUES (?,?,?,?,?,?,?) ON CONFLICT (account, con_id) DO UPDATE SET
		symbol = excluded.symbol, own = excluded.own, ceded = excluded.ceded,
		opening = excluded.opening, total = excluded.total`,
		p.Account, p.ConID, p.Symbol, p.Own, p.Ceded, p.Opening, p.Total)
	return err
}

// Position is the contract's row; all zero when there is none.
func (j *Journal) Position(ctx context.Context, account string, conID int64) (Position, error) {
	p, err := selectPosition(ctx, j.db, account, conID)
	return p, wrap("read position", err)
}

// Cash is the change of the account's cash by our own executions and their commissions.
func (j *Journal) Cash(ctx context.Context, account string) (decimal.Decimal, error) {
	cash, _, err := selectAccount(ctx, j.db, account)
	return cash, wrap("read cash", err)
}

// Positions is every row of the account, by contract.
func (j *Journal) Positions(ctx context.Context, account string) ([]Position, error) {
	all, err := selectPositions(ctx, j.db, account)
	return all, wrap("read positions", err)
}

func selectPositions(ctx context.Context, q querier, account string) (all []Position, err error) {
	rows, err := q.QueryContext(ctx, `SELECT account, con_id, symbol, own, ceded, opening,
		total FROM positions WHERE account = ? ORDER BY con_id`, account)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var p Position
		if err := rows.Scan(&p.Account, &p.ConID, &p.Symbol, &p.Own, &p.Ceded, &p.Opening,
			&p.Total); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, rows.Err()
}

// Opened says whether the account's opening positions were taken over before.
func (j *Journal) Opened(ctx context.Context, account string) (bool, error) {
	_, at, err := selectAccount(ctx, j.db, account)
	return at != "", wrap("read account", err)
}

// Account is the account that the journal is of: the first one whose positions were taken over; "" when
// none was.
func (j *Journal) Account(ctx context.Context) (string, error) {
	var account string
	err := j.db.QueryRowContext(ctx, `SELECT account FROM accounts WHERE opened_at <> ''
		ORDER BY opened_at LIMIT 1`).Scan(&account)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return account, wrap("read account", err)
}

// Adjustment changes an account's opening position in one contract by Shares.
type Adjustment struct {
	ConID  int64
	Symbol string
	Shares decimal.Decimal
}

// Adjust changes opening positions, and with them the totals, and marks the account as opened.
// What our intents traded stays as it is. It takes changes and no levels, so that a fill which is
// booked while the caller compares is not undone.
func (j *Journal) Adjust(ctx context.Context, account string, changes []Adjustment) error {
	return j.tx(ctx, "adjust opening positions", func(tx *sql.Tx) error {
		for _, c := range changes {
			if err := adjust(ctx, tx, account, c); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO accounts (account, cash, opened_at)
			VALUES (?, '0', ?) ON CONFLICT (account) DO UPDATE SET
			opened_at = CASE opened_at WHEN '' THEN excluded.opened_at ELSE opened_at END`,
			account, stamp(j.now()))
		return err
	})
}

func adjust(ctx context.Context, tx *sql.Tx, account string, c Adjustment) error {
	p, err := selectPosition(ctx, tx, account, c.ConID)
	if err != nil {
		return err
	}
	if p.Opening, err = p.Opening.Add(c.Shares); err != nil {
		return err
	}
	if p.Total, err = p.Total.Add(c.Shares); err != nil {
		return err
	}
	p.Symbol = c.Symbol
	return writePosition(ctx, tx, p)
}

// Cede takes away own shares that the account no longer has: somebody else sold them. Call it when
// the books agree with the broker: what is booked out of order may look like it for a moment. Shares
// that others buy later do not come back as ours. It returns the positions that lost some.
func (j *Journal) Cede(ctx context.Context, account string) (lost []Position, err error) {
	err = j.tx(ctx, "cede shares that others sold", func(tx *sql.Tx) error {
		all, err := selectPositions(ctx, tx, account)
		if err != nil {
			return err
		}
		for _, p := range all {
			gone, err := p.Own.Sub(p.Held())
			if err != nil {
				return err
			}
			if !gone.IsPos() {
				continue
			}
			p.Own = p.Held()
			if p.Ceded, err = p.Ceded.Add(gone); err != nil {
				return err
			}
			if err := writePosition(ctx, tx, p); err != nil {
				return err
			}
			if err := j.priceCession(ctx, tx, p, gone); err != nil {
				return err
			}
			lost = append(lost, p)
		}
		return nil
	})
	return lost, err
}
