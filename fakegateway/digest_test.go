package fakegateway

import (
	"fmt"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"ibsoak/fakegateway/observe"
	"ibsoak/internal/wire"
)

// encodings are a version of each: text only, text behind a raw id, protobuf.
var encodings = []int{178, 201, 225}

// through encodes a message as it crosses a socket at a version, and reads it back.
func through(t *testing.T, k wire.Kind, body proto.Message, version int) wire.Message {
	t.Helper()
	payload, err := wire.Payload(wire.Message{Kind: k, Body: body}, wire.Version(version))
	if err != nil {
		t.Fatal(err)
	}
	m, err := wire.Decode(k.Direction(), payload, wire.Version(version))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDigestTellsOrdersApart(t *testing.T) {
	changed := func(f func(*protobuf.Order)) *protobuf.PlaceOrderRequest {
		m := order(7, 3, "LMT", 181.5)
		f(m.Order)
		return m
	}
	plain := Digest{
		OrderID: 7, Symbol: "AAPL", SecType: "STK", Currency: "USD", Action: "BUY", OrderType: "LMT",
		Quantity: "3", LmtPrice: "181.5", OrderRef: "ref-1",
	}
	with := func(f func(*Digest)) Digest {
		d := plain
		f(&d)
		return d
	}
	cases := map[string]struct {
		order *protobuf.PlaceOrderRequest
		want  Digest
	}{
		"plain":   {order(7, 3, "LMT", 181.5), plain},
		"account": {changed(func(o *protobuf.Order) { o.Account = new("DU1") }), with(func(d *Digest) { d.Account = "DU1" })},
		"child":   {changed(func(o *protobuf.Order) { o.ParentId = num(6) }), with(func(d *Digest) { d.ParentID = 6 })},
		"oca":     {changed(func(o *protobuf.Order) { o.OcaGroup = new("g") }), with(func(d *Digest) { d.OCAGroup = "g" })},
		"what if": {changed(func(o *protobuf.Order) { o.WhatIf = new(true) }), with(func(d *Digest) { d.WhatIf = true })},
		"cash": {changed(func(o *protobuf.Order) {
			o.TotalQuantity, o.CashQty = new("0"), new(250.25)
		}), with(func(d *Digest) { d.Quantity, d.CashQty = "0", "250.25" })},
		"stop": {changed(func(o *protobuf.Order) {
			o.OrderType, o.LmtPrice, o.AuxPrice = new("STP"), nil, new(99.0)
		}), with(func(d *Digest) { d.OrderType, d.LmtPrice, d.AuxPrice = "STP", "", "99" })},
	}
	for name, c := range cases {
		for _, version := range encodings {
			if got := *observe.DigestOf(through(t, wire.PlaceOrder, c.order, version)); got != c.want {
				t.Errorf("%s at %d:\n got %+v\nwant %+v", name, version, got, c.want)
			}
		}
	}
}

// TestEventsSayWhatMessagesAreAbout lets a client place, change and ask over a socket.
func TestEventsSayWhatMessagesAreAbout(t *testing.T) {
	for _, version := range encodings {
		t.Run(fmt.Sprint(version), func(t *testing.T) { eventsSayWhat(t, version) })
	}
}

func eventsSayWhat(t *testing.T, version int) {
	s := startServer(t, Config{MaxServerVersion: version})
	events, stop := s.Watch()
	defer stop()
	c := dial(t, s).connect(4)
	limit := order(1, 2, "LMT", 1)
	c.send(wire.PlaceOrder, limit)
	c.until(wire.OpenOrder)
	limit.Order.TotalQuantity = new("5")
	c.send(wire.PlaceOrder, limit)
	c.until(wire.OpenOrder)
	c.send(wire.PlaceOrder, order(2, 1, "MKT", 0))
	c.until(wire.CommissionReport)
	c.send(wire.CancelOrder, cancel(1))
	c.until(wire.OrderStatus)
	c.send(wire.ReqExecutions, &protobuf.ExecutionRequest{ReqId: num(31)})
	c.until(wire.ExecutionDetailsEnd)
	c.send(wire.ReqPositions, &protobuf.PositionsRequest{})
	c.until(wire.PositionEnd)
	c.send(wire.ReqCompletedOrders, &protobuf.CompletedOrdersRequest{})
	c.until(wire.CompletedOrdersEnd)
	c.send(wire.ReqContractDetails, &protobuf.ContractDataRequest{ReqId: num(32), Contract: stock("AAPL")})
	c.until(wire.ContractDataEnd)
	c.send(wire.ReqHistoricalData, bars(33, "1 D", "1 min"))
	c.until(wire.HistoricalData)
	c.send(wire.CancelHistoricalData, &protobuf.CancelHistoricalData{ReqId: num(99)})
	refused := func(d *Digest) bool { return d.ReqID == 99 && d.Code != 0 }

	// A frame is an event once it has been written: the client may be ahead of it.
	var got []Event
	for over := time.After(patience); len(got) == 0 || !refused(got[len(got)-1].Digest); {
		select {
		case e := <-events:
			if e.Digest != nil {
				got = append(got, e)
			}
		case <-over:
			t.Fatalf("no event says a refusal; there are %d", len(got))
		}
	}
	wants := []struct {
		kind  wire.Kind
		what  string
		holds func(Digest) bool
	}{
		{wire.StartAPI, "a startApi", func(Digest) bool { return true }},
		{wire.ManagedAccounts, "the account", func(d Digest) bool { return d.Account == onlyAccount }},
		{wire.NextValidID, "the next id", func(d Digest) bool { return d.OrderID == 1 }},
		{wire.ErrorMessage, "a farm notice", func(d Digest) bool { return d.Code > 2100 && d.ReqID == -1 }},
		{wire.PlaceOrder, "the order", func(d Digest) bool {
			return d.OrderID == 1 && d.Quantity == "2" && d.LmtPrice == "1"
		}},
		{wire.OpenOrder, "the open order", func(d Digest) bool {
			return d.OrderID == 1 && d.PermID != 0 && d.Account == onlyAccount && d.Quantity == "2" && d.Status != ""
		}},
		{wire.PlaceOrder, "its change", func(d Digest) bool { return d.OrderID == 1 && d.Quantity == "5" }},
		{wire.ExecutionDetails, "the fill", func(d Digest) bool {
			return d.OrderID == 2 && d.ExecID != "" && d.PermID != 0 && d.Quantity == "1" &&
				d.Action == "BOT" && d.OrderRef == "ref-1" && d.Symbol == "AAPL" && d.Account == onlyAccount
		}},
		{wire.OrderStatus, "the fill's status", func(d Digest) bool {
			return d.OrderID == 2 && d.Status == "Filled" && d.Filled == "1" && d.Remaining == "0"
		}},
		{wire.CommissionReport, "its commission", func(d Digest) bool { return d.ExecID != "" }},
		{wire.CancelOrder, "the cancel", func(d Digest) bool { return d.OrderID == 1 }},
		{wire.ReqExecutions, "the question for fills", func(d Digest) bool { return d.ReqID == 31 }},
		{wire.ExecutionDetails, "the fill in its answer", func(d Digest) bool { return d.ReqID == 31 }},
		{wire.ExecutionDetailsEnd, "its end", func(d Digest) bool { return d.ReqID == 31 }},
		{wire.Position, "the position", func(d Digest) bool {
			return d.Symbol == "AAPL" && d.Quantity == "1" && d.Account == onlyAccount
		}},
		{wire.PositionEnd, "its end", func(Digest) bool { return true }},
		{wire.CompletedOrder, "a completed order", func(d Digest) bool { return d.PermID != 0 && d.Status != "" }},
		{wire.CompletedOrdersEnd, "their end", func(Digest) bool { return true }},
		{wire.ReqContractDetails, "the contract", func(d Digest) bool { return d.ReqID == 32 && d.Symbol == "AAPL" }},
		{wire.ContractDataEnd, "its end", func(d Digest) bool { return d.ReqID == 32 }},
		{wire.ReqHistoricalData, "the bars", func(d Digest) bool { return d.ReqID == 33 && d.Symbol == "AAPL" }},
		{wire.HistoricalData, "their answer", func(d Digest) bool { return d == Digest{ReqID: 33} }},
		{wire.ErrorMessage, "a refusal", func(d Digest) bool { return refused(&d) }},
	}
	for _, w := range wants {
		i := 0
		for ; i < len(got); i++ {
			if got[i].Message == w.kind.String() && w.holds(*got[i].Digest) {
				break
			}
		}
		if i == len(got) {
			t.Errorf("no event says %s (%s)", w.what, w.kind)
			for _, e := range got {
				if e.Message == w.kind.String() {
					t.Logf("there is %+v", *e.Digest)
				}
			}
		}
	}
}

// TestEveryKindCanBeDigested sets every field of every message, at two levels.
func TestEveryKindCanBeDigested(t *testing.T) {
	for _, d := range []wire.Direction{wire.FromClient, wire.FromServer} {
		for id := 1; id < 200; id++ {
			k := wire.KindOf(d, id)
			if !k.Known() {
				continue
			}
			body := wire.NewBody(k)
			fill(body.ProtoReflect(), 2)
			got := observe.DigestOf(wire.Message{Kind: k, Body: body})
			if f := body.ProtoReflect().Descriptor().Fields().ByName("reqId"); f != nil && got.ReqID == 0 {
				t.Errorf("%s: no request id in %+v", k, got)
			}
		}
	}
}

func fill(m protoreflect.Message, depth int) {
	for i := range m.Descriptor().Fields().Len() {
		f := m.Descriptor().Fields().Get(i)
		switch {
		case f.IsList() || f.IsMap():
		case f.Message() != nil:
			if depth > 1 {
				fill(m.Mutable(f).Message(), depth-1)
			}
		default:
			m.Set(f, sample(f))
		}
	}
}

// sample is a value of a field that no codec takes for unset.
func sample(f protoreflect.FieldDescriptor) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true)
	case protoreflect.StringKind:
		return protoreflect.ValueOfString("102")
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(102)
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(102)
	default:
		return protoreflect.ValueOfInt32(102)
	}
}

func BenchmarkDigestOfOneTick(b *testing.B) {
	m := wire.Message{Kind: wire.TickPrice, Body: &protobuf.TickPrice{ReqId: num(1), Price: new(1.5)}}
	b.ReportAllocs()
	for b.Loop() {
		observe.DigestOf(m)
	}
}

func BenchmarkDigestOfADayOfBars(b *testing.B) {
	body := &protobuf.HistoricalData{ReqId: num(1)}
	for range 1440 {
		body.HistoricalDataBars = append(body.HistoricalDataBars, &protobuf.HistoricalDataBar{Close: new(1.5)})
	}
	m := wire.Message{Kind: wire.HistoricalData, Body: body}
	b.ReportAllocs()
	for b.Loop() {
		observe.DigestOf(m)
	}
}
