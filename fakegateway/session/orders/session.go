package orders

import (
	"time"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/advisor"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/contract"
	"ibsoak/fakegateway/session/settings"
)

// Settings are those of a Gateway that change what orders are answered.
type Settings struct {
	OwnCancelsOnly bool // a client cancels its own orders only
	RepeatFilled   bool // openOrder and orderStatus of a filled order are sent twice
	AcceptEmptyTIF bool // at every version
	// CommissionRange answers a what-if with the least and the most that an order can cost.
	CommissionRange bool
	// CommissionLatency is how long a commission is not known, and UnknownCommission what is said then.
	CommissionLatency time.Duration
	UnknownCommission UnknownCommission
	AccountZone       *time.Location // at whose midnight the day of executions ends
}

// Login is what all clients share.
type Login struct {
	cfg      Settings
	exchange *exchange.Exchange
	accounts *advisor.Login
	window   *settings.Window
}

// NewLogin has orders in the books of an exchange, for the accounts of a login.
func NewLogin(cfg Settings, x *exchange.Exchange, a *advisor.Login, w *settings.Window) *Login {
	return &Login{cfg: cfg, exchange: x, accounts: a, window: w}
}

// Session is one client's part. The books have all but what it has still to tell.
type Session struct {
	client    *client.Client
	login     *Login
	contracts contract.Finder
	late      []exchange.Execution // whose commission it has not heard of, in order of time; Deliver's locks guard them
}

// New is the part of a client.
func New(l *Login, c *client.Client) *Session {
	return &Session{
		client: c, login: l, contracts: contract.Finder{Client: c, Exchange: l.exchange},
	}
}
