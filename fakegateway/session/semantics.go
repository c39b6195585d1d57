package session

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/market"
)

// Semantics are the settings of a Gateway that change what it answers, and of the exchange behind
// it. Sessions follow those about orders and data. Who may connect, and how fast he may talk, is
// up to the owner of the port; it is here because a client can read the settings.
//
// The zero value is a Gateway as it is installed, before a market that never closes and that fills
// at once; where it differs, the field says so. Durations are on the scenario's clock, unless a
// field says real time. The YAML names are those of settings files.
type Semantics struct {
	// Who may connect, when, and how fast he may talk.

	// APIDisabled keeps the port closed until operation enable-api: a client's dial is refused.
	APIDisabled bool `yaml:"apiDisabled"`
	// TrustedAddresses are the addresses ("127.0.0.1") and prefixes ("10.0.0.0/8") that may
	// connect; others are accepted and closed without a byte. Empty: all.
	TrustedAddresses []string `yaml:"trustedAddresses"`
	// MaxClients is how many clients may be connected; one more is accepted and closed without a
	// byte. 0: 32, as IBKR documents; negative: no bound.
	MaxClients int `yaml:"maxClients"`
	// SilentWhenFull answers nothing to a client that is one too many, and leaves it open.
	SilentWhenFull bool `yaml:"silentWhenFull"`
	// Dialog is whom the "Accept incoming connection" dialog asks about. Default: nobody.
	Dialog Dialog `yaml:"dialog"`
	// DialogAnswer answers each dialog DialogAfter its appearance, as an operation dialog-* does:
	// "accept", "reject" or "dismiss". Default: it stays until it is answered.
	DialogAnswer DialogAnswer  `yaml:"dialogAnswer"`
	DialogAfter  time.Duration `yaml:"dialogAfter"`
	// ClientIDRelease is how long a client id stays in use after its session has ended: error 326
	// meanwhile. A restart frees all. Default: not at all.
	ClientIDRelease time.Duration `yaml:"clientIdRelease"`
	// MessagePacing is what becomes of a client that sends more messages in a second than half of
	// MarketDataLines. Default: no limit, unlike a real Gateway, which paces: a client's own pace
	// is not to depend on how fast the scenario's clock runs.
	MessagePacing MessagePacing `yaml:"messagePacing"`
	// MaxLogins stalls START_API for LoginStall when more than so many came within LoginWindow:
	// IBKR's servers throttle who logs in again and again. 0: never.
	MaxLogins   int           `yaml:"maxLogins"`
	LoginWindow time.Duration `yaml:"loginWindow"`
	LoginStall  time.Duration `yaml:"loginStall"`
	// SendTimeout resets a client that has taken nothing for so long, in real time, while there
	// was something to send: TWS's "Timeout to send bulk data to API". 0: never, until the
	// queue's bound; TWS installs 30 s.
	SendTimeout time.Duration `yaml:"sendTimeout"`
	// DisconnectMalformed ends the session after error 320, as builds before 10.28 do. Default:
	// "Maintain connection upon receiving incorrectly formatted fields".
	DisconnectMalformed bool `yaml:"disconnectMalformed"`

	// Orders.

	// ReadOnlyAPI is the Gateway's setting of that name: orders, cancels and reqIds are refused
	// with error 321.
	ReadOnlyAPI bool `yaml:"readOnlyApi"`
	// MasterClientID is the Gateway's setting of that name: this client hears of every order, as
	// client 0 always does. 0: none.
	MasterClientID int `yaml:"masterClientId"`
	// OwnCancelsOnly lets a client cancel only its own orders, as IBKR documents it. Default:
	// any working order, by order id, as captured from a Gateway at 200.
	OwnCancelsOnly bool `yaml:"ownCancelsOnly"`
	// NoOrdersOnConnect unchecks "Download open orders on connection".
	NoOrdersOnConnect bool `yaml:"noOrdersOnConnect"`
	// RepeatFilled tells of every filled order twice, the second time with its commission.
	// Captured from Gateways at 173 and 225, where it happens to some orders.
	RepeatFilled bool `yaml:"repeatFilled"`
	// AcceptEmptyTIF takes an order without a time in force as DAY at every version. Default: up
	// to version 202; Gateways at 225 answer 10052.
	AcceptEmptyTIF bool `yaml:"acceptEmptyTif"`
	// CommissionLatency is how long the commission of a fill is not known: a report meanwhile says
	// UnknownCommission, and another one the amount when it is known. Default: none.
	CommissionLatency time.Duration `yaml:"commissionLatency"`
	// UnknownCommission is "minus-one" for -1. Default: unset.
	UnknownCommission UnknownCommission `yaml:"unknownCommission"`
	// AccountZone names the time zone at whose midnight the day of executions and completed orders
	// ends: what is older is told to nobody who does not ask for its day. Default:
	// "America/New_York".
	AccountZone string `yaml:"accountZone"`
	// NoResubmit unchecks "Maintain and resubmit orders when connection is restored": an order
	// during an outage is rejected (201). Default: it waits in the Gateway for the end of it.
	NoResubmit bool `yaml:"noResubmit"`

	// Market data, farms and outages.

	// Farms are the data farms that clients hear of. nil: usfarm, ushmds and secdefnj, all ok.
	// Empty: none.
	Farms []Farm `yaml:"farms"`
	// LiveMarketData gives the login market data subscriptions. Default: none; a client gets error
	// 10089, or delayed data if it asks for that.
	LiveMarketData bool `yaml:"liveMarketData"`
	// MarketDataDenial is why a login without LiveMarketData does not get live data, and so which
	// error it hears. Default: it is not subscribed for the API: 10089.
	MarketDataDenial Denial `yaml:"marketDataDenial"`
	// MarketDataLines is how many market data subscriptions the login may have at a time, over
	// all clients; one more gets error 101. 0: 100.
	MarketDataLines int `yaml:"marketDataLines"`
	// EnforcePacing refuses historical data requests beyond IBKR's limits for bars of 30 seconds or
	// less with error 162. Default: they are answered.
	EnforcePacing bool `yaml:"enforcePacing"`
	// HistoryLatency is how long the history service takes for an answer: bars, head timestamps,
	// histograms and historical ticks. Until then a request can be cancelled. Default: none.
	HistoryLatency time.Duration `yaml:"historyLatency"`
	// SilentOutage leaves requests for data without an answer while the connection to IBKR's
	// servers is lost. Default: 2110, and what else is known of a request.
	SilentOutage bool `yaml:"silentOutage"`

	// Advisor makes the login a financial advisor's. Default: an individual's, with its accounts.
	Advisor Advisor `yaml:"advisor"`

	// What the Gateway says that is not so.

	// VersionReply replaces the payload of the reply to a greeting, NULs and all. The session
	// goes on at the version that was negotiated. "": the true one.
	VersionReply string `yaml:"versionReply"`
	// ManagedAccounts are the texts of managedAccounts, in place of Accounts: the first is for
	// the first session, and so on, the last for all later ones. Empty: Accounts.
	ManagedAccounts []string `yaml:"managedAccounts"`
	// RollBackIDs is how far nextValidId is below the right one, but never below 1, in every
	// session of a client after its first. Default: ids outlive sessions and restarts.
	RollBackIDs int `yaml:"rollBackIds"`

	// The exchange behind the Gateway.

	// SessionsOnly keeps the trading hours of each exchange. Default: the market never closes, so
	// that a run means the same on a Sunday.
	SessionsOnly bool `yaml:"sessionsOnly"`
	// Halts stop trading in single symbols. Default: none.
	Halts []market.Halt `yaml:"halts"`
	// HaltsPerThousandDays is in how many of a thousand days each stock is halted for five minutes.
	// Default: never.
	HaltsPerThousandDays int `yaml:"haltsPerThousandDays"`
	// Replay is a file of prices in place of the seeded ones. Default: none.
	Replay *market.Replay `yaml:"-" json:"-"`
	// FillLatency is how long an order works before it can fill. Default: none.
	FillLatency time.Duration `yaml:"fillLatency"`
	// CancelLatency is how long a cancelled order can still fill. Default: none.
	CancelLatency time.Duration `yaml:"cancelLatency"`
	// MaxFillShares bounds an execution; larger orders fill in parts, exchange.Step apart.
	// Default: no bound.
	MaxFillShares int64 `yaml:"maxFillShares"`
	// AllowShort makes margin accounts, which can go short and buy for more than their cash.
	// Default: cash accounts; they trade futures, CFDs and nothing else on margin.
	AllowShort bool `yaml:"allowShort"`
	// Positions are what accounts hold when the Gateway starts, beside StartCash. Default: nothing.
	Positions []OpeningPosition `yaml:"positions"`
	// EarlierFills are trades of the days before the start, by hand. Default: none.
	EarlierFills []EarlierFill `yaml:"earlierFills"`
	// StartCash is each account's, in US dollars. Default: 1,000,000.
	StartCash decimal.Decimal `yaml:"startCash"`
}

const (
	defaultMaxClients      = 32
	defaultMarketDataLines = 100
)

// resolved has values in place of the zeros that stand for them.
func (s Semantics) resolved() Semantics {
	if s.MaxClients == 0 {
		s.MaxClients = defaultMaxClients
	}
	if s.MarketDataLines == 0 {
		s.MarketDataLines = defaultMarketDataLines
	}
	s.Farms = farmsOrDefault(s.Farms)
	return s
}

// problems are the values that are out of range.
func (s Semantics) problems() []error {
	errs := []error{
		oneOf("dialog", s.Dialog, NoDialog, DialogEach, DialogPerAddress, DialogPerClientID),
		oneOf("dialogAnswer", s.DialogAnswer, "", AcceptClient, RejectClient, DismissDialog),
		oneOf("messagePacing", s.MessagePacing, NoPacing, PaceMessages, RejectMessages),
		oneOf("marketDataDenial", s.MarketDataDenial,
			DeniedToAPI, DeniedUntilDelayed, DeniedAltogether),
		oneOf("unknownCommission", s.UnknownCommission, CommissionUnset, CommissionMinusOne),
	}
	if _, err := s.accountZone(); err != nil {
		errs = append(errs, wrong("accountZone", "%v", err))
	}
	for key, d := range map[string]time.Duration{
		"dialogAfter": s.DialogAfter, "clientIdRelease": s.ClientIDRelease,
		"loginWindow": s.LoginWindow, "loginStall": s.LoginStall, "sendTimeout": s.SendTimeout,
		"fillLatency": s.FillLatency, "cancelLatency": s.CancelLatency,
		"historyLatency": s.HistoryLatency, "commissionLatency": s.CommissionLatency,
	} {
		if d < 0 {
			errs = append(errs, wrong(key, "%s: want 0 or more", d))
		}
	}
	for key, n := range map[string]int{
		"marketDataLines": s.MarketDataLines, "maxLogins": s.MaxLogins, "rollBackIds": s.RollBackIDs,
	} {
		if n < 0 {
			errs = append(errs, wrong(key, "%d: want 0 or more", n))
		}
	}
	if s.MaxLogins > 0 && (s.LoginWindow == 0 || s.LoginStall == 0) {
		errs = append(errs, wrong("maxLogins", "needs loginWindow and loginStall"))
	}
	for i, f := range s.Farms {
		if err := f.validate(); err != nil {
			errs = append(errs, wrong(fmt.Sprintf("farms[%d]", i), "%v", err))
		}
	}
	return errs
}

// oneOf checks a value that is a word; the first of those allowed is none.
func oneOf[S ~string](key string, value S, allowed ...S) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	words := make([]string, 0, len(allowed))
	for _, word := range allowed[1:] {
		words = append(words, string(word))
	}
	return wrong(key, "%q: want one of %s", value, strings.Join(words, ", "))
}
