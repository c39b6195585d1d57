// Package config is the trader's configuration: what may be set, by which flag, environment
// variable and key of the configuration file, and what it is when nobody sets it. Flags beat the
// environment, which beats the file, which beats the defaults.
package config

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader"
	"ibsoak/trader/broker"
	"ibsoak/trader/link"
	"ibsoak/trader/risk"
	"ibsoak/trader/strategy"
	"ibsoak/trader/zombies"
)

// Config is everything that may be set. Live and Once are set by flags alone: neither may be left
// behind in a file or an environment.
type Config struct {
	Symbols   []string  `yaml:"symbols"`
	Interval  Duration  `yaml:"interval"`
	Account   string    `yaml:"account"`
	State     string    `yaml:"state"`
	LogLevel  string    `yaml:"log_level"`
	Gateway   Gateway   `yaml:"gateway"`
	Zombies   Zombies   `yaml:"zombies"`
	Reconnect Reconnect `yaml:"reconnect"`
	Capital   Decimal   `yaml:"capital"`
	Strategy  Strategy  `yaml:"strategy"`
	PerSymbol PerSymbol `yaml:"per_symbol"` // what differs from Strategy
	Order     Order     `yaml:"order"`
	Risk      Risk      `yaml:"risk"`
	Protect   Protect   `yaml:"protect"`
	Status    Status    `yaml:"status"`
	Alerts    Alerts    `yaml:"alerts"`
	Log       Log       `yaml:"log"`

	Live           bool `yaml:"-"`
	Once           bool `yaml:"-"`
	AdoptPositions bool `yaml:"-"`
	DryRun         bool `yaml:"-"`
}

// Gateway says where the Gateway is. Its socket is plain TCP; a keeper in front of it may have another.
type Gateway struct {
	// Address is HOST:PORT or unix:PATH, in place of the two below. Load drops it when a stronger source
	// gives one of them.
	Address          string `yaml:"address"`
	Host             string `yaml:"host"`
	Port             int    `yaml:"port"`
	ClientID         int    `yaml:"client_id"`
	MaxServerVersion int    `yaml:"max_server_version"` // 0: the newest that this trader knows

	DialTimeout      Duration `yaml:"dial_timeout"`
	HandshakeTimeout Duration `yaml:"handshake_timeout"` // for the version reply
	ReadyTimeout     Duration `yaml:"ready_timeout"`     // for accounts and the next order id
}

// The values of Zombies.Policy.
const (
	Warn = "warn" // say so and dial all the same
	Fail = "fail" // do not dial; exit
)

// Zombies says what happens when the Gateway's port has sockets in CLOSE_WAIT.
type Zombies struct {
	Policy string   `yaml:"policy"`
	Limit  Duration `yaml:"limit"` // for the check before each dial
}

// Reconnect is the schedule of reconnects.
type Reconnect struct {
	Base Duration `yaml:"base"`
	Cap  Duration `yaml:"cap"` // 0: sixty times Base
	Max  int      `yaml:"max"` // failed attempts in a row; 0: no bound
	Seed uint64   `yaml:"seed"`
}

// Strategy says what to hold when.
type Strategy struct {
	Name   string  `yaml:"name"`
	Shares Decimal `yaml:"shares"`
	Fast   int     `yaml:"fast"`
	Slow   int     `yaml:"slow"`
	Period int     `yaml:"period"`
	Low    Decimal `yaml:"low"`
	High   Decimal `yaml:"high"`
	Entry  int     `yaml:"entry"`
	Exit   int     `yaml:"exit"`
	Sizing Sizing  `yaml:"sizing"`
}

// Sizing says how many shares a strategy holds when it is long.
type Sizing struct {
	Method   string  `yaml:"method"`
	Risk     Decimal `yaml:"risk"`
	Period   int     `yaml:"period"`
	Multiple Decimal `yaml:"multiple"`
	Fraction Decimal `yaml:"fraction"`
}

func (s Strategy) make() (*strategy.Strategy, error) {
	return strategy.New(s.Name, strategy.Params{
		Shares: s.Shares.Decimal, Fast: s.Fast, Slow: s.Slow, Period: s.Period, Low: s.Low.Decimal,
		High: s.High.Decimal, Entry: s.Entry, Exit: s.Exit, Sizing: strategy.Sizing{
			Method: s.Sizing.Method, Risk: s.Sizing.Risk.Decimal, Period: s.Sizing.Period,
			Multiple: s.Sizing.Multiple.Decimal, Fraction: s.Sizing.Fraction.Decimal,
		},
	})
}

// Order says how orders are sent and followed.
type Order struct {
	Type        string   `yaml:"type"`
	LimitOffset Decimal  `yaml:"limit_offset"` // of LMT, beyond the last close: from 0 to below 1, 0.005 is 0.5 %
	Deadline    Duration `yaml:"deadline"`
	AbsenceWait Duration `yaml:"absence_wait"`
	AtStop      string   `yaml:"at_stop"`
	MaxSkew     Duration `yaml:"max_clock_skew"`
	BlindAfter  Duration `yaml:"blind_after"`
	MaxBarAge   Duration `yaml:"max_bar_age"`
	MaxDecision Duration `yaml:"max_decision_age"`
	MaxTrip     Duration `yaml:"max_round_trip"`
	Calendar    Calendar `yaml:"calendar"`
	Quiet       Quiet    `yaml:"quiet_windows"`
	Timeout     Duration `yaml:"request_timeout"`
}

// Risk holds the hard limits: package risk says what each is for. Negative is off, zero is
// refused.
type Risk struct {
	MaxOrderNotional    Decimal `yaml:"max_order_notional"`
	MaxOrderShares      Decimal `yaml:"max_order_shares"`
	MaxPositionNotional Decimal `yaml:"max_position_notional"`
	MaxOrdersPerDay     int     `yaml:"max_orders_per_day"`
	MaxPriceMove        Decimal `yaml:"max_price_move"`
	MaxDayNotional      Decimal `yaml:"max_day_notional"`
	MaxPositions        int     `yaml:"max_positions"`
	MaxOrdersPerMinute  int     `yaml:"max_orders_per_minute"`
	MaxDailyLoss        Decimal `yaml:"max_daily_loss"`
	MaxDrawdown         Decimal `yaml:"max_drawdown"`
	MaxRejects          int     `yaml:"max_rejects"`
	MaxUnexplained      Decimal `yaml:"max_unexplained"`
}

// DefaultPort is the API port of an IB Gateway that is logged in to a paper account; a live one
// has 4001 (IBKR's documentation).
const DefaultPort = 4002

// Default is the configuration that nobody has touched. It lacks symbols.
func Default() Config {
	return Config{
		Interval: Duration{trader.DefaultInterval},
		LogLevel: "info",
		Gateway: Gateway{
			Host: "127.0.0.1", Port: DefaultPort, ClientID: 1,
			DialTimeout:      Duration{link.DefaultDialTimeout},
			HandshakeTimeout: Duration{link.DefaultVersionTimeout},
			ReadyTimeout:     Duration{link.DefaultReadyTimeout},
		},
		Zombies: Zombies{Policy: Warn, Limit: Duration{zombies.DefaultLimit}},
		Reconnect: Reconnect{
			Base: Duration{trader.DefaultReconnectBase}, Seed: uint64(time.Now().UnixNano()),
		},
		Strategy: Strategy{
			Name: strategy.SMACross, Shares: Decimal{decimal.One}, Fast: 10, Slow: 20,
			Period: 14, Low: Decimal{decimal.MustNew(30, 0)}, High: Decimal{decimal.MustNew(55, 0)},
			Entry: 20, Exit: 10,
			Sizing: Sizing{
				Method: strategy.Fixed, Risk: Decimal{decimal.MustNew(1, 2)}, Period: 14,
				Multiple: Decimal{decimal.Two}, Fraction: Decimal{decimal.MustNew(1, 1)},
			},
		},
		Order: Order{
			Type:        broker.Market,
			LimitOffset: Decimal{decimal.MustNew(5, 3)},
			AtStop:      trader.LeaveAtStop,
			MaxSkew:     Duration{trader.DefaultMaxClockSkew},
			BlindAfter:  Duration{trader.DefaultBlindAfter},
			Deadline:    Duration{trader.DefaultOrderDeadline},
			MaxBarAge:   Duration{trader.DefaultMaxBarAge},
			MaxDecision: Duration{trader.DefaultMaxDecisionAge},
			MaxTrip:     Duration{trader.DefaultMaxRoundTrip},
			Quiet:       defaultQuiet(),
			Timeout:     Duration{trader.DefaultRequestTimeout},
		},
		Protect: defaultProtect(),
		Alerts:  defaultAlerts(),
		Log:     defaultLog(),
		Risk: Risk{
			MaxOrderNotional:    Decimal{risk.DefaultOrderNotional},
			MaxPositionNotional: Decimal{risk.DefaultPositionNotional},
			MaxOrdersPerDay:     risk.DefaultOrdersPerDay,
			MaxPriceMove:        Decimal{risk.DefaultPriceMove},
			MaxOrderShares:      Decimal{risk.DefaultOrderShares},
			MaxDayNotional:      Decimal{risk.DefaultDayNotional},
			MaxPositions:        risk.DefaultPositions,
			MaxOrdersPerMinute:  risk.DefaultOrdersPerMinute,
			MaxDailyLoss:        Decimal{risk.DefaultDailyLoss},
			MaxDrawdown:         Decimal{risk.DefaultDrawdown},
			MaxRejects:          risk.DefaultRejects,
			MaxUnexplained:      Decimal{risk.DefaultUnexplained},
		},
	}
}

// StateDir is the state directory: the configured one, else ibsoak/trader under $XDG_STATE_HOME or
// ~/.local/state.
func (c Config) StateDir() (string, error) {
	if c.State != "" {
		return c.State, nil
	}
	base, err := StateBase()
	if err != nil {
		return "", fmt.Errorf("find state directory: %w: give --state", err)
	}
	return filepath.Join(base, "ibsoak", "trader"), nil
}

// StateBase is the user's directory for state: $XDG_STATE_HOME or ~/.local/state.
func StateBase() (string, error) {
	base := os.Getenv("XDG_STATE_HOME")
	if filepath.IsAbs(base) { // the specification says to ignore a relative one
		return base, nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local", "state"), err
}

// Link is the session's part of the configuration.
func (c Config) Link() link.Config {
	return link.Config{
		Addr: c.Gateway.Addr(), ClientID: c.Gateway.ClientID, Account: c.Account,
		MaxServerVersion: c.Gateway.MaxServerVersion, DialTimeout: c.Gateway.DialTimeout.Duration,
		VersionTimeout: c.Gateway.HandshakeTimeout.Duration, ReadyTimeout: c.Gateway.ReadyTimeout.Duration,
	}
}

// Trader is the engine's part of the configuration. It fails for whatever a trader would refuse before it dials;
// what only the engine refuses comes back beside its error.
func (c Config) Trader() (trader.Config, error) {
	if err := c.validate(); err != nil {
		return trader.Config{}, err
	}
	s, err := c.Strategy.make()
	if err != nil {
		return trader.Config{}, err
	}
	perSymbol, err := c.PerSymbol.strategies(c.Strategy)
	if err != nil {
		return trader.Config{}, err
	}
	spec, err := c.Protect.spec()
	if err != nil {
		return trader.Config{}, err
	}
	tc := trader.Config{
		Protect: spec, ProtectWithin: c.Protect.Within.Duration,
		Symbols: c.Symbols, Once: c.Once, Interval: c.Interval.Duration, ClientID: c.Gateway.ClientID,
		Account: c.Account, Live: c.Live, AdoptPositions: c.AdoptPositions, Strategy: s, DryRun: c.DryRun,
		PerSymbol: perSymbol, Capital: c.Capital.Decimal,
		Limits: c.Risk.limits(), Calendar: c.Order.Calendar.Calendar, Quiet: c.Order.Quiet.Windows,
		MaxDecisionAge: c.Order.MaxDecision.Duration, MaxRoundTrip: c.Order.MaxTrip.Duration,
		OrderType: c.Order.Type, LimitOffset: c.Order.LimitOffset.Decimal, MaxBarAge: c.Order.MaxBarAge.Duration,
		OrderDeadline: c.Order.Deadline.Duration, RequestTimeout: c.Order.Timeout.Duration,
		AbsenceWait: c.Order.AbsenceWait.Duration, AtStop: c.Order.AtStop, ConnectWithin: c.connectWithin(),
		MaxClockSkew: c.Order.MaxSkew.Duration, BlindAfter: c.Order.BlindAfter.Duration, MaxReconnects: c.Reconnect.Max,
		Backoff: trader.Backoff{Base: c.Reconnect.Base.Duration, Cap: c.Reconnect.Cap.Duration, Seed: c.Reconnect.Seed},
	}
	return tc, tc.Check()
}

// connectWithin is how long an attempt may take to reach the Gateway, the count of its sockets before it too.
func (c Config) connectWithin() time.Duration {
	g := c.Gateway
	return max(c.Zombies.Limit.Duration, zombies.DefaultLimit) +
		g.DialTimeout.Duration + g.HandshakeTimeout.Duration + g.ReadyTimeout.Duration
}

func (r Risk) limits() risk.Limits {
	return risk.Limits{
		MaxOrderNotional:    r.MaxOrderNotional.Decimal,
		MaxOrderShares:      r.MaxOrderShares.Decimal,
		MaxPositionNotional: r.MaxPositionNotional.Decimal,
		MaxOrdersPerDay:     r.MaxOrdersPerDay,
		MaxPriceMove:        r.MaxPriceMove.Decimal,
		MaxDayNotional:      r.MaxDayNotional.Decimal,
		MaxPositions:        r.MaxPositions,
		MaxOrdersPerMinute:  r.MaxOrdersPerMinute,
		MaxDailyLoss:        r.MaxDailyLoss.Decimal,
		MaxDrawdown:         r.MaxDrawdown.Decimal,
		MaxRejects:          r.MaxRejects,
		MaxUnexplained:      r.MaxUnexplained.Decimal,
	}
}

// checkLimits refuses a limit of zero, which a person may mean for either of two opposites.
func (c Config) checkLimits() error {
	standard := Default()
	defaults := standard.riskOptions()
	for i, o := range c.riskOptions() {
		if n, err := decimal.Parse(o.value.String()); err == nil && n.IsZero() {
			return fmt.Errorf("%s 0: leave it out for %s, or give a negative number for no limit",
				o.Flag, defaults[i].Default())
		}
	}
	return nil
}

func validAddress(addr string) bool {
	if path, ok := strings.CutPrefix(addr, link.UnixPrefix); ok {
		return path != ""
	}
	host, port, err := net.SplitHostPort(addr)
	n, perr := strconv.ParseUint(port, 10, 16)
	return err == nil && perr == nil && host != "" && n > 0
}

// HostPort is where the Gateway is. A keeper's socket has neither: its path is the host then, and the port 0.
func (g Gateway) HostPort() (host string, port int) {
	if g.Address == "" {
		return g.Host, g.Port
	}
	host, text, err := net.SplitHostPort(g.Address)
	if err != nil || strings.HasPrefix(g.Address, link.UnixPrefix) {
		return g.Address, 0
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return g.Address, 0
	}
	return host, int(n)
}

// Addr is where the Gateway is: host:port, or unix:PATH.
func (g Gateway) Addr() string {
	if g.Address != "" {
		return g.Address
	}
	return net.JoinHostPort(g.Host, strconv.Itoa(g.Port))
}

func (c Config) validate() error {
	if len(c.Symbols) == 0 {
		return errors.New("no symbols: give --symbols, as in trader --symbols AAPL")
	}
	for i, s := range c.Symbols {
		if _, err := trader.ParseSymbol(s, "", ""); err != nil {
			return err
		}
		if slices.Contains(c.Symbols[:i], s) {
			return fmt.Errorf("symbols: %q is there twice", s)
		}
	}
	switch {
	case c.Gateway.Address != "" && !validAddress(c.Gateway.Address):
		return fmt.Errorf("gateway %q: want HOST:PORT, or unix:PATH of a keeper's socket", c.Gateway.Address)
	case c.Gateway.Host == "":
		return errors.New("host is empty")
	case c.Gateway.Port < 1 || c.Gateway.Port > 65535:
		return fmt.Errorf("port %d is not within 1 to 65535", c.Gateway.Port)
	case c.Gateway.ClientID < 0 || c.Gateway.ClientID > 1<<31-1:
		return fmt.Errorf("client id %d is not within 0 to %d", c.Gateway.ClientID, 1<<31-1)
	case c.Interval.Duration < trader.MinInterval:
		return fmt.Errorf("interval %s is below %s", c.Interval.Duration, trader.MinInterval)
	case c.Zombies.Policy != Warn && c.Zombies.Policy != Fail:
		return fmt.Errorf("on-zombies %q is neither %s nor %s", c.Zombies.Policy, Fail, Warn)
	case c.Reconnect.Base.Duration <= 0 || c.Reconnect.Cap.Duration < 0 || c.Reconnect.Max < 0:
		return errors.New("reconnects: the base must be above 0, cap and bound not below")
	case c.Reconnect.Cap.Duration > 0 && c.Reconnect.Cap.Duration < c.Reconnect.Base.Duration:
		return fmt.Errorf("reconnect cap %s is below the base %s", c.Reconnect.Cap.Duration, c.Reconnect.Base.Duration)
	case !slices.Contains(trader.StopPolicies, c.Order.AtStop):
		return fmt.Errorf("at-stop %q is none of %v", c.Order.AtStop, trader.StopPolicies)
	case c.Order.AbsenceWait.Duration < 0:
		return fmt.Errorf("absence wait %s is below 0", c.Order.AbsenceWait.Duration)
	case c.Live && c.Account == "":
		return errors.New("--live needs the account's name too: give --account")
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"dial timeout", c.Gateway.DialTimeout.Duration},
		{"handshake timeout", c.Gateway.HandshakeTimeout.Duration},
		{"ready timeout", c.Gateway.ReadyTimeout.Duration},
		{"zombie limit", c.Zombies.Limit.Duration},
		{"order deadline", c.Order.Deadline.Duration},
		{"bar age", c.Order.MaxBarAge.Duration},
		{"decision age", c.Order.MaxDecision.Duration},
		{"round trip", c.Order.MaxTrip.Duration},
		{"clock skew", c.Order.MaxSkew.Duration},
		{"blindness", c.Order.BlindAfter.Duration},
		{"time without protection", c.Protect.Within.Duration},
		{"request timeout", c.Order.Timeout.Duration},
	} {
		if d.value <= 0 {
			return fmt.Errorf("%s %s is not above 0", d.name, d.value)
		}
	}
	if err := c.checkLimits(); err != nil {
		return err
	}
	if err := c.Link().Check(); err != nil {
		return err
	}
	return c.checkSeeing()
}
