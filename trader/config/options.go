package config

import (
	"slices"
	"strconv"
	"strings"
)

// Option is one setting that has a flag.
type Option struct {
	Flag  string // without dashes
	Env   string // "" for settings that only a flag may make
	Kind  string // of value, for the usage; "" for a switch
	Usage string
	value value // in one Config
}

// Default is the setting's default, as text.
func (o Option) Default() string { return o.value.String() }

// value is a place in a Config that takes text.
type value interface {
	Set(text string) error
	String() string
}

// Options lists every setting that has a flag, in the order of the usage.
func Options() []Option {
	c := Default()
	c.Reconnect.Seed = 0 // which is drawn
	return c.options()
}

func (c *Config) options() []Option {
	return slices.Concat(c.cycleOptions(), c.strategyOptions(), c.gatewayOptions(), c.orderOptions(),
		c.protectOptions(), c.riskOptions(), c.seeingOptions())
}

func (c *Config) cycleOptions() []Option {
	return []Option{
		{
			"symbols", "TRADER_SYMBOLS", "A,B", "what to trade: SYMBOL[:EXCHANGE[:CURRENCY]], by default SMART and USD",
			(*list)(&c.Symbols),
		},
		{"once", "", "", "one cycle, then exit", (*toggle)(&c.Once)},
		{
			"interval", "TRADER_INTERVAL", "TIME", "between the starts of two cycles: 30s, or 30",
			&c.Interval,
		},
		{"max-bar-age", "TRADER_MAX_BAR_AGE", "TIME", "of the newest closed bar", &c.Order.MaxBarAge},
		{
			"max-clock-skew", "TRADER_MAX_CLOCK_SKEW", "TIME",
			"that the Gateway's clock may stand behind this host's", &c.Order.MaxSkew,
		},
		{
			"blind-after", "TRADER_BLIND_AFTER", "TIME",
			"without a decision on a symbol, until that is an alert and not ready", &c.Order.BlindAfter,
		},
		{"state", "TRADER_STATE", "DIR", "where the journal and exit.json are kept", (*text)(&c.State)},
		{"log-level", "TRADER_LOG_LEVEL", "LEVEL", "debug, info, warn or error", (*text)(&c.LogLevel)},
	}
}

func (c *Config) gatewayOptions() []Option {
	g, r, z := &c.Gateway, &c.Reconnect, &c.Zombies
	return []Option{
		{
			"gateway", "IB_GATEWAY", "ADDR",
			"the Gateway's HOST:PORT, or unix:PATH of a keeper, in place of the next two", (*text)(&g.Address),
		},
		{"host", "IB_HOST", "HOST", "the Gateway's host", (*text)(&g.Host)},
		{"port", "IB_PORT", "N", "the Gateway's API port: 4002 paper, 4001 live", (*number)(&g.Port)},
		{
			"client-id", "IB_CLIENT_ID", "N", "the API client id; two clients cannot share one",
			(*number)(&g.ClientID),
		},
		{
			"account", "TRADER_ACCOUNT", "ACCOUNT", "the account that must be logged in",
			(*text)(&c.Account),
		},
		{"live", "", "", "allow an account that is not a paper account", (*toggle)(&c.Live)},
		{"dial-timeout", "TRADER_DIAL_TIMEOUT", "TIME", "for TCP to the Gateway", &g.DialTimeout},
		{
			"handshake-timeout", "TRADER_HANDSHAKE_TIMEOUT", "TIME", "for its version reply",
			&g.HandshakeTimeout,
		},
		{
			"ready-timeout", "TRADER_READY_TIMEOUT", "TIME", "for accounts and the next order id",
			&g.ReadyTimeout,
		},
		{
			"request-timeout", "TRADER_REQUEST_TIMEOUT", "TIME", "for each answer of the Gateway",
			&c.Order.Timeout,
		},
		{
			"on-zombies", "TRADER_ON_ZOMBIES", "POLICY",
			"fail or warn when the Gateway holds sockets in CLOSE_WAIT", (*text)(&z.Policy),
		},
		{
			"zombie-limit", "TRADER_ZOMBIE_LIMIT", "TIME",
			"for counting those sockets before each dial; fail allows 500ms at least", &z.Limit,
		},
		{
			"max-reconnects", "TRADER_MAX_RECONNECTS", "N", "failed attempts in a row; 0 is no bound",
			(*number)(&r.Max),
		},
		{
			"reconnect-base", "TRADER_RECONNECT_BASE", "TIME",
			"first wait; it doubles up to sixty times", &r.Base,
		},
		{"seed", "TRADER_SEED", "N", "of the reconnects' jitter; drawn if not given", (*seed)(&r.Seed)},
	}
}

func (c *Config) orderOptions() []Option {
	return []Option{
		{
			"order-type", "TRADER_ORDER_TYPE", "TYPE", "MKT, or LMT a little beyond the last close",
			(*text)(&c.Order.Type),
		},
		{
			"order-deadline", "TRADER_ORDER_DEADLINE", "TIME", "for an order's outcome",
			&c.Order.Deadline,
		},
		{
			"max-decision-age", "TRADER_MAX_DECISION_AGE", "TIME",
			"of a decision, when its order is handed to the kernel", &c.Order.MaxDecision,
		},
		{
			"max-round-trip", "TRADER_MAX_ROUND_TRIP", "TIME",
			"since the Gateway last answered, when an order is handed to the kernel", &c.Order.MaxTrip,
		},
		{
			"quiet-windows", "TRADER_QUIET_WINDOWS", "TIMES",
			"in which nothing new is sent: [DAY] HH:MM-HH:MM [ZONE],... or none", &c.Order.Quiet,
		},
		{
			"calendar", "TRADER_CALENDAR", "DAYS",
			"what is special beside the table: DATE=closed, DATE=open or DATE=HH:MM,...", &c.Order.Calendar,
		},
		{
			"absence-wait", "TRADER_ABSENCE_WAIT", "TIME",
			"give an order up within its day when no answer names it for so long; 0 is never",
			&c.Order.AbsenceWait,
		},
		{
			"at-stop", "TRADER_AT_STOP", "POLICY",
			"leave orders as they are, cancel them, or flatten: sell own shares too",
			(*text)(&c.Order.AtStop),
		},
		{
			"adopt-positions", "", "", "take over positions and prices that the journal cannot explain",
			(*toggle)(&c.AdoptPositions),
		},
	}
}

func (c *Config) riskOptions() []Option {
	r := &c.Risk
	return []Option{
		{
			"max-order-notional", "TRADER_MAX_ORDER_NOTIONAL", "X", "in dollars; negative is off",
			&r.MaxOrderNotional,
		},
		{
			"max-position-notional", "TRADER_MAX_POSITION_NOTIONAL", "X", "in dollars; negative is off",
			&r.MaxPositionNotional,
		},
		{
			"max-orders-per-day", "TRADER_MAX_ORDERS_PER_DAY", "N", "for each symbol; negative is off",
			(*number)(&r.MaxOrdersPerDay),
		},
		{
			"max-price-move", "TRADER_MAX_PRICE_MOVE", "X",
			"between neighbouring bars, 0.2 is 20 %; negative is off",
			&r.MaxPriceMove,
		},
		{"max-order-shares", "TRADER_MAX_ORDER_SHARES", "X", "in one order; negative is off", &r.MaxOrderShares},
		{
			"max-day-notional", "TRADER_MAX_DAY_NOTIONAL", "X", "bought in a day, of all symbols; negative is off",
			&r.MaxDayNotional,
		},
		{
			"max-positions", "TRADER_MAX_POSITIONS", "N", "held or being bought; negative is off",
			(*number)(&r.MaxPositions),
		},
		{
			"max-orders-per-minute", "TRADER_MAX_ORDERS_PER_MINUTE", "N", "of all symbols; negative is off",
			(*number)(&r.MaxOrdersPerMinute),
		},
		{
			"max-daily-loss", "TRADER_MAX_DAILY_LOSS", "X", "of equity in a day, then halt; negative is off",
			&r.MaxDailyLoss,
		},
		{
			"max-drawdown", "TRADER_MAX_DRAWDOWN", "X", "of equity below its peak, then halt; negative is off",
			&r.MaxDrawdown,
		},
		{
			"max-rejects", "TRADER_MAX_REJECTS", "N", "refused orders in a row, then halt; negative is off",
			(*number)(&r.MaxRejects),
		},
		{
			"max-unexplained", "TRADER_MAX_UNEXPLAINED", "X",
			"of the account's cash that no execution explains, then halt; negative is off", &r.MaxUnexplained,
		},
	}
}

// The kinds of places. Their errors name neither the place nor the text: Load does.
type (
	text   string
	list   []string
	number int
	toggle bool
	seed   uint64
)

// Set takes any text.
func (p *text) Set(s string) error { *p = text(s); return nil }
func (p *text) String() string     { return string(*p) }

func (p *list) String() string { return strings.Join(*p, ",") }

// Set takes words between commas.
func (p *list) Set(s string) error {
	*p = strings.Split(s, ",")
	for i, part := range *p {
		(*p)[i] = strings.TrimSpace(part)
	}
	return nil
}

func (p *number) String() string { return strconv.Itoa(int(*p)) }

// Set takes an integer.
func (p *number) Set(s string) error {
	n, err := strconv.Atoi(s)
	*p = number(n)
	return err
}

func (p *toggle) String() string { return strconv.FormatBool(bool(*p)) }

// Set takes what strconv.ParseBool does.
func (p *toggle) Set(s string) error {
	b, err := strconv.ParseBool(s)
	*p = toggle(b)
	return err
}

// Set takes 64 bits in decimal.
func (p *seed) Set(s string) error {
	n, err := strconv.ParseUint(s, 10, 64)
	*p = seed(n)
	return err
}

func (p *seed) String() string {
	if *p == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(*p), 10)
}
