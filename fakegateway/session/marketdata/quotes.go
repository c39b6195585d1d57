package marketdata

import (
	"time"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

const (
	// tickEvery is how often ticks are sent while they change: IBKR aggregates those of stocks.
	tickEvery = 250 * time.Millisecond
	// delay is the age of delayed market data.
	delay = 15 * time.Minute
)

// tickTypes are IBKR's numbers of the ticks of one kind of data.
type tickTypes struct {
	bid, ask, last, bidSize, askSize, lastSize, high, low, volume, close, open, at int32

	bidOption, askOption, lastOption, model int32
}

var (
	liveTicks    = tickTypes{1, 2, 4, 0, 3, 5, 6, 7, 8, 9, 14, 45, 10, 11, 12, 13}
	delayedTicks = tickTypes{66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 88, 80, 81, 82, 83}
)

// haltedTick is tick 49: 0 while the instrument trades, 1 while it is halted.
const haltedTick = 49

// quotes is a reqMktData.
type quotes struct {
	s        *Session
	id       int
	priced   priced
	generic  generics
	snapshot bool
	delayed  bool
	frozen   bool // the last quotes, while the market is closed
	freeOnly bool // only the generic ticks that need no subscription

	kind   int // of market data, as the client knows it; 0 before the first ticks
	begun  bool
	sent   state
	model  market.Greeks
	traded time.Time // the last trade that generic ticks have seen
}

// Wake implements feed.Feed. It sends what has changed since it was last sent.
func (q *quotes) Wake(v *exchange.View) time.Time {
	s := q.s
	first := !q.begun
	q.begun = true
	at := v.Now()
	if q.delayed {
		at = at.Add(-delay)
	}
	now := s.login.stateOf(v, q.priced, at)
	if !q.freeOnly {
		q.announce(s, now)
		if now.open || first || q.frozen {
			q.sendTicks(s, now, first, at)
			q.sent = now
		}
	}
	q.generic.send(s, v, q, now, first)
	if q.snapshot {
		s.client.Send(wire.TickSnapshotEnd, &protobuf.TickSnapshotEnd{ReqId: client.Num(q.id)})
		return time.Time{}
	}
	return nextLook(v.Now(), now.next.Add(v.Now().Sub(at)))
}

// nextLook is when a quote that changes at a time is sent: the first multiple of tickEvery from
// then on, so that those of all instruments and clients are few wake-ups.
func nextLook(now, change time.Time) time.Time {
	at := change.Truncate(tickEvery)
	if at.Before(change) {
		at = at.Add(tickEvery)
	}
	if !at.After(now) {
		at = now.Truncate(tickEvery).Add(tickEvery)
	}
	return at
}

// announce sends the type of the data at first and when it changes: at the ends of sessions, for
// a client that asked for frozen data.
func (q *quotes) announce(s *Session, now state) {
	kind := liveData
	switch {
	case q.delayed && q.frozen && !now.open:
		kind = delayedFrozenData
	case q.delayed:
		kind = delayedData
	case q.frozen && !now.open:
		kind = frozenData
	}
	if kind == q.kind {
		return
	}
	first := q.kind == 0
	q.kind = kind
	s.client.Send(wire.MarketDataType, &protobuf.MarketDataType{
		ReqId: client.Num(q.id), MarketDataType: client.Num(kind),
	})
	if first {
		s.sendTickParameters(q.id, q.priced.instrument)
	}
}

// sendTicks sends a quote in the order captured from a Gateway, or what of it has changed.
func (q *quotes) sendTicks(s *Session, now state, first bool, at time.Time) {
	types := &liveTicks
	if q.delayed {
		types = &delayedTicks
	}
	if !now.open && !q.frozen { // nobody quotes
		now.bid, now.ask, now.bidSize, now.askSize = noPrice, noPrice, 0, 0
	}
	out, was := s.ticksOf(q.id), &q.sent
	side := func(price, size int32, p, before decimal.Decimal, n, beforeSize int64) {
		switch {
		case first || p != before:
			out.price(price, p, n)
		case n != beforeSize:
			out.size(size, n)
		}
	}
	if now.quoted() {
		side(types.bid, types.bidSize, now.bid, was.bid, now.bidSize, was.bidSize)
		side(types.ask, types.askSize, now.ask, was.ask, now.askSize, was.askSize)
	}
	if now.traded() {
		side(types.last, types.lastSize, now.last, was.last, now.lastSize, was.lastSize)
		if first || !now.lastAt.Equal(was.lastAt) {
			out.string(types.at, now.texts.lastAt)
		}
	}
	q.sendDay(out, types, now, first)
	if (first && !q.delayed || now.halted != was.halted) && !q.snapshot {
		out.generic(haltedTick, haltedValue(now.halted))
	}
	q.sendOptionTicks(s, types, now, first, at)
}

// sendDay sends what the session has been so far.
func (q *quotes) sendDay(out *tickBodies, types *tickTypes, now state, first bool) {
	was := &q.sent
	if !now.day {
		return
	}
	one := func(tick int32, p, before decimal.Decimal) {
		if first || p != before {
			out.price(tick, p, 0)
		}
	}
	one(types.high, now.high, was.high)
	one(types.low, now.low, was.low)
	if now.traded() && now.quoted() && (first || now.volume != was.volume) {
		out.sizeText(types.volume, now.texts.volume)
	}
	one(types.close, now.close, was.close)
	one(types.open, now.opened, was.opened)
}

func haltedValue(halted bool) float64 {
	if halted {
		return 1
	}
	return 0
}

// noPrice is what IBKR writes for a side of the market that has no quote.
var noPrice = decimal.MustNew(-1, 0)
