package fakegateway

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

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

func stock(symbol string) *protobuf.Contract {
	return &protobuf.Contract{
		Symbol: new(symbol), SecType: new("STK"), Exchange: new("SMART"), Currency: new("USD"),
	}
}

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

// summary is a flow in one line: kinds, and the parts that a trader decides by.
func summary(messages []wire.Message) string {
	var parts []string
	for _, m := range messages {
		part := m.Kind.String()
		switch b := m.Body.(type) {
		case *protobuf.OpenOrder:
			part += ":" + b.GetOrderState().GetStatus()
		case *protobuf.OrderStatus:
			part += ":" + b.GetStatus() + " " + b.GetFilled() + "/" + b.GetRemaining()
		case *protobuf.ErrorMessage:
			part += fmt.Sprintf(":%d %d", b.GetId(), b.GetErrorCode())
		case *protobuf.ExecutionDetails:
			part += fmt.Sprintf(":%d %s", b.GetReqId(), b.GetExecution().GetSide())
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

func wantFlow(t *testing.T, got []wire.Message, want ...string) {
	t.Helper()
	if w := strings.Join(want, ", "); summary(got) != w {
		t.Errorf("flow\n got %s\nwant %s", summary(got), w)
	}
}

func body[P proto.Message](t *testing.T, messages []wire.Message, k wire.Kind) P {
	t.Helper()
	found := all[P](messages, k)
	if len(found) == 0 {
		t.Fatalf("no %s in: %s", k, summary(messages))
	}
	return found[0]
}

func all[P proto.Message](messages []wire.Message, k wire.Kind) []P {
	var found []P
	for _, m := range messages {
		if m.Kind == k {
			found = append(found, m.Body.(P))
		}
	}
	return found
}
