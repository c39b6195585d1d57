package session

import (
	"fmt"
	"strconv"
	"strings"

	"ibsoak/fakegateway/market"
)

const (
	codeContinuousEnd = 10339
	textContinuousEnd = "Setting end date/time for continuous future security type is not allowed."

	// currencyHistory is what IBKR's history service calls the market of currencies.
	currencyHistory = "FXSUBPIP"
)

// absentSeries are the series of IBKR's whatToShow that a kind of instrument does not have, as the
// table "Available Data per Product" of the TWS API's documentation has it: currencies and contracts
// for difference are quoted and not traded at an exchange, and an index is computed and not quoted.
var absentSeries = map[market.SecType][]string{
	market.Cash:  {"TRADES", "AGGTRADES", "ADJUSTED_LAST"},
	market.CFD:   {"TRADES", "AGGTRADES", "ADJUSTED_LAST"},
	market.Index: {"MIDPOINT", "BID", "ASK", "BID_ASK"},
}

// hasSeries reports whether there is a series of an instrument.
func hasSeries(i market.Instrument, show string) bool {
	for _, absent := range absentSeries[i.SecType] {
		if absent == show {
			return false
		}
	}
	return true
}

// absentHistory is what the history service says of a series that does not exist. The bar size is in
// seconds, "1d" for days; a head timestamp has none, which is 0.
func absentHistory(i market.Instrument, show, size string) string {
	venue := i.Exchange
	if i.SecType == market.Cash {
		venue = currencyHistory
	}
	name := map[string]string{"MIDPOINT": "MidPoint", "BID": "Bid", "ASK": "Ask", "BID_ASK": "BidAsk"}[show]
	if name == "" {
		name = "Last"
	}
	return fmt.Sprintf("No historical market data for %s/%s@%s %s %s", i.Symbol, i.SecType, venue, name, size)
}

// sizeCode is a bar size as the history service writes it.
func sizeCode(size market.Span) string {
	if size.Unit == market.Second {
		return strconv.Itoa(size.Count)
	}
	return strconv.Itoa(size.Count) + strings.ToLower(unitLetter(size.Unit))
}

func unitLetter(u market.Unit) string {
	for letter, d := range durationUnits {
		if d.unit == u {
			return letter
		}
	}
	return ""
}

// refusedHistory is why a request that is well formed has no bars; nil when it may have some.
func (q historyQuery) refusedHistory() *refusal {
	switch {
	case q.Instrument.SecType == market.ContinuousFuture && !q.End.IsZero():
		return &refusal{codeContinuousEnd, textContinuousEnd}
	case !hasSeries(q.Instrument, q.show):
		return &refusal{
			codeHistory, textHistory + absentHistory(q.Instrument, q.show, sizeCode(q.BarSize)),
		}
	}
	return nil
}
