package market

// mapped is a price that follows from another one: on each day it is a rising function of it, or a
// falling one. Its spans are exact at all levels, and what it reaches first is found on the root.
type mapped struct {
	root    curve
	falling bool
	most    int64 // more than the root ever is
	day     func(day int64) func(int64) int64
}

func (c mapped) highFirst(day, leaf int64) bool { return c.root.highFirst(day, leaf) != c.falling }

func (c mapped) at(day, leaf int64, point int) int64 {
	return c.day(day)(c.root.at(day, leaf, point))
}

func (c mapped) walk(day int64, see func(node) visit) {
	f := c.day(day)
	c.root.walk(day, func(nd node) visit {
		nd.span = span{open: f(nd.open), high: f(nd.high), low: f(nd.low), close: f(nd.close)}
		if c.falling {
			nd.high, nd.low = nd.low, nd.high
		}
		return see(nd)
	})
}

func (c mapped) firstIn(day int64, from step, r reach) (step, bool) {
	f := c.day(day)
	if c.falling {
		fall := f
		f = func(x int64) int64 { return -fall(x) }
		r = reach{-r.ticks, !r.above}
	}
	return c.root.firstIn(day, from, r.through(f, c.most))
}
