package session

import (
	"testing"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

func TestRequestsForDataInAnOutage(t *testing.T) {
	shared := testLogin(t, Semantics{LiveMarketData: true})
	l := login(t, shared, 225, 1)
	lost := func() {
		if _, err := shared.Lose(sunday); err != nil {
			t.Fatal(err)
		}
		l.take()
	}
	lost()
	wantFlow(t, l.ask(wire.ReqMktData, &protobuf.MarketDataRequest{
		ReqId: num(1), Contract: stock("AAPL"),
	}), "errMsg:-1 2110")
	wantFlow(t, l.ask(wire.ReqContractDetails, &protobuf.ContractDataRequest{
		ReqId: num(2), Contract: stock("AAPL"),
	}), "errMsg:-1 2110", "errMsg:2 200")
	wantFlow(t, l.ask(wire.ReqHistoricalData, &protobuf.HistoricalDataRequest{
		ReqId: num(3), Contract: stock("AAPL"), Duration: proto.String("1 D"),
		BarSizeSetting: proto.String("1 hour"), WhatToShow: proto.String("TRADES"),
	}), "errMsg:-1 2110", "errMsg:3 162")
	wantFlow(t, l.ask(wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{}), "currentTime")
	shared.cfg.SilentOutage = true
	wantFlow(t, l.ask(wire.ReqMktData, &protobuf.MarketDataRequest{
		ReqId: num(4), Contract: stock("AAPL"),
	}))
}
