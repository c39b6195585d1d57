package orders

import (
	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/client"
)

// ExerciseOptions exercises long options or lets them lapse. It uses up an order id, and answers as
// an order does that fills.
func (s *Session) ExerciseOptions(m *protobuf.ExerciseOptionsRequest) {
	id := int(m.GetOrderId())
	if s.login.window.ReadOnly() {
		s.client.Refuse(id, client.ReadOnly)
		return
	}
	i, bad := s.contracts.Only(m.GetContract())
	account := m.GetAccount()
	if bad == nil && account == "" {
		account, bad = s.orderAccount(&protobuf.Order{})
	}
	if bad != nil {
		s.client.Refuse(id, bad)
		return
	}
	_, err := s.login.exchange.Exercise(s.client.Now(), exchange.ExerciseRequest{
		ClientID: s.client.ID(), OrderID: id, Account: account, Instrument: i,
		Action: exchange.Exercised(m.GetExerciseAction()), Quantity: int64(m.GetExerciseQuantity()),
		Override: m.GetOverride(),
		Echo:     &protobuf.PlaceOrderRequest{OrderId: m.OrderId, Contract: m.GetContract()},
	})
	s.reject(id, err)
}
