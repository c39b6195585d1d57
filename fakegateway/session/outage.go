package session

import (
	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// waitingRequests bounds the requests of one client that wait for the end of an outage; later ones
// get 2110.
const waitingRequests = 1024

// need is what of IBKR's a request cannot do without.
type need uint8

const (
	needsNothing need = iota // the Gateway answers by itself
	needsOrders              // orders and books: it waits until the connection is restored
	needsQuotes              // live market data
	needsHistory
	needsContracts
)

// needs are the requests that an outage or a competing session changes.
var needs = map[wire.Kind]need{
	wire.PlaceOrder: needsOrders, wire.CancelOrder: needsOrders, wire.ReqGlobalCancel: needsOrders,
	wire.ExerciseOptions: needsOrders,
	wire.ReqOpenOrders:   needsOrders, wire.ReqAllOpenOrders: needsOrders,
	wire.ReqCompletedOrders: needsOrders, wire.ReqExecutions: needsOrders,
	wire.ReqPositions: needsOrders, wire.ReqPositionsMulti: needsOrders,
	wire.ReqAccountSummary: needsOrders, wire.ReqAccountUpdatesMulti: needsOrders,
	wire.ReqAccountUpdates: needsOrders, wire.ReqPnL: needsOrders, wire.ReqPnLSingle: needsOrders,

	wire.ReqMktData: needsQuotes, wire.ReqMktDepth: needsQuotes,
	wire.ReqTickByTickData: needsQuotes, wire.ReqRealTimeBars: needsQuotes,
	wire.CalculateImpliedVolatility: needsQuotes, wire.CalculateOptionPrice: needsQuotes,

	wire.ReqHistoricalData: needsHistory, wire.ReqHeadTimestamp: needsHistory,
	wire.ReqHistogramData: needsHistory, wire.ReqHistoricalTicks: needsHistory,

	wire.ReqContractDetails: needsContracts, wire.ReqMatchingSymbols: needsContracts,
	wire.ReqSecDefOptParams: needsContracts,
}

const codeOrderRejected = 201

// textDifferentIP is the answer to requests for history while another session is on.
const textDifferentIP = textHistory + "Trading TWS session is connected from a different IP address"

// interrupted answers a request in the Gateway's present trouble. It reports false when the request
// is to be handled as always.
func (s *Session) interrupted(m wire.Message) bool {
	what := needs[m.Kind]
	if what == needsNothing {
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
		s.fail(int(RequestID(m.Body)), codeCompeting, textCompeting)
		return true
	case competing && what == needsHistory:
		s.fail(int(RequestID(m.Body)), codeHistory, textDifferentIP)
		return true
	}
	return false
}

// outage is a request that cannot be served before the connection is restored.
func (s *Session) outage(m wire.Message, what need) {
	id := int(RequestID(m.Body))
	switch {
	case m.Kind == wire.PlaceOrder && s.login.cfg.NoResubmit:
		s.fail(id, codeOrderRejected, "Order rejected - reason:"+textBroken)
	case what == needsOrders && len(s.waiting) < waitingRequests:
		s.waiting = append(s.waiting, m)
	case what == needsOrders:
		s.fail(id, brokenNotice.Code, brokenNotice.Text)
	case s.login.cfg.SilentOutage:
	default:
		s.fail(noRequest, brokenNotice.Code, brokenNotice.Text)
		s.refuseInOutage(m, what, id)
	}
}

// refuseInOutage ends a request whose error in an outage is known.
func (s *Session) refuseInOutage(m wire.Message, what need, id int) {
	switch what {
	case needsHistory:
		text := textHistory + "HMDS query returned no data"
		if r, ok := m.Body.(*protobuf.HistoricalDataRequest); ok {
			text += ": " + r.GetContract().GetSymbol() + "@" + r.GetContract().GetExchange() + " " +
				r.GetWhatToShow()
		}
		s.fail(id, codeHistory, text)
	case needsContracts:
		s.fail(id, codeNoSecurity, textNoSecurity)
	case needsNothing, needsOrders, needsQuotes:
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
