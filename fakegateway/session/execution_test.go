package session

import (
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

func TestExecutionFilters(t *testing.T) {
	shared := testLogin(t, Semantics{})
	a, b := login(t, shared, 225, 1), login(t, shared, 225, 2)
	a.ask(wire.PlaceOrder, order(1, "BUY", 5, "MKT", 0))
	b.ask(wire.PlaceOrder, order(1, "SELL", 2, "MKT", 0))
	spy := order(2, "BUY", 1, "MKT", 0)
	spy.Contract = stock("SPY")
	b.now = sunday.Add(time.Hour)
	b.ask(wire.PlaceOrder, spy)
	a.now = b.now
	for name, tc := range map[string]struct {
		f    *protobuf.ExecutionFilter
		want int
	}{
		"none":          {&protobuf.ExecutionFilter{}, 3},
		"no filter":     {nil, 3},
		"client 0":      {&protobuf.ExecutionFilter{ClientId: num(0)}, 3},
		"client":        {&protobuf.ExecutionFilter{ClientId: num(2)}, 2},
		"symbol":        {&protobuf.ExecutionFilter{Symbol: new("AAPL")}, 2},
		"side":          {&protobuf.ExecutionFilter{Side: new("SELL")}, 1},
		"other side":    {&protobuf.ExecutionFilter{Side: new("BOT")}, 2},
		"account":       {&protobuf.ExecutionFilter{AcctCode: new("DU9000001")}, 3},
		"other account": {&protobuf.ExecutionFilter{AcctCode: new("DU1")}, 0},
		"time":          {&protobuf.ExecutionFilter{Time: new("20261122-16:00:00")}, 1},
		"zoned time":    {&protobuf.ExecutionFilter{Time: new("20261122 11:00:00 US/Eastern")}, 1},
		"day":           {&protobuf.ExecutionFilter{SpecificDates: []int32{20261121}}, 0},
		"today":         {&protobuf.ExecutionFilter{SpecificDates: []int32{20261122}}, 3},
		"exchange":      {&protobuf.ExecutionFilter{Exchange: new("ARCA")}, 1},
		"kind":          {&protobuf.ExecutionFilter{SecType: new("OPT")}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a.t = t
			got := a.ask(wire.ReqExecutions, &protobuf.ExecutionRequest{ReqId: num(3), ExecutionFilter: tc.f})
			n := len(all[*protobuf.ExecutionDetails](got, wire.ExecutionDetails))
			c := len(all[*protobuf.CommissionAndFeesReport](got, wire.CommissionReport))
			if n != tc.want || c != n || got[len(got)-1].Kind != wire.ExecutionDetailsEnd {
				t.Errorf("%d executions, want %d: %s", n, tc.want, summary(got))
			}
		})
	}
	a.t = t
	wantFlow(t, a.ask(wire.ReqExecutions, &protobuf.ExecutionRequest{
		ReqId: num(3), ExecutionFilter: &protobuf.ExecutionFilter{Time: new("noon")},
	}), "errMsg:3 320")
	a.now = sunday.Add(24 * time.Hour)
	wantFlow(t, a.ask(wire.ReqExecutions, &protobuf.ExecutionRequest{ReqId: num(3)}), "execDetailsEnd")
	got := a.ask(wire.ReqExecutions, &protobuf.ExecutionRequest{
		ReqId: num(3), ExecutionFilter: &protobuf.ExecutionFilter{LastNDays: proto.Int32(1)},
	})
	if n := len(all[*protobuf.ExecutionDetails](got, wire.ExecutionDetails)); n != 3 {
		t.Errorf("%d executions of the last day, want 3", n)
	}
}

func TestExecutionTimes(t *testing.T) {
	for v, want := range map[wire.Version]string{
		173: "20261122  10:30:00", 200: "20261122 10:30:00 US/Eastern",
		225: "20261122 10:30:00 US/Eastern",
	} {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		got := l.ask(wire.PlaceOrder, order(1, "BUY", 5, "MKT", 0))
		if at := body[*protobuf.ExecutionDetails](t, got, wire.ExecutionDetails).GetExecution().GetTime(); at != want {
			t.Errorf("version %d: %q, want %q", v, at, want)
		}
	}
}
