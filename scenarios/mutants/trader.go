package mutants

import (
	"context"
	"time"
)

// trader is the loop that every mutant but the stock-client ones runs, in replaceable parts. A
// mutant replaces the part that it gets wrong.
type trader struct {
	connect func(context.Context, params) (*session, error)
	work    func(context.Context, *session) error
	leave   func(*session)
	backOff func(ctx context.Context, attempt int) bool
}

// right is the trader without a defect.
func right() trader {
	return trader{
		connect: connect,
		work:    func(_ context.Context, s *session) error { return s.cycle() },
		leave:   (*session).leave,
		backOff: backOff,
	}
}

// run trades until ctx is done, or does one cycle when p.once.
func (t trader) run(ctx context.Context, p params) int {
	for attempt := 0; ; attempt++ {
		s, err := t.connect(ctx, p)
		if err == nil {
			var cycles int
			cycles, err = t.cycles(ctx, p, s)
			t.leave(s)
			if cycles > 0 {
				attempt = 0
			}
		}
		switch {
		case ctx.Err() != nil:
			return exitOK // asked to stop
		case p.once:
			if err != nil {
				p.say("mutant: %v", err)
			}
			return exitCode(err)
		}
		p.say("mutant: attempt %d: %v", attempt, err)
		if !t.backOff(ctx, attempt) {
			return exitOK
		}
	}
}

// cycles works on s until it is lost or ctx is done, and counts the cycles that were completed.
func (t trader) cycles(ctx context.Context, p params, s *session) (int, error) {
	for n := 0; ; n++ {
		start := time.Now()
		if err := t.work(ctx, s); err != nil {
			return n, err
		}
		if p.once {
			return n + 1, nil
		}
		if err := s.idle(ctx, p.interval-time.Since(start)); err != nil || ctx.Err() != nil {
			return n + 1, err
		}
	}
}

func control(ctx context.Context, p params) int { return right().run(ctx, p) }

// thenDoes is the right trader with something more at the end of each cycle.
func thenDoes(ctx context.Context, p params, more func(*session) error) int {
	t := right()
	t.work = func(_ context.Context, s *session) error {
		if err := s.cycle(); err != nil {
			return err
		}
		return more(s)
	}
	return t.run(ctx, p)
}
