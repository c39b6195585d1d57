package fakegateway

import (
	"fmt"
	"slices"
	"strings"

	"github.com/govalues/decimal"
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
		wire.ReqHistogramData:    on((*session).reqHistogramData),
		wire.CancelHistogramData: on((*session).cancelHistogramData),
	})
}

// reqHistogramData says how much traded at each price in a period like "3 days".
func (s *session) reqHistogramData(m *protobuf.HistogramDataRequest) {
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
	h, err := s.srv.exchange.Market().History(s.conn.Now(), market.HistoryRequest{
		Instrument: i, Duration: period, BarSize: histogramBars(period), RTHOnly: m.GetUseRTH(),
	})
	switch {
	case err != nil:
		s.fail(id, codeHistogram, textHistogram+err.Error())
		return
	case len(h.Bars) == 0:
		s.fail(id, codeHistogram, textHistogram+"HMDS query returned no data")
		return
	}
	s.answerLater(feedKey{histogramFeed, id}, wire.HistogramData, histogram(id, h.Bars))
}

// histogramBars are the bars that a histogram is made of: minutes, where that is not too many.
func histogramBars(period market.Span) market.Span {
	minutes := 1
	if period.Unit == market.Week || period.Unit == market.Month || period.Unit == market.Year ||
		period.Unit == market.Day && period.Count > 5 {
		minutes = 30
	}
	return market.Span{Count: 60 * minutes, Unit: market.Second}
}

// histogram counts the volume of each bar at its average price in whole ticks of the bar's prices,
// in order of price.
func histogram(id int, bars []market.Bar) *protobuf.HistogramData {
	volumes := make(map[decimal.Decimal]int64)
	var prices []decimal.Decimal
	for _, b := range bars {
		at := b.WAP.Round(b.Close.Scale())
		if volumes[at] == 0 {
			prices = append(prices, at)
		}
		volumes[at] += max(b.Volume, 1)
	}
	slices.SortFunc(prices, decimal.Decimal.Cmp)
	answer := &protobuf.HistogramData{ReqId: num(id)}
	for _, p := range prices {
		answer.HistogramDataEntries = append(answer.HistogramDataEntries, &protobuf.HistogramDataEntry{
			Price: proto.Float64(priceOf(p)), Size: proto.String(whole(volumes[p])),
		})
	}
	return answer
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
func (s *session) cancelHistogramData(m *protobuf.CancelHistogramData) {
	id := int(m.GetReqId())
	if s.unsubscribe(feedKey{histogramFeed, id}) != nil {
		s.fail(id, codeHistogram,
			fmt.Sprintf("%sAPI histogram data query cancelled: %d", textHistogram, id))
	}
}
