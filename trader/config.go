package trader

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/broker"
	"ibsoak/trader/link"
	"ibsoak/trader/market"
	"ibsoak/trader/protect"
	"ibsoak/trader/risk"
	"ibsoak/trader/status"
	"ibsoak/trader/strategy"
)

// The defaults of Config.
const (
	DefaultInterval       = 30 * time.Second
	DefaultMaxBarAge      = 150 * time.Second
	DefaultOrderDeadline  = 20 * time.Second
	DefaultRequestTimeout = 15 * time.Second
	DefaultMaxClockSkew   = time.Minute
	DefaultBlindAfter     = 5 * time.Minute
	DefaultProtectWithin  = 30 * time.Second
	DefaultConnectWithin  = link.DefaultDialTimeout + link.DefaultVersionTimeout + link.DefaultReadyTimeout
)

// MinInterval keeps a mistyped interval from becoming a spin.
const MinInterval = 50 * time.Millisecond

// MaxSymbols bounds what one trader trades.
const MaxSymbols = 100

// BarSize is the size of the bars that are traded on.
const BarSize = time.Minute

// StopGrace is how long a stop waits for the session to close gracefully.
const StopGrace = 1500 * time.Millisecond

// stopAck is how long a stop waits for the answer to an order that was just sent.
const stopAck = time.Second

// Config says what to trade and how. Zero durations are the documented defaults.
type Config struct {
	Symbols  []string
	Exchange string // "SMART"
	Currency string // "USD"

	Once     bool          // one cycle, then stop
	Interval time.Duration // between the starts of two cycles

	ClientID int
	// Account, when set, must be the session's.
	Account string
	// Live allows an account that is not a paper account, if Account names it.
	Live bool
	// AdoptPositions takes the account's positions over as they are when they differ from the
	// books, in place of blocking the symbol.
	AdoptPositions bool

	Strategy *strategy.Strategy
	// PerSymbol has the strategies of symbols, as they are in Symbols, that have one of their own.
	PerSymbol map[string]*strategy.Strategy
	// Capital is what the trader trades with, in the currency of its contracts: what its books say that
	// it has made is added. Sizing by equity needs it.
	Capital decimal.Decimal
	Limits  risk.Limits
	// Calendar says when US stocks do not trade; the zero value is the table of package market.
	Calendar market.Calendar
	// Quiet are the times of day in which nothing new is sent; empty is none.
	Quiet market.Windows
	// OrderType is broker.Market (default) or broker.Limit, which is a limit LimitOffset beyond
	// the last close.
	OrderType   string
	LimitOffset decimal.Decimal // ratio of the close, from 0 to below 1

	// Protect is what protects every position at the broker. The zero Spec is nothing.
	Protect protect.Spec
	// ProtectWithin is how long a position may be without the stop that it must have, on a session that
	// could send one, before it is closed.
	ProtectWithin time.Duration

	MaxBarAge      time.Duration // of the newest closed bar, by the Gateway's clock
	MaxDecisionAge time.Duration // of a decision, when its order is sent
	MaxRoundTrip   time.Duration // since the Gateway last answered, when an order is sent
	MaxClockSkew   time.Duration // that the Gateway's clock may stand behind this host's
	BlindAfter     time.Duration // without a decision on a symbol, until that is an alert
	OrderDeadline  time.Duration // from the send to the order's outcome, before the cycle goes on
	RequestTimeout time.Duration // for each answer
	ConnectWithin  time.Duration // the longest that the Connector may take: it has limits of its own
	// AbsenceWait, when set, gives an order up within its day when complete answers of the broker have
	// not named it for so long. Zero waits for the day's end, or for a person.
	AbsenceWait time.Duration

	// AtStop is LeaveAtStop (default), CancelAtStop or FlattenAtStop.
	AtStop string

	// MaxReconnects ends the trader after so many failed attempts in a row; 0 is no bound.
	MaxReconnects int
	Backoff       Backoff

	// OnReady is told, from Run's goroutine, whenever the trader becomes ready, or why it is not: see
	// Engine.review. It must not block. May be nil.
	OnReady func(ready bool, why string)

	// DryRun does all but send: no order and no cancel leaves.
	DryRun bool
	// Board shows what the trader does; nil is a board that nobody looks at.
	Board *status.Board
	// Audit takes every order message and change of state; nil is nowhere.
	Audit Audit

	Log *slog.Logger

	// Clock is the host's when nil.
	Clock Clock
}

// strategyOf is what trades a symbol.
func (c Config) strategyOf(symbol string) *strategy.Strategy {
	if own := c.PerSymbol[symbol]; own != nil {
		return own
	}
	return c.Strategy
}

// Check is what New would say of a configuration.
func (c Config) Check() error {
	_, err := c.withDefaults()
	return err
}

func (c Config) withDefaults() (Config, error) {
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&c.Interval, DefaultInterval},
		{&c.MaxBarAge, DefaultMaxBarAge},
		{&c.OrderDeadline, DefaultOrderDeadline},
		{&c.RequestTimeout, DefaultRequestTimeout},
		{&c.MaxClockSkew, DefaultMaxClockSkew},
		{&c.BlindAfter, DefaultBlindAfter},
		{&c.MaxDecisionAge, DefaultMaxDecisionAge},
		{&c.MaxRoundTrip, DefaultMaxRoundTrip},
		{&c.ProtectWithin, DefaultProtectWithin},
		{&c.ConnectWithin, DefaultConnectWithin},
	} {
		if *d.value == 0 {
			*d.value = d.standard
		}
	}
	if c.Exchange == "" {
		c.Exchange = "SMART"
	}
	if c.Currency == "" {
		c.Currency = "USD"
	}
	if c.OrderType == "" {
		c.OrderType = broker.Market
	}
	if c.AtStop == "" {
		c.AtStop = LeaveAtStop
	}
	if c.Board == nil {
		c.Board = status.NewBoard(status.Snapshot{})
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Limits = c.Limits.Effective()
	c.Backoff = c.Backoff.effective()
	return c, c.validate()
}

// byEquity says whether any strategy sizes by what the trader is worth.
func (c Config) byEquity() bool {
	return slices.ContainsFunc(c.Symbols, func(symbol string) bool {
		s := c.strategyOf(symbol)
		return s != nil && s.ByEquity()
	})
}

// anotherAfter is how long a stop may be missing, or a new one unanswered, until another one is sent.
func (c Config) anotherAfter() time.Duration { return c.ProtectWithin / 6 }

func (c Config) validate() error {
	seen := map[string]bool{}
	for _, s := range c.Symbols {
		if _, err := ParseSymbol(s, c.Exchange, c.Currency); err != nil {
			return err
		}
		if seen[s] {
			return fmt.Errorf("symbols: %q is there twice", s)
		}
		seen[s] = true
	}
	for s := range c.PerSymbol {
		if !seen[s] {
			return fmt.Errorf("a strategy is set for %q, which is not traded: symbols are %v", s, c.Symbols)
		}
	}
	switch {
	case len(c.Symbols) == 0:
		return errors.New("no symbols: give at least one, as in --symbols AAPL")
	case len(c.Symbols) > MaxSymbols:
		return fmt.Errorf("%d symbols, at most %d", len(c.Symbols), MaxSymbols)
	case c.Interval < MinInterval:
		return fmt.Errorf("interval %s is below %s", c.Interval, MinInterval)
	case c.Strategy == nil:
		return errors.New("no strategy")
	case c.Capital.IsNeg() || (c.byEquity() && !c.Capital.IsPos()):
		return fmt.Errorf("capital %s: a size by equity needs what the trader trades with, above 0", c.Capital)
	case c.OrderType != broker.Market && c.OrderType != broker.Limit:
		return fmt.Errorf("order type %q is neither %s nor %s", c.OrderType, broker.Market, broker.Limit)
	case c.LimitOffset.IsNeg() || c.LimitOffset.Cmp(decimal.One) >= 0:
		return fmt.Errorf("limit offset %s is not within 0 to below 1: 0.005 is half a percent beyond the last close",
			c.LimitOffset)
	case !slices.Contains(StopPolicies, c.AtStop):
		return fmt.Errorf("at stop %q is none of %v", c.AtStop, StopPolicies)
	case c.Protect.Target.On() && !c.Protect.On():
		return errors.New("a target without a stop: a position is protected by its stop first")
	case c.MaxReconnects < 0:
		return fmt.Errorf("max reconnects %d is below 0", c.MaxReconnects)
	case c.MaxBarAge < 0, c.OrderDeadline < 0, c.RequestTimeout < 0, c.AbsenceWait < 0,
		c.MaxClockSkew < 0, c.BlindAfter < 0, c.MaxDecisionAge < 0, c.MaxRoundTrip < 0, c.ProtectWithin < 0,
		c.ConnectWithin < 0:
		return errors.New("a time limit is below 0")
	}
	if _, one := c.currency(); !one && (c.Limits.MaxDailyLoss.IsPos() || c.Limits.MaxDrawdown.IsPos()) {
		return errors.New("the symbols are in several currencies, whose losses cannot be added up: run one " +
			"trader for each currency, or set max-daily-loss and max-drawdown to -1")
	}
	return nil
}
