package market

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/govalues/decimal"
)

// OptionChain is the options on an instrument at one exchange: every strike is listed for every
// expiration, as calls and as puts.
type OptionChain struct {
	Exchange     string
	TradingClass string
	Multiplier   int64
	UnderConID   int
	Expirations  []string          // "20261218", rising
	Strikes      []decimal.Decimal // rising
}

const (
	optionExchanges = "SMART,AMEX,CBOE,PHLX,PSE,ISE,BOX,BATS,NASDAQOM,CBOE2,NASDAQBX,MIAX,GEMINI," +
		"EDGX,MERCURY,PEARL,EMERALD"
	optionOrders = "ACTIVETIM,AD,ADJUST,ALERT,ALGO,ALLOC,AON,AVGCOST,BASKET,COND,CONDORDER,DAY," +
		"DEACT,DEACTDIS,DEACTEOD,GAT,GTC,GTD,GTT,HID,IOC,LIT,LMT,MIT,MKT,MTL,NGCOMB,NONALGO,OCA," +
		"OPENCLOSE,SCALE,STP,STPLMT,TRAIL,TRAILLIT,TRAILLMT,TRAILMIT,WHATIF"

	optionMultiplier = 100
)

var (
	stockOption = kind{
		unit: 1, scale: 2, rule: pennyRule, sessions: listedOptions, spread: 2, spreadShare: 100,
		volume: 100, lot: 5, exchanges: optionExchanges,
		makers:     []string{"CBOE", "ISE", "PHLX", "AMEX", "BOX", "MIAX", "NASDAQOM"},
		orderTypes: optionOrders, aggGroup: 2, minSize: parse("1"), suggested: parse("1"), root: &usStock,
	}
	indexOption = kind{
		unit: 5, scale: 2, rule: nickelRule, sessions: indexOptions, spread: 2, spreadShare: 100,
		volume: 100, lot: 5, exchanges: "SMART,CBOE", makers: []string{"CBOE"},
		orderTypes: optionOrders, aggGroup: 2, minSize: parse("1"), suggested: parse("1"), root: &indexKind,
	}
)

// optionable are the underlyings of options. Their place here is part of contract ids: new ones go
// to the end.
var optionable = append(append(slices.Clone(listedStocks), indexOf(spxConID), indexOf(ndxConID)),
	listingsOf(func(l Listing) bool { return l.options })...)

func indexOf(conID int) Instrument {
	list := indexList()
	return list[slices.IndexFunc(list, func(i Instrument) bool { return i.ConID == conID })]
}

const (
	spxConID = 416904
	ndxConID = 416843
)

// An option's id has a strike's and a right's bits below those of the week of its expiry.
const (
	strikeBits           = 9
	weekBits             = 11
	optionsPerUnderlying = 1 << (weekBits + strikeBits + 1)
)

// firstWeek is the Friday of week 0.
var firstWeek = time.Date(conIDEpoch+20, 1, 3, 0, 0, 0, 0, time.UTC)

// expiry is the last trading day of a week: Friday, or Thursday if that is a holiday.
func expiry(week int) time.Time {
	day := firstWeek.AddDate(0, 0, 7*week)
	for !businessDay(day) {
		day = day.AddDate(0, 0, -1)
	}
	return day
}

// weekOf is the week that holds a date, from Saturday to Friday.
func weekOf(day time.Time) int {
	return int(floorDiv(floorDiv(day.Unix()-firstWeek.Unix(), 86400)+6, 7))
}

const (
	weeklies  = 8  // weeks ahead that are all listed
	monthlies = 12 // months ahead
	leaps     = 3  // years ahead, in January
)

// weeks are the weeks of which options are listed on a day: each of the next, then the third
// Friday of each month for a year, and those of the next Januaries.
func weeks(today time.Time) []int {
	first := weekOf(today)
	var listed []int
	for w := first; w <= first+(2*leaps+1)*53; w++ {
		friday := firstWeek.AddDate(0, 0, 7*w)
		months := (friday.Year()-today.Year())*12 + int(friday.Month()) - int(today.Month())
		monthly := thirdWeek(w)
		switch {
		case expiry(w).Before(today):
		case w < first+weeklies, monthly && months <= monthlies,
			monthly && friday.Month() == time.January && friday.Year() <= today.Year()+leaps:
			listed = append(listed, w)
		}
	}
	return listed
}

// thirdWeek reports a week whose Friday is the third of its month.
func thirdWeek(week int) bool {
	day := firstWeek.AddDate(0, 0, 7*week).Day()
	return day > 14 && day <= 21
}

// weeklyClasses are the trading classes of index options that expire in other weeks.
var weeklyClasses = map[string]string{"SPX": "SPXW", "NDX": "NDXP"}

// listedWeeks are the weeks of which options on an underlying are listed at now.
func listedWeeks(index int, under Instrument, now time.Time) []int {
	return slices.DeleteFunc(weeks(dateIn(now, Eastern)), func(week int) bool {
		return option(index, under, week, 1, Call).expired(now)
	})
}

// dateIn is the date of t in a zone, as midnight UTC.
func dateIn(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// strikeSteps are the distances between strikes, in cents.
var strikeSteps = []int64{50, 100, 250, 500, 1000, 2500, 5000, 10_000, 20_000}

const (
	// mostStrikes is how many strikes there may be between zero and the underlying's usual price.
	mostStrikes = 140
	// Strikes are listed from 60 % to 140 % of that price.
	lowestStrike, highestStrike = 60, 140
)

// strikes are the distance between strikes and the first and the last one, in that distance.
func strikes(under Instrument) (step, first, last int64) {
	cents := under.baseTicks // of a stock and of an index
	for _, step = range strikeSteps {
		if cents/step <= mostStrikes {
			break
		}
	}
	first = max((cents*lowestStrike/100+step-1)/step, 1)
	return step, first, min(cents*highestStrike/100/step, 1<<strikeBits-1)
}

// option is one contract of a chain.
func option(index int, under Instrument, week int, strike int64, right string) Instrument {
	step, _, _ := strikes(under)
	date := expiry(week)
	k := &stockOption
	class := under.Symbol
	if under.SecType == Index {
		k = &indexOption
		if !thirdWeek(week) {
			class = weeklyClasses[class]
		}
	}
	id := firstOptionConID + index*optionsPerUnderlying + (week<<strikeBits|int(strike))<<1
	if right == Put {
		id++
	}
	return k.dress(Instrument{
		ConID: id, Symbol: under.Symbol, SecType: Option, Currency: under.Currency,
		LongName: under.LongName, Exchange: smart, TradingClass: class,
		LocalSymbol:   fmt.Sprintf("%-6s%s%s%08d", class, date.Format("060102"), right, strike*step*10),
		LastTradeDate: date.Format(dateForm), ContractMonth: date.Format("200601"),
		Strike: must(decimal.New(strike*step, 2)).Trim(0), Right: right, Multiplier: optionMultiplier,
		UnderConID: under.ConID, UnderSymbol: under.Symbol, UnderSecType: under.SecType,
		Industry: under.Industry, Category: under.Category,
		source: under.source, baseTicks: under.baseTicks,
	})
}

// optionByConID is the contract behind a computed id. It may have expired.
func (m Market) optionByConID(conID int) (Instrument, bool) {
	n := conID - firstOptionConID
	if n < 0 || n >= len(optionable)*optionsPerUnderlying {
		return Instrument{}, false
	}
	index := n / optionsPerUnderlying
	under := m.adopt(optionable[index])
	right := Call
	if n&1 == 1 {
		right = Put
	}
	n = n % optionsPerUnderlying >> 1
	week, strike := n>>strikeBits, int64(n&(1<<strikeBits-1))
	if _, first, last := strikes(under); strike < first || strike > last {
		return Instrument{}, false
	}
	return option(index, under, week, strike, right), true
}

// options lists the contracts that a query can mean.
func (m Market) options(now time.Time, q Query) []Instrument {
	var found []Instrument
	for index, under := range optionable {
		if !q.mayBeOn(under) {
			continue
		}
		under = m.adopt(under)
		step, first, last := strikes(under)
		if q.Strike != nil && !q.Strike.IsZero() {
			s, ok := strikeIn(*q.Strike, step)
			if !ok {
				continue
			}
			first, last = max(first, s), min(last, s)
		}
		for _, week := range listedWeeks(index, under, now) {
			if !strings.HasPrefix(expiry(week).Format(dateForm), q.LastTradeDateOrMonth) {
				continue
			}
			for s := first; s <= last; s++ {
				for _, right := range q.rights() {
					found = append(found, option(index, under, week, s, right))
				}
			}
		}
	}
	return found
}

func (q Query) rights() []string {
	if q.Right != "" {
		return []string{q.Right}
	}
	return []string{Call, Put}
}

// strikeIn is a strike in multiples of a step, which is in cents.
func strikeIn(strike decimal.Decimal, step int64) (n int64, ok bool) {
	dollars, cents, ok := strike.Int64(2)
	if !ok || !strike.Trunc(2).Equal(strike) || (dollars*ticksPerDollar+cents)%step != 0 {
		return 0, false
	}
	return (dollars*ticksPerDollar + cents) / step, true
}

// readOCC takes what the local symbol of an option says, "AAPL  261218C00260000", into the query.
func (q Query) readOCC() Query {
	const chars, date, right, strike = 21, 6, 12, 13
	s := q.LocalSymbol
	if SecType(q.SecType) != Option || len(s) != chars {
		return q
	}
	if mills, err := strconv.ParseInt(s[strike:], 10, 64); err == nil && q.Strike == nil && mills > 0 {
		price := must(decimal.New(mills, 3))
		q.Strike = &price
	}
	if q.LastTradeDateOrMonth == "" {
		q.LastTradeDateOrMonth = "20" + s[date:right]
	}
	if q.Right == "" {
		q.Right = s[right:strike]
	}
	return q
}

// mayBeOn reports whether a query for an option can mean one on an underlying.
func (q Query) mayBeOn(under Instrument) bool {
	is := func(asked string) bool { return asked == "" || strings.HasPrefix(asked, under.Symbol) }
	return (q.Symbol == "" || q.Symbol == under.Symbol) && is(q.TradingClass) && is(q.LocalSymbol) &&
		q.Symbol+q.TradingClass+q.LocalSymbol != ""
}

// Chain answers reqSecDefOptParams: the options on an instrument that are listed at now, one row
// for each exchange and trading class.
func (m Market) Chain(i Instrument, now time.Time) []OptionChain {
	var chains []OptionChain
	for index, under := range optionable {
		if under.ConID != i.ConID {
			continue
		}
		under = m.adopt(under)
		step, first, last := strikes(under)
		var prices []decimal.Decimal
		for s := first; s <= last; s++ {
			prices = append(prices, must(decimal.New(s*step, 2)).Trim(0))
		}
		byClass := map[string][]string{}
		var classes []string
		for _, week := range listedWeeks(index, under, now) {
			o := option(index, under, week, first, Call)
			if byClass[o.TradingClass] == nil {
				classes = append(classes, o.TradingClass)
			}
			byClass[o.TradingClass] = append(byClass[o.TradingClass], o.LastTradeDate)
		}
		slices.Sort(classes)
		exchanges := option(index, under, 0, first, Call).ValidExchanges
		for exchange := range strings.SplitSeq(exchanges, ",") {
			for _, class := range classes {
				chains = append(chains, OptionChain{
					Exchange: exchange, TradingClass: class, Multiplier: optionMultiplier,
					UnderConID: under.ConID, Expirations: byClass[class], Strikes: prices,
				})
			}
		}
	}
	return append(chains, futureOptionChain(i, now)...)
}
