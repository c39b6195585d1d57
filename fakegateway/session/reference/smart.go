package reference

import (
	"fmt"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

// ReqSmartComponents gives the exchanges behind a name from tickReqParams.
func (s *Session) ReqSmartComponents(m *protobuf.SmartComponentsRequest) {
	id := int(m.GetReqId())
	components, ok := market.SmartComponents(m.GetBboExchange())
	if !ok {
		s.client.Refuse(id, client.Invalid("Invalid BBO exchange/security type code"))
		return
	}
	answer := &protobuf.SmartComponents{ReqId: client.Num(id)}
	for _, c := range components {
		answer.SmartComponents = append(answer.SmartComponents, &protobuf.SmartComponent{
			BitNumber: client.Num(c.Bit), Exchange: proto.String(c.Exchange),
			ExchangeLetter: proto.String(c.Letter),
		})
	}
	s.client.Send(wire.SmartComponents, answer)
}

// ReqMarketRule gives the price increments behind an id from contract details.
func (s *Session) ReqMarketRule(m *protobuf.MarketRuleRequest) {
	rule := int(m.GetMarketRuleId())
	increments, ok := market.MarketRule(rule)
	if !ok {
		s.client.Refuse(client.NoRequest, client.Invalid(fmt.Sprintf("Market rule %d is not known", rule)))
		return
	}
	answer := &protobuf.MarketRule{MarketRuleId: client.Num(rule)}
	for _, i := range increments {
		answer.PriceIncrements = append(answer.PriceIncrements, &protobuf.PriceIncrement{
			LowEdge:   proto.Float64(client.PriceOf(i.LowEdge)),
			Increment: proto.Float64(client.PriceOf(i.Increment)),
		})
	}
	s.client.Send(wire.MarketRule, answer)
}
