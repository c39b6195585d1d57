package fakegateway

import (
	"fmt"
	"strconv"
	"time"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

const (
	// tickEvery is how often ticks are sent while they change.
	tickEvery = time.Second
	// delay is the age of delayed market data.
	delay = 15 * time.Minute
	// maxTickers is the market data lines of a login.
	maxTickers = 100

	liveData    = 1
	delayedData = 3
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqMarketDataType:  on((*session).reqMarketDataType),
		wire.ReqMktData:         on((*session).reqMktData),
		wire.CancelMktData:      on((*session).cancelMktData),
		wire.ReqRealTimeBars:    on((*session).reqRealTimeBars),
		wire.CancelRealTimeBars: quiet,
	})
}

// tickTypes are IBKR's numbers of the prices and sizes of one kind of data.
type tickTypes struct {
	bid, ask, last, bidSize, askSize, lastSize, high, low, volume, close, open, at int
}

var (
	liveTicks    = tickTypes{1, 2, 4, 0, 3, 5, 6, 7, 8, 9, 14, 45}
	delayedTicks = tickTypes{66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 88}
)

// quoteSize is what every quote is good for, in shares.
const quoteSize = 100

// tickSub is a streaming reqMktData.
type tickSub struct {
	instrument market.Instrument
	delayed    bool
	sent       market.Quote
	due        time.Time
}

// reqMarketDataType has no answer; it speaks of later requests.
func (s *session) reqMarketDataType(m *protobuf.MarketDataTypeRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dataType = int(m.GetMarketDataType())
}

// reqMktData sends live data to a login that is subscribed, delayed data to a client that has
// asked for that, and else the error of a login without market data subscriptions.
func (s *session) reqMktData(m *protobuf.MarketDataRequest) {
	id := int(m.GetReqId())
	i, ok := s.lookup(m.GetContract())
	if !ok {
		s.fail(id, codeNoSecurity, textNoSecurity)
		return
	}
	s.mu.Lock()
	dataType, known, lines := s.dataType, s.ticks[id] != nil, len(s.ticks)
	s.mu.Unlock()
	live := s.srv.cfg.LiveMarketData
	delayed := !live && dataType >= delayedData
	switch {
	case known:
		s.fail(id, codeProcessing, "Error processing request.-'bH' : cause - Duplicate ticker id")
		return
	case lines >= maxTickers:
		s.fail(id, 101, "Max number of tickers has been reached")
		return
	case !live && !delayed:
		s.sendTickParameters(id)
		s.fail(id, 10089, fmt.Sprintf("Requested market data requires additional subscription "+
			"for API. See link in 'Market Data Connections' dialog for more details."+
			"Delayed market data is available.%s %s/TOP/ALL", i.Symbol, i.Venue()))
		return
	}
	sub := &tickSub{instrument: i, delayed: delayed}
	s.srv.exchange.View(s.conn.Now(), func(v *exchange.View) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sendFirstTicks(v, id, sub)
		if m.GetSnapshot() {
			s.send(wire.TickSnapshotEnd, &protobuf.TickSnapshotEnd{ReqId: num(id)})
			return
		}
		s.ticks[id] = sub
		sub.due = v.Now().Add(tickEvery)
		v.WakeAt(sub.due)
	})
}

func (s *session) sendTickParameters(id int) {
	s.send(wire.TickReqParams, &protobuf.TickReqParams{
		ReqId: num(id), MinTick: proto.String(minTick), BboExchange: proto.String("9c0001"),
		SnapshotPermissions: num(4),
	})
}

// sendFirstTicks sends the kind of data, and every tick in the order captured from a Gateway.
func (s *session) sendFirstTicks(v *exchange.View, id int, sub *tickSub) {
	kind, types, at := liveData, liveTicks, v.Now()
	if sub.delayed {
		kind, types, at = delayedData, delayedTicks, at.Add(-delay)
	}
	s.send(wire.MarketDataType, &protobuf.MarketDataType{
		ReqId: num(id), MarketDataType: num(kind),
	})
	s.sendTickParameters(id)
	prices := s.srv.exchange.Market()
	sub.sent = prices.Quote(sub.instrument, at)
	s.sendQuote(id, types, sub.sent)
	s.send(wire.TickString, &protobuf.TickString{
		ReqId: num(id), TickType: num(types.at),
		Value: proto.String(strconv.FormatInt(at.Unix(), 10)),
	})
	h, err := prices.History(at, market.HistoryRequest{
		Instrument: sub.instrument, Duration: market.Span{Count: 2, Unit: market.Day},
		BarSize: market.Span{Count: 1, Unit: market.Day}, RTHOnly: true,
	})
	if err != nil || len(h.Bars) < 2 {
		return
	}
	yesterday, today := h.Bars[len(h.Bars)-2], h.Bars[len(h.Bars)-1]
	s.sendPrice(id, types.high, today.High, 0)
	s.sendPrice(id, types.low, today.Low, 0)
	s.send(wire.TickSize, &protobuf.TickSize{
		ReqId: num(id), TickType: num(types.volume), Size: proto.String(whole(today.Volume)),
	})
	s.sendPrice(id, types.close, yesterday.Close, 0)
	s.sendPrice(id, types.open, today.Open, 0)
}

// sendQuote sends bid, ask and last; clients take the sizes from these messages.
func (s *session) sendQuote(id int, types tickTypes, q market.Quote) {
	s.sendPrice(id, types.bid, q.Bid, quoteSize)
	s.sendPrice(id, types.ask, q.Ask, quoteSize)
	s.sendPrice(id, types.last, q.Last, quoteSize)
}

func (s *session) sendPrice(id, tick int, price decimal.Decimal, size int64) {
	s.send(wire.TickPrice, &protobuf.TickPrice{
		ReqId: num(id), TickType: num(tick), Price: float(price),
		Size: proto.String(whole(size)), AttrMask: num(0),
	})
}

// wakeTicks sends the quotes that have moved.
func (s *session) wakeTicks(v *exchange.View) {
	for _, id := range sortedKeys(s.ticks) {
		sub := s.ticks[id]
		if sub.due.After(v.Now()) {
			continue
		}
		types, at := liveTicks, v.Now()
		if sub.delayed {
			types, at = delayedTicks, at.Add(-delay)
		}
		if q := s.srv.exchange.Market().Quote(sub.instrument, at); q != sub.sent {
			sub.sent = q
			s.sendQuote(id, types, q)
		}
		sub.due = v.Now().Add(tickEvery)
		v.WakeAt(sub.due)
	}
}

// cancelMktData has no answer when there is something to cancel.
func (s *session) cancelMktData(m *protobuf.CancelMarketData) {
	id := int(m.GetReqId())
	s.mu.Lock()
	known := s.ticks[id] != nil
	delete(s.ticks, id)
	s.mu.Unlock()
	if !known {
		s.fail(id, 300, fmt.Sprintf("Can't find EId with tickerId:%d", id))
	}
}

// reqRealTimeBars needs a subscription, which no login here has.
func (s *session) reqRealTimeBars(m *protobuf.RealTimeBarsRequest) {
	id := int(m.GetReqId())
	i, ok := s.lookup(m.GetContract())
	if !ok {
		s.fail(id, codeNoSecurity, textNoSecurity)
		return
	}
	s.fail(id, 420, "Invalid Real-time Query:No market data permissions for "+i.PrimaryExchange+
		" STK. Requested market data requires additional subscription for API.")
}
