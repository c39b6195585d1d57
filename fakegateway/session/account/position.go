package session

import (
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/internal/wire"
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqPositions:         on((*Session).reqPositions),
		wire.CancelPositions:      on((*Session).cancelPositions),
		wire.ReqPositionsMulti:    on((*Session).reqPositionsMulti),
		wire.CancelPositionsMulti: on((*Session).cancelPositionsMulti),
	})
}

// positionsSub is an active reqPositionsMulti.
type positionsSub struct{ scope scope }

// reqPositions sends every account's positions and their end, then each that changes.
func (s *Session) reqPositions(*protobuf.PositionsRequest) {
	s.login.exchange.View(s.conn.Now(), func(v *exchange.View) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.accounts.listing = true
		for _, account := range v.Accounts() {
			for _, p := range v.Positions(account) {
				s.sendPosition(p)
			}
		}
		s.send(wire.PositionEnd, &protobuf.PositionEnd{})
	})
}

func (s *Session) cancelPositions(*protobuf.CancelPositions) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts.listing = false
}

func (s *Session) sendPosition(p exchange.Position) {
	s.send(wire.Position, &protobuf.Position{
		Account:  proto.String(p.Account),
		Contract: heldContract(p.Instrument),
		Position: proto.String(whole(p.Quantity)), AvgCost: float(p.AverageCost),
	})
}

// reqPositionsMulti sends an account's or a group's positions and their end, then each that
// changes.
func (s *Session) reqPositionsMulti(m *protobuf.PositionsMultiRequest) {
	id := int(m.GetReqId())
	c, ok := s.scope(id, m.GetAccount())
	if !ok || !s.noModel(id, m.GetModelCode()) {
		return
	}
	s.login.exchange.View(s.conn.Now(), func(v *exchange.View) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.accounts.positions[id] = positionsSub{c}
		for _, account := range c.accounts {
			for _, p := range v.Positions(account) {
				s.sendPositionMulti(id, p)
			}
		}
		s.send(wire.PositionMultiEnd, &protobuf.PositionMultiEnd{ReqId: num(id)})
	})
}

func (s *Session) sendPositionMulti(id int, p exchange.Position) {
	s.send(wire.PositionMulti, &protobuf.PositionMulti{
		ReqId: num(id), Account: proto.String(p.Account), Contract: heldContract(p.Instrument),
		Position: proto.String(whole(p.Quantity)), AvgCost: float(p.AverageCost),
	})
}

func (s *Session) cancelPositionsMulti(m *protobuf.CancelPositionsMulti) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.accounts.positions, int(m.GetReqId()))
}
