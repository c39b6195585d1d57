package history

import (
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

// updateEvery is how often keepUpToDate sends the forming bar.
const updateEvery = 5 * time.Second

// updateAfter is when updates come next: at whole multiples of updateEvery, as all of a Gateway's
// do, so that ten thousand of them are one wake-up.
func updateAfter(t time.Time) time.Time { return t.Truncate(updateEvery).Add(updateEvery) }

// update sends the bars that have changed since they were last sent: the one that was forming,
// and those that began since.
func (h *history) update(v *exchange.View) time.Time {
	s := h.s
	recent, err := s.login.exchange.Market().History(v.Now(), h.recent(v.Now()))
	if err == nil {
		for _, b := range recent.Bars {
			if b.Start.Before(h.next) {
				continue
			}
			h.next = h.after(b, v.Now())
			s.client.Send(wire.HistoricalDataUpdate, &protobuf.HistoricalDataUpdate{
				ReqId: client.Num(h.id), HistoricalDataBar: h.query.format.bar(b),
			})
		}
	}
	return updateAfter(v.Now())
}

// after is the start of the bar that is to be sent next: b again while it is forming.
func (h *history) after(b market.Bar, now time.Time) time.Time {
	end := b.Start.Add(time.Duration(h.query.BarSize.Count) * time.Second)
	if h.query.BarSize.Unit == market.Second && !end.After(now) {
		return end
	}
	return b.Start
}

// longest is the most days that a bar holds.
var longest = map[market.Unit]int{market.Day: 1, market.Week: 7, market.Month: 31}

// recent is the request for the bars from the last known one on: a long answer is not computed
// again for its end. Bars of weeks and months are asked for from their beginning.
func (h *history) recent(now time.Time) market.HistoryRequest {
	q := h.query.HistoryRequest
	if q.BarSize.Unit != market.Second {
		const hours = 24
		days := int(now.Sub(h.next).Hours()/hours) + 1 + longest[q.BarSize.Unit]
		q.Duration = market.Span{Count: days, Unit: market.Day}
		return q
	}
	size := time.Duration(q.BarSize.Count) * time.Second
	q.Duration = market.Span{Count: int((now.Sub(h.next) + size) / time.Second), Unit: market.Second}
	return q
}
