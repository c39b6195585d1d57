package reference

import (
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

// ReqSecDefOptParams lists the options on an instrument: a message for each exchange and class, and
// the end.
func (s *Session) ReqSecDefOptParams(m *protobuf.SecDefOptParamsRequest) {
	id := int(m.GetReqId())
	under, ok := s.exchange.Market().Lookup(int(m.GetUnderlyingConId()))
	if !ok || under.Symbol != m.GetUnderlyingSymbol() ||
		string(under.SecType) != m.GetUnderlyingSecType() {
		s.client.Fail(id, client.CodeNoSecurity, client.TextNoSecurity)
		return
	}
	for _, c := range s.exchange.Market().Chain(under, s.client.Now()) {
		if venue := m.GetFutFopExchange(); venue != "" && venue != c.Exchange {
			continue
		}
		row := &protobuf.SecDefOptParameter{
			ReqId: client.Num(id), Exchange: proto.String(c.Exchange), UnderlyingConId: client.Num(c.UnderConID),
			TradingClass: proto.String(c.TradingClass), Multiplier: proto.String(client.Whole(c.Multiplier)),
			Expirations: c.Expirations,
		}
		for _, strike := range c.Strikes {
			row.Strikes = append(row.Strikes, client.PriceOf(strike))
		}
		s.client.Send(wire.SecurityDefinitionOptionParameter, row)
	}
	s.client.Send(wire.SecurityDefinitionOptionParameterEnd,
		&protobuf.SecDefOptParameterEnd{ReqId: client.Num(id)})
}
