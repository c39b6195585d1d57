package reference

import (
	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/contract"
)

// Settings are those of a Gateway that change what reference data looks like.
type Settings struct {
	LastTradeDateOnly bool // without the time
}

// Session is one client's part. It has no state: reference data does not change.
type Session struct {
	client    *client.Client
	cfg       Settings
	exchange  *exchange.Exchange
	contracts contract.Finder
}

// New is the part of a client.
func New(cfg Settings, x *exchange.Exchange, c *client.Client) *Session {
	return &Session{
		client: c, cfg: cfg, exchange: x, contracts: contract.Finder{Client: c, Exchange: x},
	}
}
