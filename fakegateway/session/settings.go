package session

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/advisor"
	"ibsoak/fakegateway/session/marketdata"
	"ibsoak/fakegateway/session/orders"
)

// Semantics are the settings of a Gateway that change what it answers, and of the exchange behind
// it. Who may connect, and how fast a client may send, are settings of the
// port.
//
// The zero value is a Gateway as it is installed, before a market that never closes and that fills
// at once; where it differs, the field says so. Durations are on the scenario's clock. The YAML names
// are those of settings files.
type Semantics struct {
	// ClientIDRelease is how long a client id stays in use after its session has ended: error 326
	// meanwhile. A restart frees all. Default: not at all.
	ClientIDRelease time.Duration `yaml:"clientIdRelease"`

	// Orders.

	// ReadOnlyAPI is the Gateway's setting of that name: orders, cancels and reqIds are refused
	// with error 321.
	ReadOnlyAPI bool `yaml:"readOnlyApi"`
	// MasterClientID is the Gateway's setting of that name: this client gets the events of every order, as
	// client 0 always does. 0: none.
	MasterClientID int `yaml:"masterClientId"`
	// OwnCancelsOnly lets a client cancel only its own orders, as IBKR documents it. Default:
	// any working order, by order id, as captured from a Gateway at 200.
	OwnCancelsOnly bool `yaml:"ownCancelsOnly"`
	// NoOrdersOnConnect unchecks "Download open orders on connection".
	NoOrdersOnConnect bool `yaml:"noOrdersOnConnect"`
	// RepeatFilled sends every filled order twice, the second time with its commission.
	// Captured from Gateways at 173 and 225, where it happens to some orders.
	RepeatFilled bool `yaml:"repeatFilled"`
	// AcceptEmptyTIF takes an order without a time in force as DAY at every version. Default: up
	// to version 202; Gateways at 225 answer 10052.
	AcceptEmptyTIF bool `yaml:"acceptEmptyTif"`
	// CommissionRange answers a what-if with a least and a most commission in place of the one
	// expected, as users of tiered prices report (ib_insync issue 380): of one unit, and of all.
	// Default: the commission expected.
	CommissionRange bool `yaml:"commissionRange"`
	// CommissionLatency is how long the commission of a fill is not known: a report meanwhile says
	// UnknownCommission, and another one the amount when it is known. Default: none.
	CommissionLatency time.Duration `yaml:"commissionLatency"`
	// UnknownCommission is "minus-one" for -1. Default: unset.
	UnknownCommission orders.UnknownCommission `yaml:"unknownCommission"`
	// AccountZone names the time zone at whose midnight the day of executions and completed orders
	// ends: what is older is told to nobody who does not ask for its day. Default:
	// "America/New_York".
	AccountZone string `yaml:"accountZone"`
	// NoResubmit unchecks "Maintain and resubmit orders when connection is restored": an order
	// during an outage is rejected (201). Default: it waits in the Gateway for the end of it.
	NoResubmit bool `yaml:"noResubmit"`

	// Market data, farms and outages.

	// Farms are the data farms that clients are informed of. nil: usfarm, ushmds and secdefnj, all ok.
	// Empty: none.
	Farms []Farm `yaml:"farms"`
	// LiveMarketData gives the login market data subscriptions. Default: none; a client gets error
	// 10089, or delayed data if it asks for that.
	LiveMarketData bool `yaml:"liveMarketData"`
	// MarketDataDenial is why a login without LiveMarketData does not get live data, and so which
	// error it gets. Default: it is not subscribed for the API: 10089.
	MarketDataDenial marketdata.Denial `yaml:"marketDataDenial"`
	// MarketDataLines is how many market data subscriptions the login may have at a time, over
	// all clients; one more gets error 101. 0: 100.
	MarketDataLines int `yaml:"marketDataLines"`
	// LastTradeDateOnly leaves time and zone out of the last trade date in contract details, as
	// users of Gateways at 176 have it of contracts that expire late (ib_insync issue 605).
	// Default: "20261218 08:30:00 US/Central", as captured from a Gateway at 225. The field
	// lastTradeDate, from 182 on, is a date in either case.
	LastTradeDateOnly bool `yaml:"lastTradeDateOnly"`
	// EnforcePacing refuses historical data requests beyond IBKR's limits for bars of 30 seconds or
	// less with error 162. Default: they are answered.
	EnforcePacing bool `yaml:"enforcePacing"`
	// HistoryLatency is how long the history service takes for an answer: bars, head timestamps,
	// histograms and historical ticks. Until then a request can be cancelled. Default: none.
	HistoryLatency time.Duration `yaml:"historyLatency"`
	// HistoryNotice sends notice 2188 before an answer of the history service that reaches into the
	// last 15 minutes, if the login has no market data subscription for the instrument. The answer
	// follows in full. Default: it comes without.
	HistoryNotice bool `yaml:"historyNotice"`
	// SilentOutage leaves requests for data without an answer while the connection to IBKR's
	// servers is lost. Default: 2110, and what else is known of a request.
	SilentOutage bool `yaml:"silentOutage"`

	// Advisor makes the login a financial advisor's. Default: an individual's, with its accounts.
	Advisor advisor.Advisor `yaml:"advisor"`

	// Answers that are not true.

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
	// Universe are contracts that are listed beside those that always are. Default: none.
	Universe []market.Listing `yaml:"universe"`
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

const defaultMarketDataLines = 100

// resolved has values in place of the zeros that stand for them.
func (s Semantics) resolved() Semantics {
	if s.MarketDataLines == 0 {
		s.MarketDataLines = defaultMarketDataLines
	}
	s.Farms = farmsOrDefault(s.Farms)
	return s
}

// problems are the values that are out of range.
func (s Semantics) problems() []error {
	errs := []error{
		OneOf("marketDataDenial", s.MarketDataDenial,
			marketdata.DeniedToAPI, marketdata.DeniedUntilDelayed, marketdata.DeniedAltogether),
		OneOf("unknownCommission", s.UnknownCommission, orders.CommissionUnset, orders.CommissionMinusOne),
	}
	if _, err := s.accountZone(); err != nil {
		errs = append(errs, wrong("accountZone", "%v", err))
	}
	for key, d := range map[string]time.Duration{
		"clientIdRelease": s.ClientIDRelease, "historyLatency": s.HistoryLatency,
		"fillLatency": s.FillLatency, "cancelLatency": s.CancelLatency,
		"commissionLatency": s.CommissionLatency,
	} {
		if d < 0 {
			errs = append(errs, wrong(key, "%s: want 0 or more", d))
		}
	}
	for key, n := range map[string]int64{
		"marketDataLines": int64(s.MarketDataLines), "rollBackIds": int64(s.RollBackIDs),
		"maxFillShares": s.MaxFillShares,
	} {
		if n < 0 {
			errs = append(errs, wrong(key, "%d: want 0 or more", n))
		}
	}
	if s.HaltsPerThousandDays < 0 || s.HaltsPerThousandDays > 1000 {
		errs = append(errs, wrong("haltsPerThousandDays", "%d: want 0..1000", s.HaltsPerThousandDays))
	}
	if s.StartCash.IsNeg() {
		errs = append(errs, wrong("startCash", "%s: want 0 or more", s.StartCash))
	}
	s.universe(&errs)
	for i, f := range s.Farms {
		if err := f.validate(); err != nil {
			errs = append(errs, wrong(fmt.Sprintf("farms[%d]", i), "%v", err))
		}
	}
	return errs
}

// accountZone is the time zone of the accounts' days.
func (s Semantics) accountZone() (*time.Location, error) {
	if s.AccountZone == "" {
		return market.Eastern, nil
	}
	return time.LoadLocation(s.AccountZone)
}

// universe makes instruments of the listings and adds what is wrong with them to problems, unless
// that is nil.
func (s Semantics) universe(problems *[]error) *market.Universe {
	return market.NewUniverse(s.Universe, func(n int, key string, err error) {
		if problems != nil {
			*problems = append(*problems, wrong(fmt.Sprintf("universe[%d].%s", n, key), "%v", err))
		}
	})
}

// OneOf checks a value that is a word; the first of those allowed is none. The error is a
// *SettingError.
func OneOf[S ~string](key string, value S, allowed ...S) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	words := make([]string, 0, len(allowed))
	for _, word := range allowed[1:] {
		words = append(words, string(word))
	}
	return wrong(key, "%q: want one of %s", value, strings.Join(words, ", "))
}
