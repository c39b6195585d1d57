package fakegateway

import (
	"slices"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

func TestShuffledFramesAllComeOutOfOrder(t *testing.T) {
	tellingOf(t, "faults: [{id: mixed, when: {outbound: historicalData}, what: {do: shuffle, frames: 5}}]",
		func(t *testing.T, g *bubbleGateway) {
			c := g.dial(t).connect(1)
			ask := func(ids ...int) (got []int32) {
				for _, id := range ids {
					c.send(wire.ReqHistoricalData, bars(id, "1 D", "1 hour"))
				}
				for _, m := range all[*protobuf.HistoricalData](c.hear(time.Second), wire.HistoricalData) {
					got = append(got, m.GetReqId())
				}
				return got
			}
			if early := ask(1, 2, 3, 4); len(early) > 0 {
				t.Errorf("before the window was full: %v", early)
			}
			got := ask(5)
			if sorted := slices.Sorted(slices.Values(got)); slices.Equal(got, sorted) ||
				!slices.Equal(sorted, []int32{1, 2, 3, 4, 5}) {
				t.Errorf("answers to %v, want each of 1..5 once and out of order", got)
			}
			receipts := g.Receipts()
			if last := receipts[len(receipts)-1]; len(receipts) != 5 || last.Planned != fault.Shuffle || last.Wire == "nothing" {
				t.Errorf("receipts %+v", receipts)
			}
		})
}
