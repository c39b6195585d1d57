package session

import (
	"errors"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/exchange"
)

const codeReadOnly = codeValidating

// placeOrder places an order, changes the working order with the same id, or, with whatIf,
// computes what it would do.
func (s *Session) placeOrder(m *protobuf.PlaceOrderRequest) {
	id := int(m.GetOrderId())
	if s.login.readOnly() {
		s.fail(id, codeReadOnly, textReadOnly)
		return
	}
	r, bad := s.orderRequest(m)
	switch {
	case bad != nil:
		s.fail(id, bad.code, bad.text)
	case m.GetOrder().GetWhatIf():
		s.whatIf(m, r)
	case attaches(m.GetAttachedOrders()) && len(r.Legs) > 0:
		s.fail(id, codeUnsupported, textUnsupported)
	case attaches(m.GetAttachedOrders()):
		s.placeAttached(m.GetAttachedOrders(), r)
	default:
		s.place(r)
	}
}

func (s *Session) place(r exchange.OrderRequest) bool {
	_, err := s.login.exchange.Place(s.conn.Now(), r)
	s.reject(r.OrderID, err)
	return err == nil
}

// reject sends a *exchange.Reject, unless its order is in the books: then its events have said so.
func (s *Session) reject(id int, err error) {
	var r *exchange.Reject
	if errors.As(err, &r) && !r.Recorded {
		s.fail(id, r.Code, r.Text)
	}
}

// cancelOrder cancels an order of this client or, as captured from a Gateway at 200, of any.
func (s *Session) cancelOrder(m *protobuf.CancelOrderRequest) {
	id := int(m.GetOrderId())
	if s.login.readOnly() {
		s.fail(id, codeReadOnly, textReadOnly)
		return
	}
	err := s.login.exchange.Cancel(s.conn.Now(), s.clientID, id, !s.login.cfg.OwnCancelsOnly)
	s.reject(id, err)
}

// reqGlobalCancel cancels every working order of every client.
func (s *Session) reqGlobalCancel(*protobuf.GlobalCancelRequest) {
	if s.login.readOnly() {
		s.fail(noRequest, codeReadOnly, textReadOnly)
		return
	}
	s.login.exchange.CancelAll(s.conn.Now(), s.clientID)
}
