package session

import (
	"testing"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// The time of the last trade is in lastTradeDateOrContractMonth, as captured at 225, or nowhere, as
// in ib_insync's issue 605; the field lastTradeDate, which IBKR's client reads from 182 on, is a date.
func TestTimeOfTheLastTrade(t *testing.T) {
	for only, want := range map[bool]string{
		false: "20261218 08:30:00 US/Central", true: "20261218",
	} {
		for _, v := range []wire.Version{178, 200, 225} {
			l := login(t, testLogin(t, Semantics{LastTradeDateOnly: only}), v, 1)
			got := l.ask(wire.ReqContractDetails, &protobuf.ContractDataRequest{
				ReqId: num(1), Contract: &protobuf.Contract{
					Symbol: new("ES"), SecType: new("FUT"), Exchange: new("CME"),
					LastTradeDateOrContractMonth: new("202612"),
				},
			})
			c := body[*protobuf.ContractData](t, got, wire.ContractData).GetContract()
			if c.GetLastTradeDateOrContractMonth() != want {
				t.Errorf("version %d: %q, want %q", v, c.GetLastTradeDateOrContractMonth(), want)
			}
			if v >= 182 && c.GetLastTradeDate() != "20261218" {
				t.Errorf("version %d: the date is %q", v, c.GetLastTradeDate())
			}
		}
	}
}
