package trader

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/exit"
	"ibsoak/trader/link"
	"ibsoak/trader/market"
)

// session is the engine on one connection. run's goroutine runs the cycles; pump's takes events
// into the journal. mu guards what both touch.
type session struct {
	e       *Engine
	b       Broker
	log     *slog.Logger
	account string
	began   time.Time

	// changed holds a token when the journal has moved on since the cycle last looked.
	changed chan struct{}
	// drained is closed when pump has taken the last event.
	drained chan struct{}

	mu    sync.Mutex
	dirty bool                   // the books must be reconciled before the next order
	feeds map[int64]*feed        // bars by contract
	early map[int64][]market.Bar // updates of subscriptions whose feed is not there yet
	ended []int64                // contracts whose subscription an error ended, since the last fetch
	farms map[string]time.Time   // historical data farms that are broken, and since when
	// answered is when the Gateway last answered a question.
	answered moment

	// The cycle goroutine's own.
	marks      marks
	valued     valuation
	money      account
	reconciled bool                      // once, on this session
	halted     bool                      // the kill switch, when the cycle began
	day        string                    // the latest exchange day that a symbol was seen on
	comparedAt time.Time                 // when the books last agreed with the broker's answers
	pledged    map[int64]decimal.Decimal // what working sell orders of others may take, by contract
	missing    map[string]bool           // unknown intents that no answer names
	idle       map[string]bool           // intents whose orders are listed although their status is an end
	cancelled  map[string]time.Time      // intents whose orders we asked to cancel
	blocked    map[int64]string          // contracts that must not be traded, and why
	unknown    map[string]refused        // symbols that IBKR does not know
	ahead      bool                      // that the Gateway's clock is was told
	verified   map[string]instrument     // contracts asked for on this session
	outcomes   map[string]string         // of each symbol's last cycle, to log changes
	guards     guards
}

func newSession(e *Engine, b Broker) *session {
	account := b.Account()
	return &session{
		e: e, b: b, account: account, began: e.now(), dirty: true,
		log: e.cfg.Log.With("session", b.Generation(), "account", link.MaskAccount(account)),

		changed:   make(chan struct{}, 1),
		drained:   make(chan struct{}),
		farms:     map[string]time.Time{},
		blocked:   map[int64]string{},
		cancelled: map[string]time.Time{},
		feeds:     map[int64]*feed{},
		early:     map[int64][]market.Bar{},
		unknown:   map[string]refused{},
		verified:  map[string]instrument{},
		outcomes:  map[string]string{},
		marks:     newMarks(),
		guards:    newGuards(),
	}
}

// run trades on the session until ctx ends, the session ends, or, with Once, the cycle is over.
// It closes the session and takes its last events before it returns.
func (s *session) run(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var pumpErr error // written before drained is closed
	go func() {
		defer close(s.drained)
		pumpErr = s.pump(ctx, cancel)
	}()
	defer func() {
		closeErr := s.close(ctx)
		<-s.drained
		if pumpErr != nil {
			err = pumpErr // the journal failed: nothing else matters
		}
		if closeErr != nil {
			s.log.Debug("session did not close gracefully", "error", closeErr)
		}
		why := fmt.Sprintf("session %d ended", s.b.Generation())
		if _, recErr := s.e.journal.Recover(context.WithoutCancel(ctx), why); recErr != nil {
			err = errors.Join(exit.Because(exit.State, recErr), err)
		}
	}()
	s.log.Info("session ready", "server_version", s.b.ServerVersion())
	s.e.sawSession(s.b)
	if err := s.verifyAccount(ctx); err != nil {
		return err
	}
	if s.e.cfg.Once {
		if err = s.cycle(ctx); err == nil {
			err = s.protected(ctx)
		}
	} else {
		err = s.cycles(ctx)
	}
	if werr := s.windUp(ctx); werr != nil {
		s.log.Error("the stop left something undone", "error", werr)
		err = errors.Join(err, werr)
	}
	if !s.isOver() {
		s.cancelFeeds(ctx)
	}
	return s.ending(ctx, err)
}

// close ends the session gracefully, within StopGrace.
func (s *session) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), StopGrace)
	defer cancel()
	return s.b.Close(ctx)
}

// ending names the true cause of a failure: when the session is gone, what a request said of it is
// only a symptom.
func (s *session) ending(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	code, ok := exit.Of(err)
	if ok && code != exit.SessionLost && code != exit.Incomplete && code != exit.OrderUnknown {
		return err
	}
	if cause := context.Cause(ctx); cause != nil {
		if _, ok := exit.Of(cause); ok {
			return cause
		}
	}
	if s.isOver() {
		return sessionError(s.b.Err())
	}
	return err
}

// cycles runs one cycle after the other. A cycle that failed on a live session is logged and the
// next one tries again: reconnecting would not repair an answer.
func (s *session) cycles(ctx context.Context) error {
	for {
		begin, before := s.e.now(), s.e.cycles.Load()
		err := s.cycle(ctx)
		if err != nil && (stopped(ctx) || endsSession(err)) {
			return err
		}
		if err != nil && s.e.cycles.Load() == before { // else its decisions say which symbol failed
			s.log.Warn("cycle failed", "error", err)
		}
		if err := s.pause(ctx, begin.Add(s.e.cfg.Interval)); err != nil || stopped(ctx) {
			return err
		}
	}
}

// endsSession says whether a cycle's failure leaves nothing to go on with.
func endsSession(err error) bool {
	code, ok := exit.Of(err)
	return errors.Is(err, errUnanswered) || !ok || code == exit.SessionLost || code == exit.State
}

// pause waits for the next cycle, and looks after the protections meanwhile. It ends early, with an
// error, when the session does.
func (s *session) pause(ctx context.Context, until time.Time) error {
	if clock := s.e.cfg.Clock; clock != nil {
		clock.Wait(ctx, until, s.b.Done())
		if s.isOver() {
			return sessionError(s.b.Err())
		}
		return s.guard(ctx)
	}
	timer := time.NewTimer(max(time.Until(until), MinInterval))
	defer timer.Stop()
	tick := time.NewTicker(guardTick)
	defer tick.Stop()
	for {
		restless := tick.C
		if !s.guards.restless {
			restless = nil
		}
		select {
		case <-s.changed:
		case <-restless:
		case <-s.b.Done():
		case <-ctx.Done():
		case <-timer.C:
			return nil
		}
		if s.isOver() {
			return sessionError(s.b.Err())
		}
		if stopped(ctx) {
			return nil
		}
		if err := s.guard(ctx); err != nil {
			return err
		}
	}
}

// verifyAccount holds the live/paper interlock: paper accounts begin with D, and any other is
// traded only when --live and the configured account both say so. A journal is of one account: trading
// another one would abandon the shares that it has.
func (s *session) verifyAccount(ctx context.Context) error {
	cfg := s.e.cfg
	pinned, err := s.e.journal.Account(context.WithoutCancel(ctx))
	if err != nil {
		return exit.Because(exit.State, err)
	}
	if pinned != "" && pinned != s.account {
		return &exit.Error{
			Code: exit.WrongAccount,
			Err: fmt.Errorf("the session is for account %s, the journal is of %s",
				link.MaskAccount(s.account), link.MaskAccount(pinned)),
			Do: "log in to the journal's account, or give another --state for this one",
		}
	}
	if cfg.Account != "" && cfg.Account != s.account {
		return exit.Errorf(exit.WrongAccount, "the session is for account %s, not for %s",
			link.MaskAccount(s.account), link.MaskAccount(cfg.Account))
	}
	return Interlock(cfg.Live, cfg.Account, s.account)
}

// Interlock is nil when trading the session's account is allowed. Live trading needs three things
// to agree: --live, an account that is not a paper account, and that account being configured.
func Interlock(live bool, configured, account string) error {
	paper := strings.HasPrefix(account, "D")
	switch {
	case account == "":
		return exit.Errorf(exit.WrongAccount, "the session names no account")
	case paper && !live:
		return nil
	case paper:
		return exit.Errorf(exit.Interlock, "--live was given, but %s is a paper account", link.MaskAccount(account))
	case !live:
		return exit.Errorf(exit.Interlock, "%s is not a paper account, and --live was not given",
			link.MaskAccount(account))
	case configured != account:
		return exit.Errorf(exit.Interlock, "--live was given, but %s is not the configured account",
			link.MaskAccount(account))
	}
	return nil
}

func (s *session) isDirty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dirty
}

func (s *session) setDirty(dirty bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dirty = dirty
}

// signal tells a waiting cycle that the journal has moved on.
func (s *session) signal() {
	select {
	case s.changed <- struct{}{}:
	default: // a token is there already
	}
}
