package marketdata

import (
	"fmt"
	"strconv"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/feed"
	"ibsoak/fakegateway/session/history"
	"ibsoak/internal/wire"
)

const (
	codeRealTime = 420
	textRealTime = "Invalid Real-time Query:"

	// realTimeBar is the only size of real-time bars; requests for others get it too.
	realTimeBar = 5 * time.Second
)

// realTimeBars is a reqRealTimeBars.
type realTimeBars struct {
	s     *Session
	id    int
	query market.HistoryRequest
	since time.Time // bars before are sent; zero: none was due yet
}

// ReqRealTimeBars sends a bar every five seconds while the market is open.
func (s *Session) ReqRealTimeBars(m *protobuf.RealTimeBarsRequest) {
	id := int(m.GetReqId())
	i, ok := s.contracts.Instrument(id, m.GetContract())
	if !ok {
		return
	}
	series, ok := map[string]market.Series{
		"TRADES": market.Trades, "BID": market.Bid, "ASK": market.Ask, "MIDPOINT": market.Midpoint,
	}[m.GetWhatToShow()]
	key := feed.Key{Kind: feed.RealTimeBars, ID: id}
	switch {
	case !ok:
		s.client.Refuse(id, client.Invalid("Incorrect 'What to show' value: "+m.GetWhatToShow()))
		return
	case !history.HasSeries(i, m.GetWhatToShow()):
		size := strconv.Itoa(int(realTimeBar / time.Second))
		s.client.Fail(id, codeRealTime, textRealTime+history.AbsentSeries(i, m.GetWhatToShow(), size))
		return
	case s.feeds.Get(key) != nil:
		s.client.Fail(id, client.CodeProcessing, client.TextDuplicateTicker)
		return
	case !s.entitled(i):
		s.client.Fail(id, codeRealTime, fmt.Sprintf("%sNo market data permissions for %s %s. Requested "+
			"market data requires additional subscription for API.%s",
			textRealTime, permissionVenue(i), i.SecType, textDialog))
		return
	case s.history.TooManyRealTimeQueries():
		s.client.Fail(id, codeRealTime, textRealTime+"Historical data request pacing violation")
		return
	case !s.takeLine(id):
		return
	}
	s.feeds.Subscribe(key, &realTimeBars{s: s, id: id, query: market.HistoryRequest{
		Instrument: i, RTHOnly: m.GetUseRTH(), Series: series,
		BarSize: market.Span{Count: int(realTimeBar / time.Second), Unit: market.Second},
	}})
}

// Wake implements feed.Feed. A bar is sent when it is over.
func (r *realTimeBars) Wake(v *exchange.View) time.Time {
	end := v.Now().Truncate(realTimeBar)
	if r.since.IsZero() {
		r.since = end
	}
	if end.After(r.since) {
		r.query.End = end
		r.query.Duration = market.Span{
			Count: int(end.Sub(r.since) / time.Second), Unit: market.Second,
		}
		h, err := r.s.login.exchange.Market().History(v.Now(), r.query)
		if err == nil {
			for _, b := range h.Bars {
				if !b.Start.Before(r.since) && b.Start.Before(end) {
					r.send(b)
				}
			}
		}
		r.since = end
	}
	return end.Add(realTimeBar)
}

// Pause implements feed.Pauser.
func (r *realTimeBars) Pause() { r.since = time.Time{} }

func (r *realTimeBars) send(b market.Bar) {
	b = history.Unweighted(r.query.Instrument, b)
	r.s.client.Send(wire.RealTimeBars, &protobuf.RealTimeBarTick{
		ReqId: client.Num(r.id), Time: proto.Int64(b.Start.Unix()),
		Open: proto.Float64(client.PriceOf(b.Open)), High: proto.Float64(client.PriceOf(b.High)),
		Low: proto.Float64(client.PriceOf(b.Low)), Close: proto.Float64(client.PriceOf(b.Close)),
		Volume: proto.String(client.Whole(b.Volume)), WAP: proto.String(b.WAP.String()),
		Count: client.Num(b.Trades),
	})
}

// CancelRealTimeBars has no answer when there is something to cancel.
func (s *Session) CancelRealTimeBars(m *protobuf.CancelRealTimeBars) {
	id := int(m.GetReqId())
	if s.feeds.Unsubscribe(feed.Key{Kind: feed.RealTimeBars, ID: id}) == nil {
		s.client.Fail(id, codeNoTicker, fmt.Sprintf("Can't find EId with tickerId:%d", id))
		return
	}
	s.releaseLines(1)
}
