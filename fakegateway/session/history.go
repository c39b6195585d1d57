package session

import (
	"fmt"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

const (
	codeHistory   = 162
	textHistory   = "Historical Market Data Service error message:"
	codeNoHistory = 366

	// maxHistories is IBKR's limit of open historical data requests of one client.
	maxHistories = 50
	// splitBytes is where a Gateway splits an answer into several messages, as it is installed:
	// "Split historical data". A frame of a client may have no more.
	splitBytes = 16_000_000

	textDuplicateTicker = "Error processing request.-'bG' : cause - Duplicate ticker id"
	textMaxHistories    = "Error processing request.-'bG' : cause - " +
		"Max number of historical data requests reached"
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqHistoricalData:    on((*Session).reqHistoricalData),
		wire.CancelHistoricalData: on((*Session).cancelHistoricalData),
	})
}

// history is a request for bars: its answer, which waits for HistoryLatency, and what follows when
// it is kept up to date.
type history struct {
	id    int
	query historyQuery
	ready time.Time       // when the answer is sent
	data  *market.History // the answer; nil when it is out
	next  time.Time       // bars that start before it are told and over
}

// reqHistoricalData answers with all bars, from version 196 on with their end, and keeps them up to
// date if asked to. The market is read before the exchange is locked: an answer may be long.
func (s *Session) reqHistoricalData(m *protobuf.HistoricalDataRequest) {
	id := int(m.GetReqId())
	i, ok := s.instrument(id, m.GetContract())
	if !ok {
		return
	}
	q, bad := s.historyQuery(i, m)
	if bad != nil {
		s.refuse(id, bad)
		return
	}
	if s.violatesPacing(m, q.HistoryRequest) {
		s.fail(id, codeHistory, textPacing)
		return
	}
	key := feedKey{historyFeed, id}
	s.mu.Lock()
	known, open := s.data.get(key) != nil, s.data.count(historyFeed)
	s.mu.Unlock()
	switch {
	case known:
		s.fail(id, codeProcessing, textDuplicateTicker)
		return
	case open >= maxHistories:
		s.fail(id, codeProcessing, textMaxHistories)
		return
	}
	if q.impliedZone {
		s.fail(id, codeImpliedZone, textImpliedZone)
	}
	if q.schedule {
		s.sendSchedule(id, q)
		return
	}
	now := s.conn.Now()
	var data market.History
	var err error
	if !q.unserved {
		data, err = s.login.exchange.Market().History(now, q.HistoryRequest)
	}
	if err == nil && len(data.Bars) > 0 {
		s.noticeHistory(id, i, q.End)
	}
	h := &history{id: id, query: q, ready: now.Add(s.login.cfg.HistoryLatency), data: &data}
	switch {
	case err != nil:
		s.fail(id, codeHistory, textHistory+"invalid step: "+err.Error())
	case len(data.Bars) == 0:
		s.fail(id, codeHistory, q.noData())
	case s.login.cfg.HistoryLatency <= 0:
		h.answer(s)
		if q.keep {
			s.subscribe(key, h)
		}
	default:
		s.subscribe(key, h)
	}
}

// wake implements feed.
func (h *history) wake(s *Session, v *exchange.View) time.Time {
	if h.data != nil {
		if v.Now().Before(h.ready) {
			return h.ready
		}
		h.answer(s)
		if !h.query.keep {
			return time.Time{}
		}
		return updateAfter(v.Now())
	}
	return h.update(s, v)
}

// answer sends the bars and their end.
func (h *history) answer(s *Session) {
	data := h.data
	h.data, h.next = nil, data.Bars[len(data.Bars)-1].Start
	bars := make([]*protobuf.HistoricalDataBar, len(data.Bars))
	for i, b := range data.Bars {
		bars[i] = h.query.format.bar(b)
	}
	for len(bars) > 0 {
		n := fitting(bars, splitBytes)
		s.send(wire.HistoricalData, &protobuf.HistoricalData{
			ReqId: num(h.id), HistoricalDataBars: bars[:n],
		})
		bars = bars[n:]
	}
	if s.version >= historyEndVersion {
		s.send(wire.HistoricalDataEnd, &protobuf.HistoricalDataEnd{
			ReqId:        num(h.id),
			StartDateStr: proto.String(h.query.format.stamp(data.Start)),
			EndDateStr:   proto.String(h.query.format.stamp(data.End)),
		})
	}
}

// historyEndVersion is the first version with historicalDataEnd.
const historyEndVersion wire.Version = 196

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

// cancelHistoricalData ends a request that waits for its answer or is kept up to date; that of any
// other is error 366.
func (s *Session) cancelHistoricalData(m *protobuf.CancelHistoricalData) {
	id := int(m.GetReqId())
	if s.unsubscribe(feedKey{historyFeed, id}) != nil {
		s.fail(id, codeHistory,
			fmt.Sprintf("%sAPI historical data query cancelled: %d", textHistory, id))
		return
	}
	s.fail(id, codeNoHistory, fmt.Sprintf("No historical data query found for ticker id:%d", id))
}
