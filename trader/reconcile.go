package trader

import (
	"context"
	"time"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
)

// Positions and executions are separate answers, and a fill may fall between them.
const (
	compareTries = 3
	compareWait  = 300 * time.Millisecond
)

// evidence is what the broker says about orders and holdings: four complete answers. What it says of
// money is beside them, in session.money.
type evidence struct {
	open      []broker.OpenOrder
	completed []broker.CompletedOrder
	holdings  map[int64]holding
	differing map[int64]difference // from the books
	now       time.Time            // the Gateway's, asked for when it counts
}

// reconcile makes the journal agree with the broker and finds out what may be traded. Any failure
// leaves the books unreconciled and the order gate shut: a missing answer is never an empty one.
func (s *session) reconcile(ctx context.Context) error {
	s.reconciled = false
	s.setDirty(false) // an event from here on makes it dirty again
	if err := s.compare(ctx); err != nil {
		s.setDirty(true)
		return err
	}
	s.reconciled, s.comparedAt = true, s.e.now()
	s.sawReconciled()
	return nil
}

func (s *session) compare(ctx context.Context) error {
	opened, err := s.e.journal.Opened(context.WithoutCancel(ctx), s.account)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	var ev evidence
	for try := range compareTries {
		if ev, err = s.gather(ctx); err != nil {
			return err
		}
		if len(ev.differing) == 0 || !opened || try == compareTries-1 || !sleep(ctx, compareWait) {
			break
		}
	}
	if err := s.readProtection(ctx, ev); err != nil {
		return err
	}
	if err := s.settlePositions(ctx, ev, opened); err != nil {
		return err
	}
	if err := s.settleIntents(ctx, ev); err != nil {
		return err
	}
	if err := s.boundOwn(ctx, ev); err != nil {
		return err
	}
	if err := s.e.journal.Audit(context.WithoutCancel(ctx)); err != nil {
		return exit.Because(exit.State, err)
	}
	return s.compareCash(ctx)
}

// gather asks for open orders first and for executions after them: an order that fills between the
// two answers is then in at least one. Executions are booked as they come.
func (s *session) gather(ctx context.Context) (evidence, error) {
	var ev evidence
	var err error
	if ev.open, err = insist(ctx, s, "open orders", s.b.OpenOrders); err != nil {
		return ev, err
	}
	executions, err := insist(ctx, s, "executions", s.b.Executions)
	if err != nil {
		return ev, err
	}
	if ev.completed, err = insist(ctx, s, "completed orders", s.b.CompletedOrders); err != nil {
		return ev, err
	}
	positions, err := insist(ctx, s, "positions", s.b.Positions)
	if err != nil {
		return ev, err
	}
	if err := s.askAccount(ctx); err != nil {
		return ev, err
	}
	if err := s.adopt(ctx, ev, executions); err != nil {
		return ev, err
	}
	for _, x := range executions {
		if x.Account != "" && x.Account != s.account {
			continue
		}
		if _, err := s.book(context.WithoutCancel(ctx), x); err != nil {
			return ev, exit.Because(exit.State, err)
		}
	}
	ev.holdings = map[int64]holding{}
	for _, p := range positions {
		if p.Account == s.account {
			ev.holdings[p.Contract.ConID] = holding{p.Contract.Symbol, p.Quantity, p.AverageCost, p.Unreadable}
		}
	}
	ev.differing, err = s.differences(ctx, ev.holdings)
	return ev, err
}
