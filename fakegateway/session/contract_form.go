package session

import (
	"fmt"
	"strconv"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
)

// This file is the one place that turns what a client calls a contract into instruments of the
// market, and an instrument into the contract of an answer.

const (
	textNoSecType = "Please enter a valid security type"
	textNoSymbol  = "Please enter a symbol or a local symbol or a security ID"
)

// secTypes are the security types that IBKR's API knows. Of some there are no instruments here.
var secTypes = map[string]bool{
	"STK": true, "OPT": true, "FUT": true, "CONTFUT": true, "CASH": true, "IND": true, "BOND": true,
	"CFD": true, "CRYPTO": true, "FOP": true, "WAR": true, "IOPT": true, "FUND": true, "CMDTY": true,
	"NEWS": true, "BAG": true, "BILL": true, "FIXED": true, "SLB": true, "BSK": true, "ICU": true,
	"ICS": true, "EC": true, "FUT+CONTFUT": true, "PDC": true,
}

// find lists the instruments that a client's contract can mean, or says with which error a Gateway
// refuses it: 321 for one that names nothing, 200 when nothing matches.
func (s *Session) find(c *protobuf.Contract) ([]market.Instrument, *refusal) {
	named := c.GetConId() != 0 || c.GetSecId() != "" || c.GetIssuerId() != ""
	switch {
	case !named && !secTypes[c.GetSecType()]:
		return nil, refuse(textNoSecType)
	case !named && c.GetSymbol() == "" && c.GetLocalSymbol() == "":
		return nil, refuse(textNoSymbol)
	}
	q, ok := queryOf(c)
	if !ok {
		return nil, &refusal{codeNoSecurity, textNoSecurity}
	}
	found := s.login.exchange.Market().Find(s.conn.Now(), q)
	if len(found) == 0 {
		return nil, &refusal{codeNoSecurity, textNoSecurity}
	}
	return found, nil
}

// only finds the one instrument that a client's contract names; error 200 says that it is
// ambiguous.
func (s *Session) only(c *protobuf.Contract) (market.Instrument, *refusal) {
	found, r := s.find(c)
	switch {
	case r != nil:
		return market.Instrument{}, r
	case len(found) > 1:
		return market.Instrument{}, &refusal{codeNoSecurity, fmt.Sprintf("The contract description "+
			"specified for %s is ambiguous; you must specify the multiplier or trading class.",
			found[0].Symbol)}
	}
	return found[0], nil
}

// instrument finds the one instrument that a request's contract names, or refuses the request.
func (s *Session) instrument(id int, c *protobuf.Contract) (market.Instrument, bool) {
	i, r := s.only(c)
	if r != nil {
		s.fail(id, r.code, r.text)
	}
	return i, r == nil
}

// lookup finds the one instrument that a client's contract names.
func (s *Session) lookup(c *protobuf.Contract) (market.Instrument, bool) {
	i, r := s.only(c)
	return i, r == nil
}

// queryOf asks the market for what a client's contract says. ok is false when a number in it is
// none that an instrument can have.
func queryOf(c *protobuf.Contract) (q market.Query, ok bool) {
	q = market.Query{
		ConID: int(c.GetConId()), Symbol: c.GetSymbol(), SecType: c.GetSecType(),
		LastTradeDateOrMonth: c.GetLastTradeDateOrContractMonth(), Right: c.GetRight(),
		Exchange: c.GetExchange(), PrimaryExchange: c.GetPrimaryExch(), Currency: c.GetCurrency(),
		LocalSymbol: c.GetLocalSymbol(), TradingClass: c.GetTradingClass(),
		SecIDType: c.GetSecIdType(), SecID: c.GetSecId(), IncludeExpired: c.GetIncludeExpired(),
	}
	if strike := c.GetStrike(); strike != 0 {
		d, err := decimal.NewFromFloat64(strike)
		if err != nil {
			return q, false
		}
		q.Strike = &d
	}
	if m := c.GetMultiplier(); m != 0 {
		q.Multiplier = strconv.FormatFloat(m, 'f', -1, 64)
	}
	return q, true
}

// contractOf is an instrument as Gateways write it in orders and executions, at a venue.
func contractOf(i market.Instrument, venue string) *protobuf.Contract {
	c := &protobuf.Contract{
		ConId: num(i.ConID), SecType: proto.String(string(i.SecType)), Strike: float(i.Strike),
		Currency: proto.String(i.Currency), LocalSymbol: proto.String(i.LocalSymbol),
	}
	for _, f := range []struct {
		field **string
		text  string
	}{
		{&c.Symbol, i.Symbol},
		{&c.Exchange, venue},
		{&c.Right, i.Right},
		{&c.TradingClass, tradingClass(i)},
		{&c.LastTradeDateOrContractMonth, i.LastTradeDate},
	} {
		if f.text != "" {
			*f.field = proto.String(f.text)
		}
	}
	if i.Multiplier > 1 && i.SecType != market.Bond {
		c.Multiplier = proto.Float64(float64(i.Multiplier))
	}
	return c
}

// tradingClass is left out of an index, as captured.
func tradingClass(i market.Instrument) string {
	if i.SecType == market.Index {
		return ""
	}
	return i.TradingClass
}

// heldContract is an instrument as Gateways write it in positions: with the listing of a stock,
// and without an exchange for all else.
func heldContract(i market.Instrument) *protobuf.Contract {
	return contractOf(i, i.PrimaryExchange)
}
