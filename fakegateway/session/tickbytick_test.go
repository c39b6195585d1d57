package session

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

// tickText is a tick as a client reads it.
func tickText(m wire.Message) string {
	b, ok := m.Body.(*protobuf.TickByTickData)
	if !ok {
		return m.Kind.String()
	}
	switch {
	case b.GetHistoricalTickLast() != nil:
		x := b.GetHistoricalTickLast()
		return fmt.Sprintf("%d %v %s %s", x.GetTime(), x.GetPrice(), x.GetSize(), x.GetExchange())
	case b.GetHistoricalTickBidAsk() != nil:
		x := b.GetHistoricalTickBidAsk()
		return fmt.Sprintf("%d %v %v %s %s", x.GetTime(), x.GetPriceBid(), x.GetPriceAsk(),
			x.GetSizeBid(), x.GetSizeAsk())
	}
	x := b.GetHistoricalTickMidPoint()
	return fmt.Sprintf("%d %v", x.GetTime(), x.GetPrice())
}

// A stream is the tape, tick by tick, the same at every version and however time goes on.
func TestTickByTickIsTheTape(t *testing.T) {
	apple := listed(t, market.Query{Symbol: "AAPL", SecType: "STK"})
	const span = 5 * time.Minute
	for name, tell := range map[string]func(was, is market.Tick) string{ // "": not told
		"Last":    trade,
		"AllLast": trade,
		"BidAsk": func(was, is market.Tick) string {
			if was.Bid == is.Bid && was.Ask == is.Ask && was.BidSize == is.BidSize &&
				was.AskSize == is.AskSize {
				return ""
			}
			return fmt.Sprintf("%d %v %v %d %d", is.At.Unix(), client.PriceOf(is.Bid), client.PriceOf(is.Ask),
				is.BidSize, is.AskSize)
		},
		"MidPoint": func(was, is market.Tick) string {
			if was.Mid() == is.Mid() {
				return ""
			}
			return fmt.Sprintf("%d %v", is.At.Unix(), client.PriceOf(is.Mid()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			var was market.Tick
			for _, is := range (market.Market{Seed: 7}).Tape(apple, sunday, sunday.Add(span), 0) {
				if text := tell(was, is); text != "" {
					want = append(want, text)
				}
				was = is
			}
			if len(want) < 50 {
				t.Fatalf("only %d ticks in %s", len(want), span)
			}
			eachVersion(t, func(t *testing.T, v wire.Version) {
				l := login(t, testLogin(t, Semantics{LiveMarketData: true}), v, 1)
				wantFlow(t, l.ask(wire.ReqTickByTickData, &protobuf.TickByTickRequest{
					ReqId: num(3), Contract: stock("AAPL"), TickType: new(name),
				}))
				if v == 178 { // all at once
					l.pass(span)
				} else {
					l.steps(span)
				}
				var got []string
				for _, m := range l.take() {
					got = append(got, tickText(m))
				}
				if !slices.Equal(got, want) {
					t.Errorf("%d ticks, want %d; first %v, want %v", len(got), len(want), got[:3], want[:3])
				}
				wantFlow(t, l.ask(wire.CancelTickByTickData, &protobuf.CancelTickByTick{ReqId: num(3)}))
				l.steps(time.Minute)
				wantFlow(t, l.take())
				wantFlow(t, l.ask(wire.CancelTickByTickData, &protobuf.CancelTickByTick{ReqId: num(3)}),
					"errMsg:3 300")
			})
		})
	}
}

func trade(_, is market.Tick) string {
	if is.LastSize == 0 {
		return ""
	}
	return fmt.Sprintf("%d %v %d %s", is.At.Unix(), client.PriceOf(is.Last), is.LastSize, is.Exchange)
}

func TestTicksOfThePastComeFirst(t *testing.T) {
	for name, kind := range map[string]wire.Kind{
		"Last": wire.HistoricalTicksLast, "BidAsk": wire.HistoricalTicksBidAsk,
		"MidPoint": wire.HistoricalTicks,
	} {
		eachVersion(t, func(t *testing.T, v wire.Version) {
			l := login(t, testLogin(t, Semantics{LiveMarketData: true}), v, 1)
			got := l.ask(wire.ReqTickByTickData, &protobuf.TickByTickRequest{
				ReqId: num(3), Contract: stock("AAPL"), TickType: new(name), NumberOfTicks: num(20),
			})
			wantFlow(t, got, kind.String())
			if h, ok := got[0].Body.(*protobuf.HistoricalTicksLast); ok && len(h.GetHistoricalTicksLast()) != 20 {
				t.Errorf("%d ticks of the past", len(h.GetHistoricalTicksLast()))
			}
		})
	}
}

func TestTickByTickWithoutSizesHasFewerQuotes(t *testing.T) {
	count := func(ignore bool) int {
		l := login(t, testLogin(t, Semantics{LiveMarketData: true}), 225, 1)
		l.ask(wire.ReqTickByTickData, &protobuf.TickByTickRequest{
			ReqId: num(3), Contract: stock("AAPL"), TickType: new("BidAsk"), IgnoreSize: proto.Bool(ignore),
		})
		l.steps(5 * time.Minute)
		return len(l.take())
	}
	if all, prices := count(false), count(true); prices == 0 || prices >= all {
		t.Errorf("%d quotes, %d without those of sizes", all, prices)
	}
}

func TestTickByTickRefusals(t *testing.T) {
	for name, tc := range map[string]struct {
		live bool
		c    *protobuf.Contract
		kind string
		n    int
		want string
	}{
		"kind":                {true, stock("AAPL"), "Rumour", 0, "errMsg:3 321"},
		"too many":            {true, stock("AAPL"), "Last", 1001, "errMsg:3 321"},
		"unknown":             {true, stock("ZZZ"), "Last", 0, "errMsg:3 200"},
		"not subscribed":      {false, stock("AAPL"), "Last", 0, "errMsg:3 10189"},
		"option":              {true, at(nearTheMoney(t), "SMART"), "Last", 0, "errMsg:3 10189"},
		"currency":            {true, at(euro(t), "IDEALPRO"), "AllLast", 0, "errMsg:3 10189"},
		"currencies are free": {false, at(euro(t), "IDEALPRO"), "BidAsk", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			eachVersion(t, func(t *testing.T, v wire.Version) {
				l := login(t, testLogin(t, Semantics{LiveMarketData: tc.live}), v, 1)
				got := l.ask(wire.ReqTickByTickData, &protobuf.TickByTickRequest{
					ReqId: num(3), Contract: tc.c, TickType: new(tc.kind), NumberOfTicks: num(tc.n),
				})
				if summary(got) != tc.want {
					t.Errorf("flow %q, want %q", summary(got), tc.want)
				}
			})
		})
	}
}

func TestTickByTickLimit(t *testing.T) {
	l := login(t, testLogin(t, Semantics{LiveMarketData: true}), 225, 1)
	ask := func(id int) []wire.Message {
		return l.ask(wire.ReqTickByTickData, &protobuf.TickByTickRequest{
			ReqId: num(id), Contract: stock("AAPL"), TickType: new("Last"),
		})
	}
	for id := range 3 {
		wantFlow(t, ask(id))
	}
	wantFlow(t, ask(1), "errMsg:1 322")
	wantFlow(t, ask(9), "errMsg:9 10190")
	l.ask(wire.CancelTickByTickData, &protobuf.CancelTickByTick{ReqId: num(0)})
	wantFlow(t, ask(9))
}
