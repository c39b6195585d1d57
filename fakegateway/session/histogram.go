package session

import (
	"fmt"
	"strings"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

const (
	codeHistogram = 10188
	textHistogram = "Failed to request histogram data:"
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqHistogramData:    on((*Session).reqHistogramData),
		wire.CancelHistogramData: on((*Session).cancelHistogramData),
	})
}

// reqHistogramData says how much traded at each price in a period like "3 days".
func (s *Session) reqHistogramData(m *protobuf.HistogramDataRequest) {
	id := int(m.GetReqId())
	i, ok := s.instrument(id, m.GetContract())
	if !ok {
		return
	}
	period, ok := parsePeriod(m.GetTimePeriod())
	if !ok {
		s.refuse(id, refuse("Invalid time period: "+m.GetTimePeriod()))
		return
	}
	rows := s.login.exchange.Market().Histogram(s.conn.Now(), i, period, m.GetUseRTH())
	if len(rows) == 0 {
		s.fail(id, codeHistogram, textHistogram+"HMDS query returned no data")
		return
	}
	s.noticeHistory(id, i, time.Time{})
	answer := &protobuf.HistogramData{ReqId: num(id)}
	for _, r := range rows {
		answer.HistogramDataEntries = append(answer.HistogramDataEntries, &protobuf.HistogramDataEntry{
			Price: proto.Float64(priceOf(r.Price)), Size: proto.String(whole(r.Size)),
		})
	}
	s.answerLater(feedKey{histogramFeed, id}, wire.HistogramData, answer)
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

// cancelHistogramData is an error while the answer is on its way, and has none else.
func (s *Session) cancelHistogramData(m *protobuf.CancelHistogramData) {
	id := int(m.GetReqId())
	if s.unsubscribe(feedKey{histogramFeed, id}) != nil {
		s.fail(id, codeHistogram,
			fmt.Sprintf("%sAPI histogram data query cancelled: %d", textHistogram, id))
	}
}
