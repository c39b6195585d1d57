package account

import (
	"fmt"
	"slices"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

// multiSub is an active reqAccountUpdatesMulti.
type multiSub struct {
	scope      scope
	ledgerOnly bool
	due        time.Time
	sent       map[value]bool
}

// ReqAccountUpdatesMulti sends an account's values and their end, then changes until cancelled.
func (s *Session) ReqAccountUpdatesMulti(m *protobuf.AccountUpdatesMultiRequest) {
	id := int(m.GetReqId())
	c, ok := s.scope(id, m.GetAccount())
	if !ok || !s.noModel(id, m.GetModelCode()) {
		return
	}
	s.client.Lock()
	known := s.multis[id] != nil
	s.client.Unlock()
	if known {
		s.client.Fail(id, client.CodeProcessing, client.TextDuplicateTicker)
		return
	}
	sub := &multiSub{scope: c, ledgerOnly: m.GetLedgerAndNLV()}
	s.login.exchange.View(s.client.Now(), func(v *exchange.View) {
		s.client.Lock()
		defer s.client.Unlock()
		s.multis[id] = sub
		s.sendMulti(v, id, sub)
		s.client.Send(wire.AccountUpdateMultiEnd, &protobuf.AccountUpdateMultiEnd{ReqId: client.Num(id)})
	})
}

// noModel refuses a model portfolio: no account here has one.
func (s *Session) noModel(id int, model string) bool {
	if model == "" {
		return true
	}
	s.client.Refuse(id, client.Invalid(fmt.Sprintf(textNoModel, model)))
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
		s.client.Send(wire.AccountUpdateMulti, &protobuf.AccountUpdateMulti{
			ReqId: client.Num(id), Account: proto.String(row.account), Key: proto.String(row.key),
			Value: proto.String(row.value), Currency: currencyField(row),
		})
	}
	sub.due = v.Now().Add(accountEvery)
	v.WakeAt(sub.due)
}

func (s *Session) CancelAccountUpdatesMulti(m *protobuf.CancelAccountUpdatesMulti) {
	s.client.Lock()
	defer s.client.Unlock()
	delete(s.multis, int(m.GetReqId()))
}
