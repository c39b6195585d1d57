package exchange

import (
	"github.com/govalues/decimal"
)

// Mark is a position at the market, in the instrument's currency.
type Mark struct {
	Price, Value  decimal.Decimal // of the last trade; value in whole cents
	UnrealizedPnL decimal.Decimal // in whole cents
}

// Mark values a position.
func (v *View) Mark(p Position) Mark {
	price := v.x.quote(p.Instrument).Last
	value := p.value(price, p.Quantity)
	return Mark{Price: price, Value: cents(value), UnrealizedPnL: cents(sub(value, p.CostBasis))}
}

// Balances are an account's values in US dollars and whole cents, such that
// NetLiquidation = Cash + PositionValue.
type Balances struct {
	Cash               decimal.Decimal // in all currencies
	PositionValue      decimal.Decimal // longs less shorts; of futures and CFDs what they have earned
	GrossPositionValue decimal.Decimal // longs and shorts, without futures and CFDs
	NetLiquidation     decimal.Decimal
	InitialMargin      decimal.Decimal // of positions, and what working orders may take
	MaintenanceMargin  decimal.Decimal // of positions
	AvailableFunds     decimal.Decimal // NetLiquidation less InitialMargin, never below 0
	ExcessLiquidity    decimal.Decimal // NetLiquidation less MaintenanceMargin, never below 0
	BuyingPower        decimal.Decimal
	UnrealizedPnL      decimal.Decimal
	RealizedPnL        decimal.Decimal
	Currencies         []CurrencyBalance // US dollars first
}

// CurrencyBalance is the part of an account in one currency, in whole cents of that.
type CurrencyBalance struct {
	Currency      string
	Rate          decimal.Decimal // US dollars for one
	Cash          decimal.Decimal
	StockValue    decimal.Decimal // with bonds and the like
	OptionValue   decimal.Decimal
	FuturesPnL    decimal.Decimal // what open futures and CFDs have earned
	NetValue      decimal.Decimal // the sum of the above
	UnrealizedPnL decimal.Decimal
	RealizedPnL   decimal.Decimal

	gross, initial, maintenance, reserved decimal.Decimal
}

// Balances values an account at the market.
func (v *View) Balances(account string) Balances {
	a := v.x.account(account)
	if a == nil {
		return Balances{}
	}
	var b Balances
	for _, cash := range a.balances() {
		c := CurrencyBalance{
			Currency: cash.Currency, Rate: v.x.dollars(cash.Currency), Cash: cents(cash.Cash),
			RealizedPnL: cents(cash.RealizedPnL), reserved: cents(cash.reserved),
		}
		for _, p := range v.Positions(account) {
			if p.Currency == c.Currency {
				c.include(v, p)
			}
		}
		c.NetValue = sum(c.Cash, c.StockValue, c.OptionValue, c.FuturesPnL)
		b.include(c)
		b.Currencies = append(b.Currencies, c)
	}
	b.NetLiquidation = sum(b.Cash, b.PositionValue)
	b.AvailableFunds = atLeastZero(sub(b.NetLiquidation, b.InitialMargin))
	b.ExcessLiquidity = atLeastZero(sub(b.NetLiquidation, b.MaintenanceMargin))
	b.BuyingPower = b.AvailableFunds
	if v.x.cfg.AllowShort {
		b.BuyingPower = mul(b.BuyingPower, shares(dayTrading))
	}
	return b
}

// include adds a position in this currency.
func (c *CurrencyBalance) include(v *View, p Position) {
	mark := v.Mark(p)
	c.UnrealizedPnL = sum(c.UnrealizedPnL, mark.UnrealizedPnL)
	m := v.x.margin(p.Instrument, mark.Price, p.Quantity)
	c.initial = sum(c.initial, cents(m.initial))
	c.maintenance = sum(c.maintenance, cents(m.maintenance))
	switch value := cents(p.equity(mark.Price)); {
	case margined(p.SecType):
		c.FuturesPnL = sum(c.FuturesPnL, value)
		return
	case p.SecType.IsOption():
		c.OptionValue = sum(c.OptionValue, value)
		c.gross = sum(c.gross, value.Abs())
	default:
		c.StockValue = sum(c.StockValue, value)
		c.gross = sum(c.gross, value.Abs())
	}
}

// include adds a currency's part.
func (b *Balances) include(c CurrencyBalance) {
	to := func(total *decimal.Decimal, parts ...decimal.Decimal) {
		for _, part := range parts {
			*total = sum(*total, cents(mul(part, c.Rate)))
		}
	}
	to(&b.Cash, c.Cash)
	to(&b.PositionValue, c.StockValue, c.OptionValue, c.FuturesPnL)
	to(&b.GrossPositionValue, c.gross)
	to(&b.InitialMargin, c.initial, c.reserved)
	to(&b.MaintenanceMargin, c.maintenance)
	to(&b.UnrealizedPnL, c.UnrealizedPnL)
	to(&b.RealizedPnL, c.RealizedPnL)
}

// sum adds up whole cents.
func sum(parts ...decimal.Decimal) decimal.Decimal {
	var total decimal.Decimal
	for _, part := range parts {
		total = add(total, part)
	}
	return cents(total)
}

func atLeastZero(d decimal.Decimal) decimal.Decimal {
	if d.IsNeg() {
		return cents(decimal.Decimal{})
	}
	return d
}
