package session

import (
	"strings"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

// Start answers the START_API of a client id in the order captured from a Gateway at 225: the
// client's own open orders and their end if there are any, accounts, next order id, farm notices.
// It returns false, after error 326, when another session has the client id: the connection is then
// to be closed.
func (s *Session) Start(clientID int) (ok bool) {
	s.client.Identify(clientID)
	if !s.login.ids.claim(clientID, s, s.client.Now()) {
		s.client.Fail(client.NoRequest, wire.CodeClientIDInUse, wire.TextClientIDInUse)
		return false
	}
	s.login.exchange.View(s.client.Now(), func(v *exchange.View) {
		if s.login.window.OrdersOnConnect() {
			s.orders.SendOwnOpenOrders(v)
		}
		s.sendManagedAccounts()
		s.sendNextValidID(v)
		for _, n := range s.login.upstream.notices() {
			s.Notify(n)
		}
		s.client.Lock()
		s.live = true
		s.client.Unlock()
	})
	return true
}

// repeatedStart is START_API on a session that has started.
func (s *Session) repeatedStart(*protobuf.StartApiRequest) {
	s.client.Refuse(client.NoRequest, client.Invalid("The API has already been started"))
}

func (s *Session) sendManagedAccounts() {
	list := strings.Join(s.login.advisor.AllAccounts(), ",")
	if texts := s.login.cfg.ManagedAccounts; len(texts) > 0 {
		list = texts[min(s.ordinal, len(texts))-1]
	}
	s.client.Send(wire.ManagedAccounts, &protobuf.ManagedAccounts{AccountsList: proto.String(list)})
}

func (s *Session) sendNextValidID(v *exchange.View) {
	id := v.NextOrderID(s.client.ID())
	if s.claim > 1 {
		id = max(1, id-s.login.cfg.RollBackIDs)
	}
	s.client.Send(wire.NextValidID, &protobuf.NextValidId{OrderId: client.Num(id)})
}
