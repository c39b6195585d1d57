package market

import (
	"math"
	"time"
)

// Options are priced by Black and Scholes from their underlying: European, without dividends. Time
// passes for them in whole days, at midnight UTC: within a day the price is a rising (call) or
// falling (put) function of the underlying's alone, so that bars, quotes and the first time that a
// price is reached are as exact as the underlying's.

const (
	interestRate = 0.04 // a year
	daysPerYear  = 365
	// lastDay is what is left of the day on which an option expires.
	lastDay = 0.25

	minVolatility = 0.0001
	maxVolatility = 5.0
)

// terms are what a price of an option depends on, except for the underlying's price.
type terms struct {
	strike, years, volatility float64
	put                       bool
	// future says that the underlying's price is one for later: of an option on a future (Black's
	// formula of 1976, which is that of Black and Scholes at the discounted price of the future).
	future bool
}

// discount is the present value of 1 at the expiry.
func (o terms) discount() float64 { return exp(float64(-interestRate * o.years)) }

// spot is the price of the underlying today.
func (o terms) spot(under float64) float64 {
	if o.future {
		return float64(under * o.discount())
	}
	return under
}

// discounted is the present value of the strike.
func (o terms) discounted() float64 { return float64(o.strike * o.discount()) }

// d gives d1 and d2 of the formula. years and volatility must be positive.
func (o terms) d(under float64) (d1, d2 float64) {
	deviation := float64(o.volatility * math.Sqrt(o.years))
	d1 = log(under/o.discounted())/deviation + float64(0.5*deviation)
	return d1, d1 - deviation
}

// price is the value of the option.
func (o terms) price(under float64) float64 {
	under = o.spot(under)
	strike := o.discounted()
	if o.years <= 0 || o.volatility <= 0 || under <= 0 {
		if o.put {
			return max(strike-under, 0)
		}
		return max(under-strike, 0)
	}
	d1, d2 := o.d(under)
	if o.put {
		return float64(strike*cumulative(-d2)) - float64(under*cumulative(-d1))
	}
	return float64(under*cumulative(d1)) - float64(strike*cumulative(d2))
}

// Greeks are what an option is worth and how that changes. A value is rounded to 9 digits.
type Greeks struct {
	ImpliedVolatility float64 // a year: 0.25 is 25 %
	Price             float64
	UnderPrice        float64
	PVDividend        float64 // none is paid
	Delta, Gamma      float64
	Vega              float64 // for one percent point of volatility
	Theta             float64 // for one day
}

const greekScale = 9

func (o terms) greeks(under float64) Greeks {
	g := Greeks{
		ImpliedVolatility: o.volatility, Price: o.price(under), UnderPrice: under,
	}
	if o.years <= 0 || under <= 0 {
		g.Delta = o.intrinsicDelta(under)
		return g
	}
	chain := 1.0 // by how much the spot price moves with the underlying's
	if o.future {
		under, chain = o.spot(under), o.discount()
	}
	d1, d2 := o.d(under)
	root, pdf := math.Sqrt(o.years), density(d1)
	g.Gamma = pdf / float64(float64(under*o.volatility)*root)
	g.Vega = float64(float64(under*pdf)*root) / 100
	decay := float64(float64(under*pdf)*o.volatility) / float64(2*root)
	carry := float64(interestRate * o.discounted())
	if o.put {
		g.Delta = cumulative(d1) - 1
		g.Theta = (float64(carry*cumulative(-d2)) - decay) / daysPerYear
	} else {
		g.Delta = cumulative(d1)
		g.Theta = (-decay - float64(carry*cumulative(d2))) / daysPerYear
	}
	if o.future { // the formula's theta has the drift of a stock, which a future does not have
		g.Theta += float64(float64(interestRate*under)*g.Delta) / daysPerYear
	}
	g.Delta, g.Gamma = float64(g.Delta*chain), float64(float64(g.Gamma*chain)*chain)
	for _, x := range []*float64{
		&g.ImpliedVolatility, &g.Price, &g.UnderPrice, &g.Delta, &g.Gamma, &g.Vega, &g.Theta,
	} {
		*x = rounded(*x, greekScale)
	}
	return g
}

func (o terms) intrinsicDelta(under float64) float64 {
	switch {
	case o.put && under < o.strike:
		return -1
	case !o.put && under > o.strike:
		return 1
	}
	return 0
}

// implied is the volatility that gives a price; false if none between minVolatility and
// maxVolatility does.
func (o terms) implied(price, under float64) (float64, bool) {
	if o.years <= 0 || under <= 0 {
		return 0, false
	}
	low, high := minVolatility, maxVolatility
	o.volatility = low
	least := o.price(under)
	o.volatility = high
	if !(price >= least && price <= o.price(under)) { // no number is neither
		return 0, false
	}
	const halvings = 60
	for range halvings {
		o.volatility = (low + high) / 2
		if o.price(under) < price {
			low = o.volatility
		} else {
			high = o.volatility
		}
	}
	return (low + high) / 2, true
}

// terms of an option on a day.
func (m Market) terms(i Instrument, day int64) terms {
	strike, _ := i.Strike.Float64()
	left := float64(i.lastDay - day)
	o := terms{strike: strike, put: i.Right == Put, future: i.SecType == FutureOption}
	if left >= 0 {
		o.years = (left + lastDay) / daysPerYear
	}
	o.volatility = m.smile(i, day, o)
	return o
}

// smile is the volatility of an option: that at the money, and more the further the strike is from
// the underlying's usual price, the more so the sooner it expires, and below more than above.
func (m Market) smile(i Instrument, day int64, o terms) float64 {
	u := m.under(i)
	x := log(o.strike / u.float(u.usualTicks()))
	curvature := 0.35 / (0.4 + math.Sqrt(o.years))
	v := m.atTheMoney(u, day) + float64(float64(curvature*x)*x) - float64(0.12*x)
	return rounded(min(max(v, 0.05), 2), volatilityScale)
}

// float is a number of ticks as a float.
func (i Instrument) float(ticks int64) float64 {
	k := i.of()
	return float64(ticks*k.unit) / float64(pow10(k.scale))
}

// under is the instrument whose price an option's follows.
func (m Market) under(i Instrument) Instrument {
	if i.SecType != FutureOption {
		return i.root()
	}
	future, _ := futureByConID(i.UnderConID)
	return m.adopt(future)
}

// usualTicks is the price around which an instrument's wanders, in its own ticks.
func (i Instrument) usualTicks() int64 {
	k := i.of()
	return i.baseTicks * k.rootUnit() / k.unit
}

// optionCurve is the trades of an option, as a function of its underlying's.
func (m Market) optionCurve(i Instrument, root curve) curve {
	u := m.under(i)
	k := i.of()
	tick := float64(k.unit) / float64(pow10(k.scale))
	return mapped{
		root: root, falling: i.Right == Put, most: 32 * u.usualTicks(),
		day: func(day int64) func(int64) int64 {
			o := m.terms(i, day)
			return func(under int64) int64 {
				return k.rule.nearest(max(int64(o.price(u.float(under))/tick), leastOption))
			}
		},
	}
}

// leastOption is the lowest price of an option in ticks: there is always a bid below it.
const leastOption = 2

// Greeks are those of an option's model price at t, at its last trade. ok is false for anything
// that is not an option.
func (m Market) Greeks(i Instrument, t time.Time) (g Greeks, ok bool) {
	if !i.SecType.IsOption() {
		return Greeks{}, false
	}
	at, _ := m.moment(i, t)
	day, leaf, point := leafAt(at)
	u := m.under(i)
	return m.terms(i, day).greeks(u.float(m.feed(u).last.at(day, leaf, point))), true
}

// OptionPrice answers calculateOptionPrice: what an option is worth at t if its volatility and the
// price of its underlying were these.
func (m Market) OptionPrice(i Instrument, t time.Time, volatility, under float64) (Greeks, bool) {
	if !i.SecType.IsOption() || !(volatility > 0 && volatility <= maxVolatility) || !(under > 0) {
		return Greeks{}, false
	}
	day, _, _ := leafAt(t)
	o := m.terms(i, day)
	o.volatility = volatility
	return o.greeks(under), true
}

// ImpliedVolatility answers calculateImpliedVolatility: the volatility at which an option is worth
// price while its underlying is at under. ok is false if there is none, or for no option.
func (m Market) ImpliedVolatility(i Instrument, t time.Time, price, under float64) (Greeks, bool) {
	if !i.SecType.IsOption() {
		return Greeks{}, false
	}
	day, _, _ := leafAt(t)
	o := m.terms(i, day)
	v, ok := o.implied(price, under)
	if !ok {
		return Greeks{}, false
	}
	o.volatility = v
	return o.greeks(under), true
}

// Volatility is that of options on an instrument, at the money, for a year: 0.28 is 28 %.
func (m Market) Volatility(i Instrument, t time.Time) float64 {
	day, _, _ := leafAt(t)
	return rounded(m.atTheMoney(i.root(), day), volatilityScale)
}
