package marketdata

import (
	"cmp"
	_ "embed"
	"slices"
	"strings"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
)

// scannerParameters is the document of what can be scanned: a Gateway's names, of what is served here.
//
//go:embed scanner_parameters.xml
var scannerParameters string

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

// scanned is a stock with what scans look at.
type scanned struct {
	instrument market.Instrument
	state
}

// scan ranks stocks: those with the highest scores come first, and those without a score do not.
type scan func(scanned) (score float64, ok bool)

// scans are the scan codes of IBKR that need nothing but a day's prices and volume.
var scans = map[string]scan{
	"TOP_PERC_GAIN": func(s scanned) (float64, bool) { return s.change(), s.change() > 0 },
	"TOP_PERC_LOSE": func(s scanned) (float64, bool) { return -s.change(), s.change() < 0 },
	"MOST_ACTIVE":   func(s scanned) (float64, bool) { return float64(s.volume), s.volume > 0 },
	"MOST_ACTIVE_USD": func(s scanned) (float64, bool) {
		return float64(s.volume) * client.PriceOf(s.last), s.volume > 0
	},
	"HIGH_OPEN_GAP": func(s scanned) (float64, bool) { return s.gap(), s.gap() > 0 },
	"LOW_OPEN_GAP":  func(s scanned) (float64, bool) { return -s.gap(), s.gap() < 0 },
	"TOP_OPEN_PERC_GAIN": func(s scanned) (float64, bool) {
		return s.sinceOpen(), s.sinceOpen() > 0
	},
	"TOP_OPEN_PERC_LOSE": func(s scanned) (float64, bool) {
		return -s.sinceOpen(), s.sinceOpen() < 0
	},
	"HALTED": func(s scanned) (float64, bool) { return 0, s.halted },
}

// change is that of the last price from yesterday's close, as a fraction.
func (s scanned) change() float64 { return growth(client.PriceOf(s.last), client.PriceOf(s.close)) }

// gap is the opening's.
func (s scanned) gap() float64 { return growth(client.PriceOf(s.opened), client.PriceOf(s.close)) }

// sinceOpen is the last price's from the opening.
func (s scanned) sinceOpen() float64 { return growth(client.PriceOf(s.last), client.PriceOf(s.opened)) }

func growth(now, before float64) float64 {
	if now == 0 || before == 0 {
		return 0
	}
	return now/before - 1
}

// scan runs a scan over the listed stocks; equal scores are in order of contract id.
func (l *Login) scan(v *exchange.View, score scan, q *protobuf.ScannerSubscription) []scanned {
	type ranked struct {
		scanned
		score float64
	}
	var found []ranked
	for _, i := range scanUniverse {
		one := scanned{i, l.instrumentState(v, i, v.Now())}
		n, ok := score(one)
		if ok && passes(one, q) {
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
	return (q.AbovePrice == nil || price >= q.GetAbovePrice()) &&
		(q.BelowPrice == nil || price <= q.GetBelowPrice()) &&
		(q.AboveVolume == nil || s.volume >= q.GetAboveVolume())
}
