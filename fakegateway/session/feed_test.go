package session

import (
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
)

// steps lets the scenario's time go on as a driver does, wake-up by wake-up.
func (l *line) steps(d time.Duration) {
	x := l.session.login.exchange
	for end := l.now.Add(d); ; {
		at, ok := x.NextEvent()
		if !ok || at.After(end) {
			l.now = end
			x.Advance(end)
			return
		}
		if at.After(l.now) {
			l.now = at
		}
		x.Advance(l.now)
	}
}

// listed is the first instrument that a query finds.
func listed(t *testing.T, q market.Query) market.Instrument {
	t.Helper()
	found := market.Market{}.Find(sunday, q)
	if len(found) == 0 {
		t.Fatalf("nothing is listed for %+v", q)
	}
	return found[0]
}

// at names an instrument as a client that knows its id does.
func at(i market.Instrument, exchange string) *protobuf.Contract {
	return &protobuf.Contract{ConId: num(i.ConID), Exchange: new(exchange)}
}

func esFuture(t *testing.T) market.Instrument {
	t.Helper()
	return listed(t, market.Query{Symbol: "ES", SecType: "FUT", Exchange: "CME"})
}

func euro(t *testing.T) market.Instrument {
	t.Helper()
	return listed(t, market.Query{Symbol: "EUR", SecType: "CASH", Currency: "USD"})
}

// nearTheMoney is a call on AAPL that expires within a month or so.
func nearTheMoney(t *testing.T) market.Instrument {
	t.Helper()
	m := market.Market{Seed: 7}
	under := listed(t, market.Query{Symbol: "AAPL", SecType: "STK"})
	last := m.Quote(under, sunday).Last
	var best market.Instrument
	for _, i := range m.Find(sunday, market.Query{
		Symbol: "AAPL", SecType: "OPT", Right: "C", Exchange: "SMART", LastTradeDateOrMonth: "202612",
	}) {
		off, bestOff := i.Strike, best.Strike
		off, bestOff = client.Must(off.Sub(last)).Abs(), client.Must(bestOff.Sub(last)).Abs()
		if best.ConID == 0 || off.Less(bestOff) {
			best = i
		}
	}
	if best.ConID == 0 {
		t.Fatal("no option is listed")
	}
	return best
}
