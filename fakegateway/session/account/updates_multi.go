package session

import (
	"fmt"
	"slices"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/internal/wire"
)

// multiSub is an active reqAccountUpdatesMulti.
type multiSub struct {
	scope      scope
	ledgerOnly bool
	due        time.Time
	sent       map[value]bool
}

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqAccountUpdatesMulti:    on((*Session).reqAccountUpdatesMulti),
		wire.CancelAccountUpdatesMulti: on((*Session).cancelAccountUpdatesMulti),
	})
}

// reqAccountUpdatesMulti sends an account's values and their end, then changes until cancelled.
func (s *Session) reqAccountUpdatesMulti(m *protobuf.AccountUpdatesMultiRequest) {
	id := int(m.GetReqId())
	c, ok := s.scope(id, m.GetAccount())
	if !ok || !s.noModel(id, m.GetModelCode()) {
		return
	}
	s.mu.Lock()
	known := s.accounts.multis[id] != nil
	s.mu.Unlock()
	if known {
		s.fail(id, codeProcessing, textDuplicateTicker)
		return
	}
	sub := &multiSub{scope: c, ledgerOnly: m.GetLedgerAndNLV()}
	s.login.exchange.View(s.conn.Now(), func(v *exchange.View) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.accounts.multis[id] = sub
		s.sendMulti(v, id, sub)
		s.send(wire.AccountUpdateMultiEnd, &protobuf.AccountUpdateMultiEnd{ReqId: num(id)})
	})
}

// noModel refuses a model portfolio: no account here has one.
func (s *Session) noModel(id int, model string) bool {
	if model == "" {
		return true
	}
	s.fail(id, codeValidating, validating(fmt.Sprintf(textNoModel, model)))
	return false
}

// sendMulti sends what is new of an account's tags and then of its ledgers, in the order captured
// at 225, or of the net liquidation value and the ledgers only.
func (s *Session) sendMulti(v *exchange.View, id int, sub *multiSub) {
	b := sub.scope.balances(v)
	rows := s.accountTags(v, sub.scope, b)
	if sub.ledgerOnly {
		rows = slices.DeleteFunc(rows, func(row value) bool { return row.key != "NetLiquidation" })
	}
	rows = append(rows, s.ledgers(v, sub.scope, b)...)
	for _, row := range news(rows, &sub.sent) {
		s.send(wire.AccountUpdateMulti, &protobuf.AccountUpdateMulti{
			ReqId: num(id), Account: proto.String(row.account), Key: proto.String(row.key),
			Value: proto.String(row.value), Currency: currencyField(row),
		})
	}
	sub.due = v.Now().Add(accountEvery)
	v.WakeAt(sub.due)
}

func (s *Session) cancelAccountUpdatesMulti(m *protobuf.CancelAccountUpdatesMulti) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.accounts.multis, int(m.GetReqId()))
}
