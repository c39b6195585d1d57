package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/scmhub/ibapi"

	"ibsoak/trader/link"
)

// Config says which Gateway to open a session with.
type Config struct {
	Link link.Config
	// OrderIDFloor is the smallest order id to give out: one more than the last id that any
	// earlier session used.
	OrderIDFloor int64
}

// Session is one session with a Gateway. Its methods may be called from any goroutine.
//
// All calls into the API client happen inside link.Submit, one at a time. The client calls back
// on its decoder's goroutine; callbacks take mu for as long as it takes to append something.
type Session struct {
	link   *link.Link
	client *ibapi.EClient
	// clientID is the session's own; requests is what its request ids are above.
	clientID, requests int64
	log                *slog.Logger
	ids                orderIDs
	drops              dropCounters
	events             chan Event
	done               chan struct{}

	mu           sync.Mutex
	over         bool
	firstRequest int64 // the requests of this session are above
	calls        map[int64]call
	topics       map[topic]*topicState
	refusals     map[int64]*Error // made by the API client itself, by order or request id
	commissions  map[string]Commission
	streams      map[int64]*time.Location // subscriptions to bars, and the zone of their times
	zones        map[Contract]*time.Location
	connectivity link.Connectivity // in the order of the events
}

// Connect opens a session: link, handshake, account check, API client. The error is a *link.Error;
// no socket is left when it is returned.
func Connect(ctx context.Context, cfg Config) (*Session, error) {
	log := cfg.Link.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	bridgeLog(log)
	l, err := link.Connect(ctx, cfg.Link)
	if err != nil {
		return nil, err
	}
	s := &Session{
		link: l, log: log, events: make(chan Event, EventQueue), done: make(chan struct{}),
		firstRequest: lastRequest.Load(), clientID: int64(cfg.Link.ClientID),
		calls: make(map[int64]call), topics: newTopics(), refusals: make(map[int64]*Error),
		commissions: make(map[string]Commission), zones: make(map[Contract]*time.Location),
		streams: make(map[int64]*time.Location),
	}
	s.ids.atLeast(max(1, cfg.OrderIDFloor, l.NextValidID()))
	if s.requests = requestBase(s.ids.peek()); s.requests == 0 {
		return nil, s.noIDs(ctx)
	}
	s.client = ibapi.NewEClient(&callbacks{session: s})
	if err := l.Attach(ctx, s.client); err != nil {
		return nil, err
	}
	go s.run()
	return s, nil
}

// noIDs ends a session with a Gateway or a floor that leaves no order id.
func (s *Session) noIDs(ctx context.Context) error {
	err := fmt.Errorf("next order id is %d, want at most %d: reset the API order id sequence in the "+
		"Gateway's settings", s.ids.peek(), maxOrderID)
	s.link.End(link.NoNextValidID, err)
	return errors.Join(s.link.Err(), s.link.Close(ctx))
}

// run ends the session after its link: every call has its outcome before events are closed.
func (s *Session) run() {
	<-s.link.Done()
	s.failAll(s.link.Err())
	close(s.events) // emit does nothing once the session is over
	close(s.done)
}

// Generation is the session's number in the process: rising, from 1.
func (s *Session) Generation() uint64 { return s.link.Generation() }

// Epoch rises with every message that the Gateway has lost or regained IBKR, before Events tells of it:
// what was decided in one epoch must not be sent in another.
func (s *Session) Epoch() uint64 { return s.link.Epoch() }

// ServerVersion is the negotiated version.
func (s *Session) ServerVersion() int { return s.link.ServerVersion() }

// Account is the one to trade.
func (s *Session) Account() string { return s.link.Account() }

// NextOrderID gives out an order id, each one higher than every id given out before, than the
// floor, and than every id that the Gateway has mentioned.
func (s *Session) NextOrderID() int64 { return s.ids.take() }

// Events are what the Gateway says unasked, in order. The channel is closed when the session is
// over and everything has been said; a consumer must read until then. It must keep up: see
// EventQueue.
func (s *Session) Events() <-chan Event { return s.events }

// State says whether orders can be sent.
func (s *Session) State() State {
	select {
	case <-s.link.Ending():
		return Over
	default:
	}
	if s.link.State() == link.Degraded {
		return Degraded
	}
	return Ready
}

// Stats counts what was dropped.
func (s *Session) Stats() Stats {
	return Stats{
		LateAnswers: s.drops.late.Load(), UnknownAnswers: s.drops.unknown.Load(),
		Unreadable: s.drops.unreadable.Load(),
	}
}

// Done is closed when the session is over and Events has been closed.
func (s *Session) Done() <-chan struct{} { return s.done }

// Err says why the session ended, as a *link.Error; nil before it does.
func (s *Session) Err() error { return s.link.Err() }

// Close ends the session: no more requests; everything that has arrived becomes events; FIN, the
// Gateway's FIN, RST if that does not come. When ctx ends the rest is cut short.
func (s *Session) Close(ctx context.Context) error {
	err := s.link.Close(ctx)
	<-s.done
	return err
}

// emit appends an event. Session.mu is held.
func (s *Session) emit(body Body) {
	if s.over {
		return
	}
	select {
	case s.events <- Event{Generation: s.link.Generation(), At: time.Now(), Body: body}:
	default:
		s.link.End(link.Overrun, fmt.Errorf("%d events wait: %w", EventQueue, ErrEventOverflow))
	}
}

// overError explains a request that the link would not take.
func overError(err error) error {
	if link.ReasonOf(err) != "" {
		return fmt.Errorf("%w: %w", ErrOver, err)
	}
	return err
}

// refusal is what the API client said when it refused an order by itself.
func (s *Session) refusal(id int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.refusals[id]
	delete(s.refusals, id)
	if !ok {
		return errors.New("the API client gave no reason")
	}
	return e
}
