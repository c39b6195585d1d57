package session

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/testkit"
	"ibsoak/internal/wire"
)

// wanted is the market's book as a client would write it.
func wanted(i market.Instrument, at time.Time, rows int, makers bool) (b testkit.DepthBook) {
	bids, asks := market.Market{Seed: 7}.Depth(i, at, rows)
	for side, levels := range [][]market.Level{asks, bids} {
		for _, l := range levels {
			maker := l.Maker
			if !makers {
				maker = ""
			}
			b[side] = append(b[side], fmt.Sprint(client.PriceOf(l.Price), " ", l.Size, " ", maker))
		}
	}
	return b
}

// After any number of updates the client's book is the market's.
func TestDepthIsTheMarketsAtAnyTime(t *testing.T) {
	es := esFuture(t)
	apple := listed(t, market.Query{Symbol: "AAPL", SecType: "STK"})
	for name, tc := range map[string]struct {
		instrument market.Instrument
		exchange   string
		smart      bool
		kind       wire.Kind
	}{
		"level 1":       {es, "CME", false, wire.UpdateMktDepth},
		"market makers": {apple, "NASDAQ", false, wire.UpdateMktDepthL2},
		"smart":         {apple, "SMART", true, wire.UpdateMktDepthL2},
	} {
		t.Run(name, func(t *testing.T) {
			eachVersion(t, func(t *testing.T, v wire.Version) {
				l := login(t, testLogin(t, Semantics{LiveMarketData: true}), v, 1)
				rows := 5 + int(v)%7
				got := l.ask(wire.ReqMktDepth, &protobuf.MarketDepthRequest{
					ReqId: num(4), Contract: at(tc.instrument, tc.exchange), NumRows: num(rows),
					IsSmartDepth: proto.Bool(tc.smart),
				})
				var book testkit.DepthBook
				book.Apply(t, got)
				operations := make(map[int32]int)
				for range 40 {
					makers := tc.kind == wire.UpdateMktDepthL2
					if want := wanted(tc.instrument, l.now, rows, makers); fmt.Sprint(book) != fmt.Sprint(want) {
						t.Fatalf("book at %s\n got %v\nwant %v", l.now, book, want)
					}
					l.steps(1250 * time.Millisecond)
					got := l.take()
					book.Apply(t, got)
					for _, m := range got {
						if m.Kind != tc.kind {
							t.Fatalf("%s, want only %s", m.Kind, tc.kind)
						}
						if d, ok := m.Body.(*protobuf.MarketDepth); ok {
							operations[d.GetMarketDepthData().GetOperation()]++
						}
						if d, ok := m.Body.(*protobuf.MarketDepthL2); ok {
							operations[d.GetMarketDepthData().GetOperation()]++
						}
					}
				}
				if len(operations) != 3 {
					t.Errorf("operations %v: want inserts, updates and deletes", operations)
				}
				wantFlow(t, l.ask(wire.CancelMktDepth, &protobuf.CancelMarketDepth{
					ReqId: num(4), IsSmartDepth: proto.Bool(tc.smart),
				}))
				l.steps(time.Minute)
				wantFlow(t, l.take())
			})
		})
	}
}

func TestDepthRefusals(t *testing.T) {
	es, combo := esFuture(t), &protobuf.Contract{SecType: new("BAG"), Exchange: new("SMART")}
	request := func(c *protobuf.Contract, rows int, smart bool) *protobuf.MarketDepthRequest {
		return &protobuf.MarketDepthRequest{
			ReqId: num(4), Contract: c, NumRows: num(rows), IsSmartDepth: proto.Bool(smart),
		}
	}
	apple := listed(t, market.Query{Symbol: "AAPL", SecType: "STK"})
	for name, tc := range map[string]struct {
		m    *protobuf.MarketDepthRequest
		want string
	}{
		"no exchange":     {request(at(apple, ""), 5, false), "errMsg:4 321"},
		"combination":     {request(combo, 5, true), "errMsg:4 321"},
		"no rows":         {request(at(apple, "NASDAQ"), 0, false), "errMsg:4 321"},
		"unknown":         {request(stock("ZZZ"), 5, true), "errMsg:4 200"},
		"no smart book":   {request(stock("AAPL"), 5, false), "errMsg:4 10092"},
		"smart future":    {request(at(es, "CME"), 5, true), "errMsg:4 10092"},
		"not subscribed":  {request(at(apple, "NASDAQ"), 5, false), "errMsg:4 354"},
		"smart, top only": {request(stock("AAPL"), 5, true), "errMsg:4 2152"},
		"contract for difference": {
			request(at(listed(t, market.Query{Symbol: "AAPL", SecType: "CFD"}), "SMART"), 5, false),
			"rerouteMktDepthReq",
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachVersion(t, func(t *testing.T, v wire.Version) {
				l := login(t, testLogin(t, Semantics{}), v, 1)
				wantFlow(t, l.ask(wire.ReqMktDepth, tc.m), tc.want)
				wantFlow(t, l.ask(wire.CancelMktDepth, &protobuf.CancelMarketDepth{ReqId: num(4)}),
					"errMsg:4 310")
			})
		})
	}
}

func TestDepthVenuesNeedASubscription(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), 200, 1)
	got := l.ask(wire.ReqMktDepth, &protobuf.MarketDepthRequest{
		ReqId: num(4), Contract: stock("AAPL"), NumRows: num(5), IsSmartDepth: proto.Bool(true),
	})
	text := body[*protobuf.ErrorMessage](t, got, wire.ErrorMessage).GetErrorMsg()
	if !strings.HasPrefix(text, "Exchanges - Top: ") || !strings.HasSuffix(text, "; ") ||
		!strings.Contains(text, "; Need additional market data permissions - Depth: ") {
		t.Errorf("notice %q", text)
	}
}

func TestDepthOfThreeContractsForALogin(t *testing.T) {
	shared := testLogin(t, Semantics{LiveMarketData: true})
	a, b := login(t, shared, 225, 1), login(t, shared, 200, 2)
	book := func(id int, symbol string) *protobuf.MarketDepthRequest {
		c := stock(symbol)
		c.Exchange = new("NASDAQ")
		return &protobuf.MarketDepthRequest{ReqId: num(id), Contract: c, NumRows: num(1)}
	}
	for id, symbol := range []string{"AAPL", "MSFT", "NVDA"} {
		if got := a.ask(wire.ReqMktDepth, book(id, symbol)); len(got) != 2 {
			t.Fatalf("%s: %s", symbol, summary(got))
		}
	}
	wantFlow(t, a.ask(wire.ReqMktDepth, book(1, "MSFT")), "errMsg:1 322")
	wantFlow(t, b.ask(wire.ReqMktDepth, book(7, "AMZN")), "errMsg:7 309")
	if got := b.ask(wire.ReqMktDepth, book(7, "NVDA")); len(got) != 2 {
		t.Errorf("a book that another client has: %s", summary(got))
	}
	a.ask(wire.CancelMktDepth, &protobuf.CancelMarketDepth{ReqId: num(0)})
	if got := b.ask(wire.ReqMktDepth, book(8, "AMZN")); len(got) != 2 {
		t.Errorf("after a cancel: %s", summary(got))
	}
}

func TestDepthExchanges(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		got := l.ask(wire.ReqMktDepthExchanges, &protobuf.MarketDepthExchangesRequest{})
		list := body[*protobuf.MarketDepthExchanges](t, got, wire.MktDepthExchanges)
		if !slices.ContainsFunc(list.GetDepthMarketDataDescriptions(),
			func(d *protobuf.DepthMarketDataDescription) bool {
				return d.GetExchange() == "NASDAQ" && d.GetServiceDataType() == deepWithMakers
			}) {
			t.Errorf("exchanges %v", list)
		}
	})
}
