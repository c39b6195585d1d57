package session

import (
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqSecDefOptParams:               on((*Session).reqSecDefOptParams),
		wire.CalculateImpliedVolatility:       on((*Session).calculateImpliedVolatility),
		wire.CalculateOptionPrice:             on((*Session).calculateOptionPrice),
		wire.CancelCalculateImpliedVolatility: quiet, // the answer is out
		wire.CancelCalculateOptionPrice:       quiet,
	})
}

// reqSecDefOptParams lists the options on an instrument: a message for each exchange and class, and
// the end.
func (s *Session) reqSecDefOptParams(m *protobuf.SecDefOptParamsRequest) {
	id := int(m.GetReqId())
	under, ok := s.login.exchange.Market().Lookup(int(m.GetUnderlyingConId()))
	if !ok || under.Symbol != m.GetUnderlyingSymbol() ||
		string(under.SecType) != m.GetUnderlyingSecType() {
		s.fail(id, codeNoSecurity, textNoSecurity)
		return
	}
	for _, c := range s.login.exchange.Market().Chain(under, s.conn.Now()) {
		if venue := m.GetFutFopExchange(); venue != "" && venue != c.Exchange {
			continue
		}
		row := &protobuf.SecDefOptParameter{
			ReqId: num(id), Exchange: proto.String(c.Exchange), UnderlyingConId: num(c.UnderConID),
			TradingClass: proto.String(c.TradingClass), Multiplier: proto.String(whole(c.Multiplier)),
			Expirations: c.Expirations,
		}
		for _, strike := range c.Strikes {
			row.Strikes = append(row.Strikes, priceOf(strike))
		}
		s.send(wire.SecurityDefinitionOptionParameter, row)
	}
	s.send(wire.SecurityDefinitionOptionParameterEnd, &protobuf.SecDefOptParameterEnd{ReqId: num(id)})
}

// customOption is the tick of what a client had calculated.
const customOption = 53

// calculateImpliedVolatility gives the volatility at which an option is worth a price.
func (s *Session) calculateImpliedVolatility(m *protobuf.CalculateImpliedVolatilityRequest) {
	id := int(m.GetReqId())
	i, ok := s.option(id, m.GetContract())
	if !ok {
		return
	}
	g, ok := s.login.exchange.Market().ImpliedVolatility(
		i, s.conn.Now(), m.GetOptionPrice(), m.GetUnderPrice())
	if !ok || !isPrice(m.GetOptionPrice()) || !isPrice(m.GetUnderPrice()) {
		s.send(wire.TickOptionComputation, unknownComputation(id, customOption))
		return
	}
	g.Price = m.GetOptionPrice()
	s.send(wire.TickOptionComputation, computation(id, customOption, g))
}

// calculateOptionPrice gives what an option is worth at a volatility.
func (s *Session) calculateOptionPrice(m *protobuf.CalculateOptionPriceRequest) {
	id := int(m.GetReqId())
	i, ok := s.option(id, m.GetContract())
	if !ok {
		return
	}
	g, ok := s.login.exchange.Market().OptionPrice(
		i, s.conn.Now(), m.GetVolatility(), m.GetUnderPrice())
	if !ok || !isPrice(m.GetUnderPrice()) {
		s.send(wire.TickOptionComputation, unknownComputation(id, customOption))
		return
	}
	s.send(wire.TickOptionComputation, computation(id, customOption, g))
}

// isPrice refuses what a client may send as a price and what none is: infinite and unset ones.
func isPrice(p float64) bool {
	const most = 1e12
	return p > 0 && p < most
}

// option finds the option of a request, or answers it with an error.
func (s *Session) option(id int, c *protobuf.Contract) (market.Instrument, bool) {
	i, ok := s.instrument(id, c)
	if ok && !i.SecType.IsOption() {
		s.refuse(id, refuse("The contract is not an option"))
	}
	return i, ok && i.SecType.IsOption()
}

// priceBased says that a volatility is one of prices, not of returns.
const priceBased = 1

func computation(id, tick int, g market.Greeks) *protobuf.TickOptionComputation {
	return &protobuf.TickOptionComputation{
		ReqId: num(id), TickType: num(tick), TickAttrib: num(priceBased),
		ImpliedVol: &g.ImpliedVolatility, Delta: &g.Delta, OptPrice: &g.Price,
		PvDividend: &g.PVDividend, Gamma: &g.Gamma, Vega: &g.Vega, Theta: &g.Theta,
		UndPrice: &g.UnderPrice,
	}
}

// unknownComputation is what could not be computed: IBKR writes -1 for values that cannot be
// negative and -2 for the others.
func unknownComputation(id, tick int) *protobuf.TickOptionComputation {
	return &protobuf.TickOptionComputation{
		ReqId: num(id), TickType: num(tick), TickAttrib: num(priceBased),
		ImpliedVol: proto.Float64(-1), Delta: proto.Float64(-2), OptPrice: proto.Float64(-1),
		PvDividend: proto.Float64(-1), Gamma: proto.Float64(-2), Vega: proto.Float64(-2),
		Theta: proto.Float64(-2), UndPrice: proto.Float64(-1),
	}
}
