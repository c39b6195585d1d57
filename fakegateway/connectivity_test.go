package fakegateway

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/session"
	"ibsoak/internal/testkit"
	"ibsoak/internal/wire"
)

// codes reads error messages up to one with a code, and returns all of their codes.
func (r *rawClient) codes(last int) []int {
	r.t.Helper()
	var codes []int
	for {
		code := int(r.until(wire.ErrorMessage).Body.(*protobuf.ErrorMessage).GetErrorCode())
		if codes = append(codes, code); code == last {
			return codes
		}
	}
}

func (r *rawClient) wantCodes(want ...int) {
	r.t.Helper()
	if got := r.codes(want[len(want)-1]); !slices.Equal(got, want) {
		r.t.Errorf("errors %d, want %d", got, want)
	}
}

func TestReportsOfAnOutageComeInABurst(t *testing.T) {
	const latency = 30 * time.Second
	synctest.Test(t, func(t *testing.T) {
		g := serveInBubble(t, with(session.Semantics{FillLatency: latency}))
		c := g.dial(t).connect(1)
		c.send(wire.PlaceOrder, order(1, 10, "MKT", 0))
		c.until(wire.OrderStatus)
		operate(t, g.Server, fault.ConnectionLost)
		c.wantCodes(2103, 2105, 2157, 1100)
		<-time.After(2 * latency)
		if b := g.Books(); len(b.Executions) != 1 {
			t.Fatalf("executions in the books: %d, want the fill of the outage", len(b.Executions))
		}
		c.askTime() // nothing of the fill comes before this answer
		if m := c.message(); m.Kind != wire.CurrentTime {
			t.Errorf("%s during the outage", m.Kind)
		}
		if n := g.Connectivity().HeldReports; n == 0 {
			t.Error("no report is held back")
		}
		operate(t, g.Server, fault.ConnectionRestored)
		c.wantCodes(2104, 2106, 2158, 1102)
		c.until(wire.ExecutionDetails)
		c.until(wire.CommissionReport)
		if n := g.Connectivity().HeldReports; n != 0 {
			t.Errorf("%d reports are still held back", n)
		}
	})
}

func TestOrderOfAnOutageIsResubmitted(t *testing.T) {
	for _, resubmit := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			g := serveInBubble(t, with(session.Semantics{NoResubmit: !resubmit}))
			c := g.dial(t).connect(1)
			operate(t, g.Server, fault.ConnectionLost)
			c.codes(1100)
			c.send(wire.PlaceOrder, order(1, 10, "LMT", 1))
			c.send(wire.ReqOpenOrders, &protobuf.OpenOrdersRequest{})
			c.askTime()
			if resubmit {
				if m := c.message(); m.Kind != wire.CurrentTime {
					t.Errorf("%s during the outage", m.Kind)
				}
			} else {
				c.wantError(1, 201, "Order rejected")
				c.until(wire.CurrentTime)
			}
			if n := len(g.Books().Orders); n != 0 {
				t.Errorf("%d orders reached the exchange during the outage", n)
			}
			operate(t, g.Server, fault.ConnectionRestored)
			c.codes(1102)
			if resubmit {
				c.until(wire.OpenOrder)
			}
			c.until(wire.OpenOrderEnd)
			if n := len(g.Books().Orders); (n == 1) != resubmit {
				t.Errorf("%d orders after the outage", n)
			}
		})
	}
}

func TestClientOfAnOutageHearsOfIt(t *testing.T) {
	s := startServer(t, Config{})
	operate(t, s, fault.ConnectionLost)
	c := dial(t, s)
	c.hello()
	c.startAPI(1)
	c.wantCodes(2103, 2105, 2157, 2110)
	if err := s.Operate(fault.ConnectionLost, ""); err == nil {
		t.Error("lost twice")
	}
	operate(t, s, fault.ConnectionDataLost)
	c.wantCodes(2104, 2106, 2158, 1101)
	if err := s.Operate(fault.ConnectionRestored, ""); err == nil {
		t.Error("restored twice")
	}
	for _, r := range s.Receipts() {
		if r.Mismatch != "" {
			t.Errorf("a refused request left the receipt %+v", r)
		}
	}
}

func TestFarmsChangeOneByOne(t *testing.T) {
	s := startServer(t, with(session.Semantics{Farms: []session.Farm{
		{Name: "usfarm", Kind: session.MarketFarm},
		{Name: "euhmds", Kind: session.HistoryFarm, State: session.FarmIsInactive},
	}}))
	c := dial(t, s)
	c.hello()
	c.startAPI(1)
	c.wantCodes(2104, 2107)
	for _, step := range []struct {
		o    fault.Operation
		farm string
		code int
	}{
		{fault.FarmConnecting, "usfarm", 2119},
		{fault.FarmBroken, "usfarm", 2103},
		{fault.FarmInactive, "usfarm", 2108},
		{fault.FarmOK, "euhmds", 2106},
		{fault.FarmBroken, "euhmds", 2105},
	} {
		if err := s.Operate(step.o, step.farm); err != nil {
			t.Fatal(err)
		}
		c.wantError(noID, step.code, step.farm)
	}
	for farm, want := range map[string]string{
		"mars": `no farm "mars": the Gateway has usfarm, euhmds`, "euhmds": `has no state "connecting"`,
		"": "need the name of a farm",
	} {
		err := s.Operate(fault.FarmConnecting, farm)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("farm %q: %v, want %q", farm, err, want)
		}
	}
}

func TestCompetingSessionTakesTheMarketData(t *testing.T) {
	s := startServer(t, with(session.Semantics{LiveMarketData: true, Farms: []session.Farm{}}))
	c := dial(t, s)
	c.hello()
	c.startAPI(1)
	c.until(wire.NextValidID)
	ask := func(id int) {
		c.send(wire.ReqMktData, &protobuf.MarketDataRequest{ReqId: num(id), Contract: stock("AAPL")})
	}
	ask(7)
	c.until(wire.TickPrice)
	operate(t, s, fault.CompetingSession)
	c.wantError(7, 10197, "No market data during competing live session")
	ask(8)
	c.wantError(8, 10197, "No market data during competing live session")
	c.send(wire.ReqHistoricalData, &protobuf.HistoricalDataRequest{
		ReqId: num(9), Contract: stock("AAPL"), Duration: proto.String("1 D"),
		BarSizeSetting: proto.String("1 hour"), WhatToShow: proto.String("TRADES"),
	})
	c.wantError(9, 162, "different IP address")
	operate(t, s, fault.CompetingOver)
	ask(10)
	c.until(wire.TickPrice)
}

func TestPortResetMovesTheAPI(t *testing.T) {
	s := startServer(t, Config{})
	c := dial(t, s).connect(1)
	before := s.Addr()
	operate(t, s, fault.PortReset)
	_, port := s.HostPort()
	c.wantError(noID, 1300, fmt.Sprintf("new port - %d", port))
	c.wantFIN()
	if s.Addr() == before {
		t.Error("the port is the same")
	}
	dial(t, s).connect(1)
	if err := s.Restart(fault.Downtime{}, fault.FIN); err != nil { // it stays the port
		t.Fatal(err)
	}
	dial(t, s).connect(1)
}

func TestRestartForgetsWhatWasHeldBack(t *testing.T) {
	const latency = 30 * time.Second
	synctest.Test(t, func(t *testing.T) {
		g := serveInBubble(t, with(session.Semantics{FillLatency: latency}))
		c := g.dial(t).connect(1)
		c.send(wire.PlaceOrder, order(1, 10, "MKT", 0))
		c.until(wire.OrderStatus)
		operate(t, g.Server, fault.ConnectionLost)
		<-time.After(2 * latency)
		if g.Connectivity().HeldReports == 0 {
			t.Fatal("no report is held back before the restart")
		}
		if err := g.Restart(fault.Downtime{}, fault.FIN); err != nil {
			t.Fatal(err)
		}
		if got := g.Connectivity(); !got.Lost || got.HeldReports != 0 {
			t.Errorf("after a restart: %+v", got)
		}
	})
}

func TestPortIsPlainTCP(t *testing.T) {
	s := startServer(t, Config{})
	testkit.WantPlainTCP(t, s.Addr,
		func() error { return s.Operate(fault.PortReset, "") },
		func() error { return s.Restart(fault.Downtime{}, fault.FIN) })
}
