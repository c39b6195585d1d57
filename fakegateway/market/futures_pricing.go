package market

// carry is by how much a future is above its underlying for a year that is left, in ten thousandths
// of the underlying's usual price. It shrinks at midnight UTC.
const carry = 300

// futureCurve is the trades of a future: its underlying's, rounded to the future's tick, and what
// it costs to carry the underlying until the last trading day.
func futureCurve(i Instrument, root curve, carry int64) curve {
	k := i.of()
	base, last := i.baseTicks*k.rootUnit(), i.lastDay
	return mapped{
		root: root, most: 32 * i.baseTicks,
		day: func(day int64) func(int64) int64 {
			left := max(last-day, 0)
			shift := base*carry/10_000*left/daysPerYear + k.unit/2
			return func(under int64) int64 { return max((under*k.rootUnit()+shift)/k.unit, 1) }
		},
	}
}

// rootUnit is a tick of the kind's underlying, in the kind's scale.
func (k *kind) rootUnit() int64 {
	if k.root == nil {
		return k.unit
	}
	return k.root.unit
}
