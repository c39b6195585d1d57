package fakegateway

import (
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqAccountUpdates:         on((*session).reqAccountUpdates),
		wire.ReqAccountUpdatesMulti:    on((*session).reqAccountUpdatesMulti),
		wire.CancelAccountUpdatesMulti: on((*session).cancelAccountUpdatesMulti),
	})
}

// updates is the one reqAccountUpdates subscription of a client.
type updates struct {
	account string // "": none
	due     time.Time
	sent    map[value]bool
}

// multiSub is an active reqAccountUpdatesMulti.
type multiSub struct {
	account    string
	ledgerOnly bool
	due        time.Time
	sent       map[value]bool
}

// reqAccountUpdates starts the account subscription with everything and an end, replacing one that
// there was, or stops it, which has no answer.
func (s *session) reqAccountUpdates(m *protobuf.AccountDataRequest) {
	if !m.GetSubscribe() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.accounts.updates = updates{}
		return
	}
	account, ok := s.account(noRequest, m.GetAcctCode())
	if !ok {
		return
	}
	s.srv.exchange.View(s.conn.Now(), func(v *exchange.View) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.accounts.updates = updates{account: account}
		s.sendAccountValues(v)
		for _, p := range v.Positions(account) {
			s.sendPortfolio(v, p)
		}
		s.sendUpdateTime(v)
		s.send(wire.AccountDownloadEnd, &protobuf.AccountDataEnd{AccountName: proto.String(account)})
	})
}

// sendAccountValues sends the values that the client does not have yet, and plans the next look.
func (s *session) sendAccountValues(v *exchange.View) {
	for _, row := range news(accountValues(v, s.accounts.updates.account), &s.accounts.updates.sent) {
		s.send(wire.AccountValue, &protobuf.AccountValue{
			Key: proto.String(row.key), Value: proto.String(row.value),
			Currency: proto.String(row.currency), AccountName: proto.String(row.account),
		})
	}
	s.accounts.updates.due = v.Now().Add(accountEvery)
	v.WakeAt(s.accounts.updates.due)
}

func (s *session) sendPortfolio(v *exchange.View, p exchange.Position) {
	mark := v.Mark(p)
	contract := contractOf(p.Instrument, "")
	contract.Exchange, contract.PrimaryExch = nil, proto.String(p.Instrument.PrimaryExchange)
	s.send(wire.PortfolioValue, &protobuf.PortfolioValue{
		Contract: contract, Position: proto.String(whole(p.Quantity)),
		MarketPrice: float(mark.Price), MarketValue: float(mark.Value),
		AverageCost: float(p.AverageCost), UnrealizedPNL: float(mark.UnrealizedPnL),
		RealizedPNL: float(p.RealizedPnL), AccountName: proto.String(p.Account),
	})
}

func (s *session) sendUpdateTime(v *exchange.View) {
	s.send(wire.AccountUpdateTime, &protobuf.AccountUpdateTime{
		TimeStamp: proto.String(v.Now().In(market.Eastern).Format("15:04")),
	})
}

// reqAccountUpdatesMulti sends an account's values and their end, then changes until cancelled.
func (s *session) reqAccountUpdatesMulti(m *protobuf.AccountUpdatesMultiRequest) {
	id := int(m.GetReqId())
	account, ok := s.account(id, m.GetAccount())
	if !ok {
		return
	}
	sub := &multiSub{account: account, ledgerOnly: m.GetLedgerAndNLV()}
	s.srv.exchange.View(s.conn.Now(), func(v *exchange.View) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.accounts.multis[id] = sub
		s.sendMulti(v, id, sub)
		s.send(wire.AccountUpdateMultiEnd, &protobuf.AccountUpdateMultiEnd{ReqId: num(id)})
	})
}

func (s *session) sendMulti(v *exchange.View, id int, sub *multiSub) {
	rows := accountValues(v, sub.account)
	if sub.ledgerOnly {
		rows = append(summaryRows(v, sub.account, []string{"NetLiquidation"}),
			ledger(v, sub.account, currencyUSD)...)
	}
	for _, row := range news(rows, &sub.sent) {
		s.send(wire.AccountUpdateMulti, &protobuf.AccountUpdateMulti{
			ReqId: num(id), Account: proto.String(row.account), Key: proto.String(row.key),
			Value: proto.String(row.value), Currency: proto.String(row.currency),
		})
	}
	sub.due = v.Now().Add(accountEvery)
	v.WakeAt(sub.due)
}

func (s *session) cancelAccountUpdatesMulti(m *protobuf.CancelAccountUpdatesMulti) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.accounts.multis, int(m.GetReqId()))
}
