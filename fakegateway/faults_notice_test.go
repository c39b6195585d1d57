package fakegateway

import (
	"testing"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

// TestNoticeBesideAnAnswer has IBKR's notices where clients have met them: 2176 ahead of a contract's
// details (https://github.com/erdewit/ib_insync/issues/429 and many more), 10167 ahead of delayed
// ticks, 399 between an order's reports (IBKR's list of codes: "Order message"), and 2188 ahead of bars
// that all come.
func TestNoticeBesideAnAnswer(t *testing.T) {
	tellingOf(t, `
faults:
  - {id: bars, when: {outbound: historicalData, nth: 1}, what: {do: notice, code: 2188}}
  - {id: behind, when: {answerTo: {inbound: reqHistoricalData, nth: 2}, outbound: historicalData}, what: {do: notice, code: 2176, place: after}}
  - {id: between, when: {outbound: orderStatus, nth: 1}, what: {do: notice, code: 399, message: "Order Message:\nBUY 100 AAPL NASDAQ.NMS"}}
  - {id: nobodys, when: {outbound: currentTime, nth: 1}, what: {do: notice, code: 2174, id: -1}}
  - {id: request, when: {inbound: reqContractDetails}, what: {do: notice, code: 10167}}
`, func(t *testing.T, g *bubbleGateway) {
		c := g.dial(t).connect(1)
		wantTold(t, "order", c.ask(wire.PlaceOrder, order(1, 100, "LMT", 1)),
			"openOrder:PreSubmitted, errMsg:1 399, orderStatus:PreSubmitted 0/100", submitted)
		ends := ""
		if c.Version >= 196 {
			ends = ", historicalDataEnd"
		}
		wantTold(t, "bars", c.ask(wire.ReqHistoricalData, bars(4, "1 D", "1 hour")),
			"errMsg:4 2188, historicalData"+ends)
		wantTold(t, "more bars", c.ask(wire.ReqHistoricalData, bars(5, "2 D", "1 hour")),
			"historicalData, errMsg:5 2176"+ends)
		wantTold(t, "time", c.ask(wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{}),
			"errMsg:-1 2174, currentTime")
		wantTold(t, "contract", c.ask(wire.ReqContractDetails, &protobuf.ContractDataRequest{
			ReqId: num(9), Contract: stock("AAPL"),
		}), "errMsg:9 10167, contractData, contractDataEnd")
	})
}

func TestNoticeByTheClockAndAtAPhase(t *testing.T) {
	s := startServer(t, faults(
		fault.Fault{ID: "up", When: fault.When{Phase: fault.BootstrapSent}, What: fault.What{Do: fault.Notice, Code: 2188}},
	))
	c := dial(t, s).connect(1)
	if _, err := s.Inject(fault.Fault{When: fault.When{At: ptr(ms(0))}, What: fault.What{Do: fault.Notice, Code: 2174, ID: num(3)}}); err != nil {
		t.Fatal(err)
	}
	got := []wire.Message{c.until(wire.ErrorMessage)}
	for summary(got[len(got)-1:]) != "errMsg:3 2174" {
		got = append(got, c.until(wire.ErrorMessage))
	}
	if n := len(got); n < 2 || summary(got[n-2:]) != "errMsg:-1 2188, errMsg:3 2174" {
		t.Errorf("notices %s", summary(got))
	}
}
