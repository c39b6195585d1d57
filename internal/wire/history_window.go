package wire

import (
	"google.golang.org/protobuf/encoding/protowire"

	pb "github.com/scmhub/ibapi/protobuf"
)

// Until version 196, when historicalDataEnd took it over, historicalData carried the window of the
// answer in text. Its protobuf type has no place for it, so the window is among the message's unknown
// fields, under numbers that IBKR does not use; it is never sent in protobuf.
const (
	windowStart protowire.Number = 100_001
	windowEnd   protowire.Number = 100_002
)

// HistoryWindowVersion is the first version whose window comes in historicalDataEnd.
const HistoryWindowVersion Version = 196

// SetHistoryWindow gives bars for a client below HistoryWindowVersion the window of their answer, as
// text. Without it, the window is that of the bars.
func SetHistoryWindow(m *pb.HistoricalData, start, end string) {
	raw := protowire.AppendString(protowire.AppendTag(nil, windowStart, protowire.BytesType), start)
	raw = protowire.AppendString(protowire.AppendTag(raw, windowEnd, protowire.BytesType), end)
	m.ProtoReflect().SetUnknown(raw)
}

// HistoryWindow is the window of bars at a version below HistoryWindowVersion.
func HistoryWindow(m *pb.HistoricalData) (start, end string) {
	if bars := m.GetHistoricalDataBars(); len(bars) > 0 {
		start, end = bars[0].GetDate(), bars[len(bars)-1].GetDate()
	}
	for rest := []byte(m.ProtoReflect().GetUnknown()); len(rest) > 0; {
		number, kind, n := protowire.ConsumeTag(rest)
		if n < 0 || kind != protowire.BytesType {
			return start, end
		}
		text, size := protowire.ConsumeString(rest[n:])
		if size < 0 {
			return start, end
		}
		switch number {
		case windowStart:
			start = text
		case windowEnd:
			end = text
		default: // another field that is not known
		}
		rest = rest[n+size:]
	}
	return start, end
}

// historyWindow walks the two fields of the window, which come before the bars.
func (f *fields) historyWindow(m *pb.HistoricalData) (start, end *string) {
	if !f.reading {
		from, to := HistoryWindow(m)
		start, end = &from, &to
	}
	f.str(&start)
	f.str(&end)
	return start, end
}

// keepWindow makes a window that was read the message's, if it is not that of its bars.
func keepWindow(m *pb.HistoricalData, start, end *string) {
	read := pb.HistoricalDataEnd{StartDateStr: start, EndDateStr: end}
	from, to := HistoryWindow(m)
	if from != read.GetStartDateStr() || to != read.GetEndDateStr() {
		SetHistoryWindow(m, read.GetStartDateStr(), read.GetEndDateStr())
	}
}
