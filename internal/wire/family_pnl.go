package wire

import pb "github.com/scmhub/ibapi/protobuf"

// pnlFamily tells profit and loss as it changes.
var pnlFamily = []spec{
	row(ReqPnL, "reqPnL", 210, reqPnL),
	row(CancelPnL, "cancelPnL", 210, cancelPnL),
	row(PnL, "pnl", 210, pnl),
	row(ReqPnLSingle, "reqPnLSingle", 210, reqPnLSingle),
	row(CancelPnLSingle, "cancelPnLSingle", 210, cancelPnLSingle),
	row(PnLSingle, "pnlSingle", 210, pnlSingle),
}

func reqPnL(f *fields, m *pb.PnLRequest) {
	f.int(&m.ReqId, zero)
	f.str(&m.Account)
	f.required()
	f.str(&m.ModelCode)
}

func cancelPnL(f *fields, m *pb.CancelPnL) { f.onlyID(&m.ReqId) }

func pnl(f *fields, m *pb.PnL) {
	f.int(&m.ReqId, zero)
	f.plain(&m.DailyPnL, unsetDouble)
	f.plain(&m.UnrealizedPnL, unsetDouble)
	f.plain(&m.RealizedPnL, unsetDouble)
	f.required()
}

func reqPnLSingle(f *fields, m *pb.PnLSingleRequest) {
	f.int(&m.ReqId, zero)
	f.str(&m.Account)
	f.str(&m.ModelCode)
	f.int(&m.ConId, zero)
	f.required()
}

func cancelPnLSingle(f *fields, m *pb.CancelPnLSingle) { f.onlyID(&m.ReqId) }

func pnlSingle(f *fields, m *pb.PnLSingle) {
	f.int(&m.ReqId, zero)
	f.decimal(&m.Position, zero)
	f.plain(&m.DailyPnL, unsetDouble)
	f.plain(&m.UnrealizedPnL, unsetDouble)
	f.plain(&m.RealizedPnL, unsetDouble)
	f.plain(&m.Value, unsetDouble)
	f.required()
}
