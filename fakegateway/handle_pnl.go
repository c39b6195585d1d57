package fakegateway

import (
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/internal/wire"
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqPnL:          on((*session).reqPnL),
		wire.CancelPnL:       on((*session).cancelPnL),
		wire.ReqPnLSingle:    on((*session).reqPnLSingle),
		wire.CancelPnLSingle: on((*session).cancelPnLSingle),
	})
}

// pnlEvery is how often profits are sent while they change.
const pnlEvery = time.Second

// pnlSub is an active reqPnL, or reqPnLSingle with a contract.
type pnlSub struct {
	account string
	single  bool
	conID   int
	sent    [3]float64
	due     time.Time
}

// reqPnL sends an account's profit at once, and then when it changes.
func (s *session) reqPnL(m *protobuf.PnLRequest) {
	if account, ok := s.account(int(m.GetReqId()), m.GetAccount()); ok {
		s.subscribePnL(int(m.GetReqId()), &pnlSub{account: account})
	}
}

// reqPnLSingle does so for one position.
func (s *session) reqPnLSingle(m *protobuf.PnLSingleRequest) {
	if account, ok := s.account(int(m.GetReqId()), m.GetAccount()); ok {
		s.subscribePnL(int(m.GetReqId()), &pnlSub{
			account: account, single: true, conID: int(m.GetConId()),
		})
	}
}

func (s *session) subscribePnL(id int, sub *pnlSub) {
	s.srv.exchange.View(s.conn.Now(), func(v *exchange.View) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.accounts.pnls[id] = sub
		s.sendPnL(v, id, sub, true)
	})
}

func (s *session) cancelPnL(m *protobuf.CancelPnL)             { s.dropPnL(int(m.GetReqId())) }
func (s *session) cancelPnLSingle(m *protobuf.CancelPnLSingle) { s.dropPnL(int(m.GetReqId())) }

func (s *session) dropPnL(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.accounts.pnls, id)
}

// sendPnL sends a profit that the client does not have yet, and plans the next look. The daily
// profit is that since the Gateway started.
func (s *session) sendPnL(v *exchange.View, id int, sub *pnlSub, first bool) {
	sub.due = v.Now().Add(pnlEvery)
	v.WakeAt(sub.due)
	if sub.single {
		s.sendPnLSingle(v, id, sub, first)
		return
	}
	b := v.Balances(sub.account)
	unrealized, realized := *float(b.UnrealizedPnL), *float(b.RealizedPnL)
	daily := *float(must(b.UnrealizedPnL.Add(b.RealizedPnL)))
	if now := [3]float64{daily, unrealized, realized}; first || now != sub.sent {
		sub.sent = now
		s.send(wire.PnL, &protobuf.PnL{
			ReqId: num(id), DailyPnL: proto.Float64(daily),
			UnrealizedPnL: proto.Float64(unrealized), RealizedPnL: proto.Float64(realized),
		})
	}
}

func (s *session) sendPnLSingle(v *exchange.View, id int, sub *pnlSub, first bool) {
	var p exchange.Position
	for _, held := range v.Positions(sub.account) {
		if held.ConID == sub.conID {
			p = held
		}
	}
	var mark exchange.Mark
	if p.Quantity != 0 {
		mark = v.Mark(p)
	}
	unrealized, realized := *float(mark.UnrealizedPnL), *float(p.RealizedPnL)
	worth := *float(mark.Value)
	if now := [3]float64{worth, unrealized, realized}; first || now != sub.sent {
		sub.sent = now
		s.send(wire.PnLSingle, &protobuf.PnLSingle{
			ReqId: num(id), Position: proto.String(whole(p.Quantity)),
			DailyPnL: proto.Float64(unrealized + realized), UnrealizedPnL: proto.Float64(unrealized),
			RealizedPnL: proto.Float64(realized), Value: proto.Float64(worth),
		})
	}
}
