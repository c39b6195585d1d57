package news

import (
	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/feed"
)

// Session is one client's part.
type Session struct {
	client   *client.Client
	exchange *exchange.Exchange
	feeds    *feed.Feeds
}

// New is the part of a client, whose bulletins come among its feeds.
func New(x *exchange.Exchange, c *client.Client, f *feed.Feeds) *Session {
	return &Session{client: c, exchange: x, feeds: f}
}
