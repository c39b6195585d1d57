package history

import (
	"fmt"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/feed"
	"ibsoak/internal/wire"
)

const (
	codeNoHistory = 366

	// maxHistories is IBKR's limit of open historical data requests of one client.
	maxHistories = 50
	// splitBytes is where a Gateway splits an answer into several messages, as it is installed:
	// "Split historical data". A frame of a client may have no more.
	splitBytes = 16_000_000

	textMaxHistories = "Error processing request.-'bG' : cause - " +
		"Max number of historical data requests reached"
)

// history is a request for bars: its answer, which waits for HistoryLatency, and what follows when
// it is kept up to date.
type history struct {
	s     *Session
	id    int
	query historyQuery
	ready time.Time       // when the answer is sent
	data  *market.History // the answer; nil when it is out
	next  time.Time       // bars that start before it have been sent and are over
}

// ReqHistoricalData answers with all bars, from version 196 on with their end, and keeps them up to
// date if asked to. The market is read before the exchange is locked: an answer may be long.
func (s *Session) ReqHistoricalData(m *protobuf.HistoricalDataRequest) {
	id := int(m.GetReqId())
	i, ok := s.contracts.Instrument(id, m.GetContract())
	if !ok {
		return
	}
	q, bad := s.historyQuery(i, m)
	if bad != nil {
		s.client.Refuse(id, bad)
		return
	}
	if s.violatesPacing(m, q.HistoryRequest) {
		s.client.Fail(id, client.CodeHistory, textPacing)
		return
	}
	key := feed.Key{Kind: feed.History, ID: id}
	known, open := s.feeds.Get(key) != nil, s.feeds.Count(feed.History)
	switch {
	case known:
		s.client.Fail(id, client.CodeProcessing, client.TextDuplicateTicker)
		return
	case open >= maxHistories:
		s.client.Fail(id, client.CodeProcessing, textMaxHistories)
		return
	}
	if q.impliedZone {
		s.client.Fail(id, codeImpliedZone, textImpliedZone)
	}
	if q.schedule {
		s.sendSchedule(id, q)
		return
	}
	now := s.client.Now()
	var data market.History
	var err error
	if !q.unserved {
		data, err = s.login.exchange.Market().History(now, q.HistoryRequest)
	}
	if err == nil && len(data.Bars) > 0 {
		s.noticeHistory(id, i, q.End)
	}
	h := &history{s: s, id: id, query: q, ready: now.Add(s.login.cfg.HistoryLatency), data: &data}
	switch {
	case err != nil:
		s.client.Fail(id, client.CodeHistory, client.TextHistory+"invalid step: "+err.Error())
	case len(data.Bars) == 0:
		s.client.Fail(id, client.CodeHistory, q.noData())
	case s.login.cfg.HistoryLatency <= 0:
		h.answer()
		if q.keep {
			s.feeds.Subscribe(key, h)
		}
	default:
		s.feeds.Subscribe(key, h)
	}
}

// Wake implements feed.Feed.
func (h *history) Wake(v *exchange.View) time.Time {
	if h.data != nil {
		if v.Now().Before(h.ready) {
			return h.ready
		}
		h.answer()
		if !h.query.keep {
			return time.Time{}
		}
		return updateAfter(v.Now())
	}
	return h.update(v)
}

// answer sends the bars and their end.
func (h *history) answer() {
	s := h.s
	data := h.data
	h.data, h.next = nil, data.Bars[len(data.Bars)-1].Start
	bars := make([]*protobuf.HistoricalDataBar, len(data.Bars))
	for i, b := range data.Bars {
		bars[i] = h.query.format.bar(b)
	}
	start, end := h.query.window(data.End)
	for len(bars) > 0 {
		n := fitting(bars, splitBytes)
		answer := &protobuf.HistoricalData{ReqId: client.Num(h.id), HistoricalDataBars: bars[:n]}
		if s.client.Version() < wire.HistoryWindowVersion {
			wire.SetHistoryWindow(answer, start, end)
		}
		s.client.Send(wire.HistoricalData, answer)
		bars = bars[n:]
	}
	if s.client.Version() >= wire.HistoryWindowVersion {
		s.client.Send(wire.HistoricalDataEnd, &protobuf.HistoricalDataEnd{
			ReqId: client.Num(h.id), StartDateStr: proto.String(start), EndDateStr: proto.String(end),
		})
	}
}

// fitting is how many bars make a message of at most so many bytes; at least one.
func fitting(bars []*protobuf.HistoricalDataBar, most int) int {
	const tag = 8 // what a bar costs beside itself: its tag and its length
	size := 0
	for i, b := range bars {
		if size += proto.Size(b) + tag; size > most && i > 0 {
			return i
		}
	}
	return len(bars)
}

// CancelHistoricalData ends a request that waits for its answer or is kept up to date; that of any
// other is error 366.
func (s *Session) CancelHistoricalData(m *protobuf.CancelHistoricalData) {
	id := int(m.GetReqId())
	if s.feeds.Unsubscribe(feed.Key{Kind: feed.History, ID: id}) != nil {
		s.client.Fail(id, client.CodeHistory,
			fmt.Sprintf("%sAPI historical data query cancelled: %d", client.TextHistory, id))
		return
	}
	s.client.Fail(id, codeNoHistory, fmt.Sprintf("No historical data query found for ticker id:%d", id))
}
