package pool

import (
	"strings"

	pb "github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// collect takes a frame while the open orders are being read. At their end the client is told what a
// new session would tell it: orders and their end if there are any, accounts, next id, notices (the
// order captured at 225), and then the executions that came meanwhile.
func (s *Session) collect(m wire.Message, payload []byte) *Effects {
	switch body := m.Body.(type) {
	case *pb.OpenOrder:
		if s.owns(body) {
			s.orders = append(s.orders, payload)
			return nil
		}
	case *pb.OrderStatus:
		if int(body.GetClientId()) == s.clientID && body.GetOrderId() > 0 {
			s.orders = append(s.orders, payload)
			return nil
		}
	case *pb.ExecutionDetails, *pb.CommissionAndFeesReport:
		s.events = append(s.events, payload)
		return nil
	case *pb.OpenOrdersEnd:
		return s.settle(payload)
	}
	if m.Kind != wire.ManagedAccounts && m.Kind != wire.ErrorMessage {
		s.dropped++
	}
	return nil
}

// settle makes the bootstrap.
func (s *Session) settle(ordersEnd []byte) *Effects {
	out := s.orders
	if len(out) > 0 {
		out = append(out, ordersEnd)
	}
	if s.accounts != nil {
		out = append(out, s.accounts)
	}
	out = append(out, s.nextValidID(s.ledger.Next(s.clientID)))
	out = append(out, s.notices.all()...)
	out = append(out, s.events...)
	s.orders, s.events = nil, nil
	s.state = Serving
	return &Effects{ToClient: out, Settled: true}
}

// The system messages that a new session is told of (IBKR's message codes).
const (
	codeConnectionLost  = 1100
	codeRestoredLost    = 1101
	codeRestoredKept    = 1102
	codeNotYetConnected = 2110

	firstFarmNotice, lastFarmNotice = 2103, 2108
	codeFarmConnecting              = 2119
	codeSecDefBroken, codeSecDefOK  = 2157, 2158

	maxNotices = 64 // farms; a Gateway has about ten
)

// notices are what is in force of the messages that concern everybody.
type notices struct {
	farms []farmNotice // in the order of their first mention
	lost  []byte       // the 1100 or 2110 in force
}

type farmNotice struct {
	farm    string
	payload []byte
}

func (n *notices) note(m *pb.ErrorMessage, payload []byte) {
	code := int(m.GetErrorCode())
	switch {
	case code == codeConnectionLost || code == codeNotYetConnected:
		n.lost = payload
	case code == codeRestoredLost || code == codeRestoredKept:
		n.lost = nil
	case code >= firstFarmNotice && code <= lastFarmNotice, code == codeFarmConnecting,
		code == codeSecDefBroken, code == codeSecDefOK:
		n.farm(farmOf(m.GetErrorMsg()), payload)
	}
}

// farmOf is the farm at the end of "Market data farm connection is OK:usfarm", or of
// "... should be available upon demand.ushmds".
func farmOf(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexAny(text, ":. ")+1:]
}

func (n *notices) farm(name string, payload []byte) {
	for i := range n.farms {
		if n.farms[i].farm == name {
			n.farms[i].payload = payload
			return
		}
	}
	if len(n.farms) < maxNotices {
		n.farms = append(n.farms, farmNotice{name, payload})
	}
}

func (n *notices) all() [][]byte {
	var out [][]byte
	for _, f := range n.farms {
		out = append(out, f.payload)
	}
	if n.lost != nil {
		out = append(out, n.lost)
	}
	return out
}
