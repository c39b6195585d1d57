package account

import (
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/contract"
	"ibsoak/internal/wire"
)

// positionsSub is an active reqPositionsMulti.
type positionsSub struct{ scope scope }

// ReqPositions sends every account's positions and their end, then each that changes.
func (s *Session) ReqPositions(*protobuf.PositionsRequest) {
	s.login.exchange.View(s.client.Now(), func(v *exchange.View) {
		s.client.Lock()
		defer s.client.Unlock()
		s.listing = true
		for _, account := range v.Accounts() {
			for _, p := range v.Positions(account) {
				s.sendPosition(p)
			}
		}
		s.client.Send(wire.PositionEnd, &protobuf.PositionEnd{})
	})
}

func (s *Session) CancelPositions(*protobuf.CancelPositions) {
	s.client.Lock()
	defer s.client.Unlock()
	s.listing = false
}

func (s *Session) sendPosition(p exchange.Position) {
	s.client.Send(wire.Position, &protobuf.Position{
		Account:  proto.String(p.Account),
		Contract: contract.Held(p.Instrument),
		Position: proto.String(client.Whole(p.Quantity)), AvgCost: client.Float(p.AverageCost),
	})
}

// ReqPositionsMulti sends an account's or a group's positions and their end, then each that
// changes.
func (s *Session) ReqPositionsMulti(m *protobuf.PositionsMultiRequest) {
	id := int(m.GetReqId())
	c, ok := s.scope(id, m.GetAccount())
	if !ok || !s.noModel(id, m.GetModelCode()) {
		return
	}
	s.login.exchange.View(s.client.Now(), func(v *exchange.View) {
		s.client.Lock()
		defer s.client.Unlock()
		s.positions[id] = positionsSub{c}
		for _, account := range c.accounts {
			for _, p := range v.Positions(account) {
				s.sendPositionMulti(id, p)
			}
		}
		s.client.Send(wire.PositionMultiEnd, &protobuf.PositionMultiEnd{ReqId: client.Num(id)})
	})
}

func (s *Session) sendPositionMulti(id int, p exchange.Position) {
	s.client.Send(wire.PositionMulti, &protobuf.PositionMulti{
		ReqId: client.Num(id), Account: proto.String(p.Account), Contract: contract.Held(p.Instrument),
		Position: proto.String(client.Whole(p.Quantity)), AvgCost: client.Float(p.AverageCost),
	})
}

func (s *Session) CancelPositionsMulti(m *protobuf.CancelPositionsMulti) {
	s.client.Lock()
	defer s.client.Unlock()
	delete(s.positions, int(m.GetReqId()))
}
