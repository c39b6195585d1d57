package marketdata

import (
	"slices"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/contract"
	"ibsoak/fakegateway/session/feed"
	"ibsoak/fakegateway/session/history"
)

// Settings say what the login is subscribed to.
type Settings struct {
	LiveMarketData   bool
	MarketDataDenial Denial // why a login without live data does not get it
	MarketDataLines  int    // at a time, over all clients
}

// Login is what all clients share.
type Login struct {
	cfg      Settings
	exchange *exchange.Exchange
	feeds    func(visit func(*feed.Feeds)) // visits those of every client
	lines    lines
	states   states // of the market, guarded by the exchange's lock
}

// NewLogin has the market of an exchange. feeds visits those of every client, for the limits that
// are the login's.
func NewLogin(cfg Settings, x *exchange.Exchange, feeds func(visit func(*feed.Feeds))) *Login {
	return &Login{cfg: cfg, exchange: x, feeds: feeds}
}

// count counts the feeds of a kind over all clients of the login.
func (l *Login) count(kind feed.Kind) int {
	n := 0
	l.feeds(func(f *feed.Feeds) { n += f.Count(kind) })
	return n
}

// Session is one client's part. The client's lock guards what the client has asked for.
type Session struct {
	client    *client.Client
	login     *Login
	contracts contract.Finder
	feeds     *feed.Feeds
	history   *history.Session // counts the requests that IBKR's limits of history are about
	dataType  int              // of later reqMktData; 0 is live
	ticks     tickBodies
}

// New is the part of a client, whose subscriptions run among its feeds.
func New(l *Login, c *client.Client, f *feed.Feeds, h *history.Session) *Session {
	return &Session{
		client: c, login: l, feeds: f, history: h,
		contracts: contract.Finder{Client: c, Exchange: l.exchange},
	}
}

// Drop ends the client's subscriptions to live data, with an error for each if there is one. It
// runs under the exchange's lock.
func (s *Session) Drop(why *client.Notice) {
	s.client.Lock()
	defer s.client.Unlock()
	var ids []int
	used := 0
	for _, key := range s.feeds.EndLive() {
		if key.Kind == feed.Quotes || key.Kind == feed.RealTimeBars { // each takes a line
			used++
		}
		ids = append(ids, key.ID)
	}
	s.releaseLines(used)
	slices.Sort(ids)
	for _, id := range ids {
		if why != nil {
			s.client.Fail(id, why.Code, why.Text)
		}
	}
}
