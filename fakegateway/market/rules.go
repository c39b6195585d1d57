package market

import (
	"slices"

	"github.com/govalues/decimal"
)

// PriceIncrement is how finely an instrument can be priced from LowEdge on.
type PriceIncrement struct{ LowEdge, Increment decimal.Decimal }

// rule is a market rule: the ticks that prices must be multiples of. Edges and increments are
// in the smallest ticks of the kinds that use it. Of the numbers, 26, 32, 67, 109, 110, 239 and 240 are
// known from IBKR's documentation and from clients; that 635 is the rule of bonds follows from IBKR's
// samples, which ask for it beside a bond, and its increment is a guess, as are the others' numbers. Rule
// 2806 is left out: its increments are nowhere published.
type rule struct {
	id    int
	unit  int64 // a tick is unit / 10^scale
	scale int
	steps []ruleStep
}

type ruleStep struct{ from, by int64 }

var (
	centRule    = flat(26, 1, 2)
	euroRule    = flat(239, 5, 5)
	yenRule     = flat(240, 5, 3)
	quarterRule = flat(67, 25, 2)
	dimeRule    = flat(30, 10, 2)
	oilRule     = flat(58, 1, 2)
	gasRule     = flat(75, 1, 3)
	goldRule    = dimeRule
	silverRule  = flat(98, 5, 3)
	noteRule    = flat(561, 15625, 6)
	grainRule   = flat(563, 125, 5)
	bondRule    = flat(635, 1, 3)
	// Cents at every price, beside 26: what options are priced in where they route by SMART, at
	// NASDAQ and at IBKR itself (mattsta/icli, instrumentdb.py; nautilus_trader's IB adapter).
	optionCentRule = flat(32, 1, 2)
	// Options in the penny programme: cents below 3 dollars, five from there on.
	pennyRule = &rule{id: 109, unit: 1, scale: 2, steps: []ruleStep{{0, 1}, {300, 5}}}
	// Other options: five cents below 3 dollars, ten from there on.
	nickelRule = &rule{id: 110, unit: 5, scale: 2, steps: []ruleStep{{0, 1}, {60, 2}}}

	rules = []*rule{
		centRule, euroRule, yenRule, quarterRule, dimeRule, oilRule, gasRule, silverRule,
		noteRule, grainRule, bondRule, optionCentRule, pennyRule, nickelRule,
	}
)

// flat is one tick at every price.
func flat(id int, unit int64, scale int) *rule {
	return &rule{id: id, unit: unit, scale: scale, steps: []ruleStep{{0, 1}}}
}

// MarketRule answers reqMarketRule: the price increments behind an id of
// Instrument.MarketRuleIDs, by rising low edge.
func MarketRule(id int) ([]PriceIncrement, bool) {
	made, _ := tickRule(id)
	for _, r := range append(slices.Clip(rules), made) {
		if r == nil || r.id != id {
			continue
		}
		increments := make([]PriceIncrement, len(r.steps))
		for i, s := range r.steps {
			increments[i] = PriceIncrement{
				LowEdge:   must(decimal.New(s.from*r.unit, r.scale)),
				Increment: must(decimal.New(s.by*r.unit, r.scale)),
			}
		}
		return increments, true
	}
	return nil, false
}

// by is the variation at a price.
func (r *rule) by(ticks int64) int64 {
	by := r.steps[0].by
	for _, s := range r.steps[1:] {
		if ticks >= s.from {
			by = s.by
		}
	}
	return by
}

func (r *rule) conforms(ticks int64) bool { return ticks%r.by(ticks) == 0 }

// floor is the highest price of the rule that is not above ticks. It rises with ticks.
func (r *rule) floor(ticks int64) int64 {
	by := r.by(ticks)
	return floorDiv(ticks, by) * by
}

// ceil is the lowest price of the rule that is not below ticks. It rises with ticks.
func (r *rule) ceil(ticks int64) int64 {
	by := r.by(ticks)
	return -floorDiv(-ticks, by) * by
}

// coarsest is the largest variation of the rule.
func (r *rule) coarsest() int64 {
	most := int64(0)
	for _, s := range r.steps {
		most = max(most, s.by)
	}
	return most
}

// nearest is a price of the rule next to ticks. It rises with ticks.
func (r *rule) nearest(ticks int64) int64 { return r.floor(ticks + r.by(ticks)/2) }
