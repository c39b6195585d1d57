package orders

import (
	"slices"
	"strings"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/contract"
	"ibsoak/internal/wire"
)

// day is a date in the accounts' zone as a number: 20261122.
func (s *Session) day(t time.Time) int {
	t = t.In(s.login.cfg.AccountZone)
	return t.Year()*10000 + int(t.Month())*100 + t.Day()
}

// ReqExecutions sends the fills since midnight in the accounts' zone, or of the days asked for, of every
// client that the filter does not exclude; then their commissions; then the end.
func (s *Session) ReqExecutions(m *protobuf.ExecutionRequest) {
	id := int(m.GetReqId())
	f := m.GetExecutionFilter()
	since, err := client.ParseTime(f.GetTime())
	if err != nil {
		s.client.Fail(id, client.CodeReading, "Error reading request. "+err.Error())
		return
	}
	s.login.exchange.View(s.client.Now(), func(v *exchange.View) {
		var found []exchange.Execution
		for _, e := range v.Executions() {
			if matches(f, e) && !e.At.Before(since) && s.onDays(f, v.Now(), e.At) {
				found = append(found, e)
			}
		}
		for _, e := range found {
			s.sendExecution(id, e)
		}
		for _, e := range found {
			if !e.Summary() { // the commissions of a combination are its legs'
				s.sendCommission(e, v.Now())
			}
		}
		s.client.Send(wire.ExecutionDetailsEnd, &protobuf.ExecutionDetailsEnd{ReqId: client.Num(id)})
	})
}

// matches applies a filter but for its times. Client id 0 is every client.
func matches(f *protobuf.ExecutionFilter, e exchange.Execution) bool {
	same := func(want string, have ...string) bool {
		return want == "" || slices.Contains(have, strings.ToUpper(want))
	}
	return (f.GetClientId() == 0 || int(f.GetClientId()) == e.ClientID) &&
		same(f.GetAcctCode(), strings.ToUpper(e.Account)) && same(f.GetSymbol(), e.Symbol) &&
		same(f.GetSecType(), string(e.Instrument.SecType)) &&
		same(f.GetExchange(), e.Instrument.Exchange, e.Instrument.PrimaryExchange) &&
		same(f.GetSide(), string(e.Action), side(e.Action))
}

// onDays is today, or the days that a filter names.
func (s *Session) onDays(f *protobuf.ExecutionFilter, now, at time.Time) bool {
	if dates := f.GetSpecificDates(); len(dates) > 0 {
		return slices.Contains(dates, int32(s.day(at)))
	}
	first := now
	if n := f.GetLastNDays(); n > 0 && n <= 7 {
		first = now.AddDate(0, 0, -int(n))
	}
	return s.day(at) >= s.day(first)
}

func side(a exchange.Action) string {
	if a == exchange.Sell {
		return "SLD"
	}
	return "BOT"
}

// Liquidity of an execution.
const (
	addedLiquidity   = 1
	removedLiquidity = 2
)

// sendExecution sends a fill: for a request, or with id -1 as it happens.
func (s *Session) sendExecution(id int, e exchange.Execution) {
	liquidity := removedLiquidity
	if e.Maker {
		liquidity = addedLiquidity
	}
	x := &protobuf.Execution{
		OrderId: client.Num(e.OrderID), ExecId: proto.String(e.ExecID),
		Time: proto.String(client.Stamp(s.client.Version(), e.At)), AcctNumber: proto.String(e.Account),
		Exchange: proto.String(contract.Listing(e.Instrument)), Side: proto.String(side(e.Action)),
		Shares: proto.String(client.Whole(e.Shares)), Price: client.Float(e.Price),
		PermId: proto.Int64(e.PermID), ClientId: client.Num(e.ClientID),
		CumQty: proto.String(client.Whole(e.CumQuantity)), AvgPrice: client.Float(e.AvgPrice),
		LastLiquidity: client.Num(liquidity), OptExerciseOrLapseType: client.Num(-1),
	}
	if e.Exercise != exchange.NotExercised {
		x.OptExerciseOrLapseType = client.Num(int(e.Exercise))
	}
	if e.Liquidation {
		x.IsLiquidation = proto.Bool(true)
	}
	if e.OrderRef != "" {
		x.OrderRef = proto.String(e.OrderRef)
	}
	s.client.Send(wire.ExecutionDetails, &protobuf.ExecutionDetails{
		ReqId:    client.Num(id),
		Contract: contract.Of(e.Instrument, contract.Listing(e.Instrument)), Execution: x,
	})
}

// sendCommission sends a fill's commission as far as it is known at now. There is no realized profit
// for an opening trade.
func (s *Session) sendCommission(e exchange.Execution, now time.Time) {
	report := &protobuf.CommissionAndFeesReport{
		ExecId: proto.String(e.ExecID), CommissionAndFees: client.Float(e.Commission),
		Currency: proto.String(e.CommissionCurrency),
	}
	if e.Closed > 0 {
		report.RealizedPNL = client.Float(e.RealizedPnL)
	}
	if s.commissionDue(e).After(now) {
		s.unknown(report)
	}
	s.client.Send(wire.CommissionReport, report)
}
