package session

import (
	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

// waitingRequests bounds the requests of one client that wait for the end of an outage; later ones
// get 2110.
const waitingRequests = 1024

const codeOrderRejected = 201

// textDifferentIP is the answer to requests for history while another session is on.
const textDifferentIP = client.TextHistory + "Trading TWS session is connected from a different IP address"

// interrupted answers a request in the Gateway's present trouble. It reports false when the request
// is to be handled as always.
func (s *Session) interrupted(m wire.Message) bool {
	what := requests[m.Kind].needs
	if what == local {
		return false
	}
	u := &s.login.upstream
	u.mu.Lock()
	lost, competing := u.lost, u.competing
	u.mu.Unlock()
	switch {
	case lost:
		s.outage(m, what)
		return true
	case competing && what == needsQuotes:
		s.client.Fail(int(RequestID(m.Body)), codeCompeting, textCompeting)
		return true
	case competing && what == needsHistory:
		s.client.Fail(int(RequestID(m.Body)), client.CodeHistory, textDifferentIP)
		return true
	}
	return false
}

// outage is a request that cannot be served before the connection is restored.
func (s *Session) outage(m wire.Message, what need) {
	id := int(RequestID(m.Body))
	switch {
	case m.Kind == wire.PlaceOrder && s.login.cfg.NoResubmit:
		s.client.Fail(id, codeOrderRejected, "Order rejected - reason:"+textBroken)
	case what == needsOrders && len(s.waiting) < waitingRequests:
		s.waiting = append(s.waiting, m)
	case what == needsOrders:
		s.client.Fail(id, brokenNotice.Code, brokenNotice.Text)
	case s.login.cfg.SilentOutage:
	default:
		s.client.Fail(client.NoRequest, brokenNotice.Code, brokenNotice.Text)
		s.refuseInOutage(m, what, id)
	}
}

// refuseInOutage ends a request whose error in an outage is known.
func (s *Session) refuseInOutage(m wire.Message, what need, id int) {
	switch what {
	case needsHistory:
		text := client.TextHistory + "HMDS query returned no data"
		if r, ok := m.Body.(*protobuf.HistoricalDataRequest); ok {
			text += ": " + r.GetContract().GetSymbol() + "@" + r.GetContract().GetExchange() + " " +
				r.GetWhatToShow()
		}
		s.client.Fail(id, client.CodeHistory, text)
	case needsContracts:
		s.client.Fail(id, client.CodeNoSecurity, client.TextNoSecurity)
	case local, needsOrders, needsQuotes:
	}
}

// Waits reports whether requests wait for the end of an outage. The connection's loop calls it.
func (s *Session) Waits() bool { return len(s.waiting) > 0 }

// Resume handles the requests that waited, in their order, when the connection to IBKR's servers
// is back. The connection's loop calls it.
func (s *Session) Resume() {
	for len(s.waiting) > 0 && !s.login.upstream.isLost() {
		m := s.waiting[0]
		s.waiting = s.waiting[1:]
		s.dispatch(m)
	}
}
