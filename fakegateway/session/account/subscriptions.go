package account

import (
	"time"

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

// Booked sends what changed with a fill to the subscriptions that show it. It runs under the
// exchange's lock and the client's.
func (s *Session) Booked(v *exchange.View, e exchange.Event) {
	p := *e.Position
	if s.listing {
		s.sendPosition(p)
	}
	for _, id := range client.SortedKeys(s.positions) {
		if s.positions[id].scope.has(p.Account) {
			s.sendPositionMulti(id, p)
		}
	}
	if s.updates.scope.has(p.Account) {
		s.sendAccountValues(v)
		s.sendPortfolio(v, p, s.profits(v, p.Account)[p.ConID])
	}
}

// Wake repeats what has changed since it was last due. It runs under the exchange's lock and the
// client's.
func (s *Session) Wake(v *exchange.View) {
	due := func(t time.Time) bool { return !t.After(v.Now()) }
	for _, id := range client.SortedKeys(s.summaries) {
		if sub := s.summaries[id]; due(sub.due) {
			s.sendSummary(v, id, sub)
		}
	}
	for _, id := range client.SortedKeys(s.multis) {
		if sub := s.multis[id]; due(sub.due) {
			s.sendMulti(v, id, sub)
		}
	}
	for _, id := range client.SortedKeys(s.pnls) {
		if sub := s.pnls[id]; due(sub.due) {
			s.sendPnL(v, id, sub, false)
		}
	}
	if u := s.updates; u.scope.name != "" && due(u.due) {
		s.sendAccountValues(v)
		for _, account := range u.scope.accounts {
			s.sendPortfolios(v, account)
		}
		s.sendUpdateTime(v)
	}
}
