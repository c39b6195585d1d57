package contract

import (
	"strings"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/client"
)

const codeInvalidLeg = 312

// TextNoLegs is in rust_ib_api #2, from a Gateway at 10.19.
const TextNoLegs = "Security type 'BAG' requires combo leg details."

// IsCombo reports that a client's contract names a combination.
func IsCombo(c *protobuf.Contract) bool { return c.GetSecType() == string(exchange.Combo) }

// Legs finds the legs of a combination. A leg that is sold has a negative ratio.
func (f Finder) Legs(c *protobuf.Contract) ([]exchange.Leg, *client.Refusal) {
	var legs []exchange.Leg
	for _, l := range c.GetComboLegs() {
		i, ok := f.Exchange.Market().Lookup(int(l.GetConId()))
		ratio := int64(l.GetRatio())
		if !ok || ratio < 1 {
			return nil, client.Refused(codeInvalidLeg, "The combo details are invalid.")
		}
		if !strings.EqualFold(l.GetAction(), string(exchange.Buy)) {
			ratio = -ratio
		}
		legs = append(legs, exchange.Leg{ConID: i.ConID, Ratio: ratio, Instrument: i})
	}
	return legs, nil
}
