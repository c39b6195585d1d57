package session

import (
	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/account"
	"ibsoak/fakegateway/session/advisor"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/display"
	"ibsoak/fakegateway/session/feed"
	"ibsoak/fakegateway/session/history"
	"ibsoak/fakegateway/session/marketdata"
	"ibsoak/fakegateway/session/news"
	"ibsoak/fakegateway/session/orders"
	"ibsoak/fakegateway/session/reference"
	"ibsoak/fakegateway/session/settings"
	"ibsoak/internal/wire"
)

// Session is what a client's connection means after its version reply. The connection's loop calls
// its methods, except deliver, which runs under the exchange's lock in whatever goroutine has moved
// the exchange.
type Session struct {
	login   *Login
	client  *client.Client
	claim   int            // the k-th session of its client id, from 1
	ordinal int            // the k-th session of the Gateway
	waiting []wire.Message // for the end of an outage; of the connection's loop
	live    bool           // from the end of the bootstrap to End; the client's lock guards it

	feeds      *feed.Feeds
	orders     *orders.Session
	account    *account.Session
	marketData *marketdata.Session
	history    *history.Session
	reference  *reference.Session
	news       *news.Session
	advisor    *advisor.Session
	settings   *settings.Session
	display    *display.Session
}

// New makes the session of a connection that speaks version. It has no client id before Start.
func New(l *Login, conn client.Conn, version wire.Version) *Session {
	c := client.New(conn, version)
	feeds := feed.New(c, l.exchange, l.upstream.marketDataFlows)
	past := history.New(l.history, c, feeds)
	return &Session{
		login: l, client: c, feeds: feeds, history: past,
		orders:     orders.New(l.orders, c),
		account:    account.New(l.account, c),
		marketData: marketdata.New(l.marketData, c, feeds, past),
		reference:  reference.New(l.reference, l.exchange, c),
		news:       news.New(l.exchange, c, feeds),
		advisor:    advisor.New(l.advisor, c),
		settings:   settings.New(l.window, c),
		display:    display.New(&l.display, c),
	}
}

// Handle answers one request, or keeps it for the end of an outage.
func (s *Session) Handle(m wire.Message) {
	if s.login.upstream.troubled.Load() && s.interrupted(m) {
		return
	}
	s.Resume() // what waited is not overtaken
	s.dispatch(m)
}

func (s *Session) dispatch(m wire.Message) {
	if r, ok := requests[m.Kind]; ok {
		r.answer(s, m.Body)
		return
	}
	s.unserved(m)
}

// End releases the client id and every subscription.
func (s *Session) End() {
	s.login.ids.release(s, s.client.Now().Add(s.login.cfg.ClientIDRelease))
	s.marketData.End()
	s.account.End()
	s.display.End()
	s.client.Lock()
	defer s.client.Unlock()
	s.live = false
}

// Notify sends a notice about the Gateway itself: an errMsg with id -1.
func (s *Session) Notify(n client.Notice) { s.client.Notify(n) }

// deliver sends the client one event of the exchange, as far as it is for this client. It runs under
// the exchange's lock.
func (s *Session) deliver(v *exchange.View, e exchange.Event) {
	s.client.Lock()
	defer s.client.Unlock()
	if !s.live {
		return
	}
	switch e.Kind {
	case exchange.OrderChanged, exchange.StatusChanged, exchange.OrderNotice, exchange.Bound,
		exchange.Executed, exchange.Commissioned:
		s.orders.Deliver(v, e)
	case exchange.Booked:
		s.account.Booked(v, e)
	case exchange.Woken:
		s.orders.Wake(v)
		s.account.Wake(v)
		s.feeds.Wake(v)
	}
}
