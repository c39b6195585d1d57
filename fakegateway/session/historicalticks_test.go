package session

import (
	"slices"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

func TestHistoricalTicks(t *testing.T) {
	apple := listed(t, market.Query{Symbol: "AAPL", SecType: "STK"})
	until := time.Date(2026, 11, 20, 17, 0, 0, 0, time.UTC)
	want := market.Market{Seed: 7}.HistoricalTicks(sunday, market.TickRequest{
		Instrument: apple, Until: until, Count: 50,
	})
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		trades := body[*protobuf.HistoricalTicksLast](t,
			l.ask(wire.ReqHistoricalTicks, ticksRequest("TRADES", 50)), wire.HistoricalTicksLast)
		if n := len(trades.GetHistoricalTicksLast()); n != 50 || !trades.GetIsDone() {
			t.Fatalf("%d trades, done %t", n, trades.GetIsDone())
		}
		quotes := body[*protobuf.HistoricalTicksBidAsk](t,
			l.ask(wire.ReqHistoricalTicks, ticksRequest("BID_ASK", 50)), wire.HistoricalTicksBidAsk)
		middles := body[*protobuf.HistoricalTicks](t,
			l.ask(wire.ReqHistoricalTicks, ticksRequest("MIDPOINT", 50)), wire.HistoricalTicks)
		for n, w := range want {
			x, q := trades.GetHistoricalTicksLast()[n], quotes.GetHistoricalTicksBidAsk()[n]
			m := middles.GetHistoricalTicks()[n]
			if x.GetTime() != w.At.Unix() || x.GetPrice() != client.PriceOf(w.Last) || x.GetSize() != client.Whole(w.LastSize) ||
				q.GetPriceBid() != client.PriceOf(w.Bid) || q.GetSizeAsk() != client.Whole(w.AskSize) ||
				m.GetPrice() != client.PriceOf(w.Mid()) {
				t.Fatalf("tick %d: %v, %v, %v, want %+v", n, x, q, m, w)
			}
		}
		first := ticksRequest("TRADES", 5)
		first.StartDateTime, first.EndDateTime = first.EndDateTime, nil
		after := body[*protobuf.HistoricalTicksLast](t,
			l.ask(wire.ReqHistoricalTicks, first), wire.HistoricalTicksLast).GetHistoricalTicksLast()
		if len(after) != 5 || after[0].GetTime() < until.Unix() || after[0].GetTime() > until.Unix()+5 {
			t.Errorf("the first after %d: %v", until.Unix(), after)
		}
	})
}

func TestHistoricalTicksRefusals(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), 200, 1)
	for name, tc := range map[string]struct {
		change func(*protobuf.HistoricalTicksRequest)
		want   string
	}{
		"both ends": {func(m *protobuf.HistoricalTicksRequest) { m.StartDateTime = m.EndDateTime }, "errMsg:4 321"},
		"no end":    {func(m *protobuf.HistoricalTicksRequest) { m.EndDateTime = nil }, "errMsg:4 321"},
		"too many":  {func(m *protobuf.HistoricalTicksRequest) { m.NumberOfTicks = num(1001) }, "errMsg:4 321"},
		"none":      {func(m *protobuf.HistoricalTicksRequest) { m.NumberOfTicks = num(0) }, "errMsg:4 321"},
		"series":    {func(m *protobuf.HistoricalTicksRequest) { m.WhatToShow = new("ASK") }, "errMsg:4 321"},
		"date":      {func(m *protobuf.HistoricalTicksRequest) { m.EndDateTime = new("soon") }, "errMsg:4 10314"},
		"contract":  {func(m *protobuf.HistoricalTicksRequest) { m.Contract = stock("ZZZ") }, "errMsg:4 200"},
		"no zone": {func(m *protobuf.HistoricalTicksRequest) {
			m.EndDateTime = new("20261120 12:00:00")
		}, "errMsg:4 2174, historicalTicksLast"},
	} {
		t.Run(name, func(t *testing.T) {
			m := ticksRequest("TRADES", 5)
			tc.change(m)
			wantFlow(t, l.ask(wire.ReqHistoricalTicks, m), tc.want)
		})
	}
}

func TestHistogram(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		ask := func(period string) []wire.Message {
			return l.ask(wire.ReqHistogramData, &protobuf.HistogramDataRequest{
				ReqId: num(4), Contract: stock("AAPL"), TimePeriod: new(period), UseRTH: proto.Bool(true),
			})
		}
		rows := body[*protobuf.HistogramData](t, ask("1 day"), wire.HistogramData).GetHistogramDataEntries()
		if len(rows) < 10 || !slices.IsSortedFunc(rows, func(a, b *protobuf.HistogramDataEntry) int {
			if a.GetPrice() < b.GetPrice() {
				return -1
			}
			return 1
		}) {
			t.Errorf("%d rows", len(rows))
		}
		wantFlow(t, ask("600 seconds"), "histogramData")
		wantFlow(t, ask("a while"), "errMsg:4 321")
	})
}
