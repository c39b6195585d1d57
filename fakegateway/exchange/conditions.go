package exchange

import (
	"slices"
	"strings"
	"time"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// ConditionKind is IBKR's number of a kind of condition.
type ConditionKind int

// The kinds, each with the fields of Condition that it has beside More and Or.
const (
	PriceCondition     ConditionKind = 1 // Instrument, Price
	TimeCondition      ConditionKind = 3 // Time
	MarginCondition    ConditionKind = 4 // Percent: the account's cushion
	ExecutionCondition ConditionKind = 5 // Symbol, SecType, Exchange; no More
	VolumeCondition    ConditionKind = 6 // Instrument, Volume: of the session so far
	PercentCondition   ConditionKind = 7 // Instrument, Percent: since the last session's close
)

// Condition is one of those that an order waits for. Neighbors are joined by and, which binds
// closer, or by or.
type Condition struct {
	Kind       ConditionKind
	More       bool // at or above the bound; else at or below it
	Or         bool // joined to the next condition by or
	Instrument market.Instrument
	Price      decimal.Decimal
	Percent    decimal.Decimal
	Time       time.Time
	Volume     int64
	Symbol     string
	SecType    string
	Exchange   string
}

// marginEvery is how often an account's cushion is computed while only prices change it.
const marginEvery = time.Minute

// maxRounds bounds the search for an instant at which several conditions hold. What it ends at
// is still no later than that instant, and the search goes on from there.
const maxRounds = 64

// alternatives are the groups of conditions of which one has to hold as a whole, by index.
func (o *order) alternatives() (groups [][]int) {
	var group []int
	for k, c := range o.conditions {
		group = append(group, k)
		if c.Or || k == len(o.conditions)-1 {
			groups = append(groups, group)
			group = nil
		}
	}
	return groups
}

// waitsForConditions reports an order that its conditions hold back.
func (o *order) waitsForConditions() bool {
	return len(o.conditions) > 0 && !o.cancels && !o.released
}

// met reports whether an order's conditions hold now.
func (x *Exchange) met(o *order) bool {
	return slices.ContainsFunc(o.alternatives(), func(group []int) bool {
		return !slices.ContainsFunc(group, func(k int) bool { return !x.holds(o, k) })
	})
}

func (x *Exchange) holds(o *order, k int) bool {
	at, ok := x.notBefore(o, k, x.now)
	return ok && at.Equal(x.now)
}

// meets is when an order's conditions may be met next; zero if only an execution can do that.
// They are not met before.
func (x *Exchange) meets(o *order, from time.Time) time.Time {
	var first time.Time
	for _, group := range o.alternatives() {
		first = earlier(first, x.together(o, group, from))
	}
	return first
}

// together is when all conditions of a group may hold next; zero is never.
func (x *Exchange) together(o *order, group []int, from time.Time) time.Time {
	for range maxRounds {
		latest := from
		for _, k := range group {
			at, ok := x.notBefore(o, k, from)
			if !ok {
				return time.Time{}
			}
			latest = later(latest, at)
		}
		if latest.Equal(from) {
			break
		}
		from = latest
	}
	return from
}

// notBefore is the first instant from from on at which a condition holds, or, beyond what is
// searched or can be known now, one before which it does not. ok is false if time alone never
// makes it hold.
func (x *Exchange) notBefore(o *order, k int, from time.Time) (at time.Time, ok bool) {
	c := &o.conditions[k]
	switch c.Kind {
	case TimeCondition:
		if c.More {
			return later(from, c.Time), true
		}
		return from, !from.After(c.Time)
	case ExecutionCondition:
		return from, o.happened[k]
	case MarginCondition:
		return x.cushions(o, c, from), true
	case VolumeCondition:
		return x.overSessions(o, c, from, x.volumes), true
	case PercentCondition:
		return x.overSessions(o, c, from, x.changes), true
	default:
		return x.overSessions(o, c, from, x.prices), true
	}
}

// cushions looks at the account now, and otherwise at the next whole minute.
func (x *Exchange) cushions(o *order, c *Condition, from time.Time) time.Time {
	if from.After(x.now) {
		return from
	}
	cushion := x.standing(o.Account).cushion()
	if c.More && !cushion.Less(c.Percent) || !c.More && !c.Percent.Less(cushion) {
		return from
	}
	return from.Truncate(marginEvery).Add(marginEvery)
}

// within finds the first instant of [from, until), which is part of one session, at which a
// condition holds.
type within func(c *Condition, session market.Window, from, until time.Time) (time.Time, bool)

func (x *Exchange) overSessions(o *order, c *Condition, from time.Time, find within) time.Time {
	until := from.Add(searchTime)
	for from.Before(until) {
		w := x.market.Next(c.Instrument, from, o.ignoreRTH)
		from = later(from, w.Open)
		if at, found := find(c, w, from, w.Close); found {
			return at
		}
		from = w.Close
	}
	return from
}

func (x *Exchange) prices(c *Condition, _ market.Window, from, until time.Time) (time.Time, bool) {
	return x.reaches(c, from, until, c.Price)
}

func (x *Exchange) reaches(c *Condition, from, until time.Time, price decimal.Decimal,
) (time.Time, bool) {
	ticks := ticksOf(c.Instrument, price)
	if c.More {
		ticks = ticksUp(c.Instrument, price)
	}
	return x.market.First(c.Instrument, from, until, market.Reach{
		Price: c.Instrument.Price(ticks), Above: c.More,
	})
}

// changes compares with the close of the session before.
func (x *Exchange) changes(c *Condition, w market.Window, from, until time.Time,
) (time.Time, bool) {
	before := x.market.Session(c.Instrument, w.Open).PreviousClose
	ratio := add(shares(1), quo(c.Percent, shares(100)))
	return x.reaches(c, from, until, mul(before, ratio))
}

// volumes searches for the step of the market at which the day's volume passes the bound; it only
// grows.
func (x *Exchange) volumes(c *Condition, _ market.Window, from, until time.Time,
) (time.Time, bool) {
	volume := func(t time.Time) int64 { return x.market.Session(c.Instrument, t).Volume }
	passed := func(t time.Time) bool { return volume(t) >= c.Volume }
	if !c.More {
		return from, volume(from) <= c.Volume
	}
	if passed(from) {
		return from, true
	}
	from = from.Truncate(market.Step)
	step := func(n int64) time.Time { return from.Add(time.Duration(n) * market.Step) }
	lo, hi := int64(0), int64((until.Sub(from)-1)/market.Step)
	if !passed(step(hi)) {
		return time.Time{}, false
	}
	for lo+1 < hi {
		if mid := (lo + hi) / 2; passed(step(mid)) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return step(hi), true
}

// heardOf looks again at the orders that an execution, or what it did to an account, can release.
func (x *Exchange) heardOf(e *Execution) {
	if len(x.watching) == 0 {
		return
	}
	for _, o := range slices.Clone(x.watching) {
		for k, c := range o.conditions {
			if c.Kind == ExecutionCondition && c.names(e) {
				o.happened[k] = true
			}
		}
		x.plan(o)
	}
}

// names reports whether an execution is one that a condition waits for.
func (c *Condition) names(e *Execution) bool {
	same := func(want, have string) bool { return want == "" || strings.EqualFold(want, have) }
	return same(c.Symbol, e.Symbol) && same(c.SecType, string(e.Instrument.SecType)) &&
		(same(c.Exchange, e.Instrument.Exchange) || same(c.Exchange, e.Instrument.PrimaryExchange) ||
			same(c.Exchange, "*"))
}

// watch and unwatch keep the list of orders that the books themselves can release.
func (x *Exchange) watch(o *order) {
	if slices.ContainsFunc(o.conditions, func(c Condition) bool {
		return c.Kind == ExecutionCondition || c.Kind == MarginCondition
	}) {
		x.watching = insert(x.watching, o)
	}
}

func (x *Exchange) unwatch(o *order) { x.watching = without(x.watching, o) }
