package fakegateway

import (
	"fmt"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/testkit"
	"ibsoak/internal/wire"
)

// sunday is when tests in virtual time begin: New York is closed, the simulated market is not.
var sunday = time.Date(2026, 11, 22, 15, 30, 0, 0, time.UTC)

const (
	// onlyAccount is the login's, where a test names none.
	onlyAccount = "DU9000001"
	// installedFarms is how many farm notices end a bootstrap as installed.
	installedFarms = 3
)

// num makes the pointer that a protobuf field wants.
func num(n int) *int32 { return proto.Int32(int32(n)) }

// order buys AAPL; p is the limit of LMT.
func order(id int, n int64, kind string, p float64) *protobuf.PlaceOrderRequest {
	o := &protobuf.Order{
		Action: new("BUY"), TotalQuantity: new(fmt.Sprint(n)), OrderType: new(kind),
		Tif: new("DAY"), Transmit: new(true), OrderRef: new("ref-1"),
	}
	if kind == "LMT" {
		o.LmtPrice = new(p)
	}
	return &protobuf.PlaceOrderRequest{OrderId: num(id), Contract: stock("AAPL"), Order: o}
}

func cancel(id int) *protobuf.CancelOrderRequest {
	return &protobuf.CancelOrderRequest{OrderId: num(id)}
}

func bars(id int, duration, size string, change ...func(*protobuf.HistoricalDataRequest)) *protobuf.HistoricalDataRequest {
	m := &protobuf.HistoricalDataRequest{
		ReqId: num(id), Contract: stock("AAPL"), BarSizeSetting: new(size), Duration: new(duration),
		UseRTH: new(true), WhatToShow: new("TRADES"), FormatDate: num(1),
	}
	for _, f := range change {
		f(m)
	}
	return m
}

// Short names for what many tests say.
var (
	stock    = testkit.Stock
	summary  = testkit.Summary
	wantFlow = testkit.WantFlow
)

func body[P proto.Message](t *testing.T, messages []wire.Message, k wire.Kind) P {
	t.Helper()
	return testkit.Body[P](t, messages, k)
}

func all[P proto.Message](messages []wire.Message, k wire.Kind) []P {
	return testkit.All[P](messages, k)
}
