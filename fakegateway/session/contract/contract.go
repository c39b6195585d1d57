package contract

import (
	"fmt"
	"strconv"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
)

const (
	textNoSecType = "Please enter a valid security type"
	textNoSymbol  = "Please enter a symbol or a local symbol or a security ID"
)

// USD and SMART are what most requests name.
const (
	USD   = "USD"
	SMART = "SMART"
)

// Finder finds what a client's contracts mean.
type Finder struct {
	Client   *client.Client
	Exchange *exchange.Exchange
}

// secTypes are the security types that IBKR's API knows. Of some there are no instruments here.
var secTypes = map[string]bool{
	"STK": true, "OPT": true, "FUT": true, "CONTFUT": true, "CASH": true, "IND": true, "BOND": true,
	"CFD": true, "CRYPTO": true, "FOP": true, "WAR": true, "IOPT": true, "FUND": true, "CMDTY": true,
	"NEWS": true, "BAG": true, "BILL": true, "FIXED": true, "SLB": true, "BSK": true, "ICU": true,
	"ICS": true, "EC": true, "FUT+CONTFUT": true, "PDC": true,
}

// Find lists the instruments that a client's contract can mean, or says with which error a Gateway
// refuses it: 321 for one that names nothing, 200 when nothing matches.
func (f Finder) Find(c *protobuf.Contract) ([]market.Instrument, *client.Refusal) {
	named := c.GetConId() != 0 || c.GetSecId() != "" || c.GetIssuerId() != ""
	switch {
	case !named && !secTypes[c.GetSecType()]:
		return nil, client.Invalid(textNoSecType)
	case !named && c.GetSymbol() == "" && c.GetLocalSymbol() == "":
		return nil, client.Invalid(textNoSymbol)
	}
	q, ok := queryOf(c)
	if !ok {
		return nil, client.Refused(client.CodeNoSecurity, client.TextNoSecurity)
	}
	found := f.Exchange.Market().Find(f.Client.Now(), q)
	if len(found) == 0 {
		return nil, client.Refused(client.CodeNoSecurity, client.TextNoSecurity)
	}
	return found, nil
}

// Only finds the one instrument that a client's contract names; error 200 says that it is
// ambiguous.
func (f Finder) Only(c *protobuf.Contract) (market.Instrument, *client.Refusal) {
	found, r := f.Find(c)
	switch {
	case r != nil:
		return market.Instrument{}, r
	case len(found) > 1:
		return market.Instrument{}, client.Refused(client.CodeNoSecurity, fmt.Sprintf(
			"The contract description specified for %s is ambiguous; you must specify the multiplier "+
				"or trading class.", found[0].Symbol))
	}
	return found[0], nil
}

// Instrument finds the one instrument that a request's contract names, or refuses the request.
func (f Finder) Instrument(id int, c *protobuf.Contract) (market.Instrument, bool) {
	i, r := f.Only(c)
	if r != nil {
		f.Client.Refuse(id, r)
	}
	return i, r == nil
}

// Lookup finds the one instrument that a client's contract names.
func (f Finder) Lookup(c *protobuf.Contract) (market.Instrument, bool) {
	i, r := f.Only(c)
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

// Of is an instrument as Gateways write it in orders and executions, at a venue.
func Of(i market.Instrument, venue string) *protobuf.Contract {
	c := &protobuf.Contract{
		ConId: client.Num(i.ConID), SecType: proto.String(string(i.SecType)), Strike: client.Float(i.Strike),
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

// Held is an instrument as Gateways write it in positions: with the listing of a stock,
// and without an exchange for all else.
func Held(i market.Instrument) *protobuf.Contract {
	return Of(i, i.PrimaryExchange)
}

// Listing is where an instrument is listed, or where it trades if it is listed nowhere. It is also
// the exchange of an execution.
func Listing(i market.Instrument) string {
	if i.PrimaryExchange != "" {
		return i.PrimaryExchange
	}
	return i.Exchange
}
