package orders

import (
	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/client"
)

// Deliver sends the client an event of an order, if the event is for it. It runs under the
// exchange's lock and the client's.
func (s *Session) Deliver(v *exchange.View, e exchange.Event) {
	if e.Kind == exchange.OrderNotice {
		if s.owns(e.Order) || e.By == s.client.ID() {
			s.client.Fail(e.Order.OrderID, e.Code, e.Text)
		}
		return
	}
	if !s.receives(e) {
		return
	}
	switch e.Kind { //nolint:exhaustive // the others are not about orders
	case exchange.OrderChanged:
		s.sendOpenOrder(e.Order)
		s.sendOrderStatus(e.Order, e.Order.ClientID)
	case exchange.StatusChanged:
		s.sendOrderStatus(e.Order, s.statusClient(e))
	case exchange.Bound:
		s.sendOrderBound(e.Order)
	case exchange.Executed:
		s.sendExecution(client.NoRequest, *e.Execution)
	case exchange.Commissioned:
		s.commissioned(v, e)
	}
}

// receives reports whether an order's events are for this client: the one that placed it, the one
// whose request caused them, client 0 and the master client.
//
// Of an order that no client has placed, client 0 and a client whose exercise has caused it get the
// fills only.
func (s *Session) receives(e exchange.Event) bool {
	if s.client.ID() != 0 && s.client.ID() == s.login.window.MasterClient() {
		return true
	}
	if unbound(e.Order) {
		return (s.client.ID() == 0 || e.By == s.client.ID()) && e.Execution != nil
	}
	return s.owns(e.Order) || e.By == s.client.ID() || s.client.ID() == 0
}

func (s *Session) owns(o exchange.Order) bool { return o.ClientID == s.client.ID() && !unbound(o) }

// unbound is an order that was placed by hand and has no order id.
func unbound(o exchange.Order) bool { return o.Manual && o.OrderID == 0 }

// statusClient is the client id in an orderStatus. A client that cancels somebody else's order
// reads its own id there: captured from a Gateway at 200.
func (s *Session) statusClient(e exchange.Event) int {
	if e.By == s.client.ID() {
		return s.client.ID()
	}
	return e.Order.ClientID
}

func (s *Session) commissioned(v *exchange.View, e exchange.Event) {
	if s.login.cfg.RepeatFilled && e.Order.Status == exchange.Filled {
		s.sendOpenOrder(e.Order)
		s.sendOrderStatus(e.Order, e.Order.ClientID)
	}
	s.sendCommission(*e.Execution, v.Now())
	s.awaitCommission(v, *e.Execution)
}
