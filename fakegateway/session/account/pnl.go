package account

import (
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

// pnlEvery is how often profits are sent while they change.
const pnlEvery = time.Second

const textNoModel = "Invalid model code '%s'."

// pnlSub is an active reqPnL, or reqPnLSingle with a contract.
type pnlSub struct {
	scope scope
	conID int // 0: of the whole account
	sent  profit
	due   time.Time
}

// ReqPnL sends an account's profit at once, and then when it changes.
func (s *Session) ReqPnL(m *protobuf.PnLRequest) {
	s.subscribePnL(int(m.GetReqId()), m.GetAccount(), m.GetModelCode(), 0)
}

// ReqPnLSingle does so for one position.
func (s *Session) ReqPnLSingle(m *protobuf.PnLSingleRequest) {
	id := int(m.GetReqId())
	if m.GetConId() <= 0 {
		s.client.Refuse(id, client.Invalid("Invalid contract id"))
		return
	}
	s.subscribePnL(id, m.GetAccount(), m.GetModelCode(), int(m.GetConId()))
}

func (s *Session) subscribePnL(id int, account, model string, conID int) {
	c, ok := s.scope(id, account)
	if !ok || !s.noModel(id, model) {
		return
	}
	s.client.Lock()
	known := s.pnls[id] != nil
	s.client.Unlock()
	if known {
		s.client.Fail(id, client.CodeProcessing, client.TextDuplicateTicker)
		return
	}
	sub := &pnlSub{scope: c, conID: conID}
	s.login.exchange.View(s.client.Now(), func(v *exchange.View) {
		s.client.Lock()
		defer s.client.Unlock()
		s.pnls[id] = sub
		s.sendPnL(v, id, sub, true)
	})
}

func (s *Session) CancelPnL(m *protobuf.CancelPnL)             { s.dropPnL(int(m.GetReqId())) }
func (s *Session) CancelPnLSingle(m *protobuf.CancelPnLSingle) { s.dropPnL(int(m.GetReqId())) }

func (s *Session) dropPnL(id int) {
	s.client.Lock()
	defer s.client.Unlock()
	delete(s.pnls, id)
}

// sendPnL sends a profit that the client does not have yet, and plans the next look.
func (s *Session) sendPnL(v *exchange.View, id int, sub *pnlSub, first bool) {
	sub.due = v.Now().Add(pnlEvery)
	v.WakeAt(sub.due)
	p := s.profit(v, sub.scope, sub.conID)
	if !first && p == sub.sent {
		return
	}
	sub.sent = p
	if sub.conID == 0 {
		s.client.Send(wire.PnL, &protobuf.PnL{
			ReqId: client.Num(id), DailyPnL: client.Float(p.daily),
			UnrealizedPnL: client.Float(p.unrealized), RealizedPnL: client.Float(p.realized),
		})
		return
	}
	s.client.Send(wire.PnLSingle, singlePnL(id, p))
}

// singlePnL leaves out what there is none of: a daily profit of what was neither held nor traded
// today, an unrealized one of what is not held, a realized one of what was not closed today.
func singlePnL(id int, p profit) *protobuf.PnLSingle {
	m := &protobuf.PnLSingle{
		ReqId: client.Num(id), Position: proto.String(client.Whole(p.quantity)), Value: client.Float(p.value),
	}
	if p.quantity != 0 || p.traded {
		m.DailyPnL = client.Float(p.daily)
	}
	if p.quantity != 0 {
		m.UnrealizedPnL = client.Float(p.unrealized)
	}
	if p.closed {
		m.RealizedPnL = client.Float(p.realized)
	}
	return m
}
