package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/scmhub/ibapi"

	"ibsoak/trader/link"
)

// cancelTimeout bounds the message that tells the Gateway to forget a request.
const cancelTimeout = 2 * time.Second

// CurrentTime is the Gateway's clock, in whole seconds.
func (s *Session) CurrentTime(ctx context.Context) (time.Time, error) {
	items, err := askTopic[time.Time](ctx, s, topicTime, s.client.ReqCurrentTime)
	if err != nil {
		return time.Time{}, err
	}
	if len(items) == 0 {
		return time.Time{}, fmt.Errorf("%s: %w", topicTime, ErrIncomplete)
	}
	return items[len(items)-1], nil
}

// ContractDetails finds the instruments that match. An unknown one is an *Error of code 200.
func (s *Session) ContractDetails(ctx context.Context, c Contract) ([]ContractDetails, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("contract details: %w", err)
	}
	items, err := ask[ContractDetails](ctx, s, "contract details", request{
		send: func(id int64) { s.client.ReqContractDetails(id, c.toAPI()) },
	})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range items {
		s.zones[c], s.zones[d.Contract], s.zones[Contract{ConID: d.Contract.ConID}] = d.Location,
			d.Location, d.Location
	}
	return items, nil
}

// zoneOf is where a contract trades, if ContractDetails has told. Session.mu is held.
func (s *Session) zoneOf(r BarsRequest) *time.Location {
	if r.Location != nil {
		return r.Location
	}
	for _, key := range []Contract{{ConID: r.Contract.ConID}, r.Contract} {
		if loc, ok := s.zones[key]; ok && key != (Contract{}) {
			return loc
		}
	}
	return time.UTC
}

// Bars asks for historical bars, oldest first. The Gateway's pacing limits (60 requests in ten
// minutes, no identical one within 15 s) are the caller's to keep.
func (s *Session) Bars(ctx context.Context, r BarsRequest) ([]Bar, error) {
	return s.bars(ctx, s.nextRequestID(), r, false)
}

// SubscribeBars is Bars, and from then on Events tells every change of the newest bar and every new one
// as a BarUpdate with this id, until CancelBars, an error with the id, or a 1101. Request.End must be zero.
func (s *Session) SubscribeBars(ctx context.Context, r BarsRequest) (id int64, bars []Bar, err error) {
	id = s.nextRequestID()
	s.mu.Lock()
	s.streams[id] = s.zoneOf(r)
	s.mu.Unlock()
	if bars, err = s.bars(ctx, id, r, true); err != nil {
		s.mu.Lock()
		delete(s.streams, id)
		s.mu.Unlock()
	}
	return id, bars, err
}

// CancelBars ends a subscription: the Gateway is told when it returns, unless ctx ends first.
func (s *Session) CancelBars(ctx context.Context, id int64) {
	s.mu.Lock()
	_, open := s.streams[id]
	delete(s.streams, id)
	s.mu.Unlock()
	if !open {
		return
	}
	r, err := s.link.Submit(ctx, func() { s.client.CancelHistoricalData(id) })
	if err != nil {
		s.log.Debug("cancel a subscription", "error", err)
		return
	}
	select {
	case <-r.Done():
	case <-ctx.Done():
	}
}

func (s *Session) bars(ctx context.Context, id int64, r BarsRequest, keep bool) ([]Bar, error) {
	err := errors.Join(r.Contract.check(), printable(r.Duration, r.BarSize, r.WhatToShow))
	if err != nil {
		return nil, fmt.Errorf("bars: %w", err)
	}
	s.mu.Lock()
	loc := s.zoneOf(r)
	s.mu.Unlock()
	end := ""
	if !r.End.IsZero() {
		end = r.End.UTC().Format("20060102-15:04:05")
	}
	what := r.WhatToShow
	if what == "" {
		what = "TRADES"
	}
	const epochSeconds = 2 // a date form without a zone to guess
	raw, err := ask[ibapi.Bar](ctx, s, "bars", request{
		id: id,
		send: func(id int64) {
			s.client.ReqHistoricalData(id, r.Contract.toAPI(), end, r.Duration, r.BarSize, what,
				r.UseRTH, epochSeconds, keep, nil)
		},
		abandon: s.client.CancelHistoricalData,
	})
	if err != nil {
		return nil, err
	}
	if len(raw) == 0 { // a Gateway that has none answers error 162
		return nil, fmt.Errorf("bars: end without a bar: %w", ErrIncomplete)
	}
	bars := make([]Bar, len(raw))
	for i := range raw {
		if bars[i], err = barOf(&raw[i], loc); err != nil {
			return nil, fmt.Errorf("bars: bar %d of %d: %w", i+1, len(raw), err)
		}
	}
	return bars, nil
}

// Positions are the holdings of all accounts; closed ones may come with quantity zero, and a contract
// may come twice when its holding changed meanwhile: the last one counts. From the first call on the
// Gateway sends every change, which Events tells as a Position.
func (s *Session) Positions(ctx context.Context) ([]Position, error) {
	return askTopic[Position](ctx, s, topicPositions, s.client.ReqPositions)
}

// OpenOrders are the orders that the Gateway lists as open, of all clients and of the TWS screen. A
// listed order lives whatever its status word: one that ends while the answer comes is told with it.
func (s *Session) OpenOrders(ctx context.Context) ([]OpenOrder, error) {
	items, err := askTopic[OpenOrder](ctx, s, topicOrders, s.client.ReqAllOpenOrders)
	if err != nil {
		return nil, err
	}
	return lastReports(items), nil
}

// CompletedOrders are this day's orders that are no longer live, whoever placed them.
func (s *Session) CompletedOrders(ctx context.Context) ([]CompletedOrder, error) {
	const apiOnly = false
	return askTopic[CompletedOrder](ctx, s, topicCompleted, func() {
		s.client.ReqCompletedOrders(apiOnly)
	})
}

// executionDays is how many days back Gateways tell executions of (IBKR's execution filter,
// lastNDays: 7 at most), from ibapi.MIN_SERVER_VER_PARAMETRIZED_DAYS_OF_EXECUTIONS on.
const executionDays = 7

// Executions are the fills of all clients, joined with their commissions as far as these have come:
// of the last seven days where the Gateway can tell them (server version 200), else of this day.
func (s *Session) Executions(ctx context.Context) ([]Execution, error) {
	filter := ibapi.NewExecutionFilter()
	if s.ServerVersion() >= ibapi.MIN_SERVER_VER_PARAMETRIZED_DAYS_OF_EXECUTIONS {
		filter.LastNDays = executionDays
	}
	items, err := ask[Execution](ctx, s, "executions", request{
		send: func(id int64) { s.client.ReqExecutions(id, filter) },
	})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range items {
		s.joinCommission(&items[i])
	}
	return items, nil
}

// request is one question with an id.
type request struct {
	id      int64 // 0 is the next
	send    func(id int64)
	abandon func(id int64) // tells the Gateway to stop after an error; nil if it need not be told
}

// ask sends a request and collects its answer.
func ask[T any](ctx context.Context, s *Session, what string, q request) ([]T, error) {
	id, a := q.id, newAnswer[T]()
	if id == 0 {
		id = s.nextRequestID()
	}
	s.mu.Lock()
	if s.over {
		s.mu.Unlock()
		return nil, fmt.Errorf("%s: %w: %w", what, ErrOver, s.link.Err())
	}
	s.calls[id] = a
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.calls, id)
		delete(s.refusals, id)
	}()

	sent, err := s.await(ctx, a, func() { q.send(id) })
	if q.abandon != nil && sent && err != nil {
		s.forget(ctx, func() { q.abandon(id) })
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return a.items, nil
}

// askTopic sends a request without an id and collects its answer. It is a repetition when the request
// before it is still owed its End, and ErrSpent when that was one already.
func askTopic[T any](ctx context.Context, s *Session, t topic, send func()) ([]T, error) {
	state := s.topics[t]
	select {
	case state.free <- struct{}{}:
	case <-s.done:
		return nil, fmt.Errorf("%s: %w: %w", t, ErrOver, s.link.Err())
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: %w: %w", t, ErrIncomplete, context.Cause(ctx))
	}
	defer func() { <-state.free }()
	a, repeated, err := begin[T](s, state)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t, err)
	}
	sent, err := s.await(ctx, a, send)
	s.mu.Lock()
	defer s.mu.Unlock()
	answered := a.over
	if answered {
		err = a.err // it may have come with the last moment
	}
	switch {
	case answered && err != nil: // an error in place of the answer: no End will come
		state.call = nil
	case repeated:
		state.call, state.spent = nil, true
	case !answered && sent:
		state.owed = true
	default:
		state.call = nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t, err)
	}
	return a.items, nil
}

// begin makes the answer that a topic's request collects, or takes over the one that is still owed.
func begin[T any](s *Session, state *topicState) (a *answer[T], repeated bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.over:
		return nil, false, fmt.Errorf("%w: %w", ErrOver, s.link.Err())
	case state.spent:
		return nil, false, ErrSpent
	case state.owed:
		state.owed = false
		a, repeated = state.call.(*answer[T])
		return a, repeated, nil
	}
	a = newAnswer[T]()
	state.call = a
	return a, false, nil
}

// await submits a request and waits for its answer. sent says whether the Gateway may have it.
// Answers are awaited beyond the begin of the session's end: what has arrived is still delivered.
func (s *Session) await(ctx context.Context, c call, send func()) (sent bool, err error) {
	r, err := s.link.Submit(ctx, send)
	if err != nil {
		select {
		case <-c.finished(): // refused by the API client, which named the request
			s.mu.Lock()
			defer s.mu.Unlock()
			return false, c.outcome()
		default:
			return false, fmt.Errorf("%w: %w", ErrIncomplete, overError(err))
		}
	}
	select {
	case <-c.finished():
		s.mu.Lock()
		defer s.mu.Unlock()
		return true, c.outcome()
	case <-ctx.Done():
		withdrawn := r.Withdraw()
		s.mu.Lock()
		defer s.mu.Unlock()
		if e := c.suspected(); e != nil {
			return !withdrawn, fmt.Errorf("%w: %w: %w", ErrIncomplete, context.Cause(ctx), e)
		}
		return !withdrawn, fmt.Errorf("%w: %w", ErrIncomplete, context.Cause(ctx))
	}
}

// forget sends a message that nobody answers, also when the caller's time is up.
func (s *Session) forget(ctx context.Context, send func()) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelTimeout)
	defer cancel()
	if _, err := s.link.Submit(ctx, send); err != nil && !errors.Is(err, link.ErrNoRequest) {
		s.log.Debug("tell the Gateway to forget a request", "error", err)
	}
}
