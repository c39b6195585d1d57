package history

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/feed"
	"ibsoak/internal/wire"
)

// ReqHeadTimestamp gives the earliest time of which there are bars.
func (s *Session) ReqHeadTimestamp(m *protobuf.HeadTimestampRequest) {
	id := int(m.GetReqId())
	i, ok := s.contracts.Instrument(id, m.GetContract())
	if !ok {
		return
	}
	show := strings.ToUpper(m.GetWhatToShow())
	_, served := seriesByName[show]
	switch style := m.FormatDate; {
	case !served && !slices.Contains(otherSeries, show):
		s.client.Refuse(id, client.Invalid("What to show value of "+m.GetWhatToShow()+" rejected."))
		return
	case style != nil && (*style < 1 || *style > yearlessStyle):
		s.client.Refuse(id, client.Invalid(fmt.Sprintf("Date formatting selection of %d rejected.", *style)))
		return
	case !served:
		s.client.Fail(id, client.CodeHistory, client.TextHistory+"No head time stamp")
		return
	case !HasSeries(i, show):
		s.client.Fail(id, client.CodeHistory, client.TextHistory+AbsentSeries(i, show, "0"))
		return
	}
	first := s.login.exchange.Market().Earliest(i, s.client.Now(), m.GetUseRTH()).UTC()
	text := first.Format(utcForm)
	switch m.GetFormatDate() {
	case epochStyle:
		text = strconv.FormatInt(first.Unix(), 10)
	case yearlessStyle:
		text = first.Format("0102 15:04:05")
	}
	s.answerLater(feed.Key{Kind: feed.HeadTimestamp, ID: id}, wire.HeadTimestamp, &protobuf.HeadTimestamp{
		ReqId: client.Num(id), HeadTimestamp: proto.String(text),
	})
}

// CancelHeadTimestamp is error 162 while the answer is on its way, and has none else.
func (s *Session) CancelHeadTimestamp(m *protobuf.CancelHeadTimestamp) {
	id := int(m.GetReqId())
	if s.feeds.Unsubscribe(feed.Key{Kind: feed.HeadTimestamp, ID: id}) != nil {
		s.client.Fail(id, client.CodeHistory,
			fmt.Sprintf("%sAPI head timestamp query cancelled: %d", client.TextHistory, id))
	}
}

// lateAnswer is one message that waits for HistoryLatency.
type lateAnswer struct {
	s    *Session
	at   time.Time
	kind wire.Kind
	body proto.Message
}

// Wake implements feed.Feed.
func (a *lateAnswer) Wake(v *exchange.View) time.Time {
	if v.Now().Before(a.at) {
		return a.at
	}
	a.s.client.Send(a.kind, a.body)
	return time.Time{}
}

// answerLater sends the answer of the history service to a request after HistoryLatency. A request
// with the id of one that waits is refused.
func (s *Session) answerLater(key feed.Key, kind wire.Kind, body proto.Message) {
	if s.feeds.Get(key) != nil {
		s.client.Fail(key.ID, client.CodeProcessing, client.TextDuplicateTicker)
		return
	}
	at := s.client.Now().Add(s.login.cfg.HistoryLatency)
	s.feeds.Subscribe(key, &lateAnswer{s, at, kind, body})
}
