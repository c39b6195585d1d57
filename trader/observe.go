package trader

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
	"ibsoak/trader/link"
	"ibsoak/trader/status"
)

// What the engine shows of itself is published here, and only here: Config.Board has the last of it. To
// publish is to copy a struct; whoever looks takes no lock that a cycle could wait for.

// patience is the longest that this engine goes without a step when nothing is wrong with it: each of its
// waits has a limit, and the longest two may follow on each other.
func (c Config) patience() time.Duration {
	handshake := c.ConnectWithin + link.DefaultAttachTimeout + link.DefaultDrainTimeout
	longest := max(c.Interval, 2*c.RequestTimeout, c.OrderDeadline+stopAck,
		time.Duration(float64(c.Backoff.Cap)*(1+jitter)))
	return 2*max(longest, handshake) + StopGrace
}

// beginWatch publishes the beginning of a life.
func (e *Engine) beginWatch() {
	now := time.Now()
	e.board().Update(func(s *status.Snapshot) {
		s.Begun, s.Step, s.ClientID, s.DryRun = now, now, e.cfg.ClientID, e.cfg.DryRun
		s.Patience, s.BlindAfter, s.Cycle.Interval = e.cfg.patience(), e.cfg.BlindAfter, e.cfg.Interval
		s.Session = status.Session{State: status.Connecting, Since: now, Down: now}
		for _, symbol := range e.cfg.Symbols {
			s.SetSymbol(status.Symbol{Symbol: symbol, Blind: now, Never: true, Why: "no cycle has decided on it yet"})
		}
		s.Note(status.Event{Kind: "life", Text: "the trader started"})
	})
}

// endWatch publishes how a life ended.
func (e *Engine) endWatch(err error) {
	code, known := exit.Of(err)
	if !known {
		code = exit.State
	}
	e.board().Update(func(s *status.Snapshot) {
		s.Ended = fmt.Sprintf("exit %d, %s", code, code)
		s.Note(status.Event{Kind: "life", Text: "the trader ended: " + s.Ended, Bad: code != exit.OK})
	})
}

func (e *Engine) board() *status.Board { return e.cfg.Board }

func (e *Engine) sawAttempt() {
	e.board().Update(func(s *status.Snapshot) {
		s.Step = s.At
		s.Session.State, s.Session.Since = status.Connecting, s.At
	})
}

// sawNoSession publishes that an attempt failed or a session ended, and why.
func (e *Engine) sawNoSession(code exit.Code, err error) {
	e.board().Update(func(s *status.Snapshot) {
		s.Step, s.Reconnects = s.At, status.Count(s.Reconnects, code.String())
		if s.Session.Down.IsZero() {
			s.Session.Down = s.At
		}
		s.Queues = status.Queues{}
		why := link.Redact(oneLine(fmt.Sprintf("%s: %v", code, err)))
		if s.Session.Why != why {
			s.Note(status.Event{Kind: "session", Text: "no session: " + why, Bad: true})
		}
		s.Session.State, s.Session.Since, s.Session.Why = status.Waiting, s.At, why
	})
}

// sawSession publishes that a session is ready, which is not yet synced.
func (e *Engine) sawSession(b Broker) {
	e.board().Update(func(s *status.Snapshot) {
		s.Step, s.Account = s.At, link.MaskAccount(b.Account())
		s.Session = status.Session{
			State: status.Connected, Since: s.At, Generation: b.Generation(), ServerVersion: b.ServerVersion(),
			RoundTrip: s.Session.RoundTrip, RoundTripAt: s.Session.RoundTripAt, Down: s.Session.Down,
		}
		if h, ok := b.(measured); ok {
			for _, p := range h.Health().Handshake {
				s.Session.Handshake = append(s.Session.Handshake, status.Phase{Name: string(p.Phase), Took: p.Took})
			}
		}
		s.Note(status.Event{
			Kind: "session",
			Text: fmt.Sprintf("session %d is ready, server version %d", b.Generation(), b.ServerVersion()),
		})
	})
}

// measured is what a Broker may be asked for beyond what the engine needs.
type measured interface{ Health() broker.Health }

// sawReconciled publishes that the books agree with the broker's answers.
func (s *session) sawReconciled() {
	s.e.board().Update(func(st *status.Snapshot) {
		st.Step = st.At
		if st.Session.State == status.Synced || s.b.State() != broker.Ready {
			return
		}
		st.Session.State, st.Session.Since, st.Session.Why = status.Synced, st.At, ""
		st.Session.Down = time.Time{}
		st.Note(status.Event{Kind: "session", Text: "the books are reconciled"})
	})
}

// sawState publishes a change of the connection between the Gateway and IBKR. What was synced before it is
// not any more.
func (s *session) sawState(c broker.StateChange) {
	s.e.board().Update(func(st *status.Snapshot) {
		st.Session.State, st.Session.Since = status.Connected, st.At
		if c.State == broker.Degraded {
			st.Session.State = status.Degraded
			st.Session.Why = fmt.Sprintf("the Gateway has lost IBKR (%d)", c.Code)
		}
		st.Note(status.Event{
			Kind: "session", Bad: c.State == broker.Degraded,
			Text: fmt.Sprintf("connection between Gateway and IBKR: %s (%d)", c.State, c.Code),
		})
	})
}

// sawReject publishes that an order was refused.
func (e *Engine) sawReject(code int, symbol, text string) {
	e.board().Update(func(s *status.Snapshot) {
		s.Rejects = status.Count(s.Rejects, code)
		what := link.Redact(fmt.Sprintf("%s refused: %d %s", symbol, code, text))
		s.Note(status.Event{Kind: "order", Text: what, Bad: true})
	})
}

// sawDecision publishes a decision.
func (s *session) sawDecision(d journal.Decision, news bool) {
	s.e.board().Update(func(st *status.Snapshot) {
		st.Step = st.At
		i := slices.IndexFunc(st.Symbols, func(x status.Symbol) bool { return x.Symbol == d.Symbol })
		next := status.Symbol{Symbol: d.Symbol, Blind: st.At, Never: true}
		if i >= 0 {
			next = st.Symbols[i]
		}
		next.Outcome, next.Reason, next.At = d.Outcome, link.Redact(oneLine(d.Reason)), st.At
		next.Held, next.Target = d.Held, d.Target
		if !d.BarEnd.IsZero() {
			next.BarEnd, next.Close = d.BarEnd, d.Close
		}
		st.SetSymbol(next)
		if quiet := d.Outcome == outcomeHold || d.Outcome == outcomeDone; news && !quiet {
			what := fmt.Sprintf("%s: %s%s", d.Symbol, d.Outcome, because(next.Reason))
			st.Note(status.Event{Kind: "symbol", Text: what})
		}
	})
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ", " + why
}

// sawSights publishes which symbols cannot be decided on. The goroutine of Run owns sights.
func (e *Engine) sawSights() {
	e.board().Update(func(s *status.Snapshot) {
		s.Step, s.Symbols = s.At, slices.Clone(s.Symbols)
		for i := range s.Symbols {
			sight, blind := e.sights[s.Symbols[i].Symbol]
			x := &s.Symbols[i]
			x.Blind, x.Never, x.Why = time.Time{}, false, ""
			if blind {
				x.Blind, x.Never, x.Why = sight.since, sight.never, sight.why
			}
		}
	})
}

// sawCycle publishes a cycle's end, with the books after it.
func (s *session) sawCycle(ctx context.Context, began time.Time, complete bool, failure error) error {
	durable := context.WithoutCancel(ctx)
	open, err := s.e.journal.Open(durable, s.account)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	positions, err := s.e.journal.Positions(durable, s.account)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	cash, err := s.e.journal.Cash(durable, s.account)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	s.e.board().Update(func(st *status.Snapshot) {
		st.Step = st.At
		st.Cycle.Last, st.Cycle.Took, st.Cycle.Failure = st.At, st.At.Sub(began), ""
		if complete {
			st.Cycle.Completed++
			st.Cycle.Useful = st.At
		} else {
			st.Cycle.Failed++
		}
		if failure != nil {
			st.Cycle.Failure = link.Redact(oneLine(failure.Error()))
		}
		if h, ok := s.b.(measured); ok {
			health := h.Health()
			st.Queues = status.Queues{Events: health.Events, Requests: health.Requests}
		}
		st.Orders = showOrders(open)
		st.Positions, st.Money = showHoldings(positions, cash, s.e.prices(st.Symbols), s.valued)
	})
	return nil
}

func showOrders(open []journal.Intent) []status.Order {
	orders := make([]status.Order, 0, len(open))
	for _, in := range open {
		orders = append(orders, status.Order{
			Intent: in.ID, Symbol: in.Symbol, Action: string(in.Action), Quantity: in.Quantity,
			Executed: in.Executed, State: string(in.State), Reason: link.Redact(in.Reason), Since: in.UpdatedAt,
		})
	}
	return orders
}

// prices are the last closes that were decided on, by contract.
func (e *Engine) prices(symbols []status.Symbol) map[int64]decimal.Decimal {
	prices := map[int64]decimal.Decimal{}
	for _, symbol := range symbols {
		if i, ok := e.contracts[symbol.Symbol]; ok && symbol.Close.IsPos() {
			prices[i.conID()] = symbol.Close
		}
	}
	return prices
}

// showHoldings values the trader's own shares at the given prices, and as the limits on losses did where they
// did: what is shown is what halts.
func showHoldings(all []journal.Position, cash decimal.Decimal, prices map[int64]decimal.Decimal, by valuation) (
	shown []status.Position, m status.Money,
) {
	m.Cash = cash
	maps.Copy(prices, by.prices)
	var errs []error
	for _, p := range all {
		if p.Own.IsZero() {
			continue
		}
		price := prices[p.ConID]
		if !price.IsPos() {
			m.Unpriced = append(m.Unpriced, p.Symbol)
		}
		value, err := p.Own.Mul(price)
		errs = append(errs, err)
		m.Value, err = m.Value.Add(value)
		errs = append(errs, err)
		shown = append(shown, status.Position{
			Symbol: p.Symbol, Own: p.Own, Account: p.Total, Price: price, Value: value,
		})
	}
	var err error
	m.Equity, err = m.Cash.Add(m.Value)
	if errors.Join(append(errs, err)...) != nil { // too large for exact numbers: not known
		m.Unpriced = append(m.Unpriced, "a sum that is too large")
	}
	if by.prices != nil {
		m.Equity = by.equity
	}
	return shown, m
}

// showLosses publishes how far the losses are from what halts the trader.
func (e *Engine) showLosses(r journal.RiskDay) {
	var all []status.Limit
	for _, l := range []struct {
		name       string
		from, most decimal.Decimal
	}{
		{"max-daily-loss", r.Start, e.cfg.Limits.MaxDailyLoss},
		{"max-drawdown", r.Peak, e.cfg.Limits.MaxDrawdown},
	} {
		lost, err := l.from.Sub(r.Equity)
		if err != nil || !l.most.IsPos() {
			continue
		}
		all = append(all, status.Limit{Name: l.name, Used: lost.Max(decimal.Zero), Bound: l.most})
	}
	e.board().Update(func(s *status.Snapshot) { s.Limits = all })
}

// showHalt publishes the kill switch.
func (e *Engine) showHalt(h journal.Halt) {
	why := ""
	if h.Halted {
		why = link.Redact(strings.Join([]string{h.Cause, h.Reason}, ": "))
	}
	e.board().Update(func(s *status.Snapshot) { s.Halted = why })
}

// showUnguarded publishes whether a symbol has been without its stop for longer than it may.
func (e *Engine) showUnguarded(symbol string, without bool) {
	e.board().Update(func(s *status.Snapshot) {
		if slices.Contains(s.Unguarded, symbol) == without {
			return
		}
		others := slices.DeleteFunc(slices.Clone(s.Unguarded), func(other string) bool { return other == symbol })
		if without {
			others = append(others, symbol)
		}
		s.Unguarded = others
	})
}
