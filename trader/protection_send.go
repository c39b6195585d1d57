package trader

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
	"ibsoak/trader/market"
	"ibsoak/trader/protect"
)

// roleForm finds the role in the id of a protective intent, so that one whose journal is lost is known
// for what it is.
var roleForm = regexp.MustCompile(`-(stop|target|reduce)-\d{8}T\d{6}-[A-Z2-7]{16}$`)

func roleOf(id string) journal.Role {
	if m := roleForm.FindStringSubmatch(id); m != nil {
		return journal.Role(m[1])
	}
	return ""
}

// unused is a name that no other order has: 80 random bits behind something for people.
func unused(prefix string) string {
	const bits = 16 // characters of base 32
	return prefix + "-" + rand.Text()[:bits]
}

// levels begins and ends what the journal keeps of a position's protection: its levels are those of the
// fill that opened it, and stay until it is flat, whatever happens to the orders.
func (s *session) levels(ctx context.Context, g *guarded) error {
	switch {
	case g.held.IsZero() && g.row.Group != "" && len(g.orders) == 0:
		return s.flat(ctx, g)
	case g.held.IsZero() && g.row.Stop.IsPos():
		g.row.Stop, g.row.Target = decimal.Zero, decimal.Zero
		return s.keep(ctx, g)
	case g.held.IsZero(), g.row.Stop.IsPos() && !s.guards.renew[g.conID]:
		return s.followTrail(ctx, g)
	case !s.e.cfg.Protect.On():
		return nil
	}
	i, err := s.contractOf(ctx, g)
	if err != nil {
		return err
	}
	l, err := s.levelsFor(ctx, g, i)
	if err != nil {
		s.log.Warn("no stop for "+g.symbol+" yet", "error", err)
		return nil // until it is overdue
	}
	delete(s.guards.renew, g.conID)
	g.row.Stop, g.row.Target = l.Stop, l.Target
	if g.row.Group == "" {
		g.row.Group = unused("protect-" + g.symbol)
	}
	s.log.Info("protection", "symbol", g.symbol, "shares", g.held, "stop", l.Stop, "target", l.Target)
	return s.keep(ctx, g)
}

func (s *session) keep(ctx context.Context, g *guarded) error {
	if err := s.e.journal.SetProtection(context.WithoutCancel(ctx), g.row); err != nil {
		return exit.Because(exit.State, err)
	}
	return nil
}

// followTrail keeps where a trailing stop has come to: one that takes its place begins there.
func (s *session) followTrail(ctx context.Context, g *guarded) error {
	for _, in := range g.orders {
		better := in.StopPrice.Cmp(g.row.Stop) > 0
		if in.Action == journal.Buy {
			better = in.StopPrice.Cmp(g.row.Stop) < 0
		}
		if in.Trail != "" && g.row.Stop.IsPos() && in.StopPrice.IsPos() && better {
			g.row.Stop = in.StopPrice
			return s.keep(ctx, g)
		}
	}
	return nil
}

// flat ends a protection. One whose orders closed the position forbids another one for the day, or until
// the strategy wants to be flat: what it wanted has just been found wrong.
func (s *session) flat(ctx context.Context, g *guarded) error {
	done, err := s.e.journal.Executed(context.WithoutCancel(ctx), g.row.Group)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	if len(done) > 0 && done[len(done)-1].Role.Resting() {
		last := done[len(done)-1]
		g.row.ShutDay = market.Day(s.gatewayTime(ctx), s.zoneOf(g.conID))
		g.row.ShutWhy = shutByLevel + string(last.Role)
		s.log.Warn("closed by its protection", "symbol", g.symbol, "intent", last.ID, "role", last.Role)
	}
	g.row.Group, g.row.Stop, g.row.Target = "", decimal.Zero, decimal.Zero
	return s.keep(ctx, g)
}

// The causes of a day without new positions.
const (
	shutByLevel = "closed by its "
	shutBare    = "a position could not be protected"
)

// levelsFor computes a position's levels from the price of its newest own fill, or else from the last
// close.
func (s *session) levelsFor(ctx context.Context, g *guarded, i instrument) (protect.Levels, error) {
	durable, side := context.WithoutCancel(ctx), journal.Bought
	if g.held.IsNeg() {
		side = journal.Sold
	}
	entry, err := s.e.journal.LastPrice(durable, s.account, g.conID, side)
	if bars := s.e.bars[g.conID]; s.guards.renew[g.conID] {
		if len(bars) == 0 {
			return protect.Levels{}, fmt.Errorf("no bar of %s is known since its price was taken over", g.symbol)
		}
		entry = bars[len(bars)-1].Close
	}
	if err == nil && !entry.IsPos() {
		_, entry, err = s.e.journal.LastClose(durable, i.symbol)
	}
	if err != nil {
		return protect.Levels{}, exit.Because(exit.State, err)
	}
	if !entry.IsPos() {
		return protect.Levels{}, fmt.Errorf("no price of %s is known", g.symbol)
	}
	atr, err := protect.AverageRange(s.e.bars[g.conID])
	if err != nil {
		return protect.Levels{}, err
	}
	return s.e.cfg.Protect.Levels(entry, atr, i.details.MinTick, g.held.IsNeg())
}

// contractOf is the guarded contract, also one that is no longer configured.
func (s *session) contractOf(ctx context.Context, g *guarded) (instrument, error) {
	for _, i := range s.verified {
		if i.conID() == g.conID {
			return i, nil
		}
	}
	text := g.symbol
	for _, configured := range s.e.cfg.Symbols {
		if name, _, _ := strings.Cut(configured, ":"); name == g.symbol {
			text = configured
		}
	}
	if s.e.since(s.unknown[text].at) >= s.e.cfg.anotherAfter() {
		delete(s.unknown, text) // what is held exists, whatever was said
	}
	i, err := s.instrument(ctx, text)
	if err == nil && i.conID() != g.conID {
		err = exit.Because(exit.Incomplete, fmt.Errorf("contract %s is %d, its position is of %d", text,
			i.conID(), g.conID))
	}
	return i, err
}

func (s *session) zoneOf(conID int64) *time.Location {
	for _, i := range s.e.contracts {
		if i.conID() == conID {
			return i.hours.Zone
		}
	}
	return nil
}

// gatewayTime is the Gateway's time, or this host's when it does not say: a protective order must not
// wait for it.
func (s *session) gatewayTime(ctx context.Context) time.Time {
	now, err := ask(ctx, s, "current time", s.b.CurrentTime)
	if err != nil {
		return s.e.now()
	}
	return now
}

// hearFrom asks the Gateway something when it has not answered for longer than the gate allows: between two
// cycles nobody else does, and a fill must not wait for its stop until the next one.
func (s *session) hearFrom(ctx context.Context) {
	if s.answeredJustNow(ctx, passage{}) != nil && s.b.State() == broker.Ready {
		s.gatewayTime(ctx)
	}
}

// place sends a new protective order.
func (s *session) place(ctx context.Context, g *guarded, role journal.Role, shares decimal.Decimal) error {
	key := placing{g.conID, role}
	if s.e.now().Before(s.guards.again[key]) {
		return nil
	}
	if role.Resting() && (!g.row.Stop.IsPos() || s.guards.renew[g.conID] ||
		role == journal.TargetRole && !g.row.Target.IsPos()) {
		return nil // its price is not known yet
	}
	s.hearFrom(ctx)
	p := s.protection(instrument{})
	if err := s.gate(ctx, p); err != nil {
		s.log.Debug("protection waits", "symbol", g.symbol, "error", err)
		return nil
	}
	s.guards.again[key] = s.e.now().Add(s.e.cfg.anotherAfter())
	i, err := s.contractOf(ctx, g)
	if err != nil {
		return err
	}
	p.instrument = i
	in, err := s.protectiveIntent(ctx, g, role, shares, i)
	if err != nil {
		return err
	}
	if err := s.e.journal.Prepare(context.WithoutCancel(ctx), in); err != nil {
		return exit.Because(exit.State, err)
	}
	p.intent = in.ID
	o := broker.Order{ID: in.OrderID, IntentID: in.ID, Quantity: in.Quantity, Permit: s.permit(ctx, p)}
	if err := s.describe(in, i, &o); err != nil {
		return errors.Join(err, s.e.advance(ctx, in.ID, journal.NotSent, err.Error()))
	}
	return s.hand(ctx, in, o)
}

// protectiveIntent is the intent of a new protective order. A group is used again only while one of its
// orders may live: IBKR takes no new order into one that is over.
func (s *session) protectiveIntent(ctx context.Context, g *guarded, role journal.Role, shares decimal.Decimal,
	i instrument,
) (journal.Intent, error) {
	now := s.gatewayTime(ctx)
	in := journal.Intent{
		Account: s.account, Symbol: g.symbol, ConID: g.conID, ClientID: s.e.cfg.ClientID,
		ID:      unused(fmt.Sprintf("%s-%s-%s", i.symbol, role, now.UTC().Format("20060102T150405"))),
		OrderID: s.b.NextOrderID(), Action: journal.Sell, Quantity: shares, ReferencePrice: g.row.Stop,
		BarEnd: now, Day: market.Day(now, i.hours.Zone), Role: role,
	}
	if g.held.IsNeg() {
		in.Action = journal.Buy
	}
	switch stop := s.e.cfg.Protect.Stop; {
	case role == journal.ReduceRole:
		in.Type = broker.Market
	case role == journal.TargetRole:
		in.Type, in.LimitPrice = broker.Limit, g.row.Target
	case stop.Trailing:
		in.Type, in.StopPrice = broker.Trail, g.row.Stop
		in.Trail = strings.TrimPrefix(stop.String(), "trail:")
	default:
		in.Type, in.StopPrice = broker.Stop, g.row.Stop
	}
	if !role.Resting() {
		return in, nil
	}
	if len(g.orders) == 0 {
		g.row.Group = unused("protect-" + g.symbol)
	}
	in.Group = g.row.Group
	return in, s.keep(ctx, g)
}

// describe fills in what a new order and a change of it have in common: a change says all of it again,
// or the broker takes it for another order.
func (s *session) describe(in journal.Intent, i instrument, o *broker.Order) error {
	o.Contract, o.Action, o.Type, o.Account = i.details.Contract, string(in.Action), in.Type, in.Account
	o.LimitPrice, o.StopPrice, o.OCAGroup = in.LimitPrice, in.StopPrice, in.Group
	o.TIF = "GTC" // a position may be held overnight, and over a trader that is away
	if in.Role == journal.ReduceRole {
		o.TIF = "DAY"
	}
	if in.Type != broker.Trail {
		return nil
	}
	by, err := protect.ParseStop("trail:" + in.Trail)
	switch {
	case err != nil:
		return exit.Because(exit.State, fmt.Errorf("intent %s: %w", in.ID, err))
	case by.Kind == protect.Percent:
		o.TrailPercent = by.Value
	default:
		o.TrailAmount = by.Value
	}
	return nil
}

// hand gives a new protective order to the broker, once.
func (s *session) hand(ctx context.Context, in journal.Intent, o broker.Order) error {
	ctx, cancel := context.WithTimeout(ctx, s.e.cfg.RequestTimeout)
	defer cancel()
	err := s.b.PlaceOrder(ctx, o)
	switch {
	case err == nil:
		s.log.Info("protection sent", "intent", in.ID, "symbol", in.Symbol, "role", in.Role, "action", in.Action,
			"quantity", in.Quantity, "type", in.Type, "stop", in.StopPrice, "limit", in.LimitPrice,
			"order_id", in.OrderID)
		return s.e.advance(ctx, in.ID, journal.Sent, "")
	case errors.Is(err, broker.ErrNotSent):
		s.log.Warn("protection not sent", "intent", in.ID, "symbol", in.Symbol, "error", err)
		return s.e.advance(ctx, in.ID, journal.NotSent, err.Error())
	default:
		s.log.Error("protection may have been sent", "intent", in.ID, "symbol", in.Symbol, "error", err)
		s.setDirty(true)
		return s.e.advance(ctx, in.ID, journal.Unknown, err.Error())
	}
}

// resize changes an order in place so that shares are left of it. Its quantity counts what it has
// executed already, so that a fill which is not known yet is not sold twice.
func (s *session) resize(ctx context.Context, g *guarded, in journal.Intent, shares decimal.Decimal) error {
	s.hearFrom(ctx)
	p := s.protection(instrument{})
	if err := s.gate(ctx, p); err != nil {
		s.log.Debug("protection waits", "symbol", g.symbol, "error", err)
		return nil
	}
	quantity, err := in.Executed.Add(shares)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	i, err := s.contractOf(ctx, g)
	if err != nil {
		return err
	}
	last, asked := s.guards.resized[in.ID]
	if asked && last.quantity.Cmp(quantity) == 0 && s.e.since(last.at) < guardTick {
		return nil // a Gateway that makes something else of it is not asked without end
	}
	p.instrument, p.intent = i, in.ID
	o := broker.Order{ID: in.OrderID, IntentID: in.ID, Quantity: quantity, Permit: s.permit(ctx, p)}
	if err := s.describe(in, i, &o); err != nil {
		return err
	}
	s.guards.resized[in.ID] = change{quantity, s.e.now()}
	s.guards.changes[in.ID] = change{quantity, s.e.now()}
	ctx, cancel := context.WithTimeout(ctx, s.e.cfg.RequestTimeout)
	defer cancel()
	err = s.b.PlaceOrder(ctx, o)
	s.log.Info("protection resized", "intent", in.ID, "symbol", in.Symbol, "role", in.Role, "from", in.Quantity,
		"to", quantity, "executed", in.Executed, "error", err)
	switch {
	case errors.Is(err, broker.ErrNotSent):
		delete(s.guards.changes, in.ID)
	case err != nil: // which it is, only the broker's open orders tell
		s.setDirty(true)
	}
	return nil
}
