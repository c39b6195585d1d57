package fakegateway

import (
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/internal/wire"
)

// positionsSub is an active reqPositionsMulti.
type positionsSub struct{ account, model string }

// reqPositions sends every account's positions and their end, then each that changes.
func (s *session) reqPositions(*protobuf.PositionsRequest) {
	s.srv.exchange.View(s.conn.Now(), func(v *exchange.View) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.listing = true
		for _, account := range v.Accounts() {
			for _, p := range v.Positions(account) {
				s.sendPosition(p)
			}
		}
		s.send(wire.PositionEnd, &protobuf.PositionEnd{})
	})
}

func (s *session) cancelPositions(*protobuf.CancelPositions) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listing = false
}

func (s *session) sendPosition(p exchange.Position) {
	s.send(wire.Position, &protobuf.Position{
		Account:  proto.String(p.Account),
		Contract: contractOf(p.Instrument, p.Instrument.PrimaryExchange),
		Position: proto.String(whole(p.Quantity)), AvgCost: float(p.AverageCost),
	})
}

// reqPositionsMulti sends one account's positions and their end, then each that changes.
func (s *session) reqPositionsMulti(m *protobuf.PositionsMultiRequest) {
	id := int(m.GetReqId())
	account, ok := s.account(id, m.GetAccount())
	if !ok {
		return
	}
	sub := positionsSub{account: account, model: m.GetModelCode()}
	s.srv.exchange.View(s.conn.Now(), func(v *exchange.View) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.positions[id] = sub
		for _, p := range v.Positions(account) {
			s.sendPositionMulti(id, sub, p)
		}
		s.send(wire.PositionMultiEnd, &protobuf.PositionMultiEnd{ReqId: num(id)})
	})
}

func (s *session) sendPositionMulti(id int, sub positionsSub, p exchange.Position) {
	s.send(wire.PositionMulti, &protobuf.PositionMulti{
		ReqId: num(id), Account: proto.String(p.Account),
		Contract: contractOf(p.Instrument, p.Instrument.PrimaryExchange),
		Position: proto.String(whole(p.Quantity)), AvgCost: float(p.AverageCost),
		ModelCode: proto.String(sub.model),
	})
}

func (s *session) cancelPositionsMulti(m *protobuf.CancelPositionsMulti) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.positions, int(m.GetReqId()))
}
