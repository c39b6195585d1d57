package broker

import (
	"fmt"
	"sync/atomic"
)

// topic is a request that carries no id: its answers name nobody, so one may run at a time.
type topic string

const (
	topicTime      topic = "current time"
	topicPositions topic = "positions"
	topicOrders    topic = "open orders"
	topicCompleted topic = "completed orders"
	topicAccount   topic = "account values"
	topicIDs       topic = "next order id"
)

// call is a request that waits for its answer. Session.mu guards everything but done.
type call interface {
	// finish completes the call, once; with an error the answer is not used.
	finish(err error)
	finished() <-chan struct{}
	outcome() error
	// suspect keeps an error that may be the request's refusal. It counts if no answer comes.
	suspect(err *Error)
	suspected() *Error
}

// answer collects the items of one call.
type answer[T any] struct {
	items []T
	err   error
	over  bool
	doubt *Error
	done  chan struct{}
}

func newAnswer[T any]() *answer[T] { return &answer[T]{done: make(chan struct{})} }

func (a *answer[T]) finish(err error) {
	if a.over {
		return
	}
	a.over, a.err = true, err
	close(a.done)
}

func (a *answer[T]) finished() <-chan struct{} { return a.done }

func (a *answer[T]) outcome() error { return a.err }

func (a *answer[T]) suspect(err *Error) { a.doubt = err }

func (a *answer[T]) suspected() *Error { return a.doubt }

func (a *answer[T]) add(item T) {
	if !a.over {
		a.items = append(a.items, item)
	}
}

// Stats counts what a session dropped.
type Stats struct {
	LateAnswers    uint64 // for a request that had given up
	UnknownAnswers uint64 // for a request that this session never made
	Unreadable     uint64 // items that make no sense
}

type dropCounters struct{ late, unknown, unreadable atomic.Uint64 }

// topicState is the life of one topic in a session. Its answers carry no id, so what an End ends can
// only be told by counting: a question that was not answered in time may be repeated once, and both
// gather their items together until an End comes. After that one End too many may be on its way, and
// until it has come the topic is spent: nothing more can be asked.
type topicState struct {
	free chan struct{} // semaphore of one
	call call          // waiting, or given up while owed; nil if none
	// owed says that a question gave up and its End has not come.
	owed bool
	// spent says that two questions got one End, or none.
	spent bool
}

func newTopics() map[topic]*topicState {
	m := make(map[topic]*topicState)
	for _, t := range []topic{topicTime, topicPositions, topicOrders, topicCompleted, topicAccount, topicIDs} {
		m[t] = &topicState{free: make(chan struct{}, 1)}
	}
	return m
}

// callAs finds the call that an answer is for. Answers to nobody are counted. Session.mu is held.
func callAs[T any](s *Session, id int64) *answer[T] {
	c, ok := s.calls[id]
	if !ok {
		if id > s.requests+s.firstRequest && id <= s.requests+lastRequest.Load() {
			s.drops.late.Add(1)
		} else {
			s.drops.unknown.Add(1)
		}
		return nil
	}
	a, ok := c.(*answer[T])
	if !ok { // an id of another kind of request
		s.drops.unknown.Add(1)
		return nil
	}
	if a.over {
		s.drops.late.Add(1)
		return nil
	}
	return a
}

// topicAs finds the call that an item without an id is for. Session.mu is held.
func topicAs[T any](s *Session, t topic) *answer[T] {
	a, _ := s.topics[t].call.(*answer[T])
	return a
}

// endTopic ends what waits on a topic. Session.mu is held.
func (s *Session) endTopic(t topic) {
	state := s.topics[t]
	switch {
	case state.owed: // nobody waits any more
		state.owed, state.call = false, nil
		s.drops.late.Add(1)
	case state.call != nil:
		state.call.finish(nil)
	case state.spent:
		state.spent = false
		s.drops.late.Add(1)
	}
}

// failTopics hands an error that names nobody to every request without an id: any of them may be
// the one that was refused, and none may be read as empty. It reports whether one waited.
func (s *Session) failTopics(err error) bool {
	waited := false
	for _, state := range s.topics {
		if state.call != nil && !state.owed {
			state.call.finish(err)
			waited = true
		}
	}
	return waited
}

// failAll ends every call when the session is over.
func (s *Session) failAll(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	err := fmt.Errorf("%w: %w: %w", ErrIncomplete, ErrOver, cause)
	for _, c := range s.calls {
		c.finish(err)
	}
	s.failTopics(err)
}
