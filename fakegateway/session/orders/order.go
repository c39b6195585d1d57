package orders

import (
	"errors"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/client"
)

// PlaceOrder places an order, changes the working order with the same id, or, with whatIf,
// computes what it would do.
func (s *Session) PlaceOrder(m *protobuf.PlaceOrderRequest) {
	id := int(m.GetOrderId())
	if s.login.window.ReadOnly() {
		s.client.Refuse(id, client.ReadOnly)
		return
	}
	r, bad := s.orderRequest(m)
	switch {
	case bad != nil:
		s.client.Refuse(id, bad)
	case m.GetOrder().GetWhatIf():
		s.whatIf(m, r)
	case attaches(m.GetAttachedOrders()):
		s.placeAttached(m.GetAttachedOrders(), r)
	default:
		s.place(r)
	}
}

func (s *Session) place(r exchange.OrderRequest) bool {
	_, err := s.login.exchange.Place(s.client.Now(), r)
	s.reject(r.OrderID, err)
	return err == nil
}

// reject sends a *exchange.Reject, unless its order is in the books: then its events have been sent.
func (s *Session) reject(id int, err error) {
	var r *exchange.Reject
	if errors.As(err, &r) && !r.Recorded {
		s.client.Fail(id, r.Code, r.Text)
	}
}

// CancelOrder cancels an order of this client or, as captured from a Gateway at 200, of any.
func (s *Session) CancelOrder(m *protobuf.CancelOrderRequest) {
	id := int(m.GetOrderId())
	if s.login.window.ReadOnly() {
		s.client.Refuse(id, client.ReadOnly)
		return
	}
	err := s.login.exchange.Cancel(s.client.Now(), s.client.ID(), id, !s.login.cfg.OwnCancelsOnly)
	s.reject(id, err)
}

// ReqGlobalCancel cancels every working order of every client.
func (s *Session) ReqGlobalCancel(*protobuf.GlobalCancelRequest) {
	if s.login.window.ReadOnly() {
		s.client.Refuse(client.NoRequest, client.ReadOnly)
		return
	}
	s.login.exchange.CancelAll(s.client.Now(), s.client.ID())
}
