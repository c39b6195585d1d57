package reference

import (
	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/contract"
)

// Session is one client's part. It has no state: reference data does not change.
type Session struct {
	client    *client.Client
	exchange  *exchange.Exchange
	contracts contract.Finder
}

// New is the part of a client.
func New(x *exchange.Exchange, c *client.Client) *Session {
	return &Session{client: c, exchange: x, contracts: contract.Finder{Client: c, Exchange: x}}
}
