package trader

import (
	"context"
	"errors"
	"fmt"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
)

// ask makes one request under the request deadline.
func ask[T any](ctx context.Context, s *session, what string, fn func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, s.e.cfg.RequestTimeout)
	defer cancel()
	answer, err := fn(ctx)
	if err != nil {
		return answer, answerError("ask for "+what, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answered = momentNow()
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
