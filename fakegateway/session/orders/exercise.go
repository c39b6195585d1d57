package session

import (
	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/exchange"
	"ibsoak/internal/wire"
)

func init() {
	serve(map[wire.Kind]handler{wire.ExerciseOptions: on((*Session).exerciseOptions)})
}

// exerciseOptions exercises long options or lets them lapse. It uses up an order id, and answers as
// an order does that fills.
func (s *Session) exerciseOptions(m *protobuf.ExerciseOptionsRequest) {
	id := int(m.GetOrderId())
	if s.login.readOnly() {
		s.fail(id, codeReadOnly, textReadOnly)
		return
	}
	i, bad := s.only(m.GetContract())
	account := m.GetAccount()
	if bad == nil && account == "" {
		account, bad = s.orderAccount(&protobuf.Order{})
	}
	if bad != nil {
		s.fail(id, bad.code, bad.text)
		return
	}
	_, err := s.login.exchange.Exercise(s.conn.Now(), exchange.ExerciseRequest{
		ClientID: s.clientID, OrderID: id, Account: account, Instrument: i,
		Action: exchange.Exercised(m.GetExerciseAction()), Quantity: int64(m.GetExerciseQuantity()),
		Override: m.GetOverride(),
		Echo:     &protobuf.PlaceOrderRequest{OrderId: m.OrderId, Contract: m.GetContract()},
	})
	s.reject(id, err)
}
