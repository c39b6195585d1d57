package orders

import (
	"strconv"
	"strings"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
)

const (
	codeConflict   = 478
	codeExpiryForm = 10330

	textConflict = "Parameters in request conflicts with contract parameters received by contract id: "
	// https://github.com/ib-api-reloaded/ib_async/issues/120
	textExpiryForm = "The expiry date/time format is invalid. The correct format is yyyyMM, " +
		"yyyyMMdd HH:mm:ss <time-zone> (operator or instrument time zone) or " +
		"yyyyMMdd-HH:mm:ss (UTC time zone)."
)

// ordered finds the one instrument that an order's contract names. Beside a contract id, everything
// else that an order says of its contract must be so, or the order has error 478
// (https://github.com/erdewit/ib_insync/issues/693,
// https://github.com/ib-api-reloaded/ib_async/issues/203): other requests are more lenient.
func (s *Session) ordered(c *protobuf.Contract) (market.Instrument, *client.Refusal) {
	expiry := c.GetLastTradeDateOrContractMonth()
	if _, ok := market.ParseExpiry(expiry); expiry != "" && !ok {
		return market.Instrument{}, client.Refused(codeExpiryForm, textExpiryForm)
	}
	if c.GetConId() != 0 {
		i, known := s.login.exchange.Market().Lookup(int(c.GetConId()))
		if conflicts := conflicts(c, i); known && conflicts != "" {
			return i, client.Refused(codeConflict, textConflict+conflicts)
		}
	}
	return s.contracts.Only(c)
}

// conflicts lists what an order says of its contract and is not so, as Gateways write it:
// "requested expiry 202606, in contract 20260626;" A month is not the day.
func conflicts(c *protobuf.Contract, i market.Instrument) string {
	expiry, _ := market.ParseExpiry(c.GetLastTradeDateOrContractMonth())
	right := strings.ToUpper(c.GetRight())
	if right != "" && i.Right != "" {
		right = right[:1] // CALL and PUT, as well as C and P
	}
	strike := ""
	if c.GetStrike() != 0 {
		strike = strconv.FormatFloat(c.GetStrike(), 'f', -1, 64)
	}
	symbol, last := i.Symbol, i.LastTradeDate
	if i.SecType == market.Bond { // which clients name by CUSIP, and whose terms Gateways leave out
		symbol, last = "", ""
	}
	var list []string
	for _, f := range []struct{ name, requested, have string }{
		{"symbol", c.GetSymbol(), symbol},
		{"expiry", expiry, last},
		{"strike", strike, i.Strike.Trim(0).String()},
		{"right", right, i.Right},
		{"currency", strings.ToUpper(c.GetCurrency()), i.Currency},
	} {
		if f.requested != "" && f.have != "" && f.requested != f.have && f.requested != "?" && f.requested != "0" {
			list = append(list, "requested "+f.name+" "+f.requested+", in contract "+f.have+";")
		}
	}
	return strings.Join(list, " ")
}
