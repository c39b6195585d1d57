package trader

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/govalues/decimal"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
	"ibsoak/trader/market"
	"ibsoak/trader/risk"
)

// order sends one order for the change of position and follows it to its outcome. The intent is on
// the disk before PlaceOrder is called; nothing in this file ever calls PlaceOrder twice for one.
func (s *session) order(ctx context.Context, v view, d journal.Decision, delta decimal.Decimal,
	cycle int64,
) (journal.Decision, error) {
	day := market.Day(v.now, v.instrument.hours.Zone)
	delta, why, roomMade, err := s.makeRoom(ctx, &v, delta)
	defer func() { roomMade() }()
	if err != nil || why != "" || delta.IsZero() {
		d.Outcome, d.Reason, d.Held = outcomeBlocked, why, v.held
		if err == nil && why == "" {
			d.Outcome, d.Reason = outcomeHold, "its protection has traded meanwhile"
		}
		return d, err
	}
	p := s.passageOf(v, delta, day)
	if err := s.permitted(ctx, p); err != nil {
		if _, refused := errors.AsType[*risk.Refusal](err); refused {
			d.Outcome, d.Reason = outcomeRefused, err.Error()
		}
		return d, err
	}
	in, err := s.intent(v, delta, day, cycle)
	if err != nil {
		return d, exit.Because(exit.Incomplete, fmt.Errorf("make order for %s: %w", v.symbol, err))
	}
	err = journal.ErrDuplicate
	if !s.e.triedDry(in) {
		err = s.e.journal.Prepare(context.WithoutCancel(ctx), in)
	}
	roomMade()
	if errors.Is(err, journal.ErrDuplicate) {
		d.Outcome, d.Reason = outcomeDone, "an order was made on this bar already"
		return d, nil
	}
	if err != nil {
		return d, exit.Because(exit.State, err)
	}
	d.Outcome, d.Intent = outcomeOrder, in.ID
	p.intent = in.ID
	if err := s.send(ctx, in, v.instrument.details.Contract, p); err != nil {
		if closed, ok := errors.AsType[*closedGate](err); ok {
			d.Outcome, d.Reason = outcomeRefused, closed.Error()
		}
		return d, err
	}
	return d, s.follow(ctx, in.ID)
}

// intent makes the intent of an order, with a fresh order id.
func (s *session) intent(v view, delta decimal.Decimal, day string, cycle int64) (journal.Intent, error) {
	in := journal.Intent{
		ID: newIntentID(v), Account: s.account, Symbol: v.symbol, ConID: v.instrument.conID(),
		ClientID: s.e.cfg.ClientID, OrderID: s.b.NextOrderID(), Action: journal.Buy,
		Quantity: delta.Abs(), Type: v.orderType, ReferencePrice: v.last.Close,
		BarEnd: v.last.End(), Day: day, Cycle: cycle,
	}
	if delta.IsNeg() {
		in.Action = journal.Sell
	}
	if in.Type != broker.Limit {
		return in, nil
	}
	var err error
	in.LimitPrice, err = limitPrice(in.Action, v.last.Close, s.e.cfg.LimitOffset,
		v.instrument.details.MinTick)
	return in, err
}

// newIntentID is unique over every life and host: 80 random bits. Symbol and time are for people.
func newIntentID(v view) string {
	const bits = 16 // characters of base 32
	return fmt.Sprintf("%s-%s-%s", v.symbol, v.now.UTC().Format("20060102T150405"), rand.Text()[:bits])
}

// limitPrice is offset (a ratio) beyond the close, on the contract's tick, away from the close so
// that the order stays marketable.
func limitPrice(action journal.Action, price, offset, tick decimal.Decimal) (decimal.Decimal, error) {
	if !tick.IsPos() {
		tick = decimal.MustNew(1, 2)
	}
	if action == journal.Sell {
		offset = offset.Neg()
	}
	factor, err := decimal.One.Add(offset)
	if err != nil {
		return price, err
	}
	raw, err := price.Mul(factor)
	if err != nil {
		return price, err
	}
	ticks, err := raw.Quo(tick)
	if err != nil {
		return price, err
	}
	if action == journal.Buy {
		ticks = ticks.Ceil(0)
	} else {
		ticks = ticks.Floor(0)
	}
	return ticks.Mul(tick)
}

// send hands the order to the broker exactly once and notes what became of that. The gate is asked here,
// and again at the wire.
func (s *session) send(ctx context.Context, in journal.Intent, contract broker.Contract, p passage) error {
	if err := s.gate(ctx, p); err != nil {
		if aerr := s.e.advance(ctx, in.ID, journal.NotSent, err.Error()); aerr != nil {
			return aerr
		}
		return notSent(in, err)
	}
	askCtx, cancel := context.WithTimeout(ctx, s.e.cfg.RequestTimeout)
	defer cancel()
	err := s.b.PlaceOrder(askCtx, broker.Order{
		ID: in.OrderID, IntentID: in.ID, Contract: contract, Action: string(in.Action),
		Quantity: in.Quantity, Type: in.Type, LimitPrice: in.LimitPrice, TIF: "DAY", Account: in.Account,
		Permit: s.permit(ctx, p),
	})
	switch {
	case err == nil:
		s.log.Info("order sent", "intent", in.ID, "symbol", in.Symbol, "action", in.Action,
			"quantity", in.Quantity, "order_id", in.OrderID)
		return s.e.advance(ctx, in.ID, journal.Sent, "")
	case errors.Is(err, errDryRun):
		s.log.Info("order held back", "intent", in.ID, "symbol", in.Symbol, "action", in.Action,
			"quantity", in.Quantity, "why", errDryRun)
		return s.e.advance(ctx, in.ID, journal.NotSent, errDryRun.Error())
	case errors.Is(err, broker.ErrNotSent):
		s.log.Warn("order not sent", "intent", in.ID, "symbol", in.Symbol, "error", err)
		if aerr := s.e.advance(ctx, in.ID, journal.NotSent, err.Error()); aerr != nil {
			return aerr
		}
		return notSent(in, err)
	default:
		s.log.Error("order may have been sent", "intent", in.ID, "symbol", in.Symbol, "error", err)
		s.setDirty(true)
		return s.e.advance(ctx, in.ID, journal.Unknown, err.Error())
	}
}

// notSent is the error of a cycle whose order never left.
func notSent(in journal.Intent, err error) error {
	if _, refused := errors.AsType[*risk.Refusal](err); refused {
		return interlock(fmt.Errorf("order for %s was not sent: %w", in.Symbol, err))
	}
	return answerError("order for "+in.Symbol+" was not sent", err)
}
