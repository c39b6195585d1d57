package trader

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/risk"
)

// The order gate: every order passes it right before its bytes go to the kernel, whoever made it and
// however long it has waited since. The rules are a table, below.

// The defaults of Config that are the gate's.
const (
	DefaultMaxDecisionAge = 5 * time.Second
	DefaultMaxRoundTrip   = 30 * time.Second
)

// purpose is what an order is for. The gate lets more of them through the less they risk.
type purpose uint8

const (
	enters   purpose = iota // takes the position further away from zero
	reduces                 // only takes it nearer to zero
	protects                // rests at the broker, and can only take it nearer to zero
)

// passage is what the gate must know of an order.
type passage struct {
	intent  string // so that the order does not count against itself; "" is before it has one
	purpose purpose
	// decided is when it was decided on: what was decided before a pause of the process is not sent.
	decided moment
	// epoch is the session's then: what was decided before IBKR went away is not sent after it.
	epoch uint64
	// price is when the bar ended that it was decided on, and now the Gateway's time that this was told
	// by, at told. Zero for an order that no price decides on.
	price, now time.Time
	told       moment

	instrument instrument
	day        string
	proposal   risk.Proposal // without what the journal counts
}

// moment is an instant on both of this host's clocks. The monotonic one stands still while the host
// sleeps, and the wall clock can be set; a stopped process sees both jump.
type moment struct{ mono, wall time.Time }

func momentNow() moment {
	now := time.Now()
	return moment{mono: now, wall: now.Round(0)}
}

// until is the time that passed to a later moment, on the clock that says more. A wall clock that was
// set back by more than a second makes it unknown.
func (m moment) until(later moment) (passed time.Duration, known bool) {
	mono, wall := later.mono.Sub(m.mono), later.wall.Sub(m.wall)
	return max(mono, wall), wall >= mono-time.Second
}

// closedGate is the gate's refusal.
type closedGate struct {
	rule string
	err  error
}

// Error names the rule.
func (c *closedGate) Error() string { return fmt.Sprintf("order gate: %s: %v", c.rule, c.err) }

// Unwrap is the reason.
func (c *closedGate) Unwrap() error { return c.err }

// gateRules are asked in this order; the first refusal counts. upTo is the last purpose that a rule holds
// for: protection passes where entries do not.
var gateRules = []struct {
	name  string
	upTo  purpose
	check func(*session, context.Context, passage) error
}{
	{"session", protects, (*session).mayCarryOrders},
	{"generation", protects, (*session).sameEpoch},
	{"reconciled", protects, (*session).booksAgree},
	{"decision-age", protects, (*session).decidedJustNow},
	{"round-trip", protects, (*session).answeredJustNow},
	{"price-age", reduces, (*session).priceIsFresh},
	{"quiet-window", reduces, (*session).noQuietWindow},
	{"market-hours", reduces, (*session).marketIsOpen},
	{"kill-switch", enters, (*session).notHalted},
	{"risk", reduces, (*session).withinLimits},
}

// gate is nil when an order may be sent at this instant, else a *closedGate.
func (s *session) gate(ctx context.Context, p passage) error {
	for _, r := range gateRules {
		if p.purpose > r.upTo {
			continue
		}
		if err := r.check(s, ctx, p); err != nil {
			return &closedGate{r.name, err}
		}
	}
	return nil
}

// readTime bounds what the gate reads from the journal, for which the wire may wait.
const readTime = 5 * time.Second

// reading is the context for that. It outlives a stop of the trader, which is no fault of the journal.
func reading(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), readTime)
}

// permit asks the gate again at the wire.
func (s *session) permit(ctx context.Context, p passage) func() error {
	return func() error { return s.gate(ctx, p) }
}

// mayCarryOrders holds that the session is ready and IBKR is not away (1100).
func (s *session) mayCarryOrders(ctx context.Context, _ passage) error {
	switch state := s.b.State(); {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case state == broker.Over:
		return broker.ErrOver
	case state != broker.Ready:
		return broker.ErrDegraded
	}
	return nil
}

// sameEpoch also closes the moment between the news that IBKR is back and the books' being called dirty.
// The session itself is the decision's: what one decides no other sends.
func (s *session) sameEpoch(_ context.Context, p passage) error {
	if p.epoch != s.b.Epoch() {
		return errors.New("the Gateway lost or regained IBKR since it was decided")
	}
	return nil
}

func (s *session) booksAgree(context.Context, passage) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dirty || !s.reconciled {
		return errors.New("the books are not reconciled")
	}
	return nil
}

func (s *session) decidedJustNow(_ context.Context, p passage) error {
	return within("it was decided", p.decided, s.e.cfg.MaxDecisionAge)
}

// answeredJustNow holds that the Gateway has answered a question lately: that its socket is open says
// nothing.
func (s *session) answeredJustNow(context.Context, passage) error {
	s.mu.Lock()
	answered := s.answered
	s.mu.Unlock()
	return within("the Gateway last answered", answered, s.e.cfg.MaxRoundTrip)
}

func within(what string, since moment, limit time.Duration) error {
	passed, known := since.until(momentNow())
	if !known {
		return fmt.Errorf("%s before this host's clock was set back", what)
	}
	if passed > limit {
		return fmt.Errorf("%s %s ago, limit %s", what, passed.Round(time.Millisecond), limit)
	}
	return nil
}

// priceIsFresh counts on the Gateway's clock, and what passed since it was read on ours.
func (s *session) priceIsFresh(_ context.Context, p passage) error {
	if p.price.IsZero() {
		return nil
	}
	passed, known := p.told.until(momentNow())
	age := p.now.Sub(p.price) + passed
	if !known || age > s.e.cfg.MaxBarAge {
		return fmt.Errorf("the price it was decided on is %s old, limit %s", age.Round(time.Second), s.e.cfg.MaxBarAge)
	}
	return nil
}

// gatewayTime is the Gateway's clock at this instant, as far as it was told: zero if it was not.
func (p passage) gatewayTime() time.Time {
	if p.now.IsZero() {
		return time.Time{}
	}
	passed, _ := p.told.until(momentNow())
	return p.now.Add(passed)
}

// noQuietWindow asks the Gateway's clock, and this host's as well while the two agree: one of them may be
// about to be set right.
func (s *session) noQuietWindow(_ context.Context, p passage) error {
	now := p.gatewayTime()
	clocks := []time.Time{now}
	if here := s.e.now(); here.Sub(now).Abs() <= s.e.cfg.MaxClockSkew {
		clocks = append(clocks, here)
	}
	for _, clock := range clocks {
		if w, quiet := s.e.cfg.Quiet.At(clock); quiet && !clock.IsZero() {
			return fmt.Errorf("nothing is sent from %s: servers and Gateways restart then", w)
		}
	}
	return nil
}

// marketIsOpen holds exits as well: one that comes when the exchange has closed waits for the next opening, and
// the stop that gave way for it is missing until then.
func (s *session) marketIsOpen(_ context.Context, p passage) error {
	i := p.instrument
	if open, known, why := s.e.cfg.Calendar.Open(i.hours, i.details.TimeZone, p.gatewayTime()); known && !open {
		return errors.New(why)
	}
	return nil
}

// notHalted reads the kill switch from the disk: another process may have closed it a moment ago.
func (s *session) notHalted(ctx context.Context, _ passage) error {
	ctx, cancel := reading(ctx)
	defer cancel()
	h, err := s.e.journal.Halted(ctx)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	if !h.Halted {
		return nil
	}
	return &risk.Refusal{Limit: limitHalted, Detail: fmt.Sprintf("%s (%s) since %s", h.Reason, h.Cause,
		h.At.Format(time.RFC3339))}
}

// limitHalted is what the kill switch refuses as.
const limitHalted = "halted"

// withinLimits asks the limits with what the journal counts now.
func (s *session) withinLimits(ctx context.Context, p passage) error {
	ctx, cancel := reading(ctx)
	defer cancel()
	used, err := s.e.journal.Usage(ctx, s.account, p.instrument.conID(), p.day, s.e.now().Add(-time.Minute), p.intent)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	q := p.proposal
	q.OrdersToday, q.OrdersThisMinute = used.SymbolOrders, used.MinuteOrders
	q.BoughtToday, q.OtherPositions = used.DayNotional, used.Positions
	return s.e.cfg.Limits.Check(q)
}

// protection is the way through the gate of an order that rests at the broker and can only take the
// contract's position nearer to zero. It is decided on when this is called.
func (s *session) protection(i instrument) passage {
	return passage{purpose: protects, decided: momentNow(), epoch: s.b.Epoch(), instrument: i}
}

// passageOf is the way through the gate of an order that changes a position by delta.
func (s *session) passageOf(v view, delta decimal.Decimal, day string) passage {
	p := passage{
		purpose: enters, decided: v.decided, epoch: v.epoch, now: v.now, told: v.told,
		instrument: v.instrument, day: day,
		proposal: risk.Proposal{
			Symbol: v.symbol, Delta: delta, Held: v.held, Price: v.last.Close, Account: v.account,
			Pledged: s.pledged[v.instrument.conID()],
		},
	}
	if len(v.bars) > 0 {
		p.price = v.last.End()
	}
	if p.proposal.Reduces() {
		p.purpose = reduces
	}
	return p
}

// interlock is exit.Interlock, with what to do about a halt.
func interlock(err error) error {
	if _, ok := exit.Of(err); ok { // none, or the journal's
		return err
	}
	refusal, ok := errors.AsType[*risk.Refusal](err)
	if ok && refusal.Limit == limitHalted {
		return &exit.Error{
			Code: exit.Interlock, Err: err,
			Do: "find out why; then trader resume --reason TEXT, with --accept-loss after a loss",
		}
	}
	return exit.Because(exit.Interlock, err)
}
