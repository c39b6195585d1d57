package trader

import (
	"context"
	"fmt"
	"time"

	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

// evidenceTries bounds how often one order's outcome is asked for; each asks four questions.
const evidenceTries = 3

// follow waits for the outcome of an order that was sent: closed, or known to the broker and
// working when the deadline passes. An end is only believed after the executions were checked. What
// is still unknown then is an error, and stays unknown in the journal.
func (s *session) follow(ctx context.Context, id string) error {
	deadline := time.NewTimer(s.e.cfg.OrderDeadline)
	defer deadline.Stop()
	stop, over := ctx.Done(), s.b.Done()
	last := false // what is known now is all that will be known
	for tries := 0; ; {
		in, err := s.read(ctx, id)
		if err != nil {
			return err
		}
		if err := s.guard(ctx); isState(err) { // what else there is, the order's own state tells
			return err
		}
		if over != nil && !stopped(ctx) && tries < evidenceTries && (unclear(in) || last) {
			tries++
			if in, err = s.inquire(ctx, in); err != nil {
				return err
			}
		}
		switch {
		case in.State.Closed():
			return s.report(ctx, in)
		case over == nil:
			return s.lost(ctx, in)
		case in.State == journal.Working && (last || stop == nil):
			return s.report(ctx, in)
		case last, in.State == journal.Unknown:
			return s.lost(ctx, in)
		}
		select {
		case <-s.changed:
		case <-over:
			<-s.drained // the last event is in the journal
			over = nil
		case <-stop:
			stop = nil
			if s.isOver() {
				<-s.drained
				over = nil
			}
			deadline.Reset(stopAck) // the broker gets a moment to answer what was just sent
		case <-deadline.C:
			last = true
		}
	}
}

// unclear says whether only the broker's books can tell more.
func unclear(in journal.Intent) bool {
	return in.State == journal.Ended || in.State == journal.Unknown
}

// inquire asks the broker's books about an order that is not closed.
func (s *session) inquire(ctx context.Context, in journal.Intent) (journal.Intent, error) {
	if in.State.Closed() {
		return in, nil
	}
	err := s.reconcile(ctx)
	if code, _ := exit.Of(err); err != nil && code == exit.State {
		return in, err
	}
	if err != nil { // the books stay dirty and the order is as unknown as it was
		s.log.Warn("cannot ask about an order", "intent", in.ID, "error", err)
	}
	return s.read(ctx, in.ID)
}

func (s *session) read(ctx context.Context, id string) (journal.Intent, error) {
	in, ok, err := s.e.journal.Intent(context.WithoutCancel(ctx), id)
	if err == nil && !ok {
		err = fmt.Errorf("intent %s is gone from the journal", id)
	}
	if err != nil {
		return in, exit.Because(exit.State, err)
	}
	return in, nil
}

func (s *session) isOver() bool {
	select {
	case <-s.b.Done():
		return true
	default:
		return false
	}
}

// report logs a known outcome, after a moment for the commission reports, which come last. An order
// that the broker refused fails the cycle.
func (s *session) report(ctx context.Context, in journal.Intent) error {
	if err := s.awaitCommissions(ctx, in); err != nil {
		return err
	}
	s.log.Info("order", "intent", in.ID, "symbol", in.Symbol, "state", in.State,
		"executed", in.Executed, "of", in.Quantity, "reason", in.Reason)
	if in.State == journal.Rejected {
		return exit.Because(exit.Incomplete, fmt.Errorf("order for %s was %s", in.Symbol, in.Reason))
	}
	return nil
}

// commissionWait is how long a cycle waits for commission reports. Later ones are booked as well,
// and so are those that only the next life asks for.
const commissionWait = time.Second

func (s *session) awaitCommissions(ctx context.Context, in journal.Intent) error {
	timer := time.NewTimer(commissionWait)
	defer timer.Stop()
	for {
		missing, err := s.e.journal.WithoutCommission(context.WithoutCancel(ctx), in.ID)
		if err != nil {
			return exit.Because(exit.State, err)
		}
		if missing == 0 {
			return nil
		}
		select {
		case <-s.changed:
		case <-s.b.Done():
			return nil
		case <-ctx.Done():
			return nil
		case <-timer.C:
			return nil
		}
	}
}

// lost makes the intent unknown: from here on only the broker's evidence counts.
func (s *session) lost(ctx context.Context, in journal.Intent) error {
	s.setDirty(true)
	if in.State != journal.Ended {
		if err := s.e.advance(ctx, in.ID, journal.Unknown, "no outcome in time"); err != nil {
			return err
		}
	}
	if s.isOver() {
		return sessionError(s.b.Err())
	}
	return unsettled(in, fmt.Errorf("order %s for %s is %s: %w", in.ID, in.Symbol, in.State, errUnsettled))
}
