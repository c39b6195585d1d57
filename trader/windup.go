package trader

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

// What a stop does, for Config.AtStop.
const (
	LeaveAtStop   = "leave"   // orders work on, shares stay; the default
	CancelAtStop  = "cancel"  // orders are cancelled
	FlattenAtStop = "flatten" // and the trader's own shares are sold
)

// StopPolicies are all of them.
var StopPolicies = []string{LeaveAtStop, CancelAtStop, FlattenAtStop}

// windUpTime bounds what a stop does beyond leaving everything as it is. In the last restoreTime of it, which is all
// that a stop takes that leaves everything, what is held without its stop gets one: what has just filled, or fills
// while that is waited for, and what an exit was to sell whose stop gave way and that was not sent.
const (
	windUpTime  = 5 * time.Second
	restoreTime = time.Second // beside StopGrace well within the three seconds that a stop may take
	restoreTick = restoreTime / 20
)

// windUp does what AtStop asks for, when a stop from outside left the session alive, and its books were
// reconciled once: the stop may have come in the middle of the next time.
func (s *session) windUp(ctx context.Context) error {
	if !stopped(ctx) || s.isOver() || s.comparedAt.IsZero() {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	trading, enough := context.WithTimeout(ctx, windUpTime-restoreTime)
	defer enough()
	var err error
	if s.e.cfg.AtStop != LeaveAtStop {
		err = s.cancelAll(trading)
	}
	if s.e.cfg.AtStop == FlattenAtStop && err == nil {
		for _, symbol := range s.e.cfg.Symbols {
			if i, ok := s.verified[symbol]; ok {
				err = errors.Join(err, s.flatten(trading, i))
			}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, restoreTime)
	defer cancel()
	return errors.Join(err, s.leaveProtected(ctx))
}

// leaveProtected waits until nothing about the protections is under way, nor an order that would need one. What it
// says when that does not come in time is for a person: nobody places that stop until the trader is started again.
func (s *session) leaveProtected(ctx context.Context) error {
	if !s.e.cfg.Protect.On() || s.e.cfg.DryRun {
		return nil
	}
	s.guards.asked = time.Time{} // the last question may be the one that the stop cut short
	works := ""
	quiet, err := s.guardUntil(ctx, restoreTick, nil, func() (_ bool, err error) {
		works, err = s.entering(ctx)
		return !s.guards.restless && works == "", err
	})
	if err != nil || quiet {
		return err
	}
	if s.guards.restless {
		err = errors.New("a position may be without its stop")
	}
	if works != "" {
		err = errors.Join(err, fmt.Errorf("order %s works on, and what it fills has no stop", works))
	}
	return err
}

// entering is an own order that may still make a position larger, or "": this trader is not short by its own will.
func (s *session) entering(ctx context.Context) (intent string, err error) {
	open, err := s.e.journal.Open(context.WithoutCancel(ctx), s.account)
	if err != nil {
		return "", exit.Because(exit.State, err)
	}
	for _, in := range open {
		if in.Role == "" && in.Action == journal.Buy && (in.State == journal.Sent || in.State == journal.Working) {
			return in.ID, nil
		}
	}
	return "", nil
}

// cancelAll asks to cancel every order that may work, and waits for their ends.
func (s *session) cancelAll(ctx context.Context) error {
	for asked := false; ; asked = true {
		open, err := s.e.journal.Open(context.WithoutCancel(ctx), s.account)
		if err != nil {
			return exit.Because(exit.State, err)
		}
		waiting := false
		for _, in := range open {
			if in.ClientID != s.e.cfg.ClientID || in.Role.Resting() { // shares that stay keep their stop
				continue
			}
			waiting = waiting || in.State != journal.Ended
			if asked {
				continue
			}
			if err := s.b.CancelOrder(ctx, in.OrderID); err != nil {
				s.log.Warn("cancel failed", "intent", in.ID, "error", err)
			}
		}
		if !waiting {
			return s.reconcile(ctx)
		}
		select {
		case <-s.changed:
		case <-s.b.Done():
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// flatten sells the trader's own shares of a contract by the market.
func (s *session) flatten(ctx context.Context, i instrument) error {
	position, err := s.e.journal.Position(context.WithoutCancel(ctx), s.account, i.conID())
	if err != nil {
		return exit.Because(exit.State, err)
	}
	if !position.Held().IsPos() {
		return nil
	}
	why, err := s.blockedBy(ctx, i)
	if err == nil && why != "" {
		err = fmt.Errorf("sell %s %s: %s", position.Held(), i.details.Contract.Symbol, why)
	}
	if err != nil {
		return err
	}
	told, epoch := momentNow(), s.b.Epoch()
	now, err := ask(ctx, s, "current time", s.b.CurrentTime)
	if err != nil {
		return err
	}
	v := view{
		symbol: i.details.Contract.Symbol, instrument: i, now: now, held: position.Held(), account: position.Total,
		orderType: broker.Market, told: told, decided: momentNow(), epoch: epoch,
	}
	v.last.Start = now // which is this order's bar: none is decided on
	d := journal.Decision{Held: v.held, Reason: "flat at the stop"}
	d, err = s.order(ctx, v, d, v.held.Neg(), 0)
	if err == nil && d.Outcome == outcomeBlocked {
		err = errors.New(d.Reason)
	}
	if err != nil {
		return fmt.Errorf("sell %s %s: %w", v.held, v.symbol, err)
	}
	return nil
}
