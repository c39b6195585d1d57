package fakegateway

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

// start answers START_API in the order captured from a Gateway at 225: the client's own open
// orders and their end if there are any, accounts, next order id, farm notices. It returns false,
// after error 326, when another session has the client id: the connection is then to be closed.
func (s *session) start(m wire.Message) (ok bool) {
	id := clientID(m)
	s.clientID = id
	if !s.srv.sessions.claim(id, s, s.conn.Now()) {
		s.fail(noRequest, codeIDInUse, textIDInUse)
		return false
	}
	s.srv.exchange.View(s.conn.Now(), func(v *exchange.View) {
		if s.srv.ordersOnConnect() && s.sendOpenOrders(v, s.owns) > 0 {
			s.send(wire.OpenOrderEnd, &protobuf.OpenOrdersEnd{})
		}
		s.sendManagedAccounts()
		s.sendNextValidID(v)
		for _, n := range s.srv.upstream.notices() {
			s.fail(noRequest, n.Code, n.Text)
		}
		s.mu.Lock()
		s.live = true
		s.mu.Unlock()
	})
	return true
}

// repeatedStart is START_API on a session that has started.
func (s *session) repeatedStart(*protobuf.StartApiRequest) {
	s.fail(noRequest, codeValidating, validating("The API has already been started"))
}

func (s *session) sendManagedAccounts() {
	list := strings.Join(s.srv.cfg.loginAccounts(), ",")
	if lies := s.srv.cfg.ManagedAccounts; len(lies) > 0 {
		list = lies[min(s.ordinal, len(lies))-1]
	}
	s.send(wire.ManagedAccounts, &protobuf.ManagedAccounts{AccountsList: proto.String(list)})
}

func (s *session) sendNextValidID(v *exchange.View) {
	id := v.NextOrderID(s.clientID)
	if s.claim > 1 {
		id = max(1, id-s.srv.cfg.RollBackIDs)
	}
	s.send(wire.NextValidID, &protobuf.NextValidId{OrderId: num(id)})
}
