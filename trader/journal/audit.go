package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"

	"github.com/govalues/decimal"
)

// ErrBooks says that the books contradict themselves: the file was changed from outside.
var ErrBooks = errors.New("books do not add up")

type contractKey struct {
	account string
	conID   int64
}

type sums struct {
	own, total decimal.Decimal
}

// checkpoint is what the executions up to a row add up to, so that an audit need not replay them again.
// Whoever changes a row that is in it forgets it.
type checkpoint struct {
	through    int64 // the last row
	replayed   int   // rows that the audit which made it has read
	byContract map[contractKey]sums
	cash       map[string]decimal.Decimal // by account
}

// Audit compares the books with their executions and commissions: own and total positions and cash must
// be what those say. It reads one snapshot, so that a fill which is booked meanwhile is in all of it or
// in nothing. The first audit of a life replays every execution, later ones those that are new.
func (j *Journal) Audit(ctx context.Context) error {
	j.books.Lock()
	defer j.books.Unlock()
	next := &checkpoint{byContract: map[contractKey]sums{}, cash: map[string]decimal.Decimal{}}
	if c := j.audited; c != nil {
		next = &checkpoint{through: c.through, byContract: maps.Clone(c.byContract), cash: maps.Clone(c.cash)}
	}
	err := j.tx(ctx, "audit books", func(tx *sql.Tx) error {
		if err := next.replay(ctx, tx); err != nil {
			return err
		}
		return next.compare(ctx, tx)
	})
	if err == nil {
		j.audited = next
	}
	return err
}

// compare is ErrBooks when the books are not what the checkpoint says.
func (c *checkpoint) compare(ctx context.Context, tx *sql.Tx) error {
	accounts, err := accountsOf(ctx, tx)
	if err != nil {
		return err
	}
	left := maps.Clone(c.byContract)
	for account, cash := range accounts {
		if want := c.cash[account]; cash.Cmp(want) != 0 {
			return fmt.Errorf("cash is %s, executions say %s: %w", cash, want, ErrBooks)
		}
		positions, err := selectPositions(ctx, tx, account)
		if err != nil {
			return err
		}
		for _, p := range positions {
			key := contractKey{p.Account, p.ConID}
			if err := p.agrees(left[key]); err != nil {
				return err
			}
			delete(left, key)
		}
	}
	for key, s := range left {
		if !s.total.IsZero() || !s.own.IsZero() {
			return fmt.Errorf("contract %d has executions and no position: %w", key.conID, ErrBooks)
		}
	}
	return nil
}

func (p Position) agrees(s sums) error {
	total, err := p.Opening.Add(s.total)
	if err != nil {
		return err
	}
	own, err := p.Own.Add(p.Ceded)
	if err != nil {
		return err
	}
	if own.Cmp(s.own) != 0 || p.Total.Cmp(total) != 0 {
		return fmt.Errorf("%s: own %s with %s ceded and total %s, executions say %s and %s: %w",
			p.Symbol, p.Own, p.Ceded, p.Total, s.own, total, ErrBooks)
	}
	return nil
}

func accountsOf(ctx context.Context, q querier) (all map[string]decimal.Decimal, err error) {
	rows, err := q.QueryContext(ctx, `SELECT account, cash FROM accounts
		UNION SELECT account, '0' FROM positions WHERE account NOT IN (SELECT account FROM accounts)`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	all = map[string]decimal.Decimal{}
	for rows.Next() {
		var account string
		var cash decimal.Decimal
		if err := rows.Scan(&account, &cash); err != nil {
			return nil, err
		}
		all[account] = cash
	}
	return all, rows.Err()
}

// replay adds the executions behind the checkpoint to it.
func (c *checkpoint) replay(ctx context.Context, q querier) (err error) {
	rows, err := q.QueryContext(ctx, `SELECT e.rowid, e.account, e.con_id, e.intent IS NOT NULL, e.side,
		e.shares, e.price, coalesce(c.amount, '0') FROM executions e
		LEFT JOIN commissions c ON c.exec_base = e.exec_base WHERE e.rowid > ? ORDER BY e.rowid`, c.through)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var key contractKey
		var own bool
		var side Side
		var shares, price, fee decimal.Decimal
		if err := rows.Scan(&c.through, &key.account, &key.conID, &own, &side, &shares, &price, &fee); err != nil {
			return err
		}
		c.replayed++
		if side == Sold {
			shares = shares.Neg()
		}
		if c.byContract[key], err = c.byContract[key].plus(own, shares); err != nil {
			return err
		}
		if !own || shares.IsZero() {
			continue
		}
		if c.cash[key.account], err = pay(c.cash[key.account], shares, price, fee); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (s sums) plus(own bool, shares decimal.Decimal) (sums, error) {
	var err error
	if s.total, err = s.total.Add(shares); err != nil || !own {
		return s, err
	}
	s.own, err = s.own.Add(shares)
	return s, err
}

// pay is cash - shares*price - fee.
func pay(cash, shares, price, fee decimal.Decimal) (decimal.Decimal, error) {
	value, err := shares.Mul(price)
	if err != nil {
		return cash, err
	}
	if cash, err = cash.Sub(value); err != nil {
		return cash, err
	}
	return cash.Sub(fee)
}
