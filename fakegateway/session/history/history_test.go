package history

import (
	"slices"
	"testing"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/session/client"
)

func TestLongAnswersAreSplit(t *testing.T) {
	bar := &protobuf.HistoricalDataBar{
		Date: new("20261120 12:00:00 US/Eastern"), Open: proto.Float64(1), High: proto.Float64(2),
		Low: proto.Float64(1), Close: proto.Float64(2), Volume: new("100"), WAP: new("1.5"),
		BarCount: client.Num(7),
	}
	list := slices.Repeat([]*protobuf.HistoricalDataBar{bar}, 1000)
	each := proto.Size(bar) + 8
	for most, want := range map[int]int{each * 1000: 1000, each*1000 - 1: 999, each * 3: 3, 1: 1} {
		if got := fitting(list, most); got != want {
			t.Errorf("%d bytes hold %d bars, want %d", most, got, want)
		}
	}
	if proto.Size(&protobuf.HistoricalData{ReqId: client.Num(1), HistoricalDataBars: list[:fitting(list, 50_000)]}) > 50_000 {
		t.Error("a message is longer than it may be")
	}
}
