package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/govalues/decimal"
)

// ByPerson is the cause of a halt or resume that a person asked for. Other causes are names of limits.
const ByPerson = "person"

// Halt is a change of the kill switch.
type Halt struct {
	Halted bool      `json:"halted"`
	Cause  string    `json:"cause"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// ErrLoss refuses to lift a halt that a loss caused, until a person accepts the loss.
var ErrLoss = errors.New("a loss caused the halt")

// Halted is the last change of the kill switch; the zero Halt when there never was one. It is read from
// the disk each time, because another process may change it while this one runs.
func (j *Journal) Halted(ctx context.Context) (Halt, error) {
	h, err := lastHalt(ctx, j.db)
	return h, wrap("read kill switch", err)
}

func lastHalt(ctx context.Context, q rowQuerier) (h Halt, err error) {
	var at string
	err = q.QueryRowContext(ctx, `SELECT halted, cause, reason, at FROM halts ORDER BY seq DESC LIMIT 1`).
		Scan(&h.Halted, &h.Cause, &h.Reason, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return Halt{}, nil
	}
	if err == nil {
		h.At, err = parseStamp(at)
	}
	return h, err
}

// Halt closes the kill switch. One that is closed stays as it is, unless a loss closes it too: then that
// is what must be accepted. It says whether anything changed.
func (j *Journal) Halt(ctx context.Context, cause, reason string, loss bool) (changed bool, err error) {
	err = j.tx(ctx, "halt", func(tx *sql.Tx) error {
		h, err := lastHalt(ctx, tx)
		if err != nil || h.Halted && (h.Cause == cause || !loss || isLoss(h.Cause)) {
			return err
		}
		changed = true
		return j.writeHalt(ctx, tx, Halt{Halted: true, Cause: cause, Reason: reason})
	})
	return changed, err
}

// The causes that are losses. They are lifted by a person who accepts the loss, and by nothing else.
const (
	DailyLoss = "max-daily-loss"
	Drawdown  = "max-drawdown"
)

func isLoss(cause string) bool { return cause == DailyLoss || cause == Drawdown }

// Resume opens the kill switch. A halt by a loss needs acceptLoss: losses are then measured from the
// equity that the trader finds next. It says whether anything changed.
func (j *Journal) Resume(ctx context.Context, reason string, acceptLoss bool) (changed bool, err error) {
	err = j.tx(ctx, "resume", func(tx *sql.Tx) error {
		h, err := lastHalt(ctx, tx)
		if err != nil {
			return err
		}
		if h.Halted && isLoss(h.Cause) && !acceptLoss {
			return fmt.Errorf("%s: %s: %w", h.Cause, h.Reason, ErrLoss)
		}
		if acceptLoss {
			if _, err := tx.ExecContext(ctx, `UPDATE risk_days SET rebase = 1`); err != nil {
				return err
			}
		}
		if !h.Halted {
			return nil
		}
		changed = true
		return j.writeHalt(ctx, tx, Halt{Cause: ByPerson, Reason: reason})
	})
	return changed, err
}

func (j *Journal) writeHalt(ctx context.Context, tx *sql.Tx, h Halt) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO halts (halted, cause, reason, at) VALUES (?,?,?,?)`,
		h.Halted, h.Cause, h.Reason, stamp(j.now()))
	return err
}

// Switch opens the journal of a state directory to change the kill switch, also while a trader runs on
// it: then without its lock, beside it. SQLite lets one writer wait for the other. Without a journal it is
// ErrNone: a switch that no trader reads stops none.
func Switch(ctx context.Context, dir string, do func(*Journal) error) (err error) {
	j, err := OpenExisting(ctx, dir)
	if errors.Is(err, ErrLocked) {
		j, err = openBeside(ctx, dir)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	return do(j)
}

// openBeside opens a journal that a running trader has locked. Its schema must be this program's.
func openBeside(ctx context.Context, dir string) (*Journal, error) {
	j := &Journal{dir: dir, now: time.Now}
	err := j.connect()
	if err == nil {
		err = current(ctx, j.db)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open journal in %s beside its trader: %w", dir, err), j.Close())
	}
	return j, nil
}

// RiskDay is what an account's limits on losses are measured from, in the currency of its trades.
type RiskDay struct {
	Day    string          `json:"day"`    // the exchange's
	Start  decimal.Decimal `json:"start"`  // equity when the day began
	Peak   decimal.Decimal `json:"peak"`   // highest equity ever
	Equity decimal.Decimal `json:"equity"` // the last one
}

// Value notes an account's equity on an exchange day. The day rolls when a later one comes, once, and
// begins with the last equity of the day before, so that what happens between two sessions belongs to
// the later day. An earlier day than the last one changes nothing but the equity.
func (j *Journal) Value(ctx context.Context, account, day string, equity decimal.Decimal) (r RiskDay, err error) {
	err = j.tx(ctx, "note equity", func(tx *sql.Tx) error {
		was, rebase, found, err := riskDay(ctx, tx, account)
		if err != nil {
			return err
		}
		r = was
		switch {
		case !found:
			r = RiskDay{Day: day, Start: equity, Peak: equity}
		case rebase:
			r = RiskDay{Day: max(day, was.Day), Start: equity, Peak: equity}
		case day > was.Day:
			r.Day, r.Start = day, was.Equity
		}
		r.Equity, r.Peak = equity, r.Peak.Max(equity)
		if found && !rebase && r == was {
			return nil
		}
		_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO risk_days (account, day, start, peak, equity,
			rebase, at) VALUES (?,?,?,?,?,0,?)`, account, r.Day, r.Start, r.Peak, r.Equity, stamp(j.now()))
		return err
	})
	return r, err
}

// RiskDay is the account's last one; the zero RiskDay when there is none.
func (j *Journal) RiskDay(ctx context.Context, account string) (RiskDay, error) {
	r, _, _, err := riskDay(ctx, j.db, account)
	return r, wrap("read limits on losses", err)
}

func riskDay(ctx context.Context, q rowQuerier, account string) (r RiskDay, rebase, found bool, err error) {
	err = q.QueryRowContext(ctx, `SELECT day, start, peak, equity, rebase FROM risk_days WHERE account = ?`,
		account).Scan(&r.Day, &r.Start, &r.Peak, &r.Equity, &rebase)
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, false, nil
	}
	return r, rebase, err == nil, err
}

// Usage is how much of the limits is used up.
type Usage struct {
	SymbolOrders int             // of the contract on the day
	DayNotional  decimal.Decimal // bought on the day, of all contracts: quantity x the price of the decision
	MinuteOrders int             // of all contracts since the instant
	Positions    int             // other contracts that are held, or that an open order buys
}

// Usage counts orders that left or may have left, but for one intent. Protective ones are none of them.
func (j *Journal) Usage(ctx context.Context, account string, conID int64, day string, since time.Time,
	except string,
) (u Usage, err error) {
	intents, err := selectIntents(ctx, j.db, `i.account = ? AND i.id <> ? AND state <> 'not-sent' AND
		(i.day = ? OR i.created_at > ? OR state IN ('prepared', 'sent', 'working', 'unknown', 'ended'))`,
		account, except, day, stamp(since))
	if err != nil {
		return u, wrap("count orders", err)
	}
	held := map[int64]bool{}
	for _, in := range intents {
		if in.Role.Resting() {
			continue
		}
		if err := u.count(in, conID, day, since); err != nil {
			return u, wrap("add up what was bought", err)
		}
		if in.Action == Buy && !in.State.Closed() {
			held[in.ConID] = true
		}
	}
	positions, err := j.Positions(ctx, account)
	if err != nil {
		return u, err
	}
	for _, p := range positions {
		if !p.Held().IsZero() {
			held[p.ConID] = true
		}
	}
	delete(held, conID)
	u.Positions = len(held)
	return u, nil
}

func (u *Usage) count(in Intent, conID int64, day string, since time.Time) error {
	if in.CreatedAt.After(since) {
		u.MinuteOrders++
	}
	if in.Day == day && in.ConID == conID {
		u.SymbolOrders++
	}
	if in.Day != day || in.Action != Buy {
		return nil
	}
	notional, err := in.Quantity.Mul(in.ReferencePrice)
	if err == nil {
		u.DayNotional, err = u.DayNotional.Add(notional)
	}
	return err
}

// RejectsInARow counts the account's newest orders since an instant that the broker refused, up to the
// first one that it did not. Those whose outcome is open count neither way.
func (j *Journal) RejectsInARow(ctx context.Context, account string, since time.Time) (n int, err error) {
	err = j.db.QueryRowContext(ctx, `SELECT count(*) FROM intents WHERE account = ?1 AND state = 'rejected'
		AND created_at > ?2 AND rowid > (SELECT coalesce(max(rowid), 0) FROM intents WHERE account = ?1
		AND state IN ('working', 'filled', 'cancelled', 'absent'))`, account, stamp(since)).Scan(&n)
	return n, wrap("count refused orders", err)
}
