package session

import (
	"fmt"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

const (
	codeTickByTick    = 10189
	codeMaxTickByTick = 10190

	textTickByTick    = "Failed to request tick-by-tick data."
	textMaxTickByTick = "Max number of tick-by-tick requests has been reached."
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqTickByTickData:    on((*Session).reqTickByTickData),
		wire.CancelTickByTickData: on((*Session).cancelTickByTickData),
	})
}

// tickStream is IBKR's number of a kind of tick-by-tick data.
type tickStream int

const (
	lastStream tickStream = iota + 1
	allLastStream
	bidAskStream
	midPointStream
)

// tickStreams are IBKR's names, each with what the same is called in historical ticks.
var tickStreams = map[string]struct {
	stream tickStream
	show   string
}{
	"Last": {lastStream, "TRADES"}, "AllLast": {allLastStream, "TRADES"},
	"BidAsk": {bidAskStream, "BID_ASK"}, "MidPoint": {midPointStream, "MIDPOINT"},
}

// tickByTick is a reqTickByTickData.
type tickByTick struct {
	id         int
	instrument market.Instrument
	stream     tickStream
	show       string
	history    int  // ticks of the past that come first
	pricesOnly bool // ignoreSize

	since  time.Time // what the client has; zero: nothing yet
	was    market.Tick
	paused bool
}

// reqTickByTickData sends some ticks of the past in one message if asked to, then every tick.
func (s *Session) reqTickByTickData(m *protobuf.TickByTickRequest) {
	id := int(m.GetReqId())
	i, ok := s.instrument(id, m.GetContract())
	if !ok {
		return
	}
	named, ok := tickStreams[m.GetTickType()]
	key := feedKey{tickByTickFeed, id}
	switch {
	case !ok:
		s.refuse(id, refuse("Invalid tick type: "+m.GetTickType()))
		return
	case m.GetNumberOfTicks() < 0 || m.GetNumberOfTicks() > maxHistoricalTicks:
		s.refuse(id, refuse(fmt.Sprintf(
			"Number of ticks must be between 0 and %d.", maxHistoricalTicks)))
		return
	case s.subscribed(key) != nil:
		s.fail(id, codeProcessing, textDuplicateTicker)
		return
	case !hasTickByTick(i, named.stream):
		s.fail(id, codeTickByTick, fmt.Sprintf(
			"%s%s tick-by-tick requests are not supported for %s",
			textTickByTick, m.GetTickType(), i.Symbol))
		return
	case !s.entitled(i):
		s.fail(id, codeTickByTick, fmt.Sprintf("%sNo market data permissions for %s %s.",
			textTickByTick, permissionVenue(i), i.SecType))
		return
	case s.login.countFeeds(tickByTickFeed) >= s.login.deepLines():
		s.fail(id, codeMaxTickByTick, textMaxTickByTick)
		return
	}
	s.subscribe(key, &tickByTick{
		id: id, instrument: i, stream: named.stream, show: named.show,
		history: int(m.GetNumberOfTicks()), pricesOnly: m.GetIgnoreSize(),
	})
}

// permissionVenue is how texts about permissions name an instrument's venue: NASDAQ by its older
// name, as captured at 200.
func permissionVenue(i market.Instrument) string {
	switch i.PrimaryExchange {
	case nasdaqName:
		return nasdaqAlias
	case "":
		return i.Exchange
	}
	return i.PrimaryExchange
}

// hasTickByTick reports whether IBKR streams single ticks: not of options, whose ticks are only
// historical, nor of indices; and no trades of currencies, which have none.
func hasTickByTick(i market.Instrument, stream tickStream) bool {
	switch i.SecType { //nolint:exhaustive // the others have all
	case market.Option, market.Index, market.CFD, market.Bond:
		return false
	case market.Cash:
		return stream == bidAskStream || stream == midPointStream
	}
	return true
}

// countFeeds counts the feeds of a kind over all clients of the login.
func (l *Login) countFeeds(kind feedKind) int {
	n := 0
	for _, c := range l.sessions.all() {
		c.mu.Lock()
		n += c.data.count(kind)
		c.mu.Unlock()
	}
	return n
}

// wake implements feed.
func (t *tickByTick) wake(s *Session, v *exchange.View) time.Time {
	m, now := s.login.exchange.Market(), v.Now()
	if t.since.IsZero() {
		if t.history > 0 {
			ticks := m.HistoricalTicks(now, market.TickRequest{
				Instrument: t.instrument, Until: now, Count: t.history,
				TradesOnly: t.show == "TRADES",
			})
			kind, body := tickHistory(t.id, t.show, ticks, t.pricesOnly)
			s.send(kind, body)
			if n := len(ticks); n > 0 {
				t.was = ticks[n-1]
			}
		}
		t.since = now
	}
	if t.paused {
		t.since, t.paused = now, false
	}
	for _, tick := range m.Tape(t.instrument, t.since, now, 0) {
		t.send(s, tick)
		t.was = tick
	}
	t.since = now
	return m.NextTick(t.instrument, now)
}

// pause implements pauser.
func (t *tickByTick) pause() { t.paused = true }

// send sends one tick, unless it changes nothing that the stream tells.
func (t *tickByTick) send(s *Session, tick market.Tick) {
	answer := &protobuf.TickByTickData{ReqId: num(t.id), TickType: num(int(t.stream))}
	switch t.stream {
	case lastStream, allLastStream:
		if tick.LastSize == 0 {
			return
		}
		answer.Tick = &protobuf.TickByTickData_HistoricalTickLast{HistoricalTickLast: tradeTick(tick)}
	case bidAskStream:
		sizes := tick.BidSize == t.was.BidSize && tick.AskSize == t.was.AskSize
		if tick.Bid == t.was.Bid && tick.Ask == t.was.Ask && (sizes || t.pricesOnly) {
			return
		}
		answer.Tick = &protobuf.TickByTickData_HistoricalTickBidAsk{
			HistoricalTickBidAsk: bidAskTick(tick),
		}
	case midPointStream:
		if tick.Mid() == t.was.Mid() {
			return
		}
		answer.Tick = &protobuf.TickByTickData_HistoricalTickMidPoint{
			HistoricalTickMidPoint: middleTick(tick),
		}
	}
	s.send(wire.TickByTick, answer)
}

// cancelTickByTickData has no answer when there is something to cancel.
func (s *Session) cancelTickByTickData(m *protobuf.CancelTickByTick) {
	id := int(m.GetReqId())
	if s.unsubscribe(feedKey{tickByTickFeed, id}) == nil {
		s.fail(id, codeNoTicker, fmt.Sprintf("Can't find EId with tickerId:%d", id))
	}
}
