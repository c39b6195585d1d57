package session

import (
	"fmt"
	"strings"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
)

// traded finds what an order's contract names: an instrument, or a combination and its legs.
func (s *Session) traded(c *protobuf.Contract) (market.Instrument, []exchange.Leg, *refusal) {
	if c.GetSecType() != secTypeCombo {
		i, bad := s.only(c)
		return i, nil, bad
	}
	if len(c.GetComboLegs()) == 0 { // the text is in rust_ib_api #2, from a Gateway at 10.19
		return market.Instrument{}, nil, refuse("Security type 'BAG' requires combo leg details.")
	}
	var legs []exchange.Leg
	for _, l := range c.GetComboLegs() {
		i, ok := s.login.exchange.Market().Lookup(int(l.GetConId()))
		ratio := int64(l.GetRatio())
		if !ok || ratio < 1 {
			return i, nil, &refusal{codeInvalidLeg, "The combo details are invalid."}
		}
		if !strings.EqualFold(l.GetAction(), string(exchange.Buy)) {
			ratio = -ratio
		}
		legs = append(legs, exchange.Leg{ConID: i.ConID, Ratio: ratio, Instrument: i})
	}
	return exchange.ComboOf(c.GetSymbol(), legs), legs, nil
}

// orderContract is the contract of an order, with the legs of a combination as its client wrote
// them and IBKR's short description of them, "conId|ratio,conId|-ratio".
func orderContract(o exchange.Order) *protobuf.Contract {
	c := contractOf(o.Instrument, venueOf(o))
	if len(o.Legs) == 0 {
		return c
	}
	for _, leg := range request(o).GetContract().GetComboLegs() {
		c.ComboLegs = append(c.ComboLegs, proto.CloneOf(leg))
	}
	texts := make([]string, len(o.Legs))
	for n, leg := range o.Legs {
		texts[n] = fmt.Sprintf("%d|%d", leg.ConID, leg.Ratio)
	}
	c.ComboLegsDescrip = proto.String(strings.Join(texts, ","))
	return c
}
