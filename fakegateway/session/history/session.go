package history

import (
	"time"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/contract"
	"ibsoak/fakegateway/session/feed"
)

// Settings are those of the history service.
type Settings struct {
	EnforcePacing  bool          // IBKR's limits for bars of 30 seconds or less
	HistoryLatency time.Duration // how long an answer takes, on the scenario's clock
	HistoryNotice  bool          // says first that recent data needs a subscription
	LiveMarketData bool          // the login has the subscriptions
}

// Login is what all clients share.
type Login struct {
	cfg      Settings
	exchange *exchange.Exchange
}

// NewLogin has the history of an exchange's market.
func NewLogin(cfg Settings, x *exchange.Exchange) *Login { return &Login{cfg: cfg, exchange: x} }

// Session is one client's part.
type Session struct {
	client    *client.Client
	login     *Login
	contracts contract.Finder
	feeds     *feed.Feeds
	paced     []paced // requests of the last ten minutes; the client's lock guards them
}

// New is the part of a client, whose late answers and updates run among its feeds.
func New(l *Login, c *client.Client, f *feed.Feeds) *Session {
	return &Session{
		client: c, login: l, feeds: f,
		contracts: contract.Finder{Client: c, Exchange: l.exchange},
	}
}
