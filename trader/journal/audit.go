package journal

import (
	"context"
	"errors"
	"fmt"

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

// Audit replays every execution and compares: own and total positions and cash must be what the
// executions and commissions say.
func (j *Journal) Audit(ctx context.Context) error {
	byContract, byAccount, err := j.replay(ctx)
	if err != nil {
		return fmt.Errorf("audit books: %w", err)
	}
	accounts, err := j.accounts(ctx)
	if err != nil {
		return fmt.Errorf("audit books: %w", err)
	}
	for account, cash := range accounts {
		if want := byAccount[account]; cash.Cmp(want) != 0 {
			return fmt.Errorf("audit books: cash is %s, executions say %s: %w", cash, want, ErrBooks)
		}
		positions, err := j.Positions(ctx, account)
		if err != nil {
			return fmt.Errorf("audit books: %w", err)
		}
		for _, p := range positions {
			key := contractKey{p.Account, p.ConID}
			if err := p.agrees(byContract[key]); err != nil {
				return fmt.Errorf("audit books: %w", err)
			}
			delete(byContract, key)
		}
	}
	for key, s := range byContract {
		if !s.total.IsZero() || !s.own.IsZero() {
			return fmt.Errorf("audit books: contract %d has executions and no position: %w",
				key.conID, ErrBooks)
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

func (j *Journal) accounts(ctx context.Context) (all map[string]decimal.Decimal, err error) {
	rows, err := j.db.QueryContext(ctx, `SELECT account, cash FROM accounts
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

func (j *Journal) replay(ctx context.Context) (
	byContract map[contractKey]sums, byAccount map[string]decimal.Decimal, err error,
) {
	rows, err := j.db.QueryContext(ctx, `SELECT e.account, e.con_id, e.intent IS NOT NULL, e.side,
		e.shares, e.price, coalesce(c.amount, '0') FROM executions e
		LEFT JOIN commissions c ON c.exec_base = e.exec_base`)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	byContract, byAccount = map[contractKey]sums{}, map[string]decimal.Decimal{}
	for rows.Next() {
		var key contractKey
		var own bool
		var side Side
		var shares, price, fee decimal.Decimal
		if err := rows.Scan(&key.account, &key.conID, &own, &side, &shares, &price, &fee); err != nil {
			return nil, nil, err
		}
		if side == Sold {
			shares = shares.Neg()
		}
		s := byContract[key]
		if s, err = s.plus(own, shares); err != nil {
			return nil, nil, err
		}
		byContract[key] = s
		if !own || shares.IsZero() {
			continue
		}
		if byAccount[key.account], err = pay(byAccount[key.account], shares, price, fee); err != nil {
			return nil, nil, err
		}
	}
	return byContract, byAccount, rows.Err()
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
