package exchange

import (
	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// schedule is what an order costs in all: a rate on its size, one on its value, and bounds.
type schedule struct {
	perUnit, perValue decimal.Decimal
	least             decimal.Decimal
	mostOfValue       decimal.Decimal // 0: no cap; the cap wins over the least
}

// schedules are IBKR's fixed prices for the United States, exchange and regulatory fees included
// where IBKR passes them on: an E-mini's for futures, 0.65 a contract for options, 0.2 basis
// points for currencies, 0.1 % of the face value, which is 1,000, for bonds, 0.15 basis points for
// metals, 14.95 a mutual fund, 0.5 basis points for CFDs on indices.
var schedules = map[market.SecType]schedule{
	market.Stock: {
		perUnit: decimal.MustParse("0.005"), least: decimal.MustParse("1.00"),
		mostOfValue: decimal.MustParse("0.01"),
	},
	market.Option: {perUnit: decimal.MustParse("0.65"), least: decimal.MustParse("1.00")},
	market.Future: {perUnit: decimal.MustParse("2.25")},
	market.CFD:    {perUnit: decimal.MustParse("0.005"), least: decimal.MustParse("1.00")},
	market.Bond:   {perUnit: decimal.MustParse("1.00"), least: decimal.MustParse("1.00")},
	market.Cash:   {perValue: decimal.MustParse("0.00002"), least: decimal.MustParse("2.00")},
	market.Crypto: {perValue: decimal.MustParse("0.0018"), least: decimal.MustParse("1.75")},

	market.FutureOption: {perUnit: decimal.MustParse("2.25")},
	currencyCFD:         {perValue: decimal.MustParse("0.00002"), least: decimal.MustParse("2.00")},
	otherCFD:            {perValue: decimal.MustParse("0.00005"), least: decimal.MustParse("1.00")},
	market.Commodity:    {perValue: decimal.MustParse("0.000015"), least: decimal.MustParse("2.00")},
	market.Fund:         {least: decimal.MustParse("14.95"), mostOfValue: decimal.MustParse("0.03")},
}

// CFDs cost what is usual for what they are on.
const (
	currencyCFD market.SecType = "CFD on CASH"
	otherCFD    market.SecType = "CFD on IND" // and on metals
)

// priced is the kind by which an instrument's commission is found.
func priced(i market.Instrument) market.SecType {
	switch {
	case i.SecType != market.CFD || i.UnderSecType == market.Stock:
		return i.SecType
	case i.UnderSecType == market.Cash:
		return currencyCFD
	}
	return otherCFD
}

// Commission is what an order over n units of this value costs in all, in its instrument's
// currency; for a currency pair, value and commission are in US dollars.
func Commission(t market.SecType, n int64, value decimal.Decimal) decimal.Decimal {
	s, known := schedules[t]
	if !known {
		s = schedules[market.Stock]
	}
	c := add(mul(s.perUnit, shares(n)), mul(s.perValue, value))
	if c.Less(s.least) {
		c = s.least
	}
	if limit := mul(s.mostOfValue, value); !s.mostOfValue.IsZero() && limit.Less(c) {
		c = limit
	}
	return c.Round(commissionScale)
}

// commissionScale is how many digits IBKR reports: 1.000003.
const commissionScale = 6

// inDollars reports commissions that are charged in the account's currency, not the instrument's.
func inDollars(t market.SecType) bool { return t == market.Cash }

// charge is what the latest fill of an order adds to its commission.
func (x *Exchange) charge(o *order, value decimal.Decimal) (decimal.Decimal, string) {
	currency := o.Instrument.Currency
	if inDollars(o.SecType) {
		value = mul(value, x.dollars(currency)).Round(basisScale)
		currency = baseCurrency
	}
	o.dollars = add(o.dollars, value)
	more := sub(Commission(priced(o.Instrument), o.Filled, o.dollars), o.Commission)
	if more.IsNeg() { // a correction has lowered the value
		more = decimal.Decimal{}
	}
	return more, currency
}
