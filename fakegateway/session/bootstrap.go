package session

import (
	"strings"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/internal/wire"
)

const (
	codeIDInUse = 326
	textIDInUse = "Unable to connect as the client id is already in use. " +
		"Retry with a unique client id."
)

// Start answers the START_API of a client id in the order captured from a Gateway at 225: the
// client's own open orders and their end if there are any, accounts, next order id, farm notices.
// It returns false, after error 326, when another session has the client id: the connection is then
// to be closed.
func (s *Session) Start(clientID int) (ok bool) {
	s.clientID = clientID
	if !s.login.sessions.claim(clientID, s, s.conn.Now()) {
		s.fail(noRequest, codeIDInUse, textIDInUse)
		return false
	}
	s.login.exchange.View(s.conn.Now(), func(v *exchange.View) {
		if s.login.ordersOnConnect() && s.sendOpenOrders(v, s.owns) > 0 {
			s.send(wire.OpenOrderEnd, &protobuf.OpenOrdersEnd{})
		}
		s.sendManagedAccounts()
		s.sendNextValidID(v)
		for _, n := range s.login.upstream.notices() {
			s.Notify(n)
		}
		s.mu.Lock()
		s.live = true
		s.mu.Unlock()
	})
	return true
}

// repeatedStart is START_API on a session that has started.
func (s *Session) repeatedStart(*protobuf.StartApiRequest) {
	s.fail(noRequest, codeValidating, validating("The API has already been started"))
}

func (s *Session) sendManagedAccounts() {
	list := strings.Join(s.login.allAccounts(), ",")
	if lies := s.login.cfg.ManagedAccounts; len(lies) > 0 {
		list = lies[min(s.ordinal, len(lies))-1]
	}
	s.send(wire.ManagedAccounts, &protobuf.ManagedAccounts{AccountsList: proto.String(list)})
}

func (s *Session) sendNextValidID(v *exchange.View) {
	id := v.NextOrderID(s.clientID)
	if s.claim > 1 {
		id = max(1, id-s.login.cfg.RollBackIDs)
	}
	s.send(wire.NextValidID, &protobuf.NextValidId{OrderId: num(id)})
}
