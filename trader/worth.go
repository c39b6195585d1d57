package trader

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
	"ibsoak/trader/market"
	"ibsoak/trader/risk"
)

// mark is what a share of a contract is worth, and who says so since when.
type mark struct {
	price decimal.Decimal
	at    time.Time // by this host's clock
}

// valuation is what the limits on losses were measured by last: the equity, and the prices in it. The zero
// valuation is none.
type valuation struct {
	equity decimal.Decimal
	prices map[int64]decimal.Decimal // by contract; nil in the zero valuation
}

// marks are the newest prices of contracts: closes of bars that were decided on, and what the account's
// portfolio says. The cycle goroutine owns them.
type marks struct {
	closes    map[int64]mark
	portfolio map[int64]mark // of what the account holds
}

func newMarks() marks {
	return marks{closes: map[int64]mark{}, portfolio: map[int64]mark{}}
}

// portfolioMemory is how long the portfolio's price of a contract counts: the account is asked for at
// least every reconcileEvery.
const portfolioMemory = 10 * time.Minute

// contradicted is market.ErrInsane when the account's own price of a contract that it holds is further
// from a close than bars may move: they are another contract's then, or of another time.
func (s *session) contradicted(i instrument, price decimal.Decimal) error {
	held, ok := s.marks.portfolio[i.conID()]
	if !ok || s.e.since(held.at) > portfolioMemory {
		return nil
	}
	return market.Agrees(held.price, price, i.magnifier(), s.e.cfg.Limits.MaxPriceMove)
}

// magnifier is how many units of its prices make one of its currency: 100 where a stock is quoted in
// pence. The portfolio's prices are in the currency.
func (i instrument) magnifier() decimal.Decimal {
	return decimal.MustNew(max(1, i.details.PriceMagnifier), 0)
}

// newest are the marks as prices, in the unit of the contracts' bars.
func (s *session) newest() map[int64]decimal.Decimal {
	magnifiers := map[int64]decimal.Decimal{}
	for _, i := range s.e.contracts {
		magnifiers[i.conID()] = i.magnifier()
	}
	prices := map[int64]decimal.Decimal{}
	for id, m := range s.marks.closes {
		prices[id] = m.price
	}
	for id, m := range s.marks.portfolio {
		by, known := magnifiers[id]
		if !known || m.at.Before(s.marks.closes[id].at) {
			continue // in an unknown unit it says nothing: the journal has an older mark
		}
		if price, err := m.price.Mul(by); err == nil {
			prices[id] = price
		}
	}
	return prices
}

// worth adds up the trader's equity, rolls the day, and halts when a limit on losses is reached. The day
// is the exchange's; with exchanges in several zones it rolls where the date changes first.
func (s *session) worth(ctx context.Context, day string) error {
	if _, one := s.e.cfg.currency(); !one || day == "" {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	prices := s.newest()
	equity, err := s.e.journal.Equity(ctx, s.account, prices)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	s.valued = valuation{equity, prices}
	r, err := s.e.journal.Value(ctx, s.account, day, equity)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	s.e.showLosses(r)
	return s.haltFor(ctx, s.e.cfg.Limits.Loss(r.Start, r.Peak, r.Equity), true)
}

// haltFor halts when err is a limit's refusal.
func (s *session) haltFor(ctx context.Context, err error, loss bool) error {
	if err == nil {
		return nil
	}
	refusal, ok := errors.AsType[*risk.Refusal](err)
	if !ok {
		return exit.Because(exit.Incomplete, err)
	}
	changed, err := s.e.journal.Halt(context.WithoutCancel(ctx), refusal.Limit, refusal.Detail, loss)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	if changed {
		s.log.Error("halted: nothing is bought from now on", "limit", refusal.Limit, "why", refusal.Detail,
			"do", "find out why; then trader resume --reason TEXT, with --accept-loss after a loss")
	}
	return nil
}

// rejects halts after too many refused orders in a row since the last resume.
func (s *session) rejects(ctx context.Context, h journal.Halt) error {
	limit := s.e.cfg.Limits.MaxRejects
	if limit < 0 || h.Halted {
		return nil
	}
	n, err := s.e.journal.RejectsInARow(context.WithoutCancel(ctx), s.account, h.At)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	if n < limit {
		return nil
	}
	return s.haltFor(ctx, &risk.Refusal{
		Limit: "max-rejects", Detail: fmt.Sprintf("%d orders in a row were refused, limit %d", n, limit),
	}, false)
}

// oversee does what the limits ask for when a cycle begins, and notes whether the trader is halted.
func (s *session) oversee(ctx context.Context) error {
	h, err := s.e.journal.Halted(context.WithoutCancel(ctx))
	if err != nil {
		return exit.Because(exit.State, err)
	}
	if err := s.rejects(ctx, h); err != nil {
		return err
	}
	s.halted = h.Halted
	s.e.showHalt(h)
	return nil
}

// enteringWork says whether a working order takes its contract's position further away from zero.
func (s *session) enteringWork(ctx context.Context, in journal.Intent) (bool, error) {
	if in.Action != journal.Buy || in.State != journal.Working {
		return false, nil
	}
	p, err := s.e.journal.Position(context.WithoutCancel(ctx), s.account, in.ConID)
	if err != nil {
		return false, exit.Because(exit.State, err)
	}
	return !p.Held().IsNeg(), nil
}
