package session

import (
	"strconv"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

func bars(id int, duration, size string, change ...func(*protobuf.HistoricalDataRequest)) *protobuf.HistoricalDataRequest {
	m := &protobuf.HistoricalDataRequest{
		ReqId: num(id), Contract: stock("AAPL"), BarSizeSetting: new(size), Duration: new(duration),
		UseRTH: proto.Bool(true), WhatToShow: new("TRADES"), FormatDate: num(1),
	}
	for _, f := range change {
		f(m)
	}
	return m
}

func TestHistoricalData(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		got := l.ask(wire.ReqHistoricalData, bars(5, "1 D", "1 min"))
		if v >= 196 {
			wantFlow(t, got, "historicalData", "historicalDataEnd")
		} else {
			wantFlow(t, got, "historicalData")
		}
		data := body[*protobuf.HistoricalData](t, got, wire.HistoricalData)
		rows := data.GetHistoricalDataBars()
		if len(rows) != 24*60 {
			t.Fatalf("%d bars", len(rows))
		}
		if first, last := rows[0].GetDate(), rows[len(rows)-1].GetDate(); first != "20261121 10:30:00 US/Eastern" ||
			last != "20261122 10:29:00 US/Eastern" {
			t.Errorf("bars from %q to %q", first, last)
		}
		for _, b := range rows {
			if b.GetLow() > min(b.GetOpen(), b.GetClose()) || b.GetHigh() < max(b.GetOpen(), b.GetClose()) ||
				b.GetBarCount() < 1 {
				t.Fatalf("bar %v", b)
			}
		}
	})
}

func TestHistoricalDateFormats(t *testing.T) {
	l := login(t, testLogin(t, Semantics{SessionsOnly: true}), 173, 1)
	date := func(m *protobuf.HistoricalDataRequest) string {
		got := l.ask(wire.ReqHistoricalData, m)
		return body[*protobuf.HistoricalData](t, got, wire.HistoricalData).GetHistoricalDataBars()[0].GetDate()
	}
	epoch := func(m *protobuf.HistoricalDataRequest) { m.FormatDate = num(2) }
	if got := date(bars(1, "1 D", "1 hour")); got != "20261120  09:30:00" {
		t.Errorf("up to version 173: %q", got)
	}
	opening := time.Date(2026, 11, 20, 14, 30, 0, 0, time.UTC)
	if got := date(bars(2, "1 D", "1 hour", epoch)); got != strconv.FormatInt(opening.Unix(), 10) {
		t.Errorf("epoch: %q", got)
	}
	for _, m := range []*protobuf.HistoricalDataRequest{
		bars(3, "2 D", "1 day"), bars(4, "2 D", "1 day", epoch),
	} {
		if got := date(m); got != "20261119" {
			t.Errorf("day: %q", got)
		}
	}
}

func TestHistoricalEndTimes(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	for end, want := range map[string]string{
		"20261120-17:00:00":             "20261120 11:59:00 US/Eastern",
		"20261120 12:00:00 US/Eastern":  "20261120 11:59:00 US/Eastern",
		"20261120  12:00:00":            "20261120 11:59:00 US/Eastern",
		"20261120 18:00:00 Europe/Rome": "20261120 11:59:00 US/Eastern",
		"09:30:00 US/Eastern":           "20261122 09:29:00 US/Eastern",
	} {
		m := bars(1, "60 S", "1 min")
		m.EndDateTime = new(end)
		got := l.ask(wire.ReqHistoricalData, m)
		if date := body[*protobuf.HistoricalData](t, got, wire.HistoricalData).
			GetHistoricalDataBars()[0].GetDate(); date != want {
			t.Errorf("end %q: bar of %s, want %s", end, date, want)
		}
	}
}

func TestHistoricalErrors(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	for name, tc := range map[string]struct {
		m    *protobuf.HistoricalDataRequest
		want string
	}{
		"bar size": {bars(1, "1 D", "7 mins"), "errMsg:1 321"},
		"duration": {bars(1, "1 fortnight", "1 min"), "errMsg:1 321"},
		"too long": {bars(1, "99 Y", "1 day"), "errMsg:1 321"},
		"none":     {bars(1, "0 D", "1 day"), "errMsg:1 321"},
		"too much": {bars(1, "1 Y", "5 secs"), "errMsg:1 162"},
		"series": {bars(1, "1 D", "1 min", func(m *protobuf.HistoricalDataRequest) {
			m.WhatToShow = new("GOSSIP")
		}), "errMsg:1 321"},
		"end": {bars(1, "1 D", "1 min", func(m *protobuf.HistoricalDataRequest) {
			m.EndDateTime = new("tomorrow")
		}), "errMsg:1 10314"},
		"end without time": {bars(1, "1 D", "1 min", func(m *protobuf.HistoricalDataRequest) {
			m.EndDateTime = new("20261120")
		}), "errMsg:1 10314"},
		"zone": {bars(1, "1 D", "1 min", func(m *protobuf.HistoricalDataRequest) {
			m.EndDateTime = new("20261120 12:00:00 ../../etc/passwd")
		}), "errMsg:1 10314"},
		"date format": {bars(1, "1 D", "1 min", func(m *protobuf.HistoricalDataRequest) {
			m.FormatDate = num(4)
		}), "errMsg:1 321"},
		"contract": {bars(1, "1 D", "1 min", func(m *protobuf.HistoricalDataRequest) {
			m.Contract = stock("ZZZ")
		}), "errMsg:1 200"},
		"end of what is kept up to date": {bars(1, "1 D", "1 min", func(m *protobuf.HistoricalDataRequest) {
			m.EndDateTime, m.KeepUpToDate = new("20261120-17:00:00"), proto.Bool(true)
		}), "errMsg:1 321"},
	} {
		t.Run(name, func(t *testing.T) { wantFlow(t, l.ask(wire.ReqHistoricalData, tc.m), tc.want) })
	}
	wantFlow(t, l.ask(wire.CancelHistoricalData, &protobuf.CancelHistoricalData{ReqId: num(1)}),
		"errMsg:1 366")
}

func TestKeepUpToDate(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		keep := func(m *protobuf.HistoricalDataRequest) { m.KeepUpToDate = proto.Bool(true) }
		l.now = l.now.Add(58 * time.Second)
		l.ask(wire.ReqHistoricalData, bars(5, "300 S", "1 min", keep))
		wantFlow(t, l.ask(wire.ReqHistoricalData, bars(5, "300 S", "1 min", keep)), "errMsg:5 322")
		l.pass(time.Second)
		wantFlow(t, l.take())
		l.pass(time.Second) // the minute is over: its bar, and then the next
		closed := l.take()
		wantFlow(t, closed, "historicalDataUpdate")
		l.pass(updateEvery)
		forming := l.take()
		wantFlow(t, forming, "historicalDataUpdate")
		a := body[*protobuf.HistoricalDataUpdate](t, closed, wire.HistoricalDataUpdate).GetHistoricalDataBar()
		b := body[*protobuf.HistoricalDataUpdate](t, forming, wire.HistoricalDataUpdate).GetHistoricalDataBar()
		if a.GetDate() != "20261122 10:30:00 US/Eastern" ||
			b.GetDate() != "20261122 10:31:00 US/Eastern" || b.GetVolume() == "0" {
			t.Errorf("updates %v, %v", a, b)
		}
		l.pass(updateEvery)
		wantFlow(t, l.take(), "historicalDataUpdate")
		wantFlow(t, l.ask(wire.CancelHistoricalData, &protobuf.CancelHistoricalData{ReqId: num(5)}),
			"errMsg:5 162")
		l.pass(time.Minute)
		wantFlow(t, l.take())
	})
}
