package session

import (
	"maps"
	"slices"
	"strconv"

	"github.com/govalues/decimal"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
)

// deliver tells the client what it has a right to hear of one event of the exchange. It runs under
// the exchange's lock.
func (s *Session) deliver(v *exchange.View, e exchange.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.live {
		return
	}
	switch e.Kind {
	case exchange.OrderChanged:
		if s.hears(e) {
			s.sendOpenOrder(e.Order)
			s.sendOrderStatus(e.Order, e.Order.ClientID)
		}
	case exchange.StatusChanged:
		if s.hears(e) {
			s.sendOrderStatus(e.Order, s.statusClient(e))
		}
	case exchange.OrderNotice:
		if s.owns(e.Order) || e.By == s.clientID {
			s.fail(e.Order.OrderID, e.Code, e.Text)
		}
	case exchange.Bound:
		if s.hears(e) {
			s.sendOrderBound(e.Order)
		}
	case exchange.Executed:
		if s.hears(e) {
			s.sendExecution(noRequest, *e.Execution)
		}
	case exchange.Commissioned:
		if s.hears(e) {
			s.commissioned(v, e)
		}
	case exchange.Booked:
		s.booked(v, e)
	case exchange.Woken:
		s.wakeCommissions(v)
		s.wakeAccounts(v)
		s.wakeFeeds(v)
	}
}

// hears reports whether an order's events are for this client: the one that placed it, the one
// whose request caused them, client 0 and the master client.
//
// Of an order that no client has placed, client 0 and a client whose exercise has made it hear of
// the fills only.
func (s *Session) hears(e exchange.Event) bool {
	if s.clientID != 0 && s.clientID == s.login.masterClient() {
		return true
	}
	if unbound(e.Order) {
		return (s.clientID == 0 || e.By == s.clientID) && e.Execution != nil
	}
	return s.owns(e.Order) || e.By == s.clientID || s.clientID == 0
}

func (s *Session) owns(o exchange.Order) bool { return o.ClientID == s.clientID && !unbound(o) }

// unbound is an order that was placed by hand and has no order id.
func unbound(o exchange.Order) bool { return o.Manual && o.OrderID == 0 }

// statusClient is the client id in an orderStatus. A client that cancels somebody else's order
// reads its own id there: captured from a Gateway at 200.
func (s *Session) statusClient(e exchange.Event) int {
	if e.By == s.clientID {
		return s.clientID
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

// sortedKeys makes the order of a map's messages the same in every run.
func sortedKeys[V any](m map[int]V) []int {
	if len(m) == 0 { // of most clients, at every wake-up
		return nil
	}
	return slices.Sorted(maps.Keys(m))
}

// whole writes a number of shares as protobuf and text messages carry it.
func whole(n int64) string { return strconv.FormatInt(n, 10) }

// float gives the double that the wire wants; our decimals are far from its limits.
func float(d decimal.Decimal) *float64 {
	f, _ := d.Float64()
	return proto.Float64(f)
}
