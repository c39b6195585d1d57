package marketdata

import (
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

// customOption is the tick of what a client had calculated.
const customOption = 53

// CalculateImpliedVolatility gives the volatility at which an option is worth a price.
func (s *Session) CalculateImpliedVolatility(m *protobuf.CalculateImpliedVolatilityRequest) {
	id := int(m.GetReqId())
	i, ok := s.option(id, m.GetContract())
	if !ok {
		return
	}
	g, ok := s.login.exchange.Market().ImpliedVolatility(
		i, s.client.Now(), m.GetOptionPrice(), m.GetUnderPrice())
	if !ok || !isPrice(m.GetOptionPrice()) || !isPrice(m.GetUnderPrice()) {
		s.client.Send(wire.TickOptionComputation, unknownComputation(id, customOption))
		return
	}
	g.Price = m.GetOptionPrice()
	s.client.Send(wire.TickOptionComputation, computation(id, customOption, g))
}

// CalculateOptionPrice gives what an option is worth at a volatility.
func (s *Session) CalculateOptionPrice(m *protobuf.CalculateOptionPriceRequest) {
	id := int(m.GetReqId())
	i, ok := s.option(id, m.GetContract())
	if !ok {
		return
	}
	g, ok := s.login.exchange.Market().OptionPrice(
		i, s.client.Now(), m.GetVolatility(), m.GetUnderPrice())
	if !ok || !isPrice(m.GetUnderPrice()) {
		s.client.Send(wire.TickOptionComputation, unknownComputation(id, customOption))
		return
	}
	s.client.Send(wire.TickOptionComputation, computation(id, customOption, g))
}

// isPrice refuses what a client may send as a price and what none is: infinite and unset ones.
func isPrice(p float64) bool {
	const most = 1e12
	return p > 0 && p < most
}

// option finds the option of a request, or answers it with an error.
func (s *Session) option(id int, c *protobuf.Contract) (market.Instrument, bool) {
	i, ok := s.contracts.Instrument(id, c)
	if ok && !i.SecType.IsOption() {
		s.client.Refuse(id, client.Invalid("The contract is not an option"))
	}
	return i, ok && i.SecType.IsOption()
}

// priceBased says that a volatility is one of prices, not of returns.
const priceBased = 1

func computation(id, tick int, g market.Greeks) *protobuf.TickOptionComputation {
	return &protobuf.TickOptionComputation{
		ReqId: client.Num(id), TickType: client.Num(tick), TickAttrib: client.Num(priceBased),
		ImpliedVol: &g.ImpliedVolatility, Delta: &g.Delta, OptPrice: &g.Price,
		PvDividend: &g.PVDividend, Gamma: &g.Gamma, Vega: &g.Vega, Theta: &g.Theta,
		UndPrice: &g.UnderPrice,
	}
}

// unknownComputation is what could not be computed: IBKR writes -1 for values that cannot be
// negative and -2 for the others.
func unknownComputation(id, tick int) *protobuf.TickOptionComputation {
	return &protobuf.TickOptionComputation{
		ReqId: client.Num(id), TickType: client.Num(tick), TickAttrib: client.Num(priceBased),
		ImpliedVol: proto.Float64(-1), Delta: proto.Float64(-2), OptPrice: proto.Float64(-1),
		PvDividend: proto.Float64(-1), Gamma: proto.Float64(-2), Vega: proto.Float64(-2),
		Theta: proto.Float64(-2), UndPrice: proto.Float64(-1),
	}
}
