package market

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/govalues/decimal"
)

// futureOption are the options on a product. They are listed for the Fridays of the next weeks and
// for the product's quarters; what they deliver is the first contract of the product that does not
// end before them. CME Group's contract specifications of options on E-mini futures: a fifth Friday,
// and the ends of months, are not listed here.
type futureOption struct {
	symbol string // the product's, and the trading class of its quarterly options
	weekly string // the others' trading class without the number of the Friday: "EW" of "EW3"
	step   int64  // the distance between strikes, in points
}

var futureOptionList = []futureOption{{"ES", "EW", 25}, {"NQ", "QN", 100}}

// firstFutureOptionConID is above the ids of 300 underlyings of other options.
const firstFutureOptionConID = firstOptionConID + 300*optionsPerUnderlying

// product is that of the options, and its place among the products.
func (o futureOption) product() (index int, p product) {
	index = slices.IndexFunc(products, func(p product) bool { return p.symbol == o.symbol })
	return index, products[index]
}

// delivers is the contract that options which expire on a date are on.
func (o futureOption) delivers(date time.Time) Instrument {
	index, p := o.product()
	month := time.Date(date.Year(), date.Month(), 1, 0, 0, 0, 0, time.UTC)
	for {
		if i, ok := p.month(index, month.Year(), month.Month()); ok &&
			i.LastTradeDate >= date.Format(dateForm) {
			return i
		}
		month = month.AddDate(0, 1, 0)
	}
}

// class is the trading class of a week's options; "" if there are none.
func (o futureOption) class(week int) string {
	friday := firstWeek.AddDate(0, 0, 7*week)
	_, p := o.product()
	nth := (friday.Day()-1)/7 + 1
	switch {
	case nth > 4:
		return ""
	case nth == 3 && strings.IndexByte(p.months, monthCodes[friday.Month()-1]) >= 0:
		return o.symbol
	}
	return fmt.Sprintf("%s%d", o.weekly, nth)
}

// strikes are the first and the last strike, in steps.
func (o futureOption) strikes() (first, last int64) {
	_, p := o.product()
	points := p.base / 100 // of an index
	return points * lowestStrike / 100 / o.step, points * highestStrike / 100 / o.step
}

// contract is one of the options.
func (o futureOption) contract(n, week int, strike int64, right string) Instrument {
	date, class := expiry(week), o.class(week)
	friday := firstWeek.AddDate(0, 0, 7*week) // names the contract, also when it is a holiday
	under := o.delivers(date)
	id := firstFutureOptionConID + n*optionsPerUnderlying + (week<<strikeBits|int(strike))<<1
	if right == Put {
		id++
	}
	return futureOptionKind.dress(Instrument{
		ConID: id, Symbol: o.symbol, SecType: FutureOption, Currency: under.Currency,
		LongName: under.LongName, Exchange: under.Exchange, TradingClass: class,
		LocalSymbol: fmt.Sprintf("%s%c%d %s%d", class, monthCodes[friday.Month()-1],
			friday.Year()%10, right, strike*o.step),
		LastTradeDate: date.Format(dateForm), ContractMonth: date.Format("200601"),
		Strike: must(decimal.New(strike*o.step, 0)), Right: right, Multiplier: under.Multiplier,
		UnderConID: under.ConID, UnderSymbol: under.LocalSymbol, UnderSecType: Future,
		source: under.source, baseTicks: under.baseTicks,
	})
}

var futureOptionKind = kind{
	unit: 5, scale: 2, rule: everyTick(5, 2), sessions: globex, spread: 2, spreadShare: 100,
	volume: 100, lot: 5, orderTypes: futureOrders, aggGroup: futureAggGroup,
	minSize: parse("1"), suggested: parse("1"), root: &esKind,
}

// listed are the weeks of which options are listed at now.
func (o futureOption) listed(n int, now time.Time) []int {
	return slices.DeleteFunc(weeks(dateIn(now, central)), func(week int) bool {
		class := o.class(week)
		soon := week < weekOf(dateIn(now, central))+weeklies
		return class == "" || !soon && class != o.symbol ||
			o.contract(n, week, 1, Call).expired(now)
	})
}

// futureOptions lists the contracts that a query can mean.
func futureOptions(now time.Time, q Query) []Instrument {
	var found []Instrument
	for n, o := range futureOptionList {
		if q.Symbol != "" && q.Symbol != o.symbol {
			continue
		}
		first, last := o.strikes()
		for _, week := range o.listed(n, now) {
			if !strings.HasPrefix(expiry(week).Format(dateForm), q.LastTradeDateOrMonth) ||
				q.TradingClass != "" && q.TradingClass != o.class(week) {
				continue
			}
			for strike := first; strike <= last; strike++ {
				for _, right := range q.rights() {
					found = append(found, o.contract(n, week, strike, right))
				}
			}
		}
	}
	return found
}

// futureOptionByConID is the contract behind a computed id. It may have expired.
func futureOptionByConID(conID int) (Instrument, bool) {
	n := (conID - firstFutureOptionConID) / optionsPerUnderlying
	if conID < firstFutureOptionConID || n >= len(futureOptionList) {
		return Instrument{}, false
	}
	right := Call
	if conID&1 == 1 {
		right = Put
	}
	rest := (conID - firstFutureOptionConID) % optionsPerUnderlying >> 1
	o, week, strike := futureOptionList[n], rest>>strikeBits, int64(rest&(1<<strikeBits-1))
	if first, last := o.strikes(); strike < first || strike > last || o.class(week) == "" {
		return Instrument{}, false
	}
	return o.contract(n, week, strike, right), true
}

// futureOptionChain is the options on one contract of a product, a row for each trading class.
func futureOptionChain(i Instrument, now time.Time) []OptionChain {
	var chains []OptionChain
	for n, o := range futureOptionList {
		_, p := o.product()
		if i.Symbol != p.symbol || i.Exchange != p.exchange || i.SecType != Future && i.SecType != Index {
			continue
		}
		first, last := o.strikes()
		var prices []decimal.Decimal
		for s := first; s <= last; s++ {
			prices = append(prices, must(decimal.New(s*o.step, 0)))
		}
		for _, week := range o.listed(n, now) {
			under := o.delivers(expiry(week))
			if i.SecType == Future && under.ConID != i.ConID {
				continue
			}
			chains = o.addTo(chains, under, week, prices)
		}
	}
	return chains
}

// addTo adds a week to the row of its class and contract.
func (o futureOption) addTo(chains []OptionChain, under Instrument, week int,
	strikes []decimal.Decimal,
) []OptionChain {
	class, date := o.class(week), expiry(week).Format(dateForm)
	for n := range chains {
		if chains[n].TradingClass == class && chains[n].UnderConID == under.ConID {
			chains[n].Expirations = append(chains[n].Expirations, date)
			return chains
		}
	}
	return append(chains, OptionChain{
		Exchange: under.Exchange, TradingClass: class, Multiplier: under.Multiplier,
		UnderConID: under.ConID, Expirations: []string{date}, Strikes: strikes,
	})
}
