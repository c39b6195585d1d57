package marketdata

import (
	"time"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/contract"
)

// state is what is known of an instrument at an instant.
type state struct {
	bid, ask, last             decimal.Decimal
	bidSize, askSize, lastSize int64
	lastAt                     time.Time // of the last trade; zero: it does not trade
	halted                     bool
	open                       bool      // somebody quotes: the market is open
	next                       time.Time // when it can be different

	day                      bool            // the following are known
	high, low, opened, close decimal.Decimal // close is yesterday's
	volume                   int64
	secType                  market.SecType
	texts                    *stateTexts
}

// stateTexts are the numbers that change with every trade, written once for all clients.
type stateTexts struct{ lastAt, volume string }

// quoted reports whether anybody bids and asks: nobody does for an index.
func (n *state) quoted() bool { return n.secType != market.Index }

// traded reports whether there are last prices: currencies have none, and a combination only those of
// its legs.
func (n *state) traded() bool { return !n.secType.QuotesOnly() && !n.lastAt.IsZero() }

// priced is what has prices: an instrument, or a combination of several.
type priced struct {
	instrument market.Instrument
	legs       []leg              // of a combination, whose instrument has a name only
	under      *market.Instrument // of an option, whose model price follows it
}

// leg is a part of a combination: a positive ratio is bought.
type leg struct {
	instrument market.Instrument
	ratio      int64
}

const codeNoLegs = 314

// priced finds what a client's contract names, or answers the request with an error.
func (s *Session) priced(id int, c *protobuf.Contract) (priced, bool) {
	if !contract.IsCombo(c) {
		i, ok := s.contracts.Instrument(id, c)
		p := priced{instrument: i}
		if i.SecType.IsOption() {
			if under, ok := s.login.exchange.Market().Lookup(i.UnderConID); ok {
				p.under = &under
			}
		}
		return p, ok
	}
	if len(c.GetComboLegs()) == 0 {
		s.client.Fail(id, codeNoLegs, contract.TextNoLegs)
		return priced{}, false
	}
	legs, bad := s.contracts.Legs(c)
	if bad != nil {
		s.client.Refuse(id, bad)
		return priced{}, false
	}
	var p priced
	for _, l := range legs {
		p.legs = append(p.legs, leg{l.Instrument, l.Ratio})
	}
	p.instrument = p.legs[0].instrument
	p.instrument.Symbol, p.instrument.SecType = c.GetSymbol(), exchange.Combo
	return p, true
}

// states remembers what was computed for an instant, for all clients that look at it then. The
// exchange's lock guards it.
type states struct {
	now time.Time
	of  map[stateKey]state
}

type stateKey struct {
	conID int
	at    time.Time
}

// stateOf is the market for an instrument or a combination at a time.
func (l *Login) stateOf(v *exchange.View, p priced, at time.Time) state {
	if len(p.legs) == 0 {
		now := l.instrumentState(v, p.instrument, at)
		if p.under != nil {
			now.next = earlier(now.next, l.instrumentState(v, *p.under, at).next)
		}
		return now
	}
	combined := state{open: true, secType: exchange.Combo}
	for _, leg := range p.legs {
		one := l.instrumentState(v, leg.instrument, at)
		if leg.ratio < 0 {
			one.bid, one.ask = one.ask, one.bid
			one.bidSize, one.askSize = one.askSize, one.bidSize
		}
		ratio := decimal.MustNew(leg.ratio, 0)
		times := func(d decimal.Decimal) decimal.Decimal { return client.Must(d.Mul(ratio)) }
		combined.bid = client.Must(combined.bid.Add(times(one.bid)))
		combined.ask = client.Must(combined.ask.Add(times(one.ask)))
		combined.last = client.Must(combined.last.Add(times(one.last)))
		combined.bidSize = fewer(combined.bidSize, one.bidSize/max(leg.ratio, -leg.ratio))
		combined.askSize = fewer(combined.askSize, one.askSize/max(leg.ratio, -leg.ratio))
		combined.open = combined.open && one.open
		combined.halted = combined.halted || one.halted
		combined.next = earlier(combined.next, one.next)
	}
	return combined
}

// fewer is the smaller of two sizes, of which the first may not be known yet.
func fewer(a, b int64) int64 {
	if a == 0 {
		return b
	}
	return min(a, b)
}

// earlier is the smaller of two times, of which the first may not be known yet.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// instrumentState is the market for an instrument at a time.
func (l *Login) instrumentState(v *exchange.View, i market.Instrument, at time.Time) state {
	if known, ok := l.states.of[stateKey{i.ConID, at}]; ok && l.states.now.Equal(v.Now()) {
		return known
	}
	m := l.exchange.Market()
	q, day := m.Quote(i, at), m.Session(i, at)
	now := state{
		bid: q.Bid, ask: q.Ask, last: q.Last, lastAt: q.LastAt,
		bidSize: q.BidSize, askSize: q.AskSize, lastSize: q.LastSize,
		halted: q.Halted, open: q.Halted || m.Open(i, at, true), day: true,
		high: day.High, low: day.Low, opened: day.Open, close: day.PreviousClose,
		volume: day.Volume, secType: i.SecType, next: m.NextTick(i, at),
		texts: &stateTexts{client.Whole(q.LastAt.Unix()), client.Whole(day.Volume)},
	}
	l.states.keep(v.Now(), stateKey{i.ConID, at}, now)
	return now
}

// keep remembers a state until the exchange's time goes on.
func (t *states) keep(now time.Time, key stateKey, one state) {
	if t.of == nil || !t.now.Equal(now) {
		t.now = now
		if t.of == nil {
			t.of = make(map[stateKey]state)
		}
		clear(t.of)
	}
	t.of[key] = one
}
