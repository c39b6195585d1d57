package marketdata

import (
	"fmt"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/feed"
	"ibsoak/fakegateway/session/history"
	"ibsoak/internal/wire"
)

const (
	codeTickByTick    = 10189
	codeMaxTickByTick = 10190

	textTickByTick    = "Failed to request tick-by-tick data."
	textMaxTickByTick = "Max number of tick-by-tick requests has been reached."
)

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
	s          *Session
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

// ReqTickByTickData sends some ticks of the past in one message if asked to, then every tick.
func (s *Session) ReqTickByTickData(m *protobuf.TickByTickRequest) {
	id := int(m.GetReqId())
	i, ok := s.contracts.Instrument(id, m.GetContract())
	if !ok {
		return
	}
	named, ok := tickStreams[m.GetTickType()]
	key := feed.Key{Kind: feed.TickByTick, ID: id}
	switch {
	case !ok:
		s.client.Refuse(id, client.Invalid("Invalid tick type: "+m.GetTickType()))
		return
	case m.GetNumberOfTicks() < 0 || m.GetNumberOfTicks() > history.MaxTicks:
		s.client.Refuse(id, client.Invalid(fmt.Sprintf(
			"Number of ticks must be between 0 and %d.", history.MaxTicks)))
		return
	case s.feeds.Get(key) != nil:
		s.client.Fail(id, client.CodeProcessing, client.TextDuplicateTicker)
		return
	case !hasTickByTick(i, named.stream):
		s.client.Fail(id, codeTickByTick, fmt.Sprintf(
			"%s%s tick-by-tick requests are not supported for %s",
			textTickByTick, m.GetTickType(), i.Symbol))
		return
	case !s.entitled(i):
		s.client.Fail(id, codeTickByTick, fmt.Sprintf("%sNo market data permissions for %s %s.",
			textTickByTick, permissionVenue(i), i.SecType))
		return
	case s.login.count(feed.TickByTick) >= s.login.deepLines():
		s.client.Fail(id, codeMaxTickByTick, textMaxTickByTick)
		return
	}
	s.feeds.Subscribe(key, &tickByTick{
		s: s, id: id, instrument: i, stream: named.stream, show: named.show,
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
	case market.Option, market.FutureOption, market.Index, market.CFD, market.Bond, market.Fund:
		return false
	case market.Cash, market.Commodity:
		return stream == bidAskStream || stream == midPointStream
	}
	return true
}

// Wake implements feed.Feed.
func (t *tickByTick) Wake(v *exchange.View) time.Time {
	s := t.s
	m, now := s.login.exchange.Market(), v.Now()
	if t.since.IsZero() {
		if t.history > 0 {
			ticks := m.HistoricalTicks(now, market.TickRequest{
				Instrument: t.instrument, Until: now, Count: t.history,
				TradesOnly: t.show == "TRADES",
			})
			kind, body := history.TickHistory(t.id, t.show, ticks, t.pricesOnly)
			s.client.Send(kind, body)
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
		t.send(tick)
		t.was = tick
	}
	t.since = now
	return m.NextTick(t.instrument, now)
}

// Pause implements feed.Pauser.
func (t *tickByTick) Pause() { t.paused = true }

// send sends one tick, unless it changes nothing that the stream shows.
func (t *tickByTick) send(tick market.Tick) {
	answer := &protobuf.TickByTickData{ReqId: client.Num(t.id), TickType: client.Num(int(t.stream))}
	switch t.stream {
	case lastStream, allLastStream:
		if tick.LastSize == 0 {
			return
		}
		answer.Tick = &protobuf.TickByTickData_HistoricalTickLast{HistoricalTickLast: history.TradeTick(tick)}
	case bidAskStream:
		sizes := tick.BidSize == t.was.BidSize && tick.AskSize == t.was.AskSize
		if tick.Bid == t.was.Bid && tick.Ask == t.was.Ask && (sizes || t.pricesOnly) {
			return
		}
		answer.Tick = &protobuf.TickByTickData_HistoricalTickBidAsk{
			HistoricalTickBidAsk: history.BidAskTick(tick),
		}
	case midPointStream:
		if tick.Mid() == t.was.Mid() {
			return
		}
		answer.Tick = &protobuf.TickByTickData_HistoricalTickMidPoint{
			HistoricalTickMidPoint: history.MiddleTick(tick),
		}
	}
	t.s.client.Send(wire.TickByTick, answer)
}

// CancelTickByTickData has no answer when there is something to cancel.
func (s *Session) CancelTickByTickData(m *protobuf.CancelTickByTick) {
	id := int(m.GetReqId())
	if s.feeds.Unsubscribe(feed.Key{Kind: feed.TickByTick, ID: id}) == nil {
		s.client.Fail(id, codeNoTicker, fmt.Sprintf("Can't find EId with tickerId:%d", id))
	}
}
