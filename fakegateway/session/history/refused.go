package history

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
)

const (
	codeContinuousEnd = 10339
	textContinuousEnd = "Setting end date/time for continuous future security type is not allowed."

	// currencyHistory is what IBKR's history service calls the market of currencies.
	currencyHistory = "FXSUBPIP"
)

// absentSeries are the series of IBKR's whatToShow that an instrument does not have, as the table
// "Available Data per Product" of the TWS API's documentation has it: currencies and contracts for
// difference are quoted and not traded at an exchange, and an index is computed and not quoted. Metals,
// of which this market has no trades either, are as currencies.
func absentSeries(t market.SecType) []string {
	switch {
	case t.QuotesOnly(), t == market.CFD:
		return []string{"TRADES", "AGGTRADES", "ADJUSTED_LAST"}
	case t == market.Index:
		return []string{"MIDPOINT", "BID", "ASK", "BID_ASK"}
	}
	return nil
}

// HasSeries reports whether there is a series of an instrument.
func HasSeries(i market.Instrument, show string) bool {
	return !slices.Contains(absentSeries(i.SecType), show)
}

// AbsentSeries is what the history service says of a series that does not exist. The bar size is in
// seconds, "1d" for days; a head timestamp has none, which is 0.
func AbsentSeries(i market.Instrument, show, size string) string {
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
func (q historyQuery) refusedHistory() *client.Refusal {
	switch {
	case q.Instrument.SecType == market.ContinuousFuture && !q.End.IsZero():
		return client.Refused(codeContinuousEnd, textContinuousEnd)
	case !HasSeries(q.Instrument, q.show):
		return client.Refused(client.CodeHistory,
			client.TextHistory+AbsentSeries(q.Instrument, q.show, sizeCode(q.BarSize)))
	}
	return nil
}
