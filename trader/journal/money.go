package journal

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/govalues/decimal"

	"ibsoak/trader/lots"
)

// priceCession notes what shares of ours that somebody else sold were worth: the price of the contract's
// last execution, which is most likely that very sale.
func (j *Journal) priceCession(ctx context.Context, tx *sql.Tx, p Position, shares decimal.Decimal) error {
	price, err := lastPrice(ctx, tx, p.Account, p.ConID)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO cessions (account, con_id, shares, price, at)
		VALUES (?,?,?,?,?)`, p.Account, p.ConID, shares, price, stamp(j.now()))
	return err
}

// lastPrice is that of the contract's last execution, 0 when it has none.
func lastPrice(ctx context.Context, q rowQuerier, account string, conID int64) (price decimal.Decimal, err error) {
	err = q.QueryRowContext(ctx, `SELECT price FROM executions WHERE account = ? AND con_id = ? AND
		CAST(shares AS REAL) <> 0 ORDER BY at DESC, rowid DESC LIMIT 1`, account, conID).Scan(&price)
	if errors.Is(err, sql.ErrNoRows) {
		return decimal.Zero, nil
	}
	return price, err
}

// lastMark is the price that was heard last of a contract: of its last execution, or the close that a later
// cycle decided on. Without it a new session, whose first prices are to come, would see what was paid.
func lastMark(ctx context.Context, q rowQuerier, p Position) (price decimal.Decimal, err error) {
	const cycles = 2000 // back, which bounds the search
	err = q.QueryRowContext(ctx, `SELECT price FROM (
		SELECT * FROM (SELECT price, booked_at AS heard FROM executions WHERE account = ?1 AND con_id = ?2 AND
			CAST(shares AS REAL) <> 0 ORDER BY at DESC, rowid DESC LIMIT 1)
		UNION ALL
		SELECT * FROM (SELECT close, at FROM decisions WHERE cycle > (SELECT max(id) FROM cycles) - ?4 AND
			bar_end <> '' AND (symbol = ?3 OR symbol LIKE ?3 || ':%') ORDER BY cycle DESC LIMIT 1)
		) ORDER BY heard DESC LIMIT 1`, p.Account, p.ConID, p.Symbol, cycles).Scan(&price)
	if errors.Is(err, sql.ErrNoRows) {
		return decimal.Zero, nil
	}
	return price, err
}

// Equity is what the trader has made of its account since the journal began, to the last digit: the
// change of cash by its own executions and commissions, what was ceded, and its own shares at the marks.
// A contract without a mark counts with the price that was heard last of it, which marks, if not nil, then
// has. All contracts must be of one currency. Cash and shares are read in one snapshot.
func (j *Journal) Equity(ctx context.Context, account string, marks map[int64]decimal.Decimal) (
	equity decimal.Decimal, err error,
) {
	err = j.tx(ctx, "add up equity", func(tx *sql.Tx) error {
		if equity, _, err = selectAccount(ctx, tx, account); err != nil {
			return err
		}
		ceded, err := selectCessions(ctx, tx, account)
		if err != nil {
			return err
		}
		for _, c := range ceded {
			if equity, err = equity.AddMul(c.shares.Neg(), c.price); err != nil {
				return err
			}
		}
		positions, err := selectPositions(ctx, tx, account)
		if err != nil {
			return err
		}
		for _, p := range positions {
			if p.Own.IsZero() {
				continue
			}
			mark, ok := marks[p.ConID]
			if !ok {
				if mark, err = lastMark(ctx, tx, p); err != nil {
					return err
				}
				if marks != nil {
					marks[p.ConID] = mark
				}
			}
			if equity, err = equity.AddMul(p.Own, mark); err != nil {
				return err
			}
		}
		return nil
	})
	return equity, err
}

// trade is one change of the trader's own position; shares below zero left it.
type trade struct {
	conID              int64
	shares, price, fee decimal.Decimal
	at                 string
}

func selectCessions(ctx context.Context, q querier, account string) ([]trade, error) {
	return selectTrades(ctx, q, `SELECT con_id, '-' || shares, price, '0', at FROM cessions
		WHERE account = ? ORDER BY seq`, account)
}

func selectTrades(ctx context.Context, q querier, query, account string) (all []trade, err error) {
	rows, err := q.QueryContext(ctx, query, account)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var t trade
		if err := rows.Scan(&t.conID, &t.shares, &t.price, &t.fee, &t.at); err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, rows.Err()
}

// Profits are the trader's own lots in an account, by contract: first in, first out, in the order of the
// executions' times. Busted executions are none, corrected ones count as they are now, and commissions
// that come late are in it when they have come. It replays everything: it is for people, not for cycles.
func (j *Journal) Profits(ctx context.Context, account string) (map[int64]*lots.Book, error) {
	executions, err := selectTrades(ctx, j.db, `SELECT e.con_id,
		CASE e.side WHEN 'SLD' THEN '-' ELSE '' END || e.shares, e.price, coalesce(c.amount, '0'), e.at
		FROM executions e LEFT JOIN commissions c ON c.exec_base = e.exec_base WHERE e.account = ? AND
		e.intent IS NOT NULL AND CAST(e.shares AS REAL) <> 0 ORDER BY e.at, e.rowid`, account)
	if err != nil {
		return nil, wrap("read executions", err)
	}
	ceded, err := selectCessions(ctx, j.db, account)
	if err != nil {
		return nil, wrap("read cessions", err)
	}
	all := append(executions, ceded...)
	slices.SortStableFunc(all, func(a, b trade) int { return strings.Compare(a.at, b.at) })
	books := map[int64]*lots.Book{}
	for _, t := range all {
		if books[t.conID] == nil {
			books[t.conID] = &lots.Book{}
		}
		if err := books[t.conID].Trade(t.shares, t.price, t.fee); err != nil {
			return nil, wrap("add up profits", err)
		}
	}
	return books, nil
}

// CashBeside compares the broker's cash in a currency with what the books explain since the two were
// last set beside each other: amount is what they do not. Executions of others make that unknowable, and
// so does the first look: then known is false. Call SetCash to compare from now on.
func (j *Journal) CashBeside(ctx context.Context, account, currency string, cash decimal.Decimal) (
	amount decimal.Decimal, known bool, err error,
) {
	err = j.tx(ctx, "compare cash", func(tx *sql.Tx) error {
		books, others, err := cashNow(ctx, tx, account)
		if err != nil {
			return err
		}
		var wasCash, wasBooks decimal.Decimal
		var wasOthers int64
		err = tx.QueryRowContext(ctx, `SELECT cash, books, others FROM account_cash WHERE account = ? AND
			currency = ?`, account, currency).Scan(&wasCash, &wasBooks, &wasOthers)
		if errors.Is(err, sql.ErrNoRows) || err == nil && wasOthers != others {
			return nil
		}
		if err != nil {
			return err
		}
		told, err := cash.Sub(wasCash)
		if err != nil {
			return err
		}
		explained, err := books.Sub(wasBooks)
		if err != nil {
			return err
		}
		known = true
		amount, err = told.Sub(explained)
		return err
	})
	return amount, known, err
}

// cashNow is the books' change of cash, and how many executions of others there are.
func cashNow(ctx context.Context, tx *sql.Tx, account string) (books decimal.Decimal, others int64, err error) {
	if books, _, err = selectAccount(ctx, tx, account); err != nil {
		return books, 0, err
	}
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM executions WHERE account = ? AND intent IS NULL`,
		account).Scan(&others)
	return books, others, err
}

// SetCash notes the broker's cash as the one to compare from. A difference that is not zero is booked
// with it.
func (j *Journal) SetCash(ctx context.Context, account, currency string, cash, difference decimal.Decimal,
	why string,
) error {
	return j.tx(ctx, "note cash", func(tx *sql.Tx) error {
		books, others, err := cashNow(ctx, tx, account)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO account_cash (account, currency, cash, books,
			others, at) VALUES (?,?,?,?,?,?)`, account, currency, cash, books, others, stamp(j.now())); err != nil {
			return err
		}
		if difference.IsZero() {
			return nil
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO cash_differences (account, currency, amount, why, at)
			VALUES (?,?,?,?,?)`, account, currency, difference, why, stamp(j.now()))
		return err
	})
}
