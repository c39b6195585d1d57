package session

import (
	"time"

	"ibsoak/fakegateway/exchange"
)

// accountSubs are what a client follows of its accounts.
type accountSubs struct {
	updates   updates // reqAccountUpdates: one subscription
	listing   bool    // reqPositions
	summaries map[int]*summarySub
	positions map[int]positionsSub // reqPositionsMulti
	multis    map[int]*multiSub    // reqAccountUpdatesMulti
	pnls      map[int]*pnlSub      // reqPnL and reqPnLSingle
}

func newAccountSubs() accountSubs {
	return accountSubs{
		summaries: make(map[int]*summarySub),
		positions: make(map[int]positionsSub),
		multis:    make(map[int]*multiSub),
		pnls:      make(map[int]*pnlSub),
	}
}

// booked sends what changed with a fill to the subscriptions that show it.
func (s *Session) booked(v *exchange.View, e exchange.Event) {
	p := *e.Position
	if s.accounts.listing {
		s.sendPosition(p)
	}
	for _, id := range sortedKeys(s.accounts.positions) {
		if s.accounts.positions[id].scope.has(p.Account) {
			s.sendPositionMulti(id, p)
		}
	}
	if s.accounts.updates.scope.has(p.Account) {
		s.sendAccountValues(v)
		s.sendPortfolio(v, p, s.profits(v, p.Account)[p.ConID])
	}
}

// wakeAccounts repeats what has changed since it was last due.
func (s *Session) wakeAccounts(v *exchange.View) {
	due := func(t time.Time) bool { return !t.After(v.Now()) }
	for _, id := range sortedKeys(s.accounts.summaries) {
		if sub := s.accounts.summaries[id]; due(sub.due) {
			s.sendSummary(v, id, sub)
		}
	}
	for _, id := range sortedKeys(s.accounts.multis) {
		if sub := s.accounts.multis[id]; due(sub.due) {
			s.sendMulti(v, id, sub)
		}
	}
	for _, id := range sortedKeys(s.accounts.pnls) {
		if sub := s.accounts.pnls[id]; due(sub.due) {
			s.sendPnL(v, id, sub, false)
		}
	}
	if u := s.accounts.updates; u.scope.name != "" && due(u.due) {
		s.sendAccountValues(v)
		for _, account := range u.scope.accounts {
			s.sendPortfolios(v, account)
		}
		s.sendUpdateTime(v)
	}
}
