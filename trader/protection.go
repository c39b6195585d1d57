package trader

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
	"ibsoak/trader/protect"
)

// The times of protection, all of this host's clock. docs/protection.md promises by them.
const (
	// ackWait is how long the broker's word on a protective order is awaited before the books are asked.
	ackWait = 5 * time.Second
	// guardApart is the shortest time between two reconciles that protection alone calls for.
	guardApart = time.Second
	// guardTick is how often a session looks while something about a protection is not yet right.
	guardTick = time.Second
	// lostFor is how long a protective order must be in no complete answer of one session until it is
	// given up. Meanwhile another one of its group protects.
	lostFor = 10 * time.Minute
	// bareAlert is the time between two alerts about a position that cannot be protected.
	bareAlert = time.Minute
)

// guards is what a session knows of its protections beside the journal. The cycle goroutine owns it.
type guards struct {
	busy     bool                      // guard is running: it reconciles, and reconciling guards
	restless bool                      // something is not yet as it must be
	asked    time.Time                 // when guard last reconciled
	changes  map[string]change         // in flight, by intent
	resized  map[string]change         // the last change that was sent, by intent
	missing  map[string]time.Time      // since when no answer names an intent
	twins    map[string]bool           // intents of which the broker lists two orders
	holdings map[int64]holding         // the account's, as of the last reconcile
	exits    map[int64]decimal.Decimal // shares that an order about to be sent will take, by contract
	again    map[placing]time.Time     // before this, no new order is placed for a contract
	told     map[int64]time.Time       // the last alert about a contract
	renew    map[int64]bool            // contracts whose prices were taken over: no old one is true
}

// placing is what is placed at most so often: an order that is refused is tried again at a measured pace.
type placing struct {
	conID int64
	role  journal.Role
}

// change is a change of an order that was sent.
type change struct {
	quantity decimal.Decimal
	at       time.Time
}

func newGuards() guards {
	return guards{
		changes: map[string]change{}, resized: map[string]change{},
		missing: map[string]time.Time{}, twins: map[string]bool{},
		exits: map[int64]decimal.Decimal{}, again: map[placing]time.Time{}, told: map[int64]time.Time{},
		renew: map[int64]bool{},
	}
}

// guarded is one contract that has own shares or protective orders.
type guarded struct {
	conID  int64
	symbol string // as the broker has it
	held   decimal.Decimal
	row    journal.Protection
	orders []journal.Intent // protective, not closed
	others decimal.Decimal  // what protective orders of another client id may trade: we cannot change them
	s      protect.Situation
}

// guard brings every position's protection to what it must be: it sends what the plan says, and what
// the broker answers brings it on from there. It returns an error when the journal fails or a session
// must end; what else goes wrong is tried again.
func (s *session) guard(ctx context.Context) error {
	if s.guards.busy || stopped(ctx) || s.isOver() || s.e.cfg.DryRun {
		return nil
	}
	s.guards.busy, s.guards.restless = true, false
	defer func() { s.guards.busy = false }()
	all, err := s.guarded(ctx)
	if err == nil {
		s.forgetBare(all)
	}
	if err != nil || len(all) == 0 {
		return err
	}
	if s.isDirty() && s.b.State() == broker.Ready {
		s.guards.restless = true
		// Time that stands still while a cycle works has no Gateway that could be asked too often.
		if s.e.cfg.Clock != nil || s.e.since(s.guards.asked) >= guardApart {
			s.guards.asked = s.e.now()
			if err := s.reconcile(ctx); err != nil {
				return guardError(s, err)
			}
			if all, err = s.guarded(ctx); err != nil {
				return err
			}
		}
	}
	for _, g := range all {
		if err := s.guardOne(ctx, g); err != nil {
			if err := guardError(s, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// guardError keeps what ends a session or the trader.
func guardError(s *session, err error) error {
	if endsSession(err) {
		return err
	}
	s.guards.restless = true
	s.log.Warn("protection is tried again", "error", err)
	return nil
}

// guarded are the contracts to look at, by contract.
func (s *session) guarded(ctx context.Context) ([]*guarded, error) {
	durable := context.WithoutCancel(ctx)
	open, err := s.e.journal.Open(durable, s.account)
	if err != nil {
		return nil, exit.Because(exit.State, err)
	}
	positions, err := s.e.journal.Positions(durable, s.account)
	if err != nil {
		return nil, exit.Because(exit.State, err)
	}
	protections, err := s.e.journal.Protections(durable, s.account)
	if err != nil {
		return nil, exit.Because(exit.State, err)
	}
	byID := map[int64]*guarded{}
	var all []*guarded
	add := func(conID int64, symbol string) *guarded {
		if byID[conID] == nil {
			byID[conID] = &guarded{conID: conID, symbol: symbol}
			all = append(all, byID[conID])
		}
		return byID[conID]
	}
	for _, in := range open {
		if in.Role.Resting() {
			g := add(in.ConID, in.Symbol)
			g.orders = append(g.orders, in)
		}
	}
	for _, p := range positions {
		row, ok := protections[p.ConID]
		if !ok {
			row = journal.Protection{Account: s.account, ConID: p.ConID}
		}
		if byID[p.ConID] == nil && row.Group == "" && (p.Held().IsZero() || !s.e.cfg.Protect.On()) {
			continue
		}
		g := add(p.ConID, p.Symbol)
		g.held, g.row = p.Held(), row
		if err := s.situation(g, p, open); err != nil {
			return nil, exit.Because(exit.State, err)
		}
	}
	for _, g := range all { // an order without a position: nothing was ever traded
		if g.row.Account == "" {
			g.row = journal.Protection{Account: s.account, ConID: g.conID}
			if err := s.situation(g, journal.Position{ConID: g.conID}, open); err != nil {
				return nil, exit.Because(exit.State, err)
			}
		}
	}
	return all, nil
}

// situation is what the plan is made from.
func (s *session) situation(g *guarded, p journal.Position, open []journal.Intent) error {
	free, err := s.protectable(p, open)
	if err != nil {
		return err
	}
	spec := s.e.cfg.Protect
	_, blocked := s.blocked[p.ConID]
	g.s = protect.Situation{Stop: spec.On(), Target: spec.Target.On(), Shut: blocked}
	for _, in := range g.orders {
		if in.ClientID != s.e.cfg.ClientID { // nobody but its client can change it: its shares are taken
			left, err := in.Quantity.Sub(in.Executed)
			if err == nil {
				g.others, err = g.others.Add(left)
			}
			if err == nil {
				free, err = towardsZero(free, left)
			}
			if err != nil {
				return err
			}
			continue
		}
		o, err := s.protective(in)
		if err != nil {
			return err
		}
		g.s.Orders = append(g.s.Orders, o)
	}
	g.s.Position = free
	return nil
}

// protectable are the own shares that no other order may take: not another's working sell order, nor
// one of ours that is to close the position. Below 0 they are short.
func (s *session) protectable(p journal.Position, open []journal.Intent) (decimal.Decimal, error) {
	free := p.Held()
	if free.IsPos() {
		rest, err := p.Total.Sub(s.pledged[p.ConID])
		if err != nil {
			return free, err
		}
		if _, blocked := s.blocked[p.ConID]; blocked { // the account's word bounds what ours says
			rest = rest.Min(s.guards.holdings[p.ConID].shares)
		}
		free = free.Min(rest.Max(decimal.Zero))
	}
	taken := s.guards.exits[p.ConID]
	for _, in := range open {
		closes := in.Action == journal.Sell == free.IsPos()
		if in.ConID != p.ConID || in.Role.Resting() || !closes {
			continue
		}
		left, err := in.Quantity.Sub(in.Executed)
		if err != nil {
			return free, err
		}
		if taken, err = taken.Add(left); err != nil {
			return free, err
		}
	}
	return towardsZero(free, taken)
}

// towardsZero takes shares off a position, and stops at none.
func towardsZero(position, shares decimal.Decimal) (decimal.Decimal, error) {
	if position.IsNeg() {
		left, err := position.Add(shares)
		return left.Min(decimal.Zero), err
	}
	left, err := position.Sub(shares)
	return left.Max(decimal.Zero), err
}

// protective is what is known of a protective order.
func (s *session) protective(in journal.Intent) (protect.Order, error) {
	rest, err := in.Quantity.Sub(in.Executed)
	if err != nil {
		return protect.Order{}, err
	}
	o := protect.Order{
		ID: in.ID, Role: protect.Role(in.Role), Sells: in.Action == journal.Sell, Rest: rest.Max(decimal.Zero),
		Phase: s.phase(in),
	}
	if c, ok := s.guards.changes[in.ID]; ok {
		switch {
		case c.quantity.Cmp(in.Quantity) == 0:
			delete(s.guards.changes, in.ID)
		default:
			if o.Asked, err = c.quantity.Sub(in.Executed); err != nil {
				return o, err
			}
			o.Asked = o.Asked.Max(decimal.Zero)
			if s.e.since(c.at) >= ackWait {
				s.setDirty(true)
			}
			s.guards.restless = true
		}
	}
	return o, nil
}

// phase is what the journal and this session make of a protective order.
func (s *session) phase(in journal.Intent) protect.Phase {
	switch in.State {
	case journal.Prepared, journal.Sent:
		s.guards.restless = true
		if s.e.since(in.UpdatedAt) >= ackWait {
			s.setDirty(true)
		}
		return protect.Waiting
	case journal.Working:
		if s.guards.twins[in.ID] || s.e.since(s.cancelled[in.ID]) < ackWait {
			s.guards.restless = true
			return protect.Leaving
		}
		return protect.Live
	case journal.Unknown:
		if s.missing[in.ID] && s.guards.missing[in.ID].IsZero() {
			s.guards.missing[in.ID] = s.e.now()
		}
		if s.missing[in.ID] && s.e.since(s.guards.missing[in.ID]) >= s.e.cfg.anotherAfter() {
			return protect.Lost
		}
		s.guards.restless = true
		if s.missing[in.ID] {
			return protect.Missing
		}
		s.setDirty(true)
		return protect.Waiting
	default: // ended: its executions are to be checked
		s.guards.restless = true
		s.setDirty(true)
		return protect.Leaving
	}
}

// guardOne acts on one contract.
func (s *session) guardOne(ctx context.Context, g *guarded) error {
	if err := s.levels(ctx, g); err != nil {
		return err
	}
	for _, in := range g.orders {
		if s.guards.twins[in.ID] { // a change has made two orders of one: one of them must go
			delete(s.guards.twins, in.ID)
			if err := s.withdraw(ctx, in); err != nil {
				return err
			}
		}
	}
	s.watchBare(g)
	for _, a := range protect.Plan(g.s) {
		s.guards.restless = true
		if err := s.act(ctx, g, a); err != nil {
			return err
		}
	}
	return s.overdue(ctx, g)
}

// bareness is a position that no stop covers, and since when.
type bareness struct {
	symbol string
	since  time.Time
}

// forgetBare drops what was bare and is not there any more.
func (s *session) forgetBare(all []*guarded) {
	for conID, b := range s.e.bare {
		if !slices.ContainsFunc(all, func(g *guarded) bool { return g.conID == conID }) {
			delete(s.e.bare, conID)
			s.e.showUnguarded(b.symbol, false)
		}
	}
}

// watchBare keeps the time since which a position is not covered, and could be.
func (s *session) watchBare(g *guarded) {
	want := g.s.Position.Abs()
	if !s.e.cfg.Protect.On() || want.IsZero() || g.s.Covered().Cmp(want) >= 0 {
		delete(s.e.bare, g.conID)
		s.e.showUnguarded(g.symbol, false)
		return
	}
	s.guards.restless = true
	if _, known := s.e.bare[g.conID]; !known || s.b.State() != broker.Ready { // nothing can be sent meanwhile
		s.e.bare[g.conID] = bareness{g.symbol, s.e.now()}
	}
}

func (s *session) act(ctx context.Context, g *guarded, a protect.Action) error {
	if a.Deed == protect.Place {
		return s.place(ctx, g, journal.Role(a.Role), a.Shares)
	}
	i := slices.IndexFunc(g.orders, func(in journal.Intent) bool { return in.ID == a.ID })
	if a.Deed == protect.Resize {
		return s.resize(ctx, g, g.orders[i], a.Shares)
	}
	return s.withdraw(ctx, g.orders[i])
}

// withdraw asks to cancel a protective order.
func (s *session) withdraw(ctx context.Context, in journal.Intent) error {
	if s.e.since(s.cancelled[in.ID]) < ackWait {
		return nil
	}
	s.cancelled[in.ID] = s.e.now()
	s.log.Info("protection withdrawn", "intent", in.ID, "symbol", in.Symbol, "role", in.Role)
	ctx, cancel := context.WithTimeout(ctx, s.e.cfg.RequestTimeout)
	defer cancel()
	if err := s.b.CancelOrder(ctx, in.OrderID); err != nil && !errors.Is(err, broker.ErrNotSent) {
		return answerError("cancel protection of "+in.Symbol, err)
	}
	return nil
}
