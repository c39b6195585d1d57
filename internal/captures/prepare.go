package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// prepare gives the account its past: the client of the first session trades before it begins.
func (p *player) prepare(ctx context.Context) error {
	if len(p.world.held)+len(p.world.finished) == 0 {
		return nil
	}
	version := p.capture.Transcript.Sessions[0].Version
	l, err := dial(ctx, p.gateway.Addr(), version, p.world.clientIDs[0])
	if err != nil {
		return err
	}
	first := &protobuf.NextValidId{}
	got, err := l.collect(0, func([]wire.Message) bool { return true })
	for _, m := range got {
		if m.Kind == wire.NextValidID {
			first = m.Body.(*protobuf.NextValidId)
		}
	}
	id := first.GetOrderId()
	for _, h := range p.world.held {
		if err == nil {
			err = p.trade(l, id, h)
			id++
		}
	}
	for _, order := range p.world.finished {
		if err == nil {
			err = p.placeAndCancel(l, id, order)
			id++
		}
	}
	return errors.Join(err, p.leave(ctx, l))
}

// trade makes a position. One that the fake cannot have is missed later, where it is compared.
func (p *player) trade(l *line, id int32, h holding) error {
	action := "BUY"
	if h.quantity.IsNeg() {
		action = "SELL"
	}
	contract, err := resolve(l, id, h.contract)
	if err != nil {
		return err
	}
	err = l.send(wire.Message{Kind: wire.PlaceOrder, Body: &protobuf.PlaceOrderRequest{
		OrderId: &id, Contract: contract, Order: &protobuf.Order{
			Action: &action, TotalQuantity: proto.String(h.quantity.Abs().String()),
			OrderType: proto.String("MKT"), Tif: proto.String("DAY"), Transmit: proto.Bool(true),
		},
	}})
	if err != nil {
		return err
	}
	filled, reason := false, ""
	_, err = l.collect(0, func(got []wire.Message) bool {
		for _, m := range got {
			switch b := m.Body.(type) {
			case *protobuf.OrderStatus:
				filled = filled || b.GetOrderId() == id && b.GetStatus() == "Filled"
			case *protobuf.ErrorMessage:
				if b.GetId() == id {
					reason = fmt.Sprintf(": %d %s", b.GetErrorCode(), b.GetErrorMsg())
				}
			}
		}
		return filled
	})
	if !filled {
		p.note(fmt.Sprintf("the fake does not trade %s %s%s",
			h.contract.GetSymbol(), h.contract.GetSecType(), reason))
	}
	return err
}

// resolve finds the exchange of a future, which a position does not name.
func resolve(l *line, id int32, c *protobuf.Contract) (*protobuf.Contract, error) {
	if c.GetSecType() != "FUT" {
		return c, nil
	}
	err := l.send(wire.Message{Kind: wire.ReqContractDetails, Body: &protobuf.ContractDataRequest{
		ReqId: &id, Contract: c,
	}})
	if err != nil {
		return nil, err
	}
	got, err := l.collect(0, func(got []wire.Message) bool {
		return len(got) > 0 && (got[len(got)-1].Kind == wire.ContractDataEnd ||
			got[len(got)-1].Kind == wire.ErrorMessage)
	})
	for _, m := range got {
		if d, ok := m.Body.(*protobuf.ContractData); ok {
			return &protobuf.Contract{
				ConId: d.GetContract().ConId, Exchange: d.GetContract().Exchange,
			}, err
		}
	}
	return c, err
}

func (p *player) placeAndCancel(l *line, id int32, order *protobuf.PlaceOrderRequest) error {
	order = proto.CloneOf(order)
	order.OrderId = &id
	if err := l.send(wire.Message{Kind: wire.PlaceOrder, Body: order}); err != nil {
		return err
	}
	cancel := wire.Message{Kind: wire.CancelOrder, Body: &protobuf.CancelOrderRequest{OrderId: &id}}
	if err := l.send(cancel); err != nil {
		return err
	}
	_, err := l.collect(0, func(got []wire.Message) bool {
		for _, m := range got {
			if s, ok := m.Body.(*protobuf.OrderStatus); ok && s.GetStatus() == "Cancelled" {
				return true
			}
		}
		return false
	})
	return err
}
