package market

import (
	"fmt"
	"strings"
	"time"
)

// allFutures is IBKR's name of a request for the continuous future and the contracts behind it.
const allFutures = "FUT+CONTFUT"

// product is a future of which one contract is listed for each of some months.
type product struct {
	symbol, class, name string
	exchange            string
	multiplier          int64
	months              string // the codes of the months in which contracts end: "HMUZ"
	listed              int    // how many contracts are listed at a time
	lastTrade           func(month time.Time) time.Time
	kind                *kind
	conID               int    // of the index that stands for the product; 0: computed
	under               string // the symbol of the underlying index or currency pair; "" for itself
	base                int64  // ticks of the underlying
}

// monthCodes are the letters of January to December.
const monthCodes = "FGHJKMNQUVXZ"

const (
	quarterly = "HMUZ"
	monthly   = monthCodes
)

// products are in the order of their contract ids: new ones go to the end.
var products = []product{
	{"ES", "ES", "E-mini S&P 500", "CME", 50, quarterly, 5, thirdFriday, &esKind, 11004968, "SPX", 6_600_00},
	{"MES", "MES", "Micro E-Mini S&P 500", "CME", 5, quarterly, 5, thirdFriday, &esKind, 0, "SPX", 6_600_00},
	{"NQ", "NQ", "E-mini NASDAQ 100", "CME", 20, quarterly, 5, thirdFriday, &esKind, 11004958, "NDX", 24_000_00},
	{"MNQ", "MNQ", "Micro E-Mini Nasdaq-100", "CME", 2, quarterly, 5, thirdFriday, &esKind, 0, "NDX", 24_000_00},
	{"RTY", "RTY", "E-Mini Russell 2000 Index", "CME", 50, quarterly, 5, thirdFriday, &rtyKind, 0, "RUT", 2_400_00},
	{"CL", "CL", "Light Sweet Crude Oil", "NYMEX", 1000, monthly, 18, beforeThe25th, &clKind, 0, "", 70_00},
	{"NG", "NG", "Henry Hub Natural Gas", "NYMEX", 10_000, monthly, 18, beforeTheMonth, &ngKind, 0, "", 4_000},
	{"GC", "GC", "Gold", "COMEX", 100, "GJMQVZ", 9, thirdLastDay, &gcKind, 0, "", 40_000},
	{"SI", "SI", "NYMEX Silver Index", "COMEX", 5000, "HKNUZ", 7, thirdLastDay, &siKind, 0, "", 9_600},
	{"ZN", "ZN", "10 Year US Treasury Note", "CBOT", 1000, quarterly, 3, eighthLastDay, &znKind, 0, "", 7_200},
	{"EUR", "6E", "Euro FX", "CME", 125_000, quarterly, 6, beforeThirdWednesday, &sixEKind, 0, "EUR.USD", 21_600},
	{"YW", "XW", "Mini Sized Wheat", "CBOT", 1000, "HKNUZ", 5, beforeThe15th, &ywKind, 0, "", 4_400},
	{"DAX", "FDAX", "DAX 40 Index", eurex, 25, quarterly, 3, thirdFriday, &daxKind, daxConID, "DAX", 24_000_00},
	{"DAX", "FDXM", "Mini DAX 40 Index", eurex, 5, quarterly, 3, thirdFriday, &daxKind, daxConID, "DAX", 24_000_00},
	{"DAX", "FDXS", "Micro DAX 40 Index", eurex, 1, quarterly, 3, thirdFriday, &daxKind, daxConID, "DAX", 24_000_00},
	{"GBL", "FGBL", "Euro Bund (10 Year Bond)", eurex, 1000, quarterly, 3, beforeThe10th, &bundKind, 0, "", 130_00},
}

const (
	eurex = "EUREX"
	// daxConID is invented: the DAX stands for three products.
	daxConID = firstProductConID + 12
)

// currency is what a product is traded in.
func (p product) currency() string {
	if p.exchange == eurex {
		return "EUR"
	}
	return "USD"
}

// localSymbol is what a contract is called: "ESZ6", and "FGBL DEC 26" at Eurex, as in IBKR's
// ContractSamples.
func (p product) localSymbol(year int, month time.Month) string {
	if p.exchange == eurex {
		return fmt.Sprintf("%s %s %02d", p.class, strings.ToUpper(month.String()[:3]), year%100)
	}
	return fmt.Sprintf("%s%c%d", p.class, monthCodes[month-1], year%10)
}

const (
	futureOrders = "ACTIVETIM,AD,ADJUST,ALERT,ALLOC,AVGCOST,BASKET,BENCHPX,COND,CONDORDER,DAY," +
		"DEACT,DEACTDIS,DEACTEOD,GAT,GTC,GTD,GTT,HID,ICE,IOC,LIT,LMT,LTH,MIT,MKT,MTL,NGCOMB," +
		"NONALGO,OCA,PEGBENCH,SCALE,SCALERST,SNAPMID,SNAPMKT,SNAPREL,STP,STPLMT,TRAIL,TRAILLIT," +
		"TRAILLMT,TRAILMIT,WHATIF"
	futureAggGroup = 2147483647
)

func futureKind(unit int64, scale int, r *rule, s *sessions, root *kind, volume int64) kind {
	return kind{
		unit: unit, scale: scale, rule: r, sessions: s, root: root, spread: 2, volume: volume,
		lot: 5, orderTypes: futureOrders, aggGroup: futureAggGroup, minSize: parse("1"), suggested: parse("1"),
	}
}

var (
	esKind   = futureKind(25, 2, quarterRule, globex, &indexKind, 900)
	rtyKind  = futureKind(10, 2, dimeRule, globex, &indexKind, 300)
	clKind   = futureKind(1, 2, oilRule, nymex, nil, 300)
	ngKind   = futureKind(1, 3, gasRule, nymex, nil, 200)
	gcKind   = futureKind(10, 2, goldRule, nymex, nil, 200)
	siKind   = futureKind(5, 3, silverRule, nymex, nil, 200)
	znKind   = futureKind(15625, 6, noteRule, globex, nil, 900)
	sixEKind = futureKind(5, 5, euroRule, globex, &cashKind, 300)
	ywKind   = futureKind(125, 5, grainRule, globex, nil, 20)
	daxKind  = futureKind(100, 2, everyTick(1, 0), eurexDay, &indexKind, 100)
	bundKind = futureKind(1, 2, centRule, eurexDay, nil, 900)
)

// month is the contract that ends in a month. ok is false if there is none.
func (p product) month(index int, year int, month time.Month) (i Instrument, ok bool) {
	code := monthCodes[month-1]
	if strings.IndexByte(p.months, code) < 0 {
		return Instrument{}, false
	}
	first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	i = Instrument{
		ConID:  firstFutureConID + index*futuresPerProduct + (year-conIDEpoch)*12 + int(month) - 1,
		Symbol: p.symbol, SecType: Future, Currency: p.currency(), LongName: p.name,
		Exchange: p.exchange, TradingClass: p.class, Multiplier: p.multiplier,
		LocalSymbol:   p.localSymbol(year, month),
		LastTradeDate: p.lastTrade(first).Format(dateForm), ContractMonth: first.Format("200601"),
		UnderConID: p.underConID(index), UnderSymbol: p.symbol, UnderSecType: Index,
		source: p.source(), baseTicks: p.base,
	}
	return p.kind.dress(i), true
}

func (p product) source() string {
	switch p.under {
	case "":
		return "FUT:" + p.symbol
	case "EUR.USD":
		return "CASH:" + p.under
	}
	return "IND:" + p.under
}

func (p product) underConID(index int) int {
	if p.conID != 0 {
		return p.conID
	}
	return firstProductConID + index
}

// underlying is the index that stands for the product: what its contracts give as their
// underlying.
func (p product) underlying(index int) Instrument {
	i := p.kind.dress(Instrument{
		ConID: p.underConID(index), Symbol: p.symbol, SecType: Index, Currency: p.currency(),
		LongName: p.name, Exchange: p.exchange, TradingClass: p.symbol,
		source: p.source(), baseTicks: p.base,
	})
	i.OrderTypes = ""
	return i
}

// maxListedMonths bounds the search for the months that are listed.
const maxListedMonths = 30

// contracts are the months that are listed at now, the nearest first, and with expired ones those
// of the two years before.
func (p product) contracts(index int, now time.Time, expired bool) []Instrument {
	var listed []Instrument
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	if expired {
		month = month.AddDate(-2, 0, 0)
	}
	open := 0
	for range maxListedMonths + 24 {
		if i, ok := p.month(index, month.Year(), month.Month()); ok {
			alive := !i.expired(now)
			if alive {
				open++
			}
			if alive || expired {
				listed = append(listed, i)
			}
		}
		if open == p.listed {
			break
		}
		month = month.AddDate(0, 1, 0)
	}
	return listed
}

// front is the continuous future: the data of the nearest contract, which it is known by.
func front(contracts []Instrument) []Instrument {
	if len(contracts) == 0 {
		return nil
	}
	i := contracts[0]
	i.SecType = ContinuousFuture
	return []Instrument{i}
}

// futures lists the contracts of the products that a query can mean.
func futures(now time.Time, q Query) []Instrument {
	var found []Instrument
	for index, p := range products {
		if q.Symbol != "" && q.Symbol != p.symbol || q.TradingClass != "" && q.TradingClass != p.class ||
			q.LocalSymbol != "" && !strings.HasPrefix(q.LocalSymbol, p.class) {
			continue
		}
		if q.SecType != string(Future) {
			found = append(found, front(p.contracts(index, now, false))...)
		}
		if q.SecType != string(ContinuousFuture) {
			found = append(found, p.contracts(index, now, q.IncludeExpired)...)
		}
	}
	return found
}

// futureByConID is the contract behind a computed id.
func futureByConID(conID int) (Instrument, bool) {
	n := conID - firstFutureConID
	if n < 0 || n >= len(products)*futuresPerProduct {
		return Instrument{}, false
	}
	index, months := n/futuresPerProduct, n%futuresPerProduct
	return products[index].month(index, conIDEpoch+months/12, time.Month(months%12+1))
}

// Last trading days. Contract specifications of CME Group; a business day is one on which the New
// York Stock Exchange trades.

func thirdFriday(month time.Time) time.Time {
	day := nthWeekday(month, time.Friday, 3)
	for !businessDay(day) {
		day = day.AddDate(0, 0, -1)
	}
	return day
}

// beforeThirdWednesday is the second business day before the third Wednesday.
func beforeThirdWednesday(month time.Time) time.Time {
	return businessDays(nthWeekday(month, time.Wednesday, 3), -2)
}

// beforeThe25th is the third business day before the 25th of the month before, or the fourth if
// that is none.
func beforeThe25th(month time.Time) time.Time {
	day := month.AddDate(0, -1, 24)
	if !businessDay(day) {
		return businessDays(day, -4)
	}
	return businessDays(day, -3)
}

// beforeThe15th is the last business day before the 15th.
func beforeThe15th(month time.Time) time.Time { return businessDays(month.AddDate(0, 0, 14), -1) }

// beforeThe10th is the second business day before the 10th, on which Eurex delivers; its own
// calendar is not New York's, from which this differs at most by a day.
func beforeThe10th(month time.Time) time.Time {
	day := month.AddDate(0, 0, 9)
	for !businessDay(day) {
		day = day.AddDate(0, 0, 1)
	}
	return businessDays(day, -2)
}

// beforeTheMonth is the third last business day of the month before.
func beforeTheMonth(month time.Time) time.Time { return businessDays(month, -3) }

func thirdLastDay(month time.Time) time.Time { return businessDays(month.AddDate(0, 1, 0), -3) }

// eighthLastDay is the seventh business day before the last one.
func eighthLastDay(month time.Time) time.Time { return businessDays(month.AddDate(0, 1, 0), -8) }

func nthWeekday(month time.Time, weekday time.Weekday, n int) time.Time {
	off := int(weekday-month.Weekday()+7) % 7
	return month.AddDate(0, 0, off+7*(n-1))
}

func businessDay(day time.Time) bool {
	wd := day.Weekday()
	return wd != time.Saturday && wd != time.Sunday && !isHoliday(day)
}

// businessDays goes back -n business days from a day, which is not counted itself.
func businessDays(day time.Time, n int) time.Time {
	for n < 0 {
		if day = day.AddDate(0, 0, -1); businessDay(day) {
			n++
		}
	}
	return day
}
