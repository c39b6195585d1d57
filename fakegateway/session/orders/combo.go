package orders

import (
	"fmt"
	"strings"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/contract"
)

// traded finds what an order's contract names: an instrument, or a combination and its legs.
func (s *Session) traded(c *protobuf.Contract) (market.Instrument, []exchange.Leg, *client.Refusal) {
	if !contract.IsCombo(c) {
		i, bad := s.ordered(c)
		return i, nil, bad
	}
	if len(c.GetComboLegs()) == 0 {
		return market.Instrument{}, nil, client.Invalid(contract.TextNoLegs)
	}
	legs, bad := s.contracts.Legs(c)
	if bad != nil {
		return market.Instrument{}, nil, bad
	}
	return exchange.ComboOf(c.GetSymbol(), legs), legs, nil
}

// orderContract is the contract of an order, with the legs of a combination as its client wrote
// them and IBKR's short description of them, "conId|ratio,conId|-ratio".
func orderContract(o exchange.Order) *protobuf.Contract {
	c := contract.Of(o.Instrument, venueOf(o))
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
