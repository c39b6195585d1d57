package session

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/account"
	"ibsoak/fakegateway/session/advisor"
	"ibsoak/fakegateway/session/display"
	"ibsoak/fakegateway/session/history"
	"ibsoak/fakegateway/session/marketdata"
	"ibsoak/fakegateway/session/orders"
	"ibsoak/fakegateway/session/reference"
	"ibsoak/fakegateway/session/settings"
)

const defaultAccount = "DU9000001"

// Config says what kind of Login to be. The zero value has one account with a million dollars.
type Config struct {
	// Seed makes the market.
	Seed uint64
	// Accounts are the login's, without an advisor's own. Empty: "DU9000001".
	Accounts []string
	// Start is the scenario's time when the Gateway starts. Zero: the real one.
	Start time.Time
	// Port is what clients can read about the port. Without a Number: it has none.
	Port settings.Port
	// Log gets what is unusual. nil: nothing is logged.
	Log *slog.Logger

	Semantics
}

// WithDefaults resolves what zero stands for.
func (c Config) WithDefaults() Config {
	if len(c.Accounts) == 0 {
		c.Accounts = []string{defaultAccount}
	}
	if c.Port.Number == nil {
		c.Port.Number = func() int { return 0 }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Semantics = c.resolved()
	return c
}

// Problems are the values that are out of range, each a *SettingError; zero never is.
func (c Config) Problems() []error {
	c = c.WithDefaults() // positions may be the default account's
	_, errs := c.opening()
	_, _, more := c.earlier()
	errs = append(errs, more...)
	if err := checkAccounts(c.Accounts); err != nil {
		errs = append(errs, wrong("accounts", "%v", err))
	}
	if err := c.Advisor.Validate(c.Accounts); err != nil {
		errs = append(errs, wrong("advisor", "%v", err))
	}
	return append(errs, c.problems()...)
}

// SettingError is a value that a setting cannot have.
type SettingError struct {
	Key  string // as in YAML
	Text string
}

func (e *SettingError) Error() string { return e.Key + ": " + e.Text }

// wrong makes a SettingError.
func wrong(key, format string, args ...any) error {
	return &SettingError{key, fmt.Sprintf(format, args...)}
}

// Login is what all sessions of a Gateway share: its settings and accounts, the exchange, the
// client ids in use, and the connection to IBKR's servers. Its methods may be called from any
// goroutine.
type Login struct {
	cfg      Config
	exchange *exchange.Exchange
	ids      clientIDs
	upstream upstream
	advisor  *advisor.Login
	window   *settings.Window
	display  display.Groups

	orders     *orders.Login
	account    *account.Login
	marketData *marketdata.Login
	history    *history.Login
	reference  reference.Settings
}

// NewLogin makes a login that nobody uses yet, and its exchange.
func NewLogin(cfg Config) (*Login, error) {
	cfg = cfg.WithDefaults()
	if err := errors.Join(cfg.Problems()...); err != nil {
		return nil, fmt.Errorf("configure login: %w", err)
	}
	x := exchange.New(cfg.exchangeConfig())
	l := &Login{
		cfg: cfg, exchange: x,
		advisor:   advisor.NewLogin(cfg.Advisor, cfg.Accounts),
		window:    settings.NewWindow(cfg.installed()),
		reference: reference.Settings{LastTradeDateOnly: cfg.LastTradeDateOnly},
		history: history.NewLogin(history.Settings{
			EnforcePacing: cfg.EnforcePacing, HistoryLatency: cfg.HistoryLatency,
			HistoryNotice: cfg.HistoryNotice, LiveMarketData: cfg.LiveMarketData,
		}, x),
	}
	zone, _ := cfg.accountZone() // Problems has seen the error
	l.orders = orders.NewLogin(orders.Settings{
		OwnCancelsOnly: cfg.OwnCancelsOnly, RepeatFilled: cfg.RepeatFilled,
		AcceptEmptyTIF: cfg.AcceptEmptyTIF, CommissionRange: cfg.CommissionRange,
		CommissionLatency: cfg.CommissionLatency, UnknownCommission: cfg.UnknownCommission,
		AccountZone: zone,
	}, x, l.advisor, l.window)
	l.account = account.NewLogin(x, l.advisor)
	l.marketData = marketdata.NewLogin(marketdata.Settings{
		LiveMarketData: cfg.LiveMarketData, MarketDataDenial: cfg.MarketDataDenial,
		MarketDataLines: cfg.MarketDataLines,
	}, x, l.eachClientsFeeds)
	l.upstream.farms = slices.Clone(cfg.Farms)
	if err := l.bookEarlier(); err != nil {
		return nil, fmt.Errorf("configure login: %w", err)
	}
	x.Subscribe(l.pass)
	return l, nil
}

// installed is what the Gateway's configuration window shows of its settings.
func (c Config) installed() settings.Installed {
	return settings.Installed{
		ReadOnlyAPI: c.ReadOnlyAPI, NoOrdersOnConnect: c.NoOrdersOnConnect,
		MasterClientID: c.MasterClientID, NoResubmit: c.NoResubmit,
		AdvisorGroups: c.Advisor.Account != "", Port: c.Port,
	}
}

// exchangeConfig is the exchange behind this login.
func (c Config) exchangeConfig() exchange.Config {
	opening, _ := c.opening() // NewLogin has seen the errors
	return exchange.Config{
		Opening: opening,
		Seed:    c.Seed, Accounts: c.Accounts, StartCash: c.StartCash,
		Hours: market.Hours{SessionsOnly: c.SessionsOnly},
		Halts: c.Halts, HaltsPerThousandDays: c.HaltsPerThousandDays, Replay: c.Replay,
		Universe:    c.universe(nil),
		FillLatency: c.FillLatency, CancelLatency: c.CancelLatency,
		MaxFillShares: c.MaxFillShares, AllowShort: c.AllowShort,
	}
}

// Exchange is the one behind the login. Its owner moves it with the scenario's clock.
func (l *Login) Exchange() *exchange.Exchange { return l.exchange }

// Restart forgets what a restart of the Gateway does: which client ids are not free yet, and what
// clients that are gone have not received. Their sessions have ended by then. It logs in to other
// accounts, which MayLogIn allows, unless there are none: those that are new begin with StartCash.
func (l *Login) Restart(now time.Time, accounts []string) {
	l.ids.forget()
	l.upstream.forget()
	if len(accounts) > 0 {
		accounts = slices.Clone(accounts)
		l.exchange.LogIn(now, accounts)
		l.advisor.SetClientAccounts(accounts)
	}
}
