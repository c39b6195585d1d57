package session

import (
	"fmt"
	"strconv"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

const (
	codeRealTime = 420
	textRealTime = "Invalid Real-time Query:"

	// realTimeBar is the only size of real-time bars; requests for others get it too.
	realTimeBar = 5 * time.Second
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqRealTimeBars:    on((*Session).reqRealTimeBars),
		wire.CancelRealTimeBars: on((*Session).cancelRealTimeBars),
	})
}

// realTimeBars is a reqRealTimeBars.
type realTimeBars struct {
	id    int
	query market.HistoryRequest
	since time.Time // bars before are sent; zero: none was due yet
}

// reqRealTimeBars sends a bar every five seconds while the market is open.
func (s *Session) reqRealTimeBars(m *protobuf.RealTimeBarsRequest) {
	id := int(m.GetReqId())
	i, ok := s.instrument(id, m.GetContract())
	if !ok {
		return
	}
	series, ok := map[string]market.Series{
		"TRADES": market.Trades, "BID": market.Bid, "ASK": market.Ask, "MIDPOINT": market.Midpoint,
	}[m.GetWhatToShow()]
	key := feedKey{realTimeBarFeed, id}
	switch {
	case !ok:
		s.refuse(id, refuse("Incorrect 'What to show' value: "+m.GetWhatToShow()))
		return
	case !hasSeries(i, m.GetWhatToShow()):
		size := strconv.Itoa(int(realTimeBar / time.Second))
		s.fail(id, codeRealTime, textRealTime+absentHistory(i, m.GetWhatToShow(), size))
		return
	case s.subscribed(key) != nil:
		s.fail(id, codeProcessing, textDuplicateTicker)
		return
	case !s.entitled(i):
		s.fail(id, codeRealTime, fmt.Sprintf("%sNo market data permissions for %s %s. Requested "+
			"market data requires additional subscription for API.%s",
			textRealTime, permissionVenue(i), i.SecType, textDialog))
		return
	case s.tooManyRealTimeQueries():
		s.fail(id, codeRealTime, textRealTime+"Historical data request pacing violation")
		return
	case !s.takeLine(id):
		return
	}
	s.subscribe(key, &realTimeBars{id: id, query: market.HistoryRequest{
		Instrument: i, RTHOnly: m.GetUseRTH(), Series: series,
		BarSize: market.Span{Count: int(realTimeBar / time.Second), Unit: market.Second},
	}})
}

// wake implements feed. A bar is sent when it is over.
func (r *realTimeBars) wake(s *Session, v *exchange.View) time.Time {
	end := v.Now().Truncate(realTimeBar)
	if r.since.IsZero() {
		r.since = end
	}
	if end.After(r.since) {
		r.query.End = end
		r.query.Duration = market.Span{
			Count: int(end.Sub(r.since) / time.Second), Unit: market.Second,
		}
		h, err := s.login.exchange.Market().History(v.Now(), r.query)
		if err == nil {
			for _, b := range h.Bars {
				if !b.Start.Before(r.since) && b.Start.Before(end) {
					r.send(s, b)
				}
			}
		}
		r.since = end
	}
	return end.Add(realTimeBar)
}

// pause implements pauser.
func (r *realTimeBars) pause() { r.since = time.Time{} }

func (r *realTimeBars) send(s *Session, b market.Bar) {
	b = unweighted(r.query.Instrument, b)
	s.send(wire.RealTimeBars, &protobuf.RealTimeBarTick{
		ReqId: num(r.id), Time: proto.Int64(b.Start.Unix()),
		Open: proto.Float64(priceOf(b.Open)), High: proto.Float64(priceOf(b.High)),
		Low: proto.Float64(priceOf(b.Low)), Close: proto.Float64(priceOf(b.Close)),
		Volume: proto.String(whole(b.Volume)), WAP: proto.String(b.WAP.String()),
		Count: num(b.Trades),
	})
}

// cancelRealTimeBars has no answer when there is something to cancel.
func (s *Session) cancelRealTimeBars(m *protobuf.CancelRealTimeBars) {
	id := int(m.GetReqId())
	if s.unsubscribe(feedKey{realTimeBarFeed, id}) == nil {
		s.fail(id, codeNoTicker, fmt.Sprintf("Can't find EId with tickerId:%d", id))
		return
	}
	s.releaseLines(1)
}
