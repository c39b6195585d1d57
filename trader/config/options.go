package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/govalues/decimal"
)

// Option is one setting that has a flag.
type Option struct {
	Flag  string // without dashes
	Env   string // "" for settings that only a flag may make
	Value string // what kind of value, for the usage; "" for a switch
	Usage string
	set   func(c *Config, value string) error
	get   func(c *Config) string
}

// Default is the setting's default, as text.
func (o Option) Default() string {
	c := Default()
	return o.get(&c)
}

// Options lists every setting that has a flag, in the order of the usage.
func Options() []Option {
	return []Option{
		{
			"symbols", "TRADER_SYMBOLS", "A,B", "what to trade: stocks in US dollars, by SMART",
			func(c *Config, v string) error { c.Symbols = splitSymbols(v); return nil },
			func(c *Config) string { return strings.Join(c.Symbols, ",") },
		},
		switchOf("once", "one cycle, then exit", func(c *Config) *bool { return &c.Once }),
		{
			"interval", "TRADER_INTERVAL", "TIME", "between the starts of two cycles: 30s, or 30",
			func(c *Config, v string) (err error) { c.Interval.Duration, err = parseInterval(v); return },
			func(c *Config) string { return c.Interval.String() },
		},
		text("host", "IB_HOST", "HOST", "the Gateway's host",
			func(c *Config) *string { return &c.Gateway.Host }),
		number("port", "IB_PORT", "the Gateway's API port: 4002 paper, 4001 live",
			func(c *Config) *int { return &c.Gateway.Port }),
		number("client-id", "IB_CLIENT_ID", "the API client id; two clients cannot share one",
			func(c *Config) *int { return &c.Gateway.ClientID }),
		text("account", "TRADER_ACCOUNT", "ACCOUNT", "the account that must be logged in",
			func(c *Config) *string { return &c.Account }),
		switchOf("live", "allow an account that is not a paper account",
			func(c *Config) *bool { return &c.Live }),
		text("state", "TRADER_STATE", "DIR", "where the journal and exit.json are kept",
			func(c *Config) *string { return &c.State }),
		text("log-level", "TRADER_LOG_LEVEL", "LEVEL", "debug, info, warn or error",
			func(c *Config) *string { return &c.LogLevel }),
		duration("dial-timeout", "TRADER_DIAL_TIMEOUT", "for TCP to the Gateway",
			func(c *Config) *Duration { return &c.Gateway.DialTimeout }),
		duration("handshake-timeout", "TRADER_HANDSHAKE_TIMEOUT", "for its version reply",
			func(c *Config) *Duration { return &c.Gateway.HandshakeTimeout }),
		duration("ready-timeout", "TRADER_READY_TIMEOUT", "for accounts and the next order id",
			func(c *Config) *Duration { return &c.Gateway.ReadyTimeout }),
		text("on-zombies", "TRADER_ON_ZOMBIES", "POLICY",
			"fail or warn when the Gateway holds sockets in CLOSE_WAIT",
			func(c *Config) *string { return &c.Zombies.Policy }),
		duration("zombie-limit", "TRADER_ZOMBIE_LIMIT", "for counting those sockets before each dial",
			func(c *Config) *Duration { return &c.Zombies.Limit }),
		number("max-reconnects", "TRADER_MAX_RECONNECTS", "failed attempts in a row; 0 is no bound",
			func(c *Config) *int { return &c.Reconnect.Max }),
		duration("reconnect-base", "TRADER_RECONNECT_BASE", "first wait; it doubles up to sixty times",
			func(c *Config) *Duration { return &c.Reconnect.Base }),
		{
			"seed", "TRADER_SEED", "N", "of the reconnects' jitter; drawn and logged if not given",
			func(c *Config, v string) (err error) {
				c.Reconnect.Seed, err = strconv.ParseUint(v, 10, 64)
				return
			},
			func(*Config) string { return "" },
		},
		text("strategy", "TRADER_STRATEGY", "NAME", "sma-cross, hold or alternate",
			func(c *Config) *string { return &c.Strategy.Name }),
		amount("shares", "TRADER_SHARES", "to hold when long", func(c *Config) *Decimal {
			return &c.Strategy.Shares
		}),
		number("fast", "TRADER_FAST", "bars in the fast average",
			func(c *Config) *int { return &c.Strategy.Fast }),
		number("slow", "TRADER_SLOW", "bars in the slow average",
			func(c *Config) *int { return &c.Strategy.Slow }),
		text("order-type", "TRADER_ORDER_TYPE", "TYPE", "MKT, or LMT a little beyond the last close",
			func(c *Config) *string { return &c.Order.Type }),
		duration("order-deadline", "TRADER_ORDER_DEADLINE", "for an order's outcome",
			func(c *Config) *Duration { return &c.Order.Deadline }),
		duration("absence-wait", "TRADER_ABSENCE_WAIT",
			"before an order that the Gateway does not know is taken to have never arrived",
			func(c *Config) *Duration { return &c.Order.AbsenceWait }),
		duration("max-bar-age", "TRADER_MAX_BAR_AGE", "of the newest closed bar",
			func(c *Config) *Duration { return &c.Order.MaxBarAge }),
		duration("request-timeout", "TRADER_REQUEST_TIMEOUT", "for each answer of the Gateway",
			func(c *Config) *Duration { return &c.Order.Timeout }),
		amount("max-order-notional", "TRADER_MAX_ORDER_NOTIONAL", "in dollars; negative is off",
			func(c *Config) *Decimal { return &c.Risk.MaxOrderNotional }),
		amount("max-position-notional", "TRADER_MAX_POSITION_NOTIONAL", "in dollars; negative is off",
			func(c *Config) *Decimal { return &c.Risk.MaxPositionNotional }),
		number("max-orders-per-day", "TRADER_MAX_ORDERS_PER_DAY", "for each symbol; negative is off",
			func(c *Config) *int { return &c.Risk.MaxOrdersPerDay }),
		amount("max-price-move", "TRADER_MAX_PRICE_MOVE", "between neighbouring bars; 0.2 is 20 %",
			func(c *Config) *Decimal { return &c.Risk.MaxPriceMove }),
		switchOf("adopt-positions", "take over positions that the journal cannot explain",
			func(c *Config) *bool { return &c.AdoptPositions }),
	}
}

func splitSymbols(v string) []string {
	parts := strings.Split(v, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

func switchOf(flag, usage string, field func(*Config) *bool) Option {
	return Option{
		flag, "", "", usage,
		func(c *Config, v string) (err error) { *field(c), err = strconv.ParseBool(v); return },
		func(c *Config) string { return strconv.FormatBool(*field(c)) },
	}
}

func text(flag, env, value, usage string, field func(*Config) *string) Option {
	return Option{
		flag, env, value, usage,
		func(c *Config, v string) error { *field(c) = v; return nil },
		func(c *Config) string { return *field(c) },
	}
}

func number(flag, env, usage string, field func(*Config) *int) Option {
	return Option{
		flag, env, "N", usage,
		func(c *Config, v string) (err error) { *field(c), err = strconv.Atoi(v); return },
		func(c *Config) string { return strconv.Itoa(*field(c)) },
	}
}

func duration(flag, env, usage string, field func(*Config) *Duration) Option {
	return Option{
		flag, env, "TIME", usage,
		func(c *Config, v string) (err error) { field(c).Duration, err = parseInterval(v); return },
		func(c *Config) string { return field(c).String() },
	}
}

func amount(flag, env, usage string, field func(*Config) *Decimal) Option {
	return Option{
		flag, env, "X", usage,
		func(c *Config, v string) (err error) { field(c).Decimal, err = decimal.Parse(v); return },
		func(c *Config) string { return field(c).String() },
	}
}

// Setting is one flag that was given.
type Setting struct {
	Flag, Value string
}

// Load makes the configuration: defaults, then file ("" for none), then the environment, then the
// flags that were given. getenv is os.LookupEnv.
func Load(file string, getenv func(string) (string, bool), flags []Setting) (Config, error) {
	c := Default()
	if file != "" {
		if err := c.readFile(file); err != nil {
			return c, err
		}
	}
	byFlag := map[string]Option{}
	for _, o := range Options() {
		byFlag[o.Flag] = o
		if o.Env == "" {
			continue
		}
		if v, ok := getenv(o.Env); ok && v != "" {
			if err := o.set(&c, v); err != nil {
				return c, fmt.Errorf("environment %s=%q: %w", o.Env, v, cause(err))
			}
		}
	}
	for _, f := range flags {
		o, ok := byFlag[f.Flag]
		if !ok {
			return c, fmt.Errorf("no flag --%s", f.Flag)
		}
		if err := o.set(&c, f.Value); err != nil {
			return c, fmt.Errorf("--%s %q: %w", f.Flag, f.Value, cause(err))
		}
	}
	return c, nil
}

// cause drops strconv's function name and repeated value from its errors.
func cause(err error) error {
	if e, ok := errors.AsType[*strconv.NumError](err); ok {
		return e.Err
	}
	return err
}
