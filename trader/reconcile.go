package trader

import (
	"context"
	"errors"
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

// Positions and executions are separate answers, and a fill may fall between them.
const (
	compareTries = 3
	compareWait  = 300 * time.Millisecond
)

// evidence is what the broker says about orders and holdings: four complete answers.
type evidence struct {
	open      []broker.OpenOrder
	completed []broker.CompletedOrder
	holdings  map[int64]holding
	differing map[int64]difference // from the books
	now       time.Time            // the Gateway's, asked for when it counts
}

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

// reconcile makes the journal agree with the broker and finds out what may be traded. Any failure
// leaves the books unreconciled and the order gate shut: a missing answer is never an empty one.
func (s *session) reconcile(ctx context.Context) error {
	s.reconciled = false
	s.setDirty(false) // an event from here on makes it dirty again
	if err := s.compare(ctx); err != nil {
		s.setDirty(true)
		return err
	}
	s.reconciled, s.comparedAt = true, time.Now()
	return nil
}

func (s *session) compare(ctx context.Context) error {
	opened, err := s.e.journal.Opened(context.WithoutCancel(ctx), s.account)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	var ev evidence
	for try := range compareTries {
		if ev, err = s.gather(ctx); err != nil {
			return err
		}
		if len(ev.differing) == 0 || !opened || try == compareTries-1 || !sleep(ctx, compareWait) {
			break
		}
	}
	if err := s.settlePositions(ctx, ev, opened); err != nil {
		return err
	}
	if err := s.settleIntents(ctx, ev); err != nil {
		return err
	}
	if err := s.boundOwn(ctx, ev); err != nil {
		return err
	}
	if err := s.e.journal.Audit(context.WithoutCancel(ctx)); err != nil {
		return exit.Because(exit.State, err)
	}
	return nil
}

// gather asks for open orders first and for executions after them: an order that fills between the
// two answers is then in at least one. Executions are booked as they come.
func (s *session) gather(ctx context.Context) (evidence, error) {
	var ev evidence
	var err error
	if ev.open, err = insist(ctx, s, "open orders", s.b.OpenOrders); err != nil {
		return ev, err
	}
	executions, err := insist(ctx, s, "executions", s.b.Executions)
	if err != nil {
		return ev, err
	}
	if ev.completed, err = insist(ctx, s, "completed orders", s.b.CompletedOrders); err != nil {
		return ev, err
	}
	positions, err := insist(ctx, s, "positions", s.b.Positions)
	if err != nil {
		return ev, err
	}
	if err := s.adopt(ctx, ev, executions); err != nil {
		return ev, err
	}
	for _, x := range executions {
		if x.Account != "" && x.Account != s.account {
			continue
		}
		if _, err := s.book(context.WithoutCancel(ctx), x); err != nil {
			return ev, exit.Because(exit.State, err)
		}
	}
	ev.holdings = map[int64]holding{}
	for _, p := range positions {
		if p.Account == s.account {
			ev.holdings[p.Contract.ConID] = holding{p.Contract.Symbol, p.Quantity, p.AverageCost, p.Unreadable}
		}
	}
	ev.differing, err = s.differences(ctx, ev.holdings)
	return ev, err
}

// ask makes one request under the request deadline.
func ask[T any](ctx context.Context, s *session, what string, fn func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, s.e.cfg.RequestTimeout)
	defer cancel()
	answer, err := fn(ctx)
	if err != nil {
		return answer, answerError("ask for "+what, err)
	}
	return answer, nil
}

// errUnanswered ends the session: a question that no trading is possible without was not answered
// twice, or can be asked no more. On a new connection it mostly is (ib_async #84).
var errUnanswered = errors.New("nothing can be done on this session without it")

// insist asks a question that no trading is possible without. It is repeated once. While IBKR is away
// from the Gateway nothing is to be gained by a new session.
func insist[T any](ctx context.Context, s *session, what string, fn func(context.Context) (T, error)) (T, error) {
	answer, err := ask(ctx, s, what, fn)
	if unanswered(err) && !stopped(ctx) {
		s.log.Warn("a question was not answered: it is repeated", "what", what, "error", err)
		answer, err = ask(ctx, s, what, fn)
	}
	if (unanswered(err) || errors.Is(err, broker.ErrSpent)) && !stopped(ctx) && s.b.State() == broker.Ready {
		err = exit.Because(exit.Incomplete, fmt.Errorf("%w: %w", err, errUnanswered))
	}
	return answer, err
}

// unanswered says whether an answer did not come, on a session that goes on.
func unanswered(err error) bool {
	return errors.Is(err, broker.ErrIncomplete) && !errors.Is(err, broker.ErrOver)
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
		case len(doubt) == 1 && d.explains(doubt[0]):
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

// settleIntents closes what the evidence settles; what it does not settle stays open and keeps its
// contract from being traded.
func (s *session) settleIntents(ctx context.Context, ev evidence) error {
	open, err := s.e.journal.Open(context.WithoutCancel(ctx), s.account)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	s.idle = map[string]bool{}
	for _, o := range ev.open {
		s.idle[o.IntentID] = !working[o.Status]
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
	waited := min(time.Since(in.UpdatedAt), time.Since(s.began))
	wait := s.e.cfg.AbsenceWait
	over := market.Day(ev.now, nil) > in.Day
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

// working are the statuses of orders that can be expected to fill or to end by themselves.
var working = map[string]bool{
	"PendingSubmit": true, "ApiPending": true, "PreSubmitted": true, "Submitted": true,
	"PendingCancel": true, "Filled": true,
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
