package backtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/exchange"
	"ibsoak/trader"
	"ibsoak/trader/broker"
	"ibsoak/trader/config"
	"ibsoak/trader/journal"
)

// Config says what to run.
type Config struct {
	// Bars is a CSV file of one-minute bars (date,open,high,low,close,volume) or of trades
	// (time,price,size), with a column symbol or the symbol as its name.
	Bars string
	// Settings are the trader's. What concerns a Gateway, a live account and the host's clock is not read.
	// Symbols: those of the file when empty. Capital: StartCapital when zero.
	Settings config.Config
	// Journal is the directory that the journal is left in; "" leaves none. It must not exist yet.
	Journal string
	// Seed makes the spreads.
	Seed uint64
	// Log gets the trader's log. nil: nothing.
	Log *slog.Logger
}

// StartCapital is what a backtest begins with when the settings name no capital, in dollars.
var StartCapital = decimal.MustNew(100_000, 0)

// Run runs the trader over the file.
func Run(ctx context.Context, cfg Config) (result *Result, err error) {
	t, symbols, err := openTape(cfg.Bars, cfg.Settings.Symbols, cfg.Seed)
	if err != nil {
		return nil, err
	}
	if cfg.Settings.Capital.IsZero() {
		cfg.Settings.Capital.Decimal = StartCapital
	}
	cfg.Settings.Symbols = symbols
	tc, err := cfg.trader()
	if err != nil {
		return nil, err
	}
	dir, remove, err := cfg.directory()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	capital := cfg.Settings.Capital.Decimal
	x := exchange.New(exchange.Config{
		Seed: cfg.Seed, StartCash: capital, Hours: t.market.Hours, Replay: t.market.Replay,
	})
	m := newMeter(capital, t)
	g := newGateway(x, t, m.filled)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	c := &clock{gateway: g, meter: m, stop: stop}
	if err := c.begin(); err != nil {
		return nil, fmt.Errorf("%s: %w", cfg.Bars, err)
	}
	j, err := journal.OpenScratch(ctx, dir, c.Now)
	if err != nil {
		return nil, err
	}
	tc.Clock = c
	err = engine(ctx, tc, g, j)
	err = errors.Join(err, c.err, g.failed)
	if err == nil {
		err = m.agrees(context.WithoutCancel(ctx), j, x.Books())
	}
	if err = errors.Join(err, j.Close()); err != nil {
		return nil, err
	}
	if c.over {
		return m.result(cfg), nil
	}
	return nil, fmt.Errorf("backtest: %w", context.Cause(ctx))
}

func engine(ctx context.Context, tc trader.Config, g *gateway, j *journal.Journal) error {
	connect := func(context.Context) (trader.Broker, error) { return g, nil }
	e, err := trader.New(tc, connect, j)
	if err != nil {
		return err
	}
	return e.Run(ctx)
}

// trader is the engine's part of the settings, without what a backtest has no use for.
func (cfg Config) trader() (trader.Config, error) {
	s := cfg.Settings
	s.Live, s.Once, s.AdoptPositions, s.Account = false, false, false, ""
	s.Gateway.ClientID = client
	s.Reconnect.Max = 1
	tc, err := s.Trader()
	if err != nil {
		return tc, err
	}
	tc.Log = cfg.Log
	tc.Interval = trader.MinInterval // a cycle for every bar
	// What the exchange makes of an order is known when it was placed: nothing is waited for.
	tc.OrderDeadline = time.Millisecond
	return tc, nil
}

// directory is where the journal goes, and what happens to it at the end.
func (cfg Config) directory() (dir string, remove func() error, err error) {
	if cfg.Journal != "" {
		if err := os.Mkdir(cfg.Journal, 0o700); err != nil {
			return "", nil, fmt.Errorf("keep the journal: %w: name a directory that is not there yet", err)
		}
		return cfg.Journal, func() error { return nil }, nil
	}
	if dir, err = os.MkdirTemp("", "trader-backtest-"); err != nil {
		return "", nil, fmt.Errorf("make a place for the journal: %w", err)
	}
	return dir, func() error { return os.RemoveAll(dir) }, nil
}

// clock is the trader's: it stands while a cycle works, and then goes to the next end of a bar at which
// the exchange is open.
type clock struct {
	gateway *gateway
	meter   *meter
	stop    context.CancelFunc
	over    bool  // the file is
	err     error // that ended the run
}

// Now is the virtual time.
func (c *clock) Now() time.Time { return c.gateway.now }

// begin goes to the first moment.
func (c *clock) begin() error {
	m, ok, err := c.gateway.tape.next()
	switch {
	case err != nil:
		return err
	case !ok:
		return errors.New("no bar within the exchange's regular hours, 9:30 to 16:00 in New York on its " +
			"trading days: look at the times and their zone")
	}
	c.gateway.now = m.at
	c.gateway.exchange.Advance(m.at)
	c.meter.mark(m)
	return nil
}

// Wait goes on. At the end of the file it stops the trader.
func (c *clock) Wait(ctx context.Context, _ time.Time, _ <-chan struct{}) {
	g := c.gateway
	for ctx.Err() == nil {
		m, ok, err := g.tape.next()
		if err != nil || !ok {
			c.err, c.over = err, err == nil
			c.stop()
			return
		}
		g.exchange.Advance(m.at)
		g.now = m.at
		for _, e := range m.bars {
			if id, ok := g.streams[e.conID]; ok {
				g.tell(broker.BarUpdate{ID: id, Bar: barOf(e.bar)})
			}
		}
		if err := g.flush(ctx); err != nil {
			return // the session is over, and says why
		}
		c.meter.mark(m)
		if g.tape.open(m.at) {
			return
		}
	}
}
