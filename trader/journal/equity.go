package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/govalues/decimal"
)

// EquityPoint is what the trader's own trading had come to at one instant: the change of cash since the
// journal began, and the value of its shares at the closes that were decided on.
type EquityPoint struct {
	At     time.Time       `json:"at"`
	Equity decimal.Decimal `json:"equity"`
}

// EquityHistory makes up to about points of the cycles since then out of what the journal has anyway: closes
// that were decided on, and executions. It reads the file as ReadBooks does, in one snapshot. Shares that
// somebody else sold are not the trader's at any time.
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
	h := replay{closes: map[int64]decimal.Decimal{}, own: map[int64]decimal.Decimal{}}
	for _, read := range []func(context.Context, *sql.Tx, time.Time) error{h.readNow, h.readFlows} {
		if err := read(ctx, tx, since); err != nil {
			return nil, fmt.Errorf("read equity: %w", err)
		}
	}
	if history, err = h.points(ctx, tx, since, points); err != nil {
		return nil, fmt.Errorf("read equity: %w", err)
	}
	return history, nil
}

// replay is cash and shares at one instant, and the executions that change them after it.
type replay struct {
	cash   decimal.Decimal
	own    map[int64]decimal.Decimal // shares by contract
	closes map[int64]decimal.Decimal
	flows  []flow
}

// flow is what an execution of ours, and its commission, changed.
type flow struct {
	at           time.Time
	conID        int64
	shares, cash decimal.Decimal
}

// readNow begins with what there is now.
func (h *replay) readNow(ctx context.Context, tx *sql.Tx, _ time.Time) error {
	accounts, err := accountsOf(ctx, tx)
	if err != nil {
		return err
	}
	for account, cash := range accounts {
		if h.cash, err = h.cash.Add(cash); err != nil {
			return err
		}
		positions, err := selectPositions(ctx, tx, account)
		if err != nil {
			return err
		}
		for _, p := range positions {
			if h.own[p.ConID], err = h.own[p.ConID].Add(p.Own); err != nil {
				return err
			}
		}
	}
	return nil
}

// readFlows reads the executions since then and goes back before them.
func (h *replay) readFlows(ctx context.Context, tx *sql.Tx, since time.Time) (err error) {
	rows, err := tx.QueryContext(ctx, `SELECT e.booked_at, e.con_id, e.side, e.shares, e.price, coalesce(c.amount, '0')
		FROM executions e LEFT JOIN commissions c ON c.exec_base = e.exec_base
		WHERE e.intent IS NOT NULL AND e.booked_at >= ? AND CAST(e.shares AS REAL) <> 0
		ORDER BY e.booked_at`, stamp(since))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var text string
		var side Side
		var price, fee decimal.Decimal
		var f flow
		if err := rows.Scan(&text, &f.conID, &side, &f.shares, &price, &fee); err != nil {
			return err
		}
		if f.at, err = parseStamp(text); err != nil {
			return err
		}
		if side == Sold {
			f.shares = f.shares.Neg()
		}
		if f.cash, err = f.shares.Mul(price.Neg()); err != nil {
			return err
		}
		if f.cash, err = f.cash.Sub(fee); err != nil {
			return err
		}
		back := flow{conID: f.conID, shares: f.shares.Neg(), cash: f.cash.Neg()}
		if err := h.apply(back); err != nil {
			return err
		}
		h.flows = append(h.flows, f)
	}
	return rows.Err()
}

func (h *replay) apply(f flow) (err error) {
	if h.own[f.conID], err = h.own[f.conID].Add(f.shares); err == nil {
		h.cash, err = h.cash.Add(f.cash)
	}
	return err
}

// equityAt goes forward to an instant.
func (h *replay) equityAt(at time.Time) (p EquityPoint, err error) {
	for len(h.flows) > 0 && !h.flows[0].at.After(at) {
		if err := h.apply(h.flows[0]); err != nil {
			return p, err
		}
		h.flows = h.flows[1:]
	}
	p = EquityPoint{at, h.cash}
	for conID, shares := range h.own {
		value, err := shares.Mul(h.closes[conID])
		if err != nil {
			return p, err
		}
		if p.Equity, err = p.Equity.Add(value); err != nil {
			return p, err
		}
	}
	return p, nil
}

// points values what each sampled cycle had at its end. A contract without a close keeps the one before.
func (h *replay) points(ctx context.Context, tx *sql.Tx, since time.Time, points int) (all []EquityPoint, err error) {
	var first, last sql.NullInt64
	err = tx.QueryRowContext(ctx, `SELECT min(id), max(id) FROM cycles WHERE started_at >= ?`, stamp(since)).
		Scan(&first, &last)
	if err != nil || !last.Valid {
		return nil, err
	}
	every := max(1, (last.Int64-first.Int64+1)/int64(max(1, points)))
	// Decisions name symbols as they are configured, and so do the intents that were made of them.
	rows, err := tx.QueryContext(ctx, `SELECT d.cycle, d.at, d.close, coalesce(i.con_id, 0) FROM decisions d
		LEFT JOIN (SELECT DISTINCT symbol, con_id FROM intents) i ON i.symbol = d.symbol
		WHERE d.cycle >= ? AND (? - d.cycle) % ? = 0 AND d.bar_end <> '' ORDER BY d.cycle, d.at`,
		first.Int64, last.Int64, every)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var at time.Time
	cycle := int64(0)
	for rows.Next() {
		var id, conID int64
		var text string
		var price decimal.Decimal
		if err := rows.Scan(&id, &text, &price, &conID); err != nil {
			return nil, err
		}
		if id != cycle && cycle != 0 {
			p, err := h.equityAt(at)
			if err != nil {
				return nil, err
			}
			all = append(all, p)
		}
		if at, err = parseStamp(text); err != nil {
			return nil, err
		}
		cycle, h.closes[conID] = id, price
	}
	if cycle != 0 {
		p, err := h.equityAt(at)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, rows.Err()
}
