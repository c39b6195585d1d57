package orders

import (
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
)

// UnknownCommission is what a commission report says while the commission is not known.
type UnknownCommission string

// The ways to say it. Unset is absent in protobuf and IBKR's largest double in text, as its clients
// write numbers that nobody has set.
const (
	CommissionUnset    UnknownCommission = ""
	CommissionMinusOne UnknownCommission = "minus-one"
)

// lateCommissions bounds the commissions that one client still has to hear of; more come with the
// next request for executions only.
const lateCommissions = 1 << 12

// commissionDue is when the commission of a fill is known.
func (s *Session) commissionDue(e exchange.Execution) time.Time {
	return e.At.Add(s.login.cfg.CommissionLatency)
}

// unknown takes out of a report what is not known yet.
func (s *Session) unknown(report *protobuf.CommissionAndFeesReport) {
	report.RealizedPNL = nil
	report.CommissionAndFees = nil
	if s.login.cfg.UnknownCommission == CommissionMinusOne {
		report.CommissionAndFees = proto.Float64(-1)
	}
}

// awaitCommission notes a fill whose commission the client is to hear of when it is known.
func (s *Session) awaitCommission(v *exchange.View, e exchange.Execution) {
	if due := s.commissionDue(e); due.After(v.Now()) && len(s.late) < lateCommissions {
		s.late = append(s.late, e)
		v.WakeAt(due)
	}
}

// Wake reports the commissions that have become known. It runs under the locks of Deliver.
func (s *Session) Wake(v *exchange.View) {
	for len(s.late) > 0 && !s.commissionDue(s.late[0]).After(v.Now()) {
		s.sendCommission(s.late[0], v.Now())
		s.late = s.late[1:]
	}
}
