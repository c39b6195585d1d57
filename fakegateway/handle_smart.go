package fakegateway

import (
	"fmt"
	"strings"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqSmartComponents: on((*session).reqSmartComponents),
		wire.ReqMarketRule:      on((*session).reqMarketRule),
	})
}

// bboSuffixes name the security type in a BBO exchange code: "9c0001" is that of US stocks, as
// captured from Gateways at 200 to 225.
var bboSuffixes = map[market.SecType]string{
	market.Stock: "01", market.Option: "02", market.Future: "03", market.Cash: "04",
	market.Index: "05", market.Bond: "06", market.CFD: "01", market.Crypto: "07",
}

const bboPrefix = "9c00"

// bboExchange names the map of the exchanges whose quotes are joined in an instrument's.
func bboExchange(i market.Instrument) string {
	suffix, ok := bboSuffixes[i.SecType]
	if !ok { // a combination
		return ""
	}
	return bboPrefix + suffix
}

// smartVenues are the exchanges of US stocks in the order of their bits, with the letters that the
// consolidated tape gives them.
var smartVenues = []struct{ exchange, letter string }{
	{"AMEX", "A"},
	{"BEX", "B"},
	{"NYSENAT", "C"},
	{"DRCTEDGE", "J"},
	{"EDGEA", "K"},
	{"CHX", "M"},
	{"NYSE", "N"},
	{"ARCA", "P"},
	{"NASDAQ", "Q"},
	{"IEX", "V"},
	{"PSX", "X"},
	{"BYX", "Y"},
	{"BATS", "Z"},
	{"LTSE", "L"},
	{"MEMX", "U"},
	{"PEARL", "H"},
	{"ISE", "I"},
}

// reqSmartComponents gives the exchanges behind a code from tickReqParams. Only US stocks have
// more than one.
func (s *session) reqSmartComponents(m *protobuf.SmartComponentsRequest) {
	id, code := int(m.GetReqId()), m.GetBboExchange()
	suffix, ok := strings.CutPrefix(code, bboPrefix)
	known := false
	for _, of := range bboSuffixes {
		known = known || of == suffix
	}
	if !ok || !known {
		s.refuse(id, refuse("Invalid BBO exchange/security type code"))
		return
	}
	answer := &protobuf.SmartComponents{ReqId: num(id)}
	if suffix == bboSuffixes[market.Stock] {
		for bit, v := range smartVenues {
			answer.SmartComponents = append(answer.SmartComponents, &protobuf.SmartComponent{
				BitNumber: num(bit), Exchange: proto.String(v.exchange),
				ExchangeLetter: proto.String(v.letter),
			})
		}
	}
	s.send(wire.SmartComponents, answer)
}

// reqMarketRule gives the price increments behind an id from contract details.
func (s *session) reqMarketRule(m *protobuf.MarketRuleRequest) {
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
