package fakegateway

import (
	"slices"
	"strings"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
)

// This file is the one place that turns what a client calls a contract into an instrument of the
// market, and an instrument into the contract of an answer.

// instrument finds the one instrument that a client's contract names. When there is none, or more
// than one, it answers the request with error 200.
func (s *session) instrument(id int, c *protobuf.Contract) (market.Instrument, bool) {
	i, ok := s.lookup(c)
	if !ok {
		s.fail(id, codeNoSecurity, textNoSecurity)
	}
	return i, ok
}

// lookup finds the instrument that a client's contract names. What is left empty matches.
func (s *session) lookup(c *protobuf.Contract) (market.Instrument, bool) {
	matches := func(have string, want ...string) bool {
		return have == "" || slices.Contains(want, strings.ToUpper(have))
	}
	conID := int(c.GetConId())
	typed := c.GetSecType() != "" || conID != 0 // a contract id says what it is
	if !typed || !matches(c.GetSecType(), secTypeStock) || !matches(c.GetCurrency(), currencyUSD) ||
		!matches(c.GetExchange(), venues...) {
		return market.Instrument{}, false
	}
	symbol := c.GetSymbol()
	if symbol == "" {
		symbol = c.GetLocalSymbol()
	}
	i, ok := s.srv.exchange.Lookup(conID, symbol)
	ok = ok && matches(c.GetLocalSymbol(), i.Symbol) && matches(c.GetTradingClass(), i.TradingClass) &&
		matches(c.GetPrimaryExch(), i.PrimaryExchange, venueAlias(i.PrimaryExchange))
	return i, ok
}

// venueAlias is the older name that clients still use for NASDAQ.
func venueAlias(venue string) string {
	if venue == "NASDAQ" {
		return "ISLAND"
	}
	return venue
}

// contractOf is an instrument as Gateways write it in orders and executions, at a venue.
func contractOf(i market.Instrument, venue string) *protobuf.Contract {
	return &protobuf.Contract{
		ConId: num(i.ConID), Symbol: proto.String(i.Symbol), SecType: proto.String(secTypeStock),
		Strike: proto.Float64(0), Exchange: proto.String(venue),
		Currency: proto.String(currencyUSD), LocalSymbol: proto.String(i.Symbol),
		TradingClass: proto.String(i.TradingClass),
	}
}

// heldContract is an instrument as Gateways write it in positions.
func heldContract(i market.Instrument) *protobuf.Contract {
	return contractOf(i, i.PrimaryExchange)
}
