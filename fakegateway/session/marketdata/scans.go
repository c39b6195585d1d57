package marketdata

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
)

// scanLocations are where the listed stocks are.
var scanLocations = []string{"STK.US.MAJOR", "STK.US", "STK.NASDAQ", "STK.NYSE", "STK.ARCA"}

// scanUniverse are the stocks that scans look at: every symbol is listed, and a scan over all of them
// would rank strangers.
var scanUniverse = func() []market.Instrument {
	var list []market.Instrument
	for symbol := range strings.FieldsSeq(`AAPL ABBV ABT ADBE AMD AMZN AVGO BA BAC C CAT COST CRM
		CSCO CVX DIS GE GM GOOG HD IBM INTC IWM JNJ JPM KO LLY MA MCD META MRK MSFT MU NFLX NKE
		NVDA ORCL PEP PFE PG PLTR QCOM QQQ SBUX SPY T TSLA TXN UNH V VZ WFC WMT XOM`) {
		if i, ok := market.LookupSymbol(symbol); ok {
			list = append(list, i)
		}
	}
	return list
}()

// ranking runs the scan over the listed stocks; equal scores are in order of contract id.
func (c *scanner) ranking(l *Login, v *exchange.View) []scanned {
	type ranked struct {
		scanned
		score float64
	}
	var found []ranked
	for _, i := range scanUniverse {
		one := scanned{i, l.instrumentState(v, i, v.Now()), l.exchange.Market(), v.Now(), c.past}
		n, ok := c.scan.score(one)
		if ok && passes(one, c.query) {
			found = append(found, ranked{one, n})
		}
	}
	slices.SortFunc(found, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(b.score, a.score),
			cmp.Compare(a.instrument.ConID, b.instrument.ConID))
	})
	list := make([]scanned, len(found))
	for n, f := range found {
		list[n] = f.scanned
	}
	return list
}

// passes applies a subscription's filters.
func passes(s scanned, q *protobuf.ScannerSubscription) bool {
	price, i := client.PriceOf(s.last), s.instrument
	switch q.GetLocationCode() {
	case "STK.NASDAQ", "STK.NYSE", "STK.ARCA":
		if "STK."+i.PrimaryExchange != q.GetLocationCode() {
			return false
		}
	}
	switch q.GetStockTypeFilter() {
	case "CORP", "STOCK":
		if i.StockType != "COMMON" {
			return false
		}
	case "ETF":
		if i.StockType != "ETF" {
			return false
		}
	}
	for code, value := range q.GetScannerSubscriptionFilterOptions() {
		if limit, err := strconv.ParseFloat(value, 64); err != nil || !scanFilters[code](s, limit) {
			return false
		}
	}
	return (q.AbovePrice == nil || price >= q.GetAbovePrice()) &&
		(q.BelowPrice == nil || price <= q.GetBelowPrice()) &&
		(q.AboveVolume == nil || s.volume >= q.GetAboveVolume())
}
