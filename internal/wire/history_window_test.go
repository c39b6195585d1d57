package wire_test

import (
	"testing"

	pb "github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// The window of bars below 196 need not be that of the bars, and stays what it is when a message is
// read and written again.
func TestHistoryWindowBelow196(t *testing.T) {
	const text = "17|22|20230620  20:26:08|20230627  20:26:08|1|20230616|1|2|0.5|1.5|77|1.25|9|"
	m, err := wire.Decode(wire.FromServer, textMessage(text), 173)
	if err != nil {
		t.Fatal(err)
	}
	from, to := wire.HistoryWindow(m.Body.(*pb.HistoricalData))
	if from != "20230620  20:26:08" || to != "20230627  20:26:08" {
		t.Errorf("the window is %q to %q", from, to)
	}
	if again, err := wire.Payload(m, 173); err != nil || string(again) != string(textMessage(text)) {
		t.Errorf("written again as %q, %v", again, err)
	}
	bars := &pb.HistoricalData{HistoricalDataBars: []*pb.HistoricalDataBar{
		{Date: p.s("20230616")}, {Date: p.s("20230620")},
	}}
	if from, to := wire.HistoryWindow(bars); from != "20230616" || to != "20230620" {
		t.Errorf("without a window it is %q to %q", from, to)
	}
}
