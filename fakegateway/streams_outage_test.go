package fakegateway

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session"
	"ibsoak/internal/testkit"
	"ibsoak/internal/wire"
)

// fence reads all that the Gateway has sent so far.
func (r *rawClient) fence() (got []wire.Message) {
	r.t.Helper()
	r.askTime()
	for {
		m := r.message()
		if m.Kind == wire.CurrentTime {
			return got
		}
		got = append(got, m)
	}
}

// streams is a client with a line of quotes and an order book, in virtual time.
type streams struct {
	*bubbleGateway
	client *rawClient
	screen screen
	book   testkit.DepthBook
}

func startStreams(t *testing.T, v wire.Version) *streams {
	t.Helper()
	g := serveInBubble(t, Config{
		Seed: 7, MaxServerVersion: int(v), Clock: Clock{Start: sunday},
		Semantics: session.Semantics{LiveMarketData: true},
	})
	s := &streams{bubbleGateway: g, client: g.dial(t).connect(1), screen: make(screen)}
	nasdaq := stock("AAPL")
	nasdaq.Exchange = new("NASDAQ")
	s.client.send(wire.ReqMktData, &protobuf.MarketDataRequest{ReqId: num(6), Contract: stock("AAPL")})
	s.client.send(wire.ReqMktDepth, &protobuf.MarketDepthRequest{
		ReqId: num(7), Contract: nasdaq, NumRows: num(5),
	})
	s.client.send(wire.ReqTickByTickData, &protobuf.TickByTickRequest{
		ReqId: num(8), Contract: stock("AAPL"), TickType: new("Last"),
	})
	s.client.send(wire.ReqRealTimeBars, &protobuf.RealTimeBarsRequest{
		ReqId: num(9), Contract: stock("AAPL"), BarSize: num(5), WhatToShow: new("TRADES"),
		UseRTH: new(false),
	})
	return s
}

// pass lets time go on and takes what came.
func (s *streams) pass(t *testing.T, d time.Duration) []wire.Message {
	t.Helper()
	<-time.After(d)
	synctest.Wait()
	got := s.client.fence()
	s.screen.apply(got)
	s.book.Apply(t, got)
	return got
}

// current compares what the client knows with the market of the last tick that was due.
func (s *streams) current(t *testing.T) {
	t.Helper()
	apple := market.Market{}.Find(sunday, market.Query{Symbol: "AAPL", SecType: "STK"})[0]
	at := s.clock.Now().Truncate(market.Step)
	s.screen.shows(t, apple, at)
	if want := wanted(apple, at, 5); fmt.Sprint(s.book) != fmt.Sprint(want) {
		t.Fatalf("book at %s\n got %v\nwant %v", at, s.book, want)
	}
}

func TestStreamsOverSocketsInVirtualTime(t *testing.T) {
	for _, v := range []wire.Version{178, 200, 225} {
		t.Run(fmt.Sprint(v), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := startStreams(t, v)
				for range 100 {
					s.pass(t, 3*time.Second)
					s.current(t)
				}
			})
		})
	}
}

// missed looks at the ten seconds after an outage of a minute: the book was reset, and what was
// missed of the other streams does not come any more.
func missed(t *testing.T, got []wire.Message) {
	t.Helper()
	resets := 0
	for _, e := range all[*protobuf.ErrorMessage](got, wire.ErrorMessage) {
		if e.GetErrorCode() == testkit.DepthReset && e.GetId() == 7 {
			resets++
		}
	}
	ticks := len(all[*protobuf.TickByTickData](got, wire.TickByTick))
	bars := len(all[*protobuf.RealTimeBarTick](got, wire.RealTimeBars))
	if resets != 1 || ticks < 5 || ticks > 9 || bars < 1 || bars > 2 {
		t.Errorf("after an outage: %d resets of the book, %d ticks, %d bars", resets, ticks, bars)
	}
}

func TestStreamsThroughOutages(t *testing.T) {
	quiet := func(got []wire.Message) bool {
		for _, m := range got {
			if m.Kind != wire.ErrorMessage {
				return false
			}
		}
		return true
	}
	synctest.Test(t, func(t *testing.T) {
		s := startStreams(t, 225)
		s.pass(t, 10*time.Second)
		if _, err := s.login.Lose(s.clock.Now()); err != nil {
			t.Fatal(err)
		}
		if got := s.pass(t, time.Minute); !quiet(got) {
			t.Errorf("while the connection was lost: %s", summary(got))
		}
		if _, err := s.login.Restore(s.clock.Now(), false); err != nil {
			t.Fatal(err)
		}
		missed(t, s.pass(t, 10*time.Second))
		s.current(t)

		if _, err := s.login.SetFarm(s.clock.Now(), "usfarm", session.FarmIsBroken); err != nil {
			t.Fatal(err)
		}
		if got := s.pass(t, time.Minute); !quiet(got) {
			t.Errorf("while the farm was broken: %s", summary(got))
		}
		if _, err := s.login.SetFarm(s.clock.Now(), "usfarm", session.FarmIsOK); err != nil {
			t.Fatal(err)
		}
		missed(t, s.pass(t, 10*time.Second))
		s.current(t)

		if _, err := s.login.Lose(s.clock.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := s.login.Restore(s.clock.Now(), true); err != nil {
			t.Fatal(err)
		}
		s.pass(t, time.Second)
		if got := s.pass(t, time.Minute); len(got) != 0 {
			t.Errorf("after all subscriptions were lost: %s", summary(got))
		}
		s.client.send(wire.CancelMktData, &protobuf.CancelMarketData{ReqId: num(6)})
		s.client.send(wire.CancelMktDepth, &protobuf.CancelMarketDepth{ReqId: num(7)})
		s.client.send(wire.CancelTickByTickData, &protobuf.CancelTickByTick{ReqId: num(8)})
		s.client.send(wire.CancelRealTimeBars, &protobuf.CancelRealTimeBars{ReqId: num(9)})
		wantFlow(t, s.client.fence(), "errMsg:6 300", "errMsg:7 310", "errMsg:8 300", "errMsg:9 300")
	})
}

// A competing session ends every stream with an error of its own.
func TestCompetingSessionEndsEveryStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startStreams(t, 200)
		s.pass(t, time.Second)
		if _, err := s.login.Compete(s.clock.Now(), true); err != nil {
			t.Fatal(err)
		}
		wantFlow(t, s.pass(t, time.Minute), "errMsg:6 10197", "errMsg:7 10197",
			"errMsg:8 10197", "errMsg:9 10197")
	})
}
