package trader

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
	"ibsoak/trader/market"
	"ibsoak/trader/strategy"
)

// Engine runs one trader. Use New.
type Engine struct {
	cfg       Config
	connect   Connector
	journal   *journal.Journal
	contracts map[string]instrument       // what earlier sessions said; owned by the cycle goroutine
	bars      map[int64][]market.Bar      // that were decided on last, by contract; likewise
	history   history                     // of all sessions
	readers   map[string]*strategy.Reader // of the strategies, by symbol; owned by the cycle goroutine
	closes    map[int64]decimal.Decimal   // that were decided on last, by contract; likewise
	cycles    atomic.Int64

	// What can be seen, owned by the goroutine of Run.
	sights   map[string]*sight          // of symbols that cannot be decided on
	held     map[string]decimal.Decimal // by symbol, when it was decided on last
	notReady string                     // "" is ready
	bare     map[int64]bareness         // since when positions are not covered by a stop, by contract
	reviewed bool                       // notReady was told

	dry map[int64]time.Time // bars that a dry run has prepared an order on, by contract
}

// New checks the configuration. The engine does not close the journal.
func New(cfg Config, connect Connector, j *journal.Journal) (*Engine, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("configure trader: %w", err)
	}
	return &Engine{
		cfg: cfg, connect: connect, journal: j, contracts: map[string]instrument{},
		sights: map[string]*sight{}, held: map[string]decimal.Decimal{},
		bars: map[int64][]market.Bar{}, bare: map[int64]bareness{}, readers: map[string]*strategy.Reader{},
		closes: map[int64]decimal.Decimal{}, history: newHistory(), dry: map[int64]time.Time{},
	}, nil
}

// Cycles is how many cycles were completed. Any goroutine may ask.
func (e *Engine) Cycles() int64 { return e.cycles.Load() }

// Run trades until ctx ends, which is a clean stop and returns nil, or until something happens
// that more attempts cannot repair: then the error carries an exit code. It returns only when
// everything that it started has stopped. With Config.Once it runs one cycle on one session.
func (e *Engine) Run(ctx context.Context) (err error) {
	e.beginWatch()
	defer func() { e.endWatch(err) }()
	n, err := e.journal.Recover(context.WithoutCancel(ctx), "the trader started")
	if err != nil {
		return exit.Because(exit.State, err)
	}
	if n > 0 {
		e.cfg.Log.Warn("an earlier life left orders in flight: the broker will be asked", "orders", n)
	}
	e.watch()
	if !e.cfg.Once {
		err = e.keepRunning(ctx)
	} else if _, err = e.attempt(ctx); stopped(ctx) {
		err = atStop(err)
	}
	if err == nil && stopped(ctx) {
		err = e.flat(ctx)
	}
	return err
}

// flat wants nothing to be held after a stop that was to flatten, whatever kept it from that: a closed exchange, a
// stop that did not give way, or that there was no session.
func (e *Engine) flat(ctx context.Context) error {
	if e.cfg.AtStop != FlattenAtStop || e.cfg.DryRun {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	account, err := e.journal.Account(ctx)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	positions, err := e.journal.Positions(ctx, account)
	if err != nil {
		return exit.Because(exit.State, err)
	}
	var held []string
	for _, p := range positions {
		if h := p.Held(); !h.IsZero() {
			held = append(held, h.String()+" "+p.Symbol)
		}
	}
	if len(held) == 0 {
		return nil
	}
	return exit.Because(exit.NotFlat, fmt.Errorf("still held: %s", strings.Join(held, ", ")))
}

// keepRunning reconnects for ever. An attempt counts as failed unless it completed a cycle, so a
// Gateway that accepts and drops is backed off from like one that refuses.
func (e *Engine) keepRunning(ctx context.Context) error {
	schedule := newSchedule(e.cfg.Backoff)
	failures, step := 0, 0 // attempts that failed in a row; place in the schedule
	for {
		useful, err := e.attempt(ctx)
		switch {
		case permanent(err):
			return err
		case stopped(ctx):
			return atStop(err)
		case useful:
			failures, step = 0, 0
		default:
			failures++
		}
		if limit := e.cfg.MaxReconnects; limit > 0 && failures >= limit {
			return exit.Because(exit.Exhausted,
				fmt.Errorf("%d attempts in a row failed, the last: %w", failures, err))
		}
		step++
		wait := schedule.delay(step)
		code, _ := exit.Of(err)
		e.blindAll("no session: " + code.String())
		e.sawNoSession(code, err)
		e.cfg.Log.Warn("no session", "attempt", failures, "reason", code.String(), "error", err,
			"retry_in", wait.Round(time.Millisecond))
		if !sleep(ctx, wait) {
			return nil
		}
	}
}

// atStop is what a stop from outside ends with: nothing is wrong with having been interrupted, but
// an order whose outcome is unknown and an unusable journal are told.
func atStop(err error) error {
	switch code, _ := exit.Of(err); code {
	case exit.OrderUnknown, exit.State:
		return err
	default:
		return nil
	}
}

// attempt is one dial and, if it succeeds, one session. useful says whether a cycle completed.
func (e *Engine) attempt(ctx context.Context) (useful bool, err error) {
	e.sawAttempt()
	b, err := e.connect(ctx)
	if err != nil {
		return false, connectError(err)
	}
	s := newSession(e, watched{b, e})
	before := e.cycles.Load()
	err = s.run(ctx)
	return e.cycles.Load() > before, err
}

// sleep waits for d and is false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// advance moves an intent in the journal. Its state may have moved on by an event meanwhile; the
// broker's word then stands and the move is dropped.
func (e *Engine) advance(ctx context.Context, id string, to journal.State, reason string) error {
	err := e.journal.Advance(context.WithoutCancel(ctx), id, to, reason)
	if errors.Is(err, journal.ErrTransition) {
		e.cfg.Log.Debug("intent has moved on", "intent", id, "error", err)
		return nil
	}
	if err != nil {
		return exit.Because(exit.State, err)
	}
	return nil
}
