package exchange

import (
	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// requirement is a margin as a share of the value held.
type requirement struct{ initial, maintenance decimal.Decimal }

func percent(initial, maintenance int64) requirement {
	return requirement{must(decimal.New(initial, 2)), must(decimal.New(maintenance, 2))}
}

var whole = percent(100, 100)

// marginRates of a margin account are Regulation T's for stocks, and round numbers near IBKR's for
// the rest. A short option costs its value and so much of its strike, a future or CFD so much of
// its traded value, in a cash account too.
var marginRates = map[market.SecType]struct{ long, short requirement }{
	market.Stock:  {percent(50, 25), percent(50, 30)},
	market.Bond:   {percent(50, 25), percent(50, 30)},
	market.Option: {whole, percent(20, 15)},
	market.Future: {percent(10, 8), percent(10, 8)},
	market.CFD:    {percent(20, 20), percent(20, 20)},
	market.Cash:   {percent(3, 3), percent(3, 3)},
	market.Crypto: {whole, whole},

	market.FutureOption: {whole, percent(20, 15)},
	market.Commodity:    {percent(10, 10), percent(10, 10)},
	market.Fund:         {percent(50, 25), whole},
	market.Warrant:      {whole, whole},
	market.Structured:   {whole, whole},
}

// dayTrading is how many times its available funds a margin account may buy.
const dayTrading = 4

// margin is what holding signed units at a price ties up, in the instrument's currency. A cash
// account has paid for what it holds in full.
func (x *Exchange) margin(i market.Instrument, price decimal.Decimal, signed int64) requirement {
	value := i.Value(price, signed).Abs()
	if !x.cfg.AllowShort && !margined(i.SecType) {
		if i.SecType == market.Cash { // what it bought is cash
			value = decimal.Decimal{}
		}
		return requirement{value, value}
	}
	r := marginRates[i.SecType].long
	if signed < 0 {
		r = marginRates[i.SecType].short
	}
	m := requirement{mul(r.initial, value), mul(r.maintenance, value)}
	if signed < 0 && i.SecType.IsOption() {
		strike := i.Value(i.Strike, -signed)
		m.initial = add(value, mul(r.initial, strike))
		m.maintenance = add(value, mul(r.maintenance, strike))
	}
	return m
}

// standing is an account's credit at this instant, in US dollars and not rounded.
type standing struct {
	equity               decimal.Decimal
	initial, maintenance decimal.Decimal // of positions
	reserved             decimal.Decimal // by working orders
}

func (s standing) available() decimal.Decimal {
	return sub(sub(s.equity, s.initial), s.reserved)
}

// cushion is excess liquidity in percent of equity.
func (s standing) cushion() decimal.Decimal {
	if !s.equity.IsPos() {
		return decimal.Decimal{}
	}
	return mul(quo(sub(s.equity, s.maintenance), s.equity), shares(100))
}

func (x *Exchange) standing(account string) standing {
	var s standing
	for _, b := range x.account(account).balances() {
		rate := x.dollars(b.Currency)
		s.equity = add(s.equity, mul(b.Cash, rate))
		s.reserved = add(s.reserved, mul(b.reserved, rate))
	}
	for _, p := range x.positions {
		if p.Account != account || p.Quantity == 0 {
			continue
		}
		price, rate := x.quote(p.Instrument).Last, x.dollars(p.Currency)
		s.equity = add(s.equity, mul(p.equity(price), rate))
		m := x.margin(p.Instrument, price, p.Quantity)
		s.initial = add(s.initial, mul(m.initial, rate))
		s.maintenance = add(s.maintenance, mul(m.maintenance, rate))
	}
	return s
}

// equity is what a position adds to cash: its value, less what was not paid for it. A currency
// that was bought is cash already.
func (p *Position) equity(price decimal.Decimal) decimal.Decimal {
	if p.SecType == market.Cash {
		return decimal.Decimal{}
	}
	return sub(p.value(price, p.Quantity), p.Unpaid)
}
