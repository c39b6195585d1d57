package main

import (
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/recording"
	"ibsoak/internal/wire"
)

// farBelow and farAbove are limits that no market of the fake's reaches.
const (
	farBelow = 1.00
	farAbove = 100_000
)

// complete makes a client's line whole: publishers leave out of an order what their program always
// sends, and its prices are those of another day's market.
func (p *player) complete(m wire.Message, rest []recording.Line) wire.Message {
	switch body := m.Body.(type) {
	case *protobuf.PlaceOrderRequest:
		if rest[0].Partial {
			return wire.Message{Kind: m.Kind, Body: p.completeOrder(proto.CloneOf(body), rest[1:])}
		}
	case *protobuf.HeadTimestampRequest:
		if body.Contract == nil {
			p.note("the client's line has no contract: AAPL")
			body = proto.CloneOf(body)
			body.Contract = apple()
			body.WhatToShow, body.FormatDate = proto.String("TRADES"), proto.Int32(1)
			return wire.Message{Kind: m.Kind, Body: body}
		}
	case *protobuf.HistoricalDataRequest:
		if rest[0].Partial {
			body = proto.CloneOf(body)
			body.FormatDate = proto.Int32(1)
			if updates(rest[1:]) {
				p.note("the client's line does not ask for updates: it does here")
				body.KeepUpToDate = proto.Bool(true)
			}
			return wire.Message{Kind: m.Kind, Body: body}
		}
	}
	return m
}

// updates reports whether bars go on after the answer.
func updates(rest []recording.Line) bool {
	for _, l := range rest {
		if l.Message.Kind == wire.HistoricalDataUpdate {
			return true
		}
	}
	return false
}

func apple() *protobuf.Contract {
	return &protobuf.Contract{
		ConId: proto.Int32(appleConID), Symbol: proto.String("AAPL"), SecType: proto.String("STK"),
		Exchange: proto.String("SMART"), Currency: proto.String("USD"),
	}
}

func (p *player) completeOrder(
	r *protobuf.PlaceOrderRequest, rest []recording.Line,
) *protobuf.PlaceOrderRequest {
	told, filled := fate(r.GetOrderId(), rest)
	if r.Order == nil {
		r.Order = &protobuf.Order{}
	}
	if r.Order.Action == nil && told != nil {
		p.note("the client's line has no order: it is taken from the answer")
		r.Order.Action, r.Order.OrderType = told.Order.Action, told.Order.OrderType
		r.Order.TotalQuantity, r.Order.LmtPrice = told.Order.TotalQuantity, told.Order.LmtPrice
		r.Order.Tif = proto.String("DAY")
	}
	if r.Contract == nil {
		p.note("the client's line has no contract: AAPL")
		r.Contract = apple()
	}
	if r.Order.Transmit == nil {
		r.Order.Transmit = proto.Bool(true)
	}
	if limit := r.Order.LmtPrice; limit != nil && !filled {
		far := farBelow
		if r.Order.GetAction() == "SELL" {
			far = farAbove
		}
		if r.Order.GetTif() == "IOC" || r.Order.GetTif() == "FOK" {
			p.note("limits of orders that did not trade are far from the fake's market")
			r.Order.LmtPrice = proto.Float64(far)
		}
	}
	return r
}

// fate is what the transcript first tells of an order, and whether it trades.
func fate(id int32, rest []recording.Line) (told *protobuf.OpenOrder, filled bool) {
	for _, l := range rest {
		switch b := l.Message.Body.(type) {
		case *protobuf.PlaceOrderRequest:
			if b.GetOrderId() == id {
				return told, filled
			}
		case *protobuf.OpenOrder:
			if b.GetOrderId() == id && told == nil {
				told = b
			}
		case *protobuf.ExecutionDetails:
			filled = filled || b.GetExecution().GetOrderId() == id
		}
	}
	return told, filled
}
