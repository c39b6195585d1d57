package trader

import (
	"context"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
	"ibsoak/trader/market"
)

// makeRoom lets the protection give way for an order that reduces the position: it is made smaller, or
// withdrawn, and the broker's word on that is awaited, its executions included. Only then the order may
// be sent, for a stop that fills while its cancel is on the way would sell the same shares. The change of
// position that is left to make comes back, which is none when the protection has traded meanwhile; why
// says why the order must not be sent. done ends the reserve, and must be called when the order's intent
// is in the journal, or will never be.
func (s *session) makeRoom(ctx context.Context, v *view, delta decimal.Decimal) (
	left decimal.Decimal, why string, done func(), err error,
) {
	conID := v.instrument.conID()
	done = func() { delete(s.guards.exits, conID) }
	if s.e.cfg.DryRun || v.held.IsZero() || v.held.IsPos() == delta.IsPos() {
		return delta, "", done, nil
	}
	if why = s.tooLate(ctx, *v); why != "" {
		return delta, why, done, nil
	}
	target, err := v.held.Add(delta)
	if err != nil {
		return delta, "", done, exit.Because(exit.Incomplete, err)
	}
	timer := time.NewTimer(s.e.cfg.OrderDeadline)
	defer timer.Stop()
	tick := time.NewTicker(guardTick)
	defer tick.Stop()
	for last := false; ; {
		room := false
		if left, room, err = s.room(ctx, v, target); err != nil {
			return left, "", done, err
		}
		if room { // seen a moment ago; its price and its connection to IBKR stay as old as they are
			v.decided = momentNow()
			return left, "", done, nil
		}
		switch {
		case s.isOver():
			return left, "", done, sessionError(s.b.Err())
		case last || stopped(ctx):
			return left, "its protection has not given way yet", done, nil
		}
		select {
		case <-s.changed:
		case <-tick.C:
		case <-s.b.Done():
		case <-ctx.Done():
		case <-timer.C:
			last = true
		}
	}
}

// tooLate says why the clock refuses what a view decides, or "". A stop does not give way for that.
func (s *session) tooLate(ctx context.Context, v view) string {
	p := passage{now: v.now, told: v.told, instrument: v.instrument}
	for _, refuses := range []func(context.Context, passage) error{s.noQuietWindow, s.marketIsOpen} {
		if err := refuses(ctx, p); err != nil {
			return err.Error()
		}
	}
	return ""
}

// room makes a step towards room for what is left to do until the position is target, and says whether
// it is there.
func (s *session) room(ctx context.Context, v *view, target decimal.Decimal) (
	left decimal.Decimal, room bool, err error,
) {
	conID := v.instrument.conID()
	for range 2 { // before and after the guard's step
		position, err := s.e.journal.Position(context.WithoutCancel(ctx), s.account, conID)
		if err != nil {
			return left, false, exit.Because(exit.State, err)
		}
		v.held, v.account = position.Held(), position.Total
		if left, err = target.Sub(v.held); err != nil {
			return left, false, exit.Because(exit.Incomplete, err)
		}
		if v.held.IsPos() == left.IsPos() || v.held.IsZero() { // the protection has done it, or more
			return decimal.Zero, true, nil
		}
		s.guards.exits[conID] = left.Abs()
		reach, err := s.reach(ctx, conID)
		if err != nil {
			return left, false, err
		}
		taken, err := reach.Add(left.Abs())
		if err != nil {
			return left, false, exit.Because(exit.Incomplete, err)
		}
		if taken.Cmp(v.held.Abs()) <= 0 && !s.isDirty() {
			return left, true, nil
		}
		if err := s.guard(ctx); err != nil {
			return left, false, err
		}
	}
	return left, false, nil
}

// reach is the most that the contract's protective orders may still trade.
func (s *session) reach(ctx context.Context, conID int64) (decimal.Decimal, error) {
	all, err := s.guarded(ctx)
	if err != nil {
		return decimal.Zero, err
	}
	for _, g := range all {
		if g.conID == conID {
			return g.s.Reach().Add(g.others)
		}
	}
	return decimal.Zero, nil
}

// ttl is how long an order may work before it is cancelled. One that closes a protected position has no
// longer than a position may be without its stop, which gave way for it.
func (s *session) ttl(in journal.Intent) time.Duration {
	switch {
	case in.Role.Resting():
		return math.MaxInt64
	case s.e.cfg.Protect.On() && in.Action == journal.Sell:
		return min(orderTTL, s.e.cfg.ProtectWithin)
	}
	return orderTTL
}

// guardIfStirred guards when something happened since the cycle last looked, or is under way.
func (s *session) guardIfStirred(ctx context.Context) error {
	select {
	case <-s.changed:
		return s.guard(ctx)
	default:
	}
	if s.guards.restless || s.isDirty() {
		return s.guard(ctx)
	}
	return nil
}

// isState says whether the journal failed.
func isState(err error) bool {
	code, _ := exit.Of(err)
	return err != nil && code == exit.State
}

// shut says why no larger position may be opened in a contract today, or "". A strategy that wants to be
// flat has had its say: what closed by its stop or target may be opened anew on its next signal.
func (s *session) shut(ctx context.Context, v view, target decimal.Decimal) (string, error) {
	durable := context.WithoutCancel(ctx)
	row, err := s.e.journal.Protection(durable, s.account, v.instrument.conID())
	if err != nil {
		return "", exit.Because(exit.State, err)
	}
	if row.ShutDay == "" {
		return "", nil
	}
	over := row.ShutDay != market.Day(v.now, v.instrument.hours.Zone)
	if over || target.IsZero() && strings.HasPrefix(row.ShutWhy, shutByLevel) {
		row.ShutDay, row.ShutWhy = "", ""
		if err := s.e.journal.SetProtection(durable, row); err != nil {
			return "", exit.Because(exit.State, err)
		}
		return "", nil
	}
	if target.Cmp(v.held) <= 0 {
		return "", nil
	}
	return "no new position today: " + row.ShutWhy, nil
}

// overdue closes a position that could not be protected in time, when nothing else that may live could
// sell the same shares, and says so as long as it cannot.
func (s *session) overdue(ctx context.Context, g *guarded) error {
	b, bare := s.e.bare[g.conID]
	within := s.e.cfg.ProtectWithin
	if !bare || s.e.since(b.since) < within || s.e.since(s.began) < within/2 {
		return nil
	}
	s.e.showUnguarded(g.symbol, true)
	s.hearFrom(ctx)
	why := ""
	switch closed := s.gate(ctx, s.protection(instrument{})); {
	case closed != nil:
		why = closed.Error()
	case g.s.Shut:
		why = s.blocked[g.conID]
	default: // as it is after what was sent just now
		if why = s.closedNow(ctx, g.conID); why != "" {
			break
		}
		reach, err := s.reach(ctx, g.conID)
		if err != nil {
			return err
		}
		if reach.IsPos() {
			why = "a protective order may be there that would sell the same shares"
		}
	}
	if s.e.since(s.guards.told[g.conID]) >= bareAlert {
		s.guards.told[g.conID] = s.e.now()
		s.log.Error("a position has no stop at the broker", "symbol", g.symbol, "shares", g.s.Position,
			"for", s.e.since(b.since).Round(time.Second), "closed", why == "", "why_not", why,
			"do", "look at its orders in TWS; the trader goes on trying")
	}
	if why != "" {
		return nil
	}
	g.row.ShutDay, g.row.ShutWhy = market.Day(s.gatewayTime(ctx), s.zoneOf(g.conID)), shutBare
	if err := s.keep(ctx, g); err != nil {
		return err
	}
	s.e.bare[g.conID] = bareness{g.symbol, s.e.now()} // and again, if that fails too
	return s.place(ctx, g, journal.ReduceRole, g.s.Position.Abs())
}

// closedNow says why a market order must not be sent: the exchange is closed, as far as it is known, or it is
// a time at which nothing is sent. "" is that it may.
func (s *session) closedNow(ctx context.Context, conID int64) string {
	now := s.gatewayTime(ctx)
	if w, quiet := s.e.cfg.Quiet.At(now); quiet {
		return "quiet window " + w.String()
	}
	for _, i := range s.e.contracts {
		if i.conID() == conID {
			if open, known, why := s.e.cfg.Calendar.Open(i.hours, i.details.TimeZone, now); known && !open {
				return why
			}
		}
	}
	return ""
}

// readProtection takes what the broker's orders say about the protective ones: how large they are, and
// whether one of them has become two.
func (s *session) readProtection(ctx context.Context, ev evidence) error {
	durable := context.WithoutCancel(ctx)
	s.guards.holdings = ev.holdings
	clear(s.guards.changes) // the answer was made after what was sent before
	clear(s.guards.twins)
	listed := map[string]int{}
	for _, o := range ev.open {
		listed[o.IntentID]++
	}
	for id := range s.guards.missing {
		if listed[id] > 0 {
			delete(s.guards.missing, id)
		}
	}
	for _, o := range ev.open {
		s.guards.twins[o.IntentID] = listed[o.IntentID] > 1
		if err := s.told(durable, o, listed[o.IntentID] == 1); err != nil {
			return exit.Because(exit.State, err)
		}
	}
	for _, o := range ev.completed {
		if err := s.told(durable, o.OpenOrder, listed[o.IntentID] == 0); err != nil {
			return exit.Because(exit.State, err)
		}
	}
	return nil
}

// told takes the broker's word on one protective order, if it is the only one of its intent. One that
// has come out of a change of another counts its fills from there.
func (s *session) told(ctx context.Context, o broker.OpenOrder, alone bool) error {
	in, ours, err := s.e.journal.Intent(ctx, o.IntentID)
	if err != nil || !ours || !in.Role.Resting() || !alone {
		return err
	}
	quantity, stop := o.Quantity, decimal.Zero
	if second := o.PermID != 0 && in.PermID != 0 && o.PermID != in.PermID; second && o.Filled != nil {
		rest, err := quantity.Sub(*o.Filled)
		if err == nil {
			quantity, err = in.Executed.Add(rest)
		}
		if err != nil {
			return err
		}
	}
	if o.TrailStop != nil {
		stop = *o.TrailStop
	}
	return s.e.journal.Told(ctx, in.ID, quantity, stop)
}

// resized is told, for what the broker says unasked.
func (s *session) resized(ctx context.Context, in journal.Intent, o broker.OpenOrder) error {
	if !in.Role.Resting() {
		return nil
	}
	if o.PermID != 0 && in.PermID != 0 && o.PermID != in.PermID {
		s.setDirty(true) // a second order under the same reference: all of them are asked for
		return nil
	}
	return s.told(ctx, o, true)
}

// protected waits until nothing about the protections is under way, for a life that ends with its cycle.
func (s *session) protected(ctx context.Context) error {
	timer := time.NewTimer(s.e.cfg.OrderDeadline)
	defer timer.Stop()
	quiet, err := s.guardUntil(ctx, guardTick, timer.C, func() (bool, error) { return !s.guards.restless, nil })
	if err == nil && !quiet && !stopped(ctx) {
		err = exit.Because(exit.Incomplete, errors.New("a position is not protected yet"))
	}
	return err
}

// guardUntil guards at every change, and at least every so often, until it is quiet: false is that the limit, or
// the end of ctx, came before that.
func (s *session) guardUntil(ctx context.Context, every time.Duration, limit <-chan time.Time,
	isQuiet func() (bool, error),
) (quiet bool, err error) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := s.guard(ctx); err != nil {
			return false, err
		}
		if quiet, err := isQuiet(); quiet || err != nil {
			return quiet, err
		}
		select {
		case <-s.changed:
		case <-tick.C:
		case <-s.b.Done():
			return false, sessionError(s.b.Err())
		case <-ctx.Done():
			return false, nil
		case <-limit:
			return false, nil
		}
	}
}
