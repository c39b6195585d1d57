package session

import (
	"fmt"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqSmartComponents: on((*Session).reqSmartComponents),
		wire.ReqMarketRule:      on((*Session).reqMarketRule),
	})
}

// bboExchange names the exchanges whose quotes are joined in an instrument's: only those of stocks
// are.
func bboExchange(i market.Instrument) string {
	if i.SecType == market.Stock {
		return market.BBOExchange
	}
	return ""
}

// reqSmartComponents gives the exchanges behind a name from tickReqParams.
func (s *Session) reqSmartComponents(m *protobuf.SmartComponentsRequest) {
	id := int(m.GetReqId())
	components, ok := market.SmartComponents(m.GetBboExchange())
	if !ok {
		s.refuse(id, refuse("Invalid BBO exchange/security type code"))
		return
	}
	answer := &protobuf.SmartComponents{ReqId: num(id)}
	for _, c := range components {
		answer.SmartComponents = append(answer.SmartComponents, &protobuf.SmartComponent{
			BitNumber: num(c.Bit), Exchange: proto.String(c.Exchange),
			ExchangeLetter: proto.String(c.Letter),
		})
	}
	s.send(wire.SmartComponents, answer)
}

// reqMarketRule gives the price increments behind an id from contract details.
func (s *Session) reqMarketRule(m *protobuf.MarketRuleRequest) {
	rule := int(m.GetMarketRuleId())
	increments, ok := market.MarketRule(rule)
	if !ok {
		s.refuse(noRequest, refuse(fmt.Sprintf("Market rule %d is not known", rule)))
		return
	}
	answer := &protobuf.MarketRule{MarketRuleId: num(rule)}
	for _, i := range increments {
		answer.PriceIncrements = append(answer.PriceIncrements, &protobuf.PriceIncrement{
			LowEdge: proto.Float64(priceOf(i.LowEdge)), Increment: proto.Float64(priceOf(i.Increment)),
		})
	}
	s.send(wire.MarketRule, answer)
}
