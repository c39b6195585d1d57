package wire

import (
	"errors"

	pb "github.com/scmhub/ibapi/protobuf"
)

// executionFamily tells fills and what they cost.
var executionFamily = []spec{
	row(ReqExecutions, "reqExecutions", 201, reqExecutions),
	row(ExecutionDetails, "execDetails", 201, executionDetails),
	row(ExecutionDetailsEnd, "execDetailsEnd", 201, executionDetailsEnd),
	row(CommissionReport, "commissionReport", 211, commissionReport),
}

// reqExecutions must carry its days from 200 on: without them a Gateway gives no answer.
func reqExecutions(f *fields, m *pb.ExecutionRequest) {
	f.requestID("3", &m.ReqId)
	q := part(f, &m.ExecutionFilter)
	f.int(&q.ClientId, zero)
	f.str(&q.AcctCode)
	f.str(&q.Time)
	f.str(&q.Symbol)
	f.str(&q.SecType)
	f.str(&q.Exchange)
	f.str(&q.Side)
	if f.version >= 200 {
		f.int(&q.LastNDays, unsetInt)
		specificDates(f, q)
	}
	f.required()
}

func specificDates(f *fields, q *pb.ExecutionFilter) {
	n := f.count(len(q.SpecificDates), 1)
	if !f.reading {
		for _, date := range q.SpecificDates {
			f.putInt(int64(date))
		}
		return
	}
	for range n {
		var date *int32
		f.int(&date, empty)
		if date == nil {
			f.fail(errors.New("want a date like 20260824"))
			return
		}
		q.SpecificDates = append(q.SpecificDates, *date)
	}
}

func executionDetails(f *fields, m *pb.ExecutionDetails) {
	f.int(&m.ReqId, "-1")
	e := part(f, &m.Execution)
	f.int(&e.OrderId, zero)
	heldContract(f, part(f, &m.Contract))
	f.str(&e.ExecId)
	f.str(&e.Time)
	f.str(&e.AcctNumber)
	f.str(&e.Exchange)
	f.str(&e.Side)
	f.decimal(&e.Shares, zero)
	f.plain(&e.Price, zero)
	f.long(&e.PermId, zero)
	f.int(&e.ClientId, zero)
	f.flag(&e.IsLiquidation)
	f.decimal(&e.CumQty, zero)
	f.plain(&e.AvgPrice, zero)
	f.str(&e.OrderRef)
	f.required()
	f.str(&e.EvRule)
	f.plain(&e.EvMultiplier, empty)
	f.str(&e.ModelCode)
	f.int(&e.LastLiquidity, zero)
	if f.version >= 178 {
		f.flag(&e.IsPriceRevisionPending)
	}
	if f.version >= 198 {
		f.str(&e.Submitter)
	}
}

func executionDetailsEnd(f *fields, m *pb.ExecutionDetailsEnd) { f.requestID("1", &m.ReqId) }

func commissionReport(f *fields, m *pb.CommissionAndFeesReport) {
	f.fixed("1")
	f.str(&m.ExecId)
	f.double(&m.CommissionAndFees, unsetDouble)
	f.str(&m.Currency)
	f.required()
	f.double(&m.RealizedPNL, unsetDouble)
	f.double(&m.BondYield, unsetDouble)
	f.str(&m.YieldRedemptionDate)
}
