package session

import (
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
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

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqPnL:          on((*Session).reqPnL),
		wire.CancelPnL:       on((*Session).cancelPnL),
		wire.ReqPnLSingle:    on((*Session).reqPnLSingle),
		wire.CancelPnLSingle: on((*Session).cancelPnLSingle),
	})
}

// reqPnL sends an account's profit at once, and then when it changes.
func (s *Session) reqPnL(m *protobuf.PnLRequest) {
	s.subscribePnL(int(m.GetReqId()), m.GetAccount(), m.GetModelCode(), 0)
}

// reqPnLSingle does so for one position.
func (s *Session) reqPnLSingle(m *protobuf.PnLSingleRequest) {
	id := int(m.GetReqId())
	if m.GetConId() <= 0 {
		s.fail(id, codeValidating, validating("Invalid contract id"))
		return
	}
	s.subscribePnL(id, m.GetAccount(), m.GetModelCode(), int(m.GetConId()))
}

func (s *Session) subscribePnL(id int, account, model string, conID int) {
	c, ok := s.scope(id, account)
	if !ok || !s.noModel(id, model) {
		return
	}
	s.mu.Lock()
	known := s.accounts.pnls[id] != nil
	s.mu.Unlock()
	if known {
		s.fail(id, codeProcessing, textDuplicateTicker)
		return
	}
	sub := &pnlSub{scope: c, conID: conID}
	s.login.exchange.View(s.conn.Now(), func(v *exchange.View) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.accounts.pnls[id] = sub
		s.sendPnL(v, id, sub, true)
	})
}

func (s *Session) cancelPnL(m *protobuf.CancelPnL)             { s.dropPnL(int(m.GetReqId())) }
func (s *Session) cancelPnLSingle(m *protobuf.CancelPnLSingle) { s.dropPnL(int(m.GetReqId())) }

func (s *Session) dropPnL(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.accounts.pnls, id)
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
		s.send(wire.PnL, &protobuf.PnL{
			ReqId: num(id), DailyPnL: float(p.daily),
			UnrealizedPnL: float(p.unrealized), RealizedPnL: float(p.realized),
		})
		return
	}
	s.send(wire.PnLSingle, singlePnL(id, p))
}

// singlePnL leaves out what there is none of: a daily profit of what was neither held nor traded
// today, an unrealized one of what is not held, a realized one of what was not closed today.
func singlePnL(id int, p profit) *protobuf.PnLSingle {
	m := &protobuf.PnLSingle{
		ReqId: num(id), Position: proto.String(whole(p.quantity)), Value: float(p.value),
	}
	if p.quantity != 0 || p.traded {
		m.DailyPnL = float(p.daily)
	}
	if p.quantity != 0 {
		m.UnrealizedPnL = float(p.unrealized)
	}
	if p.closed {
		m.RealizedPnL = float(p.realized)
	}
	return m
}
