package market

import (
	"time"

	"github.com/govalues/decimal"
)

// Quote is the market at an instant. Sizes are in units: shares, contracts, the base currency.
type Quote struct {
	Bid, Ask, Last             decimal.Decimal
	BidSize, AskSize, LastSize int64
	LastAt                     time.Time // of the last trade
	Halted                     bool
}

// Mid is the middle of bid and ask.
func (q Quote) Mid() decimal.Decimal { return must(add(q.Bid, q.Ask).Quo(whole(2))) }

// Quote returns the quote of an instrument at t. While its market is closed or halted, this is the
// last quote before that. A market without sessions never closes.
func (m Market) Quote(i Instrument, t time.Time) Quote {
	at, halted := m.moment(i, t)
	day, leaf, point := leafAt(at)
	s := step{leaf, point}
	var q Quote
	if m.seeded(i) {
		q = m.seededQuote(i, day, s)
	} else {
		f := m.feed(i)
		q = i.quote(f, day, s, f.last.at(day, leaf, point))
		q.LastSize = sizeAt(f.flow.day(day), s)
	}
	q.LastAt, q.Halted = pointTime(day, leaf, point), halted
	return q
}

// seeded reports an instrument with a path of its own.
func (m Market) seeded(i Instrument) bool {
	return i.of().root == nil && i.LastTradeDate == "" && m.Replay.of(i.source) == nil
}

// seededQuote is the quote of an instrument with a path of its own. It does what feed does, with
// nothing to allocate: every tick of every client begins here.
func (m Market) seededQuote(i Instrument, day int64, s step) Quote {
	path := newPath(m.Seed, i.source, i.baseTicks)
	last := path.at(day, s.leaf, s.point)
	around := spreads{seed: m.seedOf(i), kind: i.of(), wide: m.wide(i)}
	q := i.priced(around.at(day, s, last), last)
	flow := volumes{seed: around.seed, kind: around.kind}.of(day)
	before, _ := flow.before(s)
	after, _ := flow.before(s.next())
	q.LastSize = after - before
	return q
}

func (i Instrument) quote(f feed, day int64, s step, last int64) Quote {
	return i.priced(f.quotes.at(day, s, last), last)
}

func (i Instrument) priced(q ticksQuote, last int64) Quote {
	return Quote{
		Bid: i.Price(q.bid), Ask: i.Price(q.ask), Last: i.Price(last),
		BidSize: q.bidSize, AskSize: q.askSize,
	}
}

// sizeAt is what trades at a step.
func sizeAt(d traded, s step) int64 {
	before, _ := d.before(s)
	after, _ := d.before(s.next())
	return after - before
}

// next is the step after s; that of the day's last is the first leaf after the day.
func (s step) next() step {
	if s.point+1 < pointsPerLeaf {
		return step{s.leaf, s.point + 1}
	}
	return step{leaf: s.leaf + 1}
}

// quoteWakes bounds how many steps are looked at for a change.
const quoteWakes = stepsPerMinute

// NextTick returns the next time at which the quote or the last trade of an instrument changes. If
// nothing changes within a minute, it returns the end of that minute.
func (m Market) NextTick(i Instrument, after time.Time) time.Time {
	now := m.Quote(i, after)
	at := nextStep(after)
	for range quoteWakes {
		if m.Hours.SessionsOnly {
			if w := m.next(i, at, true); w.Open.After(at) {
				return w.Open
			}
		}
		if m.Quote(i, at) != now {
			return at
		}
		at = at.Add(Step)
	}
	return at
}
