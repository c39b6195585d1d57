package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/govalues/decimal"
)

// Books is the journal as one document.
type Books struct {
	Accounts   []AccountBooks   `json:"accounts"`
	Intents    []IntentBooks    `json:"intents"`
	Executions []ExecutionBooks `json:"executions"`
	Cycles     map[string]int64 `json:"cycles"` // count by outcome
	Halt       Halt             `json:"halt"`   // the kill switch's last change
}

// AccountBooks is one account's positions, and its cash changed by our own executions.
type AccountBooks struct {
	Account   string          `json:"account"`
	Cash      decimal.Decimal `json:"cash"`
	Positions []Position      `json:"positions"`
	Profits   []ProfitBooks   `json:"profits,omitempty"`
	Risk      *RiskDay        `json:"risk,omitempty"` // nil before the first equity
	// Unexplained are changes of the account's cash that no execution explains.
	Unexplained []CashDifference `json:"unexplained,omitempty"`
}

// ProfitBooks is what the trader made of a contract: first in, first out.
type ProfitBooks struct {
	ConID    int64           `json:"conId"`
	Realised decimal.Decimal `json:"realised"` // before fees
	Fees     decimal.Decimal `json:"fees"`
}

// CashDifference is a change of cash that no execution explains.
type CashDifference struct {
	Currency string          `json:"currency"`
	Amount   decimal.Decimal `json:"amount"`
	Why      string          `json:"why"`
	At       time.Time       `json:"at"`
}

// IntentBooks is one intent and what became of it.
type IntentBooks struct {
	ID       string          `json:"id"`
	Symbol   string          `json:"symbol"`
	Role     Role            `json:"role,omitempty"` // of a protective order
	Action   Action          `json:"action"`
	Quantity decimal.Decimal `json:"quantity"`
	Executed decimal.Decimal `json:"executed"`
	OrderID  int64           `json:"orderId"`
	PermID   int64           `json:"permId,omitempty"`
	State    State           `json:"state"`
	Reason   string          `json:"reason,omitempty"`
	BarEnd   time.Time       `json:"barEnd"`
}

// ExecutionBooks is one execution in its latest revision.
type ExecutionBooks struct {
	ExecID     string           `json:"execId"`
	Intent     string           `json:"intent,omitempty"`
	Symbol     string           `json:"symbol"`
	Side       Side             `json:"side"`
	Shares     decimal.Decimal  `json:"shares"`
	Price      decimal.Decimal  `json:"price"`
	Commission *decimal.Decimal `json:"commission,omitempty"`
}

// ReadBooks reads a state directory's journal without its lock, also while a trader writes it.
func ReadBooks(ctx context.Context, dir string) (b Books, err error) {
	db, err := openReadOnly(dir)
	if err != nil {
		return b, fmt.Errorf("read books: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	j := &Journal{db: db, dir: dir, now: time.Now}
	for _, read := range []func(context.Context, *Books) error{
		j.readAccounts, j.readIntents, j.readExecutions, j.readCycles, j.readRisk,
	} {
		if err := read(ctx, &b); err != nil {
			return b, fmt.Errorf("read books: %w", err)
		}
	}
	return b, nil
}

func (j *Journal) readAccounts(ctx context.Context, b *Books) error {
	accounts, err := accountsOf(ctx, j.db)
	if err != nil {
		return err
	}
	for account, cash := range accounts {
		positions, err := j.Positions(ctx, account)
		if err != nil {
			return err
		}
		b.Accounts = append(b.Accounts, AccountBooks{Account: account, Cash: cash, Positions: positions})
	}
	slices.SortFunc(b.Accounts, func(x, y AccountBooks) int {
		if x.Account < y.Account {
			return -1
		}
		return 1
	})
	return nil
}

func (j *Journal) readIntents(ctx context.Context, b *Books) error {
	intents, err := j.Intents(ctx)
	for _, in := range intents {
		b.Intents = append(b.Intents, IntentBooks{
			in.ID, in.Symbol, in.Role, in.Action, in.Quantity, in.Executed, in.OrderID, in.PermID, in.State,
			in.Reason, in.BarEnd,
		})
	}
	return err
}

func (j *Journal) readExecutions(ctx context.Context, b *Books) (err error) {
	rows, err := j.db.QueryContext(ctx, `SELECT e.exec_id, coalesce(e.intent, ''), e.symbol, e.side,
		e.shares, e.price, c.amount FROM executions e
		LEFT JOIN commissions c ON c.exec_base = e.exec_base
		WHERE CAST(e.shares AS REAL) <> 0 ORDER BY e.rowid`) // a busted one is none
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var e ExecutionBooks
		var amount sql.NullString
		if err := rows.Scan(&e.ExecID, &e.Intent, &e.Symbol, &e.Side, &e.Shares, &e.Price,
			&amount); err != nil {
			return err
		}
		if amount.Valid {
			c, err := decimal.Parse(amount.String)
			if err != nil {
				return err
			}
			e.Commission = &c
		}
		b.Executions = append(b.Executions, e)
	}
	return rows.Err()
}

func (j *Journal) readCycles(ctx context.Context, b *Books) (err error) {
	rows, err := j.db.QueryContext(ctx, `SELECT outcome, count(*) FROM cycles GROUP BY outcome`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	b.Cycles = map[string]int64{}
	for rows.Next() {
		var outcome string
		var n int64
		if err := rows.Scan(&outcome, &n); err != nil {
			return err
		}
		if outcome == "" {
			outcome = "unfinished"
		}
		b.Cycles[outcome] = n
	}
	return rows.Err()
}
