package session

import (
	"fmt"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

func realTime(id int, c *protobuf.Contract, show string) *protobuf.RealTimeBarsRequest {
	return &protobuf.RealTimeBarsRequest{
		ReqId: num(id), Contract: c, BarSize: num(5), WhatToShow: new(show), UseRTH: proto.Bool(false),
	}
}

// Real-time bars are those of history, one every five seconds.
func TestRealTimeBarsAreThoseOfHistory(t *testing.T) {
	apple := listed(t, market.Query{Symbol: "AAPL", SecType: "STK"})
	const span = 5 * time.Minute
	for show, series := range map[string]market.Series{
		"TRADES": market.Trades, "BID": market.Bid, "ASK": market.Ask, "MIDPOINT": market.Midpoint,
	} {
		t.Run(show, func(t *testing.T) {
			h, err := market.Market{Seed: 7}.History(sunday.Add(span), market.HistoryRequest{
				Instrument: apple, End: sunday.Add(span), Series: series,
				Duration: market.Span{Count: 300, Unit: market.Second},
				BarSize:  market.Span{Count: 5, Unit: market.Second},
			})
			if err != nil {
				t.Fatal(err)
			}
			eachVersion(t, func(t *testing.T, v wire.Version) {
				l := login(t, testLogin(t, Semantics{LiveMarketData: true}), v, 1)
				wantFlow(t, l.ask(wire.ReqRealTimeBars, realTime(9, stock("AAPL"), show)))
				wantFlow(t, l.ask(wire.ReqRealTimeBars, realTime(9, stock("AAPL"), show)), "errMsg:9 322")
				var got []string
				for range 60 {
					l.steps(realTimeBar)
					for _, b := range all[*protobuf.RealTimeBarTick](l.take(), wire.RealTimeBars) {
						got = append(got, fmt.Sprintln(b.GetTime(), b.GetOpen(), b.GetHigh(), b.GetLow(),
							b.GetClose(), b.GetVolume(), b.GetWAP(), b.GetCount()))
					}
				}
				var want []string
				for _, b := range h.Bars {
					want = append(want, fmt.Sprintln(b.Start.Unix(), client.PriceOf(b.Open), client.PriceOf(b.High),
						client.PriceOf(b.Low), client.PriceOf(b.Close), client.Whole(b.Volume), b.WAP, int32(b.Trades)))
				}
				if len(want) != 60 || fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("%d bars, want %d: first %s, want %s", len(got), len(want), got[:1], want[:1])
				}
				wantFlow(t, l.ask(wire.CancelRealTimeBars, &protobuf.CancelRealTimeBars{ReqId: num(9)}))
				l.steps(time.Minute)
				wantFlow(t, l.take())
				wantFlow(t, l.ask(wire.CancelRealTimeBars, &protobuf.CancelRealTimeBars{ReqId: num(9)}),
					"errMsg:9 300")
			})
		})
	}
}

func TestRealTimeBarsRefusals(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	wantFlow(t, l.ask(wire.ReqRealTimeBars, realTime(9, stock("AAPL"), "TRADES")), "errMsg:9 420")
	wantFlow(t, l.ask(wire.ReqRealTimeBars, realTime(9, stock("AAPL"), "BID_ASK")), "errMsg:9 321")
	wantFlow(t, l.ask(wire.ReqRealTimeBars, realTime(9, stock("ZZZ"), "TRADES")), "errMsg:9 200")
	wantFlow(t, l.ask(wire.ReqRealTimeBars, realTime(9, at(euro(t), "IDEALPRO"), "MIDPOINT")))

	paced := login(t, testLogin(t, Semantics{LiveMarketData: true, EnforcePacing: true}), 225, 1)
	for n := range paceRequests {
		wantFlow(t, paced.ask(wire.ReqRealTimeBars, realTime(n, stock("AAPL"), "TRADES")))
	}
	wantFlow(t, paced.ask(wire.ReqRealTimeBars, realTime(99, stock("AAPL"), "TRADES")), "errMsg:99 420")
}
