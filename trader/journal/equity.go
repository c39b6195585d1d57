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

// EquityPoint is what the trader's own trading had come to at one instant: the change of cash since the
// journal began, and the value of its shares at the closes that were decided on.
type EquityPoint struct {
	At     time.Time       `json:"at"`
	Equity decimal.Decimal `json:"equity"`
}

// EquityHistory makes up to about points of the cycles since then out of what the journal has anyway:
// decisions (shares held, close) and executions. It reads the file as ReadBooks does, in one snapshot.
func EquityHistory(ctx context.Context, dir string, since time.Time, points int) (history []EquityPoint, err error) {
	db, err := openReadOnly(dir)
	if err != nil {
		return nil, fmt.Errorf("read equity: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("read equity: %w", err)
	}
	defer func() { err = errors.Join(err, rollback(tx)) }()
	flows, cash, err := flowsSince(ctx, tx, since)
	if err != nil {
		return nil, fmt.Errorf("read equity: %w", err)
	}
	holdings, err := holdingsSince(ctx, tx, since, points)
	if err != nil {
		return nil, fmt.Errorf("read equity: %w", err)
	}
	for _, h := range slices.Backward(holdings) { // from the cash of now back to that of then
		for len(flows) > 0 && flows[len(flows)-1].at.After(h.At) {
			if cash, err = cash.Sub(flows[len(flows)-1].cash); err != nil {
				return nil, fmt.Errorf("read equity: %w", err)
			}
			flows = flows[:len(flows)-1]
		}
		if h.Equity, err = h.Equity.Add(cash); err != nil {
			return nil, fmt.Errorf("read equity: %w", err)
		}
		history = append(history, h)
	}
	slices.Reverse(history)
	return history, nil
}

// flow is what an execution of ours and its commission changed cash by.
type flow struct {
	at   time.Time
	cash decimal.Decimal
}

// flowsSince reads them in the order of booking, and the cash after the last one.
func flowsSince(ctx context.Context, tx *sql.Tx, since time.Time) (flows []flow, cash decimal.Decimal, err error) {
	accounts, err := accountsOf(ctx, tx)
	if err != nil {
		return nil, cash, err
	}
	for _, c := range accounts {
		if cash, err = cash.Add(c); err != nil {
			return nil, cash, err
		}
	}
	rows, err := tx.QueryContext(ctx, `SELECT e.booked_at, e.side, e.shares, e.price, coalesce(c.amount, '0')
		FROM executions e LEFT JOIN commissions c ON c.exec_base = e.exec_base
		WHERE e.intent IS NOT NULL AND e.booked_at >= ? AND CAST(e.shares AS REAL) <> 0
		ORDER BY e.booked_at`, stamp(since))
	if err != nil {
		return nil, cash, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var text string
		var side Side
		var shares, price, fee decimal.Decimal
		if err := rows.Scan(&text, &side, &shares, &price, &fee); err != nil {
			return nil, cash, err
		}
		at, err := parseStamp(text)
		if err != nil {
			return nil, cash, err
		}
		value, err := shares.Mul(price)
		if err != nil {
			return nil, cash, err
		}
		if side == Bought {
			value = value.Neg()
		}
		if value, err = value.Sub(fee); err != nil {
			return nil, cash, err
		}
		flows = append(flows, flow{at, value})
	}
	return flows, cash, rows.Err()
}

// holdingsSince values what each sampled cycle held. A symbol without a close keeps the one before.
func holdingsSince(ctx context.Context, tx *sql.Tx, since time.Time, points int) (all []EquityPoint, err error) {
	var first, last sql.NullInt64
	err = tx.QueryRowContext(ctx, `SELECT min(id), max(id) FROM cycles WHERE started_at >= ?`, stamp(since)).
		Scan(&first, &last)
	if err != nil || !last.Valid {
		return nil, err
	}
	every := max(1, (last.Int64-first.Int64+1)/int64(max(1, points)))
	rows, err := tx.QueryContext(ctx, `SELECT cycle, symbol, at, held, close, bar_end FROM decisions
		WHERE cycle >= ? AND (? - cycle) % ? = 0 ORDER BY cycle, at`, first.Int64, last.Int64, every)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	closes, cycle := map[string]decimal.Decimal{}, int64(0)
	for rows.Next() {
		var id int64
		var symbol, at, barEnd string
		var held, price decimal.Decimal
		if err := rows.Scan(&id, &symbol, &at, &held, &price, &barEnd); err != nil {
			return nil, err
		}
		if id != cycle {
			cycle = id
			p := EquityPoint{}
			if p.At, err = parseStamp(at); err != nil {
				return nil, err
			}
			all = append(all, p)
		}
		if barEnd != "" {
			closes[symbol] = price
		}
		value, err := held.Mul(closes[symbol])
		if err != nil {
			return nil, err
		}
		point := &all[len(all)-1]
		if point.Equity, err = point.Equity.Add(value); err != nil {
			return nil, err
		}
	}
	return all, rows.Err()
}
