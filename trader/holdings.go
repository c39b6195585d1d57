package trader

import (
	"context"
	"fmt"
	"slices"

	"github.com/govalues/decimal"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

type holding struct {
	symbol string
	shares decimal.Decimal
	cost   decimal.Decimal // per share, commissions included
	// unreadable says that the number of shares made no sense.
	unreadable bool
}

// difference is how far the account is from the books in one contract.
type difference struct {
	symbol string
	shares decimal.Decimal // the account's minus the books'
	why    string
	// unreadable says that shares is not known.
	unreadable bool
}

// differences compares the books with the broker over the union of their contracts.
func (s *session) differences(ctx context.Context, holdings map[int64]holding) (
	map[int64]difference, error,
) {
	booked, err := s.e.journal.Positions(context.WithoutCancel(ctx), s.account)
	if err != nil {
		return nil, exit.Because(exit.State, err)
	}
	rows := make(map[int64]journal.Position, len(booked))
	for _, p := range booked {
		rows[p.ConID] = p
	}
	for id, h := range holdings {
		if _, ok := rows[id]; !ok {
			rows[id] = journal.Position{ConID: id, Symbol: h.symbol}
		}
	}
	differing := map[int64]difference{}
	for id, p := range rows {
		have := holdings[id].shares
		if holdings[id].unreadable {
			differing[id] = difference{symbol: p.Symbol, unreadable: true, why: "what the account holds of " +
				p.Symbol + " cannot be read"}
			continue
		}
		if have.Cmp(p.Total) == 0 {
			continue
		}
		shares, err := have.Sub(p.Total)
		if err != nil {
			return nil, exit.Because(exit.State, fmt.Errorf("compare %s: %w", p.Symbol, err))
		}
		why := fmt.Sprintf("the account holds %s %s, the books say %s", have, p.Symbol, p.Total)
		differing[id] = difference{symbol: p.Symbol, shares: shares, why: why}
	}
	return differing, nil
}

// settlePositions explains differences from the broker's holdings. A change that equals an unknown
// intent of its contract is that intent's fill. When the journal is new, when told to, and for contracts
// that this trader does not trade, the rest is taken over, but never while an intent of the contract is
// unknown: its fill may be part of it. Any other difference blocks its contract: shares that nobody can
// explain must not be traded on.
func (s *session) settlePositions(ctx context.Context, ev evidence, opened bool) error {
	var changes []journal.Adjustment
	s.blocked = map[int64]string{}
	for id, d := range ev.differing {
		doubt, err := s.doubtful(ctx, id, ev)
		if err != nil {
			return err
		}
		switch {
		case d.unreadable:
			if s.e.cfg.trades(d.symbol) {
				s.block(id, d, "the Gateway's number makes no sense", "look at the account in TWS")
			}
			continue
		case oneOf(doubt) && d.explains(doubt[0]):
			if err := s.assume(ctx, doubt[0], d, ev.holdings[id]); err != nil {
				return err
			}
			continue
		case len(doubt) > 0:
			s.block(id, d, doubt[0].ID+" is unknown", resolveAdvice(doubt[0].ID))
			continue
		case !opened:
			s.log.Info("opening position", "symbol", d.symbol, "shares", d.shares)
		case s.e.cfg.AdoptPositions, !s.e.cfg.trades(d.symbol):
			s.log.Warn("position taken over", "difference", d.why)
			s.guards.renew[id] = true
		default:
			s.block(id, d, "nothing explains it", "compare with the account's statement, "+
				"then start with --adopt-positions")
			continue
		}
		changes = append(changes, journal.Adjustment{ConID: id, Symbol: d.symbol, Shares: d.shares})
	}
	if opened && len(changes) == 0 {
		return nil
	}
	if err := s.e.journal.Adjust(context.WithoutCancel(ctx), s.account, changes); err != nil {
		return exit.Because(exit.State, err)
	}
	return nil
}

func (s *session) block(conID int64, d difference, why, do string) {
	s.blocked[conID] = d.why
	s.log.Error("blocked: "+d.why, "why", why, "do", do)
}

// resolveAdvice is what a person does about an intent that no evidence settles.
func resolveAdvice(id string) string {
	return "find out in TWS or from IBKR what became of it, stop the trader, then: trader resolve " + id +
		" filled|absent --reason TEXT"
}

// doubtful are the contract's open intents whose orders the broker does not list.
func (s *session) doubtful(ctx context.Context, conID int64, ev evidence) ([]journal.Intent, error) {
	open, err := s.e.journal.Open(context.WithoutCancel(ctx), s.account)
	if err != nil {
		return nil, exit.Because(exit.State, err)
	}
	return slices.DeleteFunc(open, func(in journal.Intent) bool {
		return in.ConID != conID || listed(in, ev)
	}), nil
}

// oneOf says whether at most one of the intents can have traded: orders of one group do for one.
func oneOf(doubt []journal.Intent) bool {
	for _, in := range doubt {
		if len(doubt) > 1 && (in.Group == "" || in.Group != doubt[0].Group) {
			return false
		}
	}
	return len(doubt) > 0
}

// explains says whether the difference is what is left of the intent.
func (d difference) explains(in journal.Intent) bool {
	left, err := in.Quantity.Sub(in.Executed)
	if in.Action == journal.Sell {
		left = left.Neg()
	}
	return err == nil && d.shares.Cmp(left) == 0
}

// assume books the change of position as the intent's fill. The price is the position's own cost when
// that is all of it, else what the decision went by; the execution corrects it if it is ever told.
func (s *session) assume(ctx context.Context, in journal.Intent, d difference, h holding) error {
	price := in.ReferencePrice
	if h.shares.Cmp(d.shares) == 0 && h.cost.IsPos() {
		price = h.cost
	}
	s.log.Warn("a fill that no execution tells of: the position has changed by it", "intent", in.ID,
		"difference", d.why, "price", price)
	err := s.e.journal.Assume(context.WithoutCancel(ctx), in.ID, price, "the position changed by it: "+d.why)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	return nil
}

// boundOwn gives up own shares that the account no longer has, and notes what working sell orders of
// others may still take. While positions differ nothing is known for certain.
func (s *session) boundOwn(ctx context.Context, ev evidence) error {
	s.pledged = map[int64]decimal.Decimal{}
	for _, o := range ev.open {
		_, ours, err := s.e.journal.Intent(context.WithoutCancel(ctx), o.IntentID)
		if err != nil {
			return exit.Because(exit.State, err)
		}
		if ours || !live(o.Status) || o.Action != broker.Sell || (o.Account != "" && o.Account != s.account) {
			continue
		}
		left := o.Quantity
		if o.Remaining != nil {
			left = *o.Remaining
		}
		if s.pledged[o.Contract.ConID], err = s.pledged[o.Contract.ConID].Add(left); err != nil {
			return exit.Because(exit.State, fmt.Errorf("add up sell orders of %s: %w", o.Contract.Symbol, err))
		}
	}
	if len(s.blocked) > 0 {
		return nil
	}
	lost, err := s.e.journal.Cede(context.WithoutCancel(ctx), s.account)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	for _, p := range lost {
		s.log.Warn("somebody else sold shares of this trader", "symbol", p.Symbol, "own", p.Own,
			"account", p.Total)
	}
	return nil
}
