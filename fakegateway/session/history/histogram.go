package history

import (
	"fmt"
	"strings"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/feed"
	"ibsoak/internal/wire"
)

const (
	codeHistogram = 10188
	textHistogram = "Failed to request histogram data:"
)

// ReqHistogramData says how much traded at each price in a period like "3 days".
func (s *Session) ReqHistogramData(m *protobuf.HistogramDataRequest) {
	id := int(m.GetReqId())
	i, ok := s.contracts.Instrument(id, m.GetContract())
	if !ok {
		return
	}
	period, ok := parsePeriod(m.GetTimePeriod())
	if !ok {
		s.client.Refuse(id, client.Invalid("Invalid time period: "+m.GetTimePeriod()))
		return
	}
	rows := s.login.exchange.Market().Histogram(s.client.Now(), i, period, m.GetUseRTH())
	if len(rows) == 0 {
		s.client.Fail(id, codeHistogram, textHistogram+"HMDS query returned no data")
		return
	}
	s.noticeHistory(id, i, time.Time{})
	answer := &protobuf.HistogramData{ReqId: client.Num(id)}
	for _, r := range rows {
		answer.HistogramDataEntries = append(answer.HistogramDataEntries, &protobuf.HistogramDataEntry{
			Price: proto.Float64(client.PriceOf(r.Price)), Size: proto.String(client.Whole(r.Size)),
		})
	}
	s.answerLater(feed.Key{Kind: feed.Histogram, ID: id}, wire.HistogramData, answer)
}

// parsePeriod reads "3 days", "1 week", "2 months", "1 year", "600 seconds".
func parsePeriod(text string) (market.Span, bool) {
	count, unit, _ := strings.Cut(strings.TrimSpace(text), " ")
	letters := map[string]string{
		"second": "S", "secs": "S", "day": "D", "week": "W", "month": "M", "year": "Y",
	}
	unit = strings.ToLower(unit)
	letter, ok := letters[unit]
	if !ok {
		letter, ok = letters[strings.TrimSuffix(unit, "s")]
	}
	d, bad := parseDuration(count + " " + letter)
	return d, ok && bad == ""
}

// CancelHistogramData is an error while the answer is on its way, and has none else.
func (s *Session) CancelHistogramData(m *protobuf.CancelHistogramData) {
	id := int(m.GetReqId())
	if s.feeds.Unsubscribe(feed.Key{Kind: feed.Histogram, ID: id}) != nil {
		s.client.Fail(id, codeHistogram,
			fmt.Sprintf("%sAPI histogram data query cancelled: %d", textHistogram, id))
	}
}
