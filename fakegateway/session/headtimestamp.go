package session

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/internal/wire"
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqHeadTimestamp:    on((*Session).reqHeadTimestamp),
		wire.CancelHeadTimestamp: on((*Session).cancelHeadTimestamp),
	})
}

// reqHeadTimestamp gives the earliest time of which there are bars.
func (s *Session) reqHeadTimestamp(m *protobuf.HeadTimestampRequest) {
	id := int(m.GetReqId())
	i, ok := s.instrument(id, m.GetContract())
	if !ok {
		return
	}
	show := strings.ToUpper(m.GetWhatToShow())
	_, served := seriesByName[show]
	switch style := m.FormatDate; {
	case !served && !slices.Contains(otherSeries, show):
		s.refuse(id, refuse("What to show value of "+m.GetWhatToShow()+" rejected."))
		return
	case style != nil && (*style < 1 || *style > yearlessStyle):
		s.refuse(id, refuse(fmt.Sprintf("Date formatting selection of %d rejected.", *style)))
		return
	case !served:
		s.fail(id, codeHistory, textHistory+"No head time stamp")
		return
	case !hasSeries(i, show):
		s.fail(id, codeHistory, textHistory+absentHistory(i, show, "0"))
		return
	}
	first := s.login.exchange.Market().Earliest(i, s.conn.Now(), m.GetUseRTH()).UTC()
	text := first.Format(utcForm)
	switch m.GetFormatDate() {
	case epochStyle:
		text = strconv.FormatInt(first.Unix(), 10)
	case yearlessStyle:
		text = first.Format("0102 15:04:05")
	}
	s.answerLater(feedKey{headTimestampFeed, id}, wire.HeadTimestamp, &protobuf.HeadTimestamp{
		ReqId: num(id), HeadTimestamp: proto.String(text),
	})
}

// cancelHeadTimestamp is error 162 while the answer is on its way, and has none else.
func (s *Session) cancelHeadTimestamp(m *protobuf.CancelHeadTimestamp) {
	id := int(m.GetReqId())
	if s.unsubscribe(feedKey{headTimestampFeed, id}) != nil {
		s.fail(id, codeHistory,
			fmt.Sprintf("%sAPI head timestamp query cancelled: %d", textHistory, id))
	}
}

// lateAnswer is one message that waits for HistoryLatency.
type lateAnswer struct {
	at   time.Time
	kind wire.Kind
	body proto.Message
}

// wake implements feed.
func (a *lateAnswer) wake(s *Session, v *exchange.View) time.Time {
	if v.Now().Before(a.at) {
		return a.at
	}
	s.send(a.kind, a.body)
	return time.Time{}
}

// answerLater sends the answer of the history service to a request after HistoryLatency. A request
// with the id of one that waits is refused.
func (s *Session) answerLater(key feedKey, kind wire.Kind, body proto.Message) {
	if s.subscribed(key) != nil {
		s.fail(key.id, codeProcessing, textDuplicateTicker)
		return
	}
	at := s.conn.Now().Add(s.login.cfg.HistoryLatency)
	s.subscribe(key, &lateAnswer{at, kind, body})
}
