package account

import (
	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/advisor"
	"ibsoak/fakegateway/session/client"
)

// Login is what all clients share.
type Login struct {
	exchange  *exchange.Exchange
	accounts  *advisor.Login
	followers followers
}

// NewLogin has accounts in the books of an exchange.
func NewLogin(x *exchange.Exchange, a *advisor.Login) *Login {
	return &Login{exchange: x, accounts: a}
}

// Session is one client's part: what the client follows of its accounts. The client's lock guards
// it.
type Session struct {
	client *client.Client
	login  *Login

	updates   updates // reqAccountUpdates: one subscription
	listing   bool    // reqPositions
	summaries map[int]*summarySub
	positions map[int]positionsSub // reqPositionsMulti
	multis    map[int]*multiSub    // reqAccountUpdatesMulti
	pnls      map[int]*pnlSub      // reqPnL and reqPnLSingle
}

// New is the part of a client, which follows nothing.
func New(l *Login, c *client.Client) *Session {
	return &Session{
		client: c, login: l,
		summaries: make(map[int]*summarySub),
		positions: make(map[int]positionsSub),
		multis:    make(map[int]*multiSub),
		pnls:      make(map[int]*pnlSub),
	}
}

// End is the end of the client's session.
func (s *Session) End() { s.login.followers.leave(s) }
