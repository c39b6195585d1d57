package session

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// tickers are the numbers of the ticks in a flow.
func tickers(messages []wire.Message) string {
	var found []int32
	for _, m := range messages {
		switch b := m.Body.(type) {
		case *protobuf.TickPrice:
			found = append(found, b.GetTickType())
		case *protobuf.TickSize:
			found = append(found, b.GetTickType())
		case *protobuf.TickString:
			found = append(found, b.GetTickType())
		}
	}
	return fmt.Sprint(found)
}

func TestDelayedMarketData(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		l.ask(wire.ReqMarketDataType, &protobuf.MarketDataTypeRequest{MarketDataType: num(3)})
		m := &protobuf.MarketDataRequest{
			ReqId: num(6), Contract: stock("AAPL"), Snapshot: proto.Bool(true),
		}
		got := l.ask(wire.ReqMktData, m)
		if want := "[66 67 68 88 72 73 74 75 76]"; tickers(got) != want {
			t.Errorf("ticks %s, want the captured %s", tickers(got), want)
		}
		if got[0].Kind != wire.MarketDataType || got[1].Kind != wire.TickReqParams ||
			got[len(got)-1].Kind != wire.TickSnapshotEnd {
			t.Errorf("flow %s", summary(got))
		}
		wantFlow(t, l.ask(wire.CancelMktData, &protobuf.CancelMarketData{ReqId: num(6)}), "errMsg:6 300")

		m.Snapshot = nil
		l.ask(wire.ReqMktData, m)
		wantFlow(t, l.ask(wire.ReqMktData, m), "errMsg:6 322")
		l.pass(time.Hour)
		if got := tickers(l.take()); !strings.HasPrefix(got, "[66 67 68 88") {
			t.Errorf("after an hour: %s", got)
		}
		wantFlow(t, l.ask(wire.CancelMktData, &protobuf.CancelMarketData{ReqId: num(6)}))
		l.pass(time.Hour)
		wantFlow(t, l.take())
	})
}

func TestLiveMarketData(t *testing.T) {
	l := login(t, testLogin(t, Semantics{LiveMarketData: true}), 225, 1)
	got := l.ask(wire.ReqMktData, &protobuf.MarketDataRequest{ReqId: num(6), Contract: stock("AAPL")})
	if want := "[1 2 4 45 6 7 8 9 14]"; tickers(got) != want {
		t.Errorf("ticks %s, want %s", tickers(got), want)
	}
	ask := all[*protobuf.TickPrice](got, wire.TickPrice)[1].GetPrice()
	got = l.ask(wire.PlaceOrder, order(1, "BUY", 1, "MKT", 0))
	if x := body[*protobuf.ExecutionDetails](t, got, wire.ExecutionDetails); x.GetExecution().GetPrice() != ask {
		t.Errorf("bought at %v, the ask was %v", x.GetExecution().GetPrice(), ask)
	}
}

func TestPnL(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		l.ask(wire.PlaceOrder, order(1, "BUY", 100, "MKT", 0))
		got := l.ask(wire.ReqPnL, &protobuf.PnLRequest{ReqId: num(4), Account: new("DU9000001")})
		wantFlow(t, got, "pnl")
		if p := body[*protobuf.PnL](t, got, wire.PnL); p.GetDailyPnL() >= 0 || p.GetRealizedPnL() != 0 {
			t.Errorf("profit %v: want the half spread and the commission lost", p)
		}
		got = l.ask(wire.ReqPnLSingle, &protobuf.PnLSingleRequest{
			ReqId: num(5), Account: new("DU9000001"), ConId: num(265598),
		})
		wantFlow(t, got, "pnlSingle")
		if p := body[*protobuf.PnLSingle](t, got, wire.PnLSingle); p.GetPosition() != "100" ||
			p.GetUnrealizedPnL() >= 0 || p.GetValue() <= 0 {
			t.Errorf("position's profit %v", p)
		}
		l.pass(time.Hour)
		wantFlow(t, l.take(), "pnl", "pnlSingle")
		l.ask(wire.CancelPnL, &protobuf.CancelPnL{ReqId: num(4)})
		l.ask(wire.CancelPnLSingle, &protobuf.CancelPnLSingle{ReqId: num(5)})
		l.pass(time.Hour)
		wantFlow(t, l.take())
	})
}

func TestHeadTimestamp(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	got := l.ask(wire.ReqHeadTimestamp, &protobuf.HeadTimestampRequest{
		ReqId: num(4), Contract: stock("AAPL"), WhatToShow: new("TRADES"), FormatDate: num(1),
	})
	first, err := time.Parse("20060102-15:04:05",
		body[*protobuf.HeadTimestamp](t, got, wire.HeadTimestamp).GetHeadTimestamp())
	if err != nil || first.After(sunday.AddDate(-19, 0, 0)) {
		t.Errorf("first bar at %v, %v", first, err)
	}
}
