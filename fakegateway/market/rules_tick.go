package market

import "github.com/govalues/decimal"

// Rules of one tick that IBKR's ids are not known of have ids made from the tick: a million for each
// digit behind the point and one more, and the tick in its last digits. 5000025 is 0.0025. They are
// invented: real ids are below 10,000.
const (
	ruleIDsPerScale = 1_000_000
	maxTickUnit     = 100_000
	maxTickScale    = 8
)

// everyTick is the rule of one tick, unit / 10^scale, at every price.
func everyTick(unit int64, scale int) *rule {
	for _, r := range rules {
		if len(r.steps) == 1 && r.unit == unit && r.scale == scale {
			return r
		}
	}
	return flat(ruleIDsPerScale*(scale+1)+int(unit), unit, scale)
}

// tickRule is the rule behind an id that everyTick makes.
func tickRule(id int) (*rule, bool) {
	scale, unit := id/ruleIDsPerScale-1, int64(id%ruleIDsPerScale)
	if scale < 0 || scale > maxTickScale+2 || unit < 1 || unit > maxTickUnit {
		return nil, false
	}
	return flat(id, unit, scale), true
}

// unitOf is a tick as unit / 10^scale. ok is false for none.
func unitOf(tick decimal.Decimal) (unit int64, scale int, ok bool) {
	if !tick.IsPos() {
		return 0, 0, false
	}
	tick = tick.Trim(0)
	scale = tick.Scale()
	whole, frac, ok := tick.Int64(scale)
	return whole*pow10(scale) + frac, scale, ok
}
