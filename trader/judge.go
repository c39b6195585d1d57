package trader

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
	"ibsoak/trader/market"
)

// settleIntents closes what the evidence settles; what it does not settle stays open and keeps its
// contract from being traded.
func (s *session) settleIntents(ctx context.Context, ev evidence) error {
	open, err := s.e.journal.Open(context.WithoutCancel(ctx), s.account)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	s.idle = map[string]bool{}
	for _, o := range ev.open {
		s.idle[o.IntentID] = !live(o.Status) && o.Status != "Filled" // whose executions are to come
	}
	s.missing = map[string]bool{}
	if ev.now, err = s.clockFor(ctx, open, ev); err != nil {
		return err
	}
	for _, in := range open {
		state, reason, err := s.judge(in, ev)
		switch {
		case err != nil:
			s.log.Debug("intent is not settled", "intent", in.ID, "state", in.State, "why", err)
			if in.State == journal.Unknown || in.State == journal.Ended {
				continue // its time of becoming so must stand
			}
			state, reason = journal.Unknown, err.Error()
		case state == in.State:
			continue
		default:
			s.log.Info("intent settled by the broker's evidence", "intent", in.ID,
				"from", in.State, "to", state, "why", reason)
		}
		if err := s.e.advance(ctx, in.ID, state, reason); err != nil {
			return err
		}
	}
	return nil
}

// judge says what the evidence makes of one open intent, or errNoEvidence. An order ends by being
// completed, or by an end that the broker told of together with its absence from the open orders. One
// that is listed lives whatever its status word: IBKR holds orders as Inactive and lets them go later.
func (s *session) judge(in journal.Intent, ev evidence) (
	journal.State, string, error,
) {
	if in.Executed.Cmp(in.Quantity) >= 0 {
		return journal.Filled, fmt.Sprintf("executed %s of %s", in.Executed, in.Quantity), nil
	}
	if _, blocked := s.blocked[in.ConID]; blocked && !listed(in, ev) {
		return "", "", fmt.Errorf("positions differ (%s): %w", ev.differing[in.ConID].why, errNoEvidence)
	}
	for _, o := range ev.completed {
		if o.IntentID != in.ID {
			continue
		}
		if short(o.Filled, in.Executed) || o.Status == "Filled" {
			// In full would have closed it: executions are missing.
			return "", "", fmt.Errorf("completed (%s), but executions say %s of %s: %w",
				o.CompletedStatus, in.Executed, in.Quantity, errNoEvidence)
		}
		return ended(in), "is among the completed orders: " + o.CompletedStatus, nil
	}
	for _, o := range ev.open {
		switch {
		case o.IntentID != in.ID:
		case live(o.Status):
			return journal.Working, "is among the open orders: " + o.Status, nil
		default:
			return "", "", fmt.Errorf("is %s and still among the open orders: %w", o.Status, errNoEvidence)
		}
	}
	if in.State == journal.Ended {
		return ended(in), in.Reason, nil
	}
	return s.judgeAbsent(in, ev)
}

func listed(in journal.Intent, ev evidence) bool {
	return slices.ContainsFunc(ev.open, func(o broker.OpenOrder) bool { return o.IntentID == in.ID })
}

// clockFor asks for the Gateway's time when an intent is in no list, because its day counts then.
func (s *session) clockFor(ctx context.Context, open []journal.Intent, ev evidence) (now time.Time, err error) {
	for _, in := range open {
		if !listed(in, ev) {
			return insist(ctx, s, "current time", s.b.CurrentTime)
		}
	}
	return now, nil
}

// judgeAbsent closes an intent that none of the complete answers names, and that changed no position.
// Absence proves nothing while the order's day lasts, for a Gateway that has just started may not know
// it yet: only when the day is over is it given up, or within the day by AbsenceWait, which is a
// person's choice, on a session that has lasted as long. Meanwhile cancelOld asks to cancel it, in case
// it lives.
func (s *session) judgeAbsent(in journal.Intent, ev evidence) (journal.State, string, error) {
	if in.State != journal.Unknown {
		return "", "", fmt.Errorf("was %s and is in no answer: %w", in.State, errNoEvidence)
	}
	s.missing[in.ID] = true
	waited := min(s.e.since(in.UpdatedAt), s.e.since(s.began))
	wait := s.e.cfg.AbsenceWait
	over := market.Day(ev.now, nil) > in.Day
	if in.Role.Resting() { // it may rest for weeks, and another one of its group protects meanwhile
		over = waited >= lostFor
	}
	if !over && (wait == 0 || waited < wait) {
		return "", "", fmt.Errorf("in no answer for %s, and its day %s is not over: %w",
			waited.Round(time.Second), in.Day, errNoEvidence)
	}
	why := fmt.Sprintf("in no answer after %s", waited.Round(time.Second))
	if over {
		why = "in no answer, and its day " + in.Day + " is over"
	}
	if in.Executed.IsPos() {
		return journal.Cancelled, why + ", executed in part", nil
	}
	return journal.Absent, why, nil
}

// ended is how a dead order's intent is closed.
func ended(in journal.Intent) journal.State {
	if strings.HasPrefix(in.Reason, rejectedPrefix) && in.Executed.IsZero() {
		return journal.Rejected
	}
	return journal.Cancelled
}

// live says whether a status is none of those that end an order. Inactive is no end.
func live(status string) bool {
	switch status {
	case "Filled", "Cancelled", "ApiCancelled":
		return false
	default:
		return true
	}
}

// short says whether the broker counts more shares than our executions do.
func short(broker *decimal.Decimal, executed decimal.Decimal) bool {
	return broker != nil && broker.Cmp(executed) > 0
}
