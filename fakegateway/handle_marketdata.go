package fakegateway

import (
	"fmt"

	"github.com/scmhub/ibapi/protobuf"
)

// reqMktData is answered as to a login without market data subscriptions.
func (s *session) reqMktData(m *protobuf.MarketDataRequest) {
	id := int(m.GetReqId())
	i, ok := s.lookup(m.GetContract())
	if !ok {
		s.fail(id, codeNoSecurity, textNoSecurity)
		return
	}
	s.fail(id, 10089, fmt.Sprintf("Requested market data requires additional subscription for "+
		"API. See link in 'Market Data Connections' dialog for more details."+
		"Delayed market data is available.%s %s/TOP/ALL", i.Symbol, i.Venue()))
}

// cancelMktData finds nothing to cancel: no request succeeds.
func (s *session) cancelMktData(m *protobuf.CancelMarketData) {
	s.fail(int(m.GetReqId()), 300, fmt.Sprintf("Can't find EId with tickerId:%d", m.GetReqId()))
}
