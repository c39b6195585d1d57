package session

import (
	"testing"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// The notice about the last minutes comes before an answer that follows in full (rust-ibapi #764), and
// where it does not apply there is none.
func TestNoticeBeforeHistory(t *testing.T) {
	l := login(t, testLogin(t, Semantics{HistoryNotice: true}), 225, 1)
	for name, tc := range map[string]struct {
		m    *protobuf.HistoricalDataRequest
		want string
	}{
		"up to now": {bars(1, "1 D", "1 hour"), "errMsg:1 2188, historicalData, historicalDataEnd"},
		"of the past": {
			bars(1, "1 D", "1 hour", ending("20261120-17:00:00")), "historicalData, historicalDataEnd",
		},
		"of a currency": {
			bars(1, "1 D", "1 hour", ofContract("EUR", "CASH", "IDEALPRO"), showing("MIDPOINT")),
			"historicalData, historicalDataEnd",
		},
		"refused": {bars(1, "1 D", "7 mins"), "errMsg:1 321"},
	} {
		t.Run(name, func(t *testing.T) { wantFlow(t, l.ask(wire.ReqHistoricalData, tc.m), tc.want) })
	}
	ticks := ticksRequest("TRADES", 5)
	ticks.EndDateTime = proto.String(sunday.Format(utcForm))
	wantFlow(t, l.ask(wire.ReqHistoricalTicks, ticks), "errMsg:4 2188", "historicalTicksLast")
	wantFlow(t, l.ask(wire.ReqHistogramData, &protobuf.HistogramDataRequest{
		ReqId: num(5), Contract: stock("AAPL"), TimePeriod: new("600 secs"), UseRTH: proto.Bool(true),
	}), "errMsg:5 2188", "histogramData")
	subscribed := login(t, testLogin(t, Semantics{HistoryNotice: true, LiveMarketData: true}), 225, 1)
	wantFlow(t, subscribed.ask(wire.ReqHistoricalData, bars(1, "1 D", "1 hour")),
		"historicalData", "historicalDataEnd")
}
