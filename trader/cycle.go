package trader

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
	"ibsoak/trader/market"
	"ibsoak/trader/strategy"
)

// Outcomes of a symbol in a cycle, as the journal has them.
const (
	outcomeHold    = "hold"    // the position is what the strategy wants
	outcomeOrder   = "order"   // an order was sent; the intent has the rest
	outcomeBlocked = "blocked" // an open order or unexplained shares forbid trading
	outcomeClosed  = "closed"  // outside the exchange's session
	outcomeStale   = "stale"   // data too old, broken or implausible
	outcomeWarmUp  = "warm-up" // too few bars
	outcomeRefused = "refused" // by a risk limit
	outcomeDone    = "done"    // this bar was already decided on
	outcomeFailed  = "failed"  // a request failed
)

// cycle is one pass over all symbols, with its record. The first error is the cycle's. A symbol that
// fails does so alone: the cycle is complete when another one did not.
func (s *session) cycle(ctx context.Context) error {
	durable := context.WithoutCancel(ctx)
	began := time.Now()
	id, err := s.e.journal.BeginCycle(durable, s.b.Generation())
	if err != nil {
		return exit.Because(exit.State, err)
	}
	good, err := s.work(ctx, id)
	if err != nil && good == 0 && !stopped(ctx) {
		s.e.blindAll(err.Error())
	}
	complete := err == nil || (good > 0 && !endsSession(err))
	outcome, detail := "complete", ""
	if err != nil {
		detail = err.Error()
	}
	if !complete {
		outcome = "failed"
	}
	if err := s.e.journal.EndCycle(durable, id, outcome, detail); err != nil {
		return exit.Because(exit.State, err)
	}
	if complete {
		s.e.cycles.Add(1)
	}
	if err := s.sawCycle(ctx, began, complete, err); err != nil {
		return err
	}
	s.log.Debug("cycle", "id", id, "outcome", outcome, "detail", detail)
	const pruneEvery = 1000
	if id%pruneEvery == 0 {
		if err := s.e.journal.Prune(durable); err != nil {
			return exit.Because(exit.State, err)
		}
	}
	return err
}

// work counts the symbols that did not fail.
func (s *session) work(ctx context.Context, cycle int64) (good int, first error) {
	if s.b.State() == broker.Degraded {
		return 0, answerError("begin cycle", broker.ErrDegraded)
	}
	if err := s.tidy(ctx); err != nil {
		return 0, err
	}
	for _, symbol := range s.e.cfg.Symbols {
		if stopped(ctx) {
			return good, answerError("cycle was cut short", context.Cause(ctx))
		}
		if s.isDirty() {
			if err := s.reconcile(ctx); err != nil {
				return 0, err
			}
		}
		d, err := s.trade(ctx, symbol, cycle)
		d.Cycle, d.Symbol = cycle, symbol
		if err != nil && d.Outcome == "" {
			d.Outcome, d.Reason = outcomeFailed, err.Error()
		}
		if err := s.e.journal.Decide(context.WithoutCancel(ctx), d); err != nil {
			return good, exit.Because(exit.State, err)
		}
		s.tell(ctx, d)
		if gerr := s.guardIfStirred(ctx); err == nil {
			err = gerr
		}
		if seen(d, err) {
			s.e.held[symbol] = d.Held
			s.e.saw(symbol)
		} else {
			s.e.blind(symbol, d.Reason)
		}
		if first == nil {
			first = err
		}
		if err == nil {
			good++
		} else if endsSession(err) {
			return good, err
		}
	}
	if err := s.worth(ctx, s.day); err != nil {
		return good, err
	}
	return good, first
}

// tell logs a decision: as news when its outcome is another than the last cycle's.
func (s *session) tell(ctx context.Context, d journal.Decision) {
	level := slog.LevelDebug
	s.sawDecision(d, s.outcomes[d.Symbol] != d.Outcome || d.Outcome == outcomeOrder)
	if s.outcomes[d.Symbol] != d.Outcome || d.Outcome == outcomeOrder {
		level = slog.LevelInfo
	}
	s.outcomes[d.Symbol] = d.Outcome
	s.log.Log(ctx, level, "decision", "symbol", d.Symbol, "outcome", d.Outcome, "reason", d.Reason,
		"held", d.Held, "target", d.Target, "close", d.Close)
}

// tidy reconciles when something calls for it, and cancels what has become old.
func (s *session) tidy(ctx context.Context) error {
	open, err := s.e.journal.Open(context.WithoutCancel(ctx), s.account)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	need := s.isDirty() || !s.reconciled || len(s.blocked) > 0 ||
		s.e.since(s.comparedAt) >= reconcileEvery
	for _, in := range open {
		need = need || in.State == journal.Unknown || in.State == journal.Ended
	}
	if need {
		if err := s.reconcile(ctx); err != nil {
			return err
		}
	}
	if err := s.oversee(ctx); err != nil {
		return err
	}
	if err := s.cancelOld(ctx); err != nil {
		return err
	}
	return s.guard(ctx)
}

// cancelOld asks to cancel orders whose decision is old: those that have worked, or were held, for too
// long, those that buy although the trader is halted, those that are listed although they were told to
// have ended, and those of which nothing is known, in case they live. Their end is then awaited like any
// other.
func (s *session) cancelOld(ctx context.Context) error {
	open, err := s.e.journal.Open(context.WithoutCancel(ctx), s.account)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	for _, in := range open {
		old := in.State == journal.Working && s.e.since(in.UpdatedAt) >= s.ttl(in)
		if s.halted && !old {
			if old, err = s.enteringWork(ctx, in); err != nil {
				return err
			}
		}
		if in.ClientID != s.e.cfg.ClientID || (!old && !s.idle[in.ID] && !s.missing[in.ID]) ||
			s.e.since(s.cancelled[in.ID]) < cancelEvery {
			continue
		}
		s.log.Warn("cancelling an order that does not fill", "intent", in.ID, "symbol", in.Symbol)
		s.cancelled[in.ID] = s.e.now()
		if err := s.b.CancelOrder(ctx, in.OrderID); err != nil {
			s.log.Warn("cancel failed", "intent", in.ID, "error", err)
		}
	}
	return nil
}

// cancelEvery is how long a cancel is given before it is repeated.
const cancelEvery = time.Minute

// reconcileEvery is the longest that a living session goes without comparing its books: what the
// Gateway forgets to say must not stay unknown.
const reconcileEvery = 5 * time.Minute

// orderTTL is how long an order may work before it is cancelled: the decision behind it is old.
const orderTTL = 5 * time.Minute

// view is what a decision on one symbol is made from.
type view struct {
	symbol     string
	instrument instrument
	now        time.Time // the Gateway's, and when it told it
	told       moment
	decided    moment
	epoch      uint64 // of the session's connection to IBKR, before anything was asked
	bars       []market.Bar
	last       market.Bar
	held       decimal.Decimal // own shares, as far as the account has them
	account    decimal.Decimal // all that the account has
	orderType  string
}

// trade is one symbol's part of a cycle. The decision comes back also beside an error.
func (s *session) trade(ctx context.Context, symbol string, cycle int64) (journal.Decision, error) {
	var d journal.Decision
	v := view{symbol: symbol, orderType: s.e.cfg.OrderType, epoch: s.b.Epoch()}
	if err := s.see(ctx, &v, &d); err != nil || d.Outcome != "" {
		return d, err
	}
	v.decided = momentNow()
	if v.held.IsNeg() { // a bust took shares away that were sold: whatever is wanted, flat comes first
		d.Reason = "buys back what a bust left short"
		return s.order(ctx, v, d, v.held.Neg(), cycle)
	}
	wanted, err := s.decide(ctx, v)
	if errors.Is(err, strategy.ErrWarmUp) {
		d.Outcome, d.Reason = outcomeWarmUp, err.Error()
		return d, nil
	}
	if _, known := exit.Of(err); err != nil && known {
		return d, err
	}
	if err != nil {
		return d, exit.Because(exit.Incomplete, fmt.Errorf("decide on %s: %w", symbol, err))
	}
	d.Target, d.Reason = wanted.Target, wanted.Reason
	if why, err := s.shut(ctx, v, wanted.Target); err != nil || why != "" {
		d.Outcome, d.Reason = outcomeRefused, why
		return d, err
	}
	delta, err := wanted.Target.Sub(v.held)
	if err != nil {
		return d, exit.Because(exit.Incomplete, fmt.Errorf("decide on %s: %w", symbol, err))
	}
	if delta.IsZero() {
		d.Outcome = outcomeHold
		return d, nil
	}
	return s.order(ctx, v, d, delta, cycle)
}

// see gathers the view. It sets the decision's outcome when there is nothing to decide on.
func (s *session) see(ctx context.Context, v *view, d *journal.Decision) error {
	var err error
	if v.instrument, err = s.instrument(ctx, v.symbol); err != nil {
		return err
	}
	position, err := s.e.journal.Position(context.WithoutCancel(ctx), s.account, v.instrument.conID())
	if err != nil {
		return exit.Because(exit.State, err)
	}
	v.held, v.account = position.Held(), position.Total
	d.Held = v.held
	if why, err := s.blockedBy(ctx, v.instrument); err != nil || why != "" {
		d.Outcome, d.Reason = outcomeBlocked, why
		return err
	}
	var stale string
	v.told = momentNow() // before the question: the price is then never younger than it seems
	if v.now, stale, err = s.clock(ctx); err != nil || stale != "" {
		if err == nil {
			d.Outcome, d.Reason = outcomeStale, stale
		}
		return err
	}
	s.day = max(s.day, market.Day(v.now, v.instrument.hours.Zone))
	open, known, why := s.e.cfg.Calendar.Open(v.instrument.hours, v.instrument.details.TimeZone, v.now)
	if known && !open {
		d.Outcome, d.Reason = outcomeClosed, why
		return nil
	}
	if w, quiet := s.e.cfg.Quiet.At(v.now); quiet {
		d.Outcome, d.Reason = outcomeClosed, "quiet window "+w.String()
		return nil
	}
	if farm := s.brokenFarm(v.instrument); farm != "" {
		d.Outcome, d.Reason = outcomeStale, "historical data farm broken: "+farm
		return nil
	}
	v.bars, err = s.bars(ctx, v.instrument, v.now)
	if err == nil {
		err = s.usable(v.instrument, v.bars, v.now)
	}
	if errors.Is(err, market.ErrStale) || errors.Is(err, market.ErrInsane) {
		s.drop(ctx, v.instrument, v.now)
		d.Outcome, d.Reason = outcomeStale, err.Error()
		return nil
	}
	if err != nil {
		return err
	}
	v.last = v.bars[len(v.bars)-1]
	d.BarEnd, d.Close = v.last.End(), v.last.Close
	return nil
}

// errUnsettled blocks a symbol whose last order is not settled.
var errUnsettled = errors.New("order not settled")

// blockedBy says why the contract must not be traded now, or "". An order of which nothing is
// known is an error as well, which is how one cycle reports it.
func (s *session) blockedBy(ctx context.Context, i instrument) (string, error) {
	open, err := s.e.journal.Open(context.WithoutCancel(ctx), s.account)
	if err != nil {
		return "", exit.Because(exit.State, err)
	}
	for _, in := range open {
		if in.ConID != i.conID() || in.Role.Resting() { // which rests at the broker, and gives way
			continue
		}
		why := fmt.Sprintf("intent %s is %s: %s", in.ID, in.State, in.Reason)
		if in.State == journal.Working {
			return why, nil
		}
		return why, unsettled(in, fmt.Errorf("%s: %s: %w", in.Symbol, why, errUnsettled))
	}
	if why := s.blocked[i.conID()]; why != "" {
		return why, exit.Because(exit.Incomplete, errors.New(why))
	}
	return "", nil
}

// unsettled is exit.OrderUnknown with what to do about this very intent.
func unsettled(in journal.Intent, err error) error {
	return &exit.Error{
		Code: exit.OrderUnknown, Err: err,
		Do: "nothing is sent meanwhile, so run it again; if it stays unknown, " + resolveAdvice(in.ID),
	}
}

// permitted asks the kill switch and the limits, before there is an intent: what they refuse is an
// outcome of the decision. The gate asks them again.
func (s *session) permitted(ctx context.Context, p passage) error {
	ctx = context.WithoutCancel(ctx)
	if err := s.worth(ctx, s.day); err != nil {
		return err
	}
	var err error
	if p.purpose == enters {
		err = s.notHalted(ctx, p)
	}
	if err == nil {
		err = s.withinLimits(ctx, p)
	}
	return interlock(err)
}
