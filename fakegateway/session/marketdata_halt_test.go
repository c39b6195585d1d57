package session

import (
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

// A halt stops the market, ends order books, and is told to those who watch quotes.
func TestHaltIsTold(t *testing.T) {
	from := sunday.Add(time.Minute)
	halt := market.Halt{Symbol: "AAPL", From: from, To: from.Add(5 * time.Minute)}
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{LiveMarketData: true, Halts: []market.Halt{halt}}), v, 1)
		s := newScreen()
		s.apply(l.ask(wire.ReqMktData, quoteRequest(6, stock("AAPL"), "")))
		nasdaq := stock("AAPL")
		nasdaq.Exchange = new("NASDAQ")
		l.ask(wire.ReqMktDepth, &protobuf.MarketDepthRequest{ReqId: num(7), Contract: nasdaq, NumRows: num(5)})
		if s.generic[haltedTick] != "0" {
			t.Errorf("halted is %q at first", s.generic[haltedTick])
		}
		l.steps(61 * time.Second)
		got := l.take()
		s.apply(got)
		if e := body[*protobuf.ErrorMessage](t, got, wire.ErrorMessage); s.generic[haltedTick] != "1" ||
			e.GetErrorCode() != codeDepthHalted || e.GetId() != 7 {
			t.Errorf("halted is %q, error %v", s.generic[haltedTick], e)
		}
		l.steps(4 * time.Minute)
		wantFlow(t, l.take())
		l.steps(time.Minute)
		s.apply(l.take())
		if s.generic[haltedTick] != "0" {
			t.Errorf("halted is %q afterwards", s.generic[haltedTick])
		}
	})
}
