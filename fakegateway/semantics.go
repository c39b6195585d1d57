package fakegateway

import (
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
)

// Semantics are the settings of a Gateway that change what it answers, and of the exchange behind
// it. The zero value is a Gateway as it is installed, before a market that never closes and that
// fills at once.
type Semantics struct {
	// ReadOnlyAPI is the Gateway's setting of that name: orders, cancels and reqIds are refused
	// with error 321.
	ReadOnlyAPI bool
	// MasterClientID is the Gateway's setting of that name: this client hears of every order, as
	// client 0 always does. 0: none.
	MasterClientID int
	// OwnCancelsOnly lets a client cancel only its own orders, as IBKR documents it. Default:
	// any working order, by order id, as captured from a Gateway at 200.
	OwnCancelsOnly bool
	// NoOrdersOnConnect unchecks "Download open orders on connection".
	NoOrdersOnConnect bool
	// FarmNotices are sent at the end of the bootstrap. nil: 2104, 2106 and 2158. Empty: none.
	FarmNotices []Notice
	// RepeatFilled tells of every filled order twice, the second time with its commission.
	// Captured from Gateways at 173 and 225, where it happens to some orders.
	RepeatFilled bool
	// LiveMarketData gives the login market data subscriptions. Default: none; a client gets error
	// 10089, or delayed data if it asks for that.
	LiveMarketData bool
	// EnforcePacing refuses historical data requests beyond IBKR's limits for bars of 30 seconds or
	// less with error 162. Default: they are answered.
	EnforcePacing bool
	// AcceptEmptyTIF takes an order without a time in force as DAY at every version. Default: up
	// to version 202; Gateways at 225 answer 10052.
	AcceptEmptyTIF bool

	// SessionsOnly keeps New York's trading hours. Default: the market never closes, so that a run
	// means the same on a Sunday.
	SessionsOnly bool
	// FillLatency is how long an order works before it can fill. Default: none.
	FillLatency time.Duration
	// CancelLatency is how long a cancelled order can still fill. Default: none.
	CancelLatency time.Duration
	// MaxFillShares bounds an execution; larger orders fill in parts, market.Step apart.
	// Default: no bound.
	MaxFillShares int64
	// AllowShort lets accounts go short. Default: cash accounts.
	AllowShort bool
	// StartCash is each account's, in US dollars. Default: 1,000,000.
	StartCash decimal.Decimal
}

// Notice is a message about the Gateway itself: an errMsg with id -1.
type Notice struct {
	Code int
	Text string
}

// defaultFarmNotices are the texts of real Gateways.
var defaultFarmNotices = []Notice{
	{2104, "Market data farm connection is OK:usfarm"},
	{2106, "HMDS data farm connection is OK:ushmds"},
	{2158, "Sec-def data farm connection is OK:secdefnj"},
}

func (s Semantics) farmNotices() []Notice {
	if s.FarmNotices == nil {
		return defaultFarmNotices
	}
	return s.FarmNotices
}

// exchangeConfig is the exchange behind this Gateway.
func (c Config) exchangeConfig() exchange.Config {
	return exchange.Config{
		Seed: c.Seed, Accounts: c.Accounts, StartCash: c.StartCash,
		Hours:       market.Hours{SessionsOnly: c.SessionsOnly},
		FillLatency: c.FillLatency, CancelLatency: c.CancelLatency,
		MaxFillShares: c.MaxFillShares, AllowShort: c.AllowShort,
	}
}
