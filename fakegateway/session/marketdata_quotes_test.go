package session

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/marketdata"
	"ibsoak/internal/wire"
)

// screen is what a client knows of a line of market data, by number of tick. Sizes of prices are
// those that clients take from them.
type screen struct {
	prices, sizes, generic map[int32]string
	texts                  map[int32]string
	dataTypes              []int32
	options                map[int32]*protobuf.TickOptionComputation
}

func newScreen() *screen {
	return &screen{
		prices: make(map[int32]string), sizes: make(map[int32]string),
		generic: make(map[int32]string), texts: make(map[int32]string),
		options: make(map[int32]*protobuf.TickOptionComputation),
	}
}

var sizeTicks = map[int32]int32{1: 0, 2: 3, 4: 5, 66: 69, 67: 70, 68: 71}

func (s *screen) apply(messages []wire.Message) {
	for _, m := range messages {
		switch b := m.Body.(type) {
		case *protobuf.TickPrice:
			s.prices[b.GetTickType()] = fmt.Sprint(b.GetPrice())
			if size, ok := sizeTicks[b.GetTickType()]; ok {
				s.sizes[size] = b.GetSize()
			}
		case *protobuf.TickSize:
			s.sizes[b.GetTickType()] = b.GetSize()
		case *protobuf.TickGeneric:
			s.generic[b.GetTickType()] = fmt.Sprint(b.GetValue())
		case *protobuf.TickString:
			s.texts[b.GetTickType()] = b.GetValue()
		case *protobuf.MarketDataType:
			s.dataTypes = append(s.dataTypes, b.GetMarketDataType())
		case *protobuf.TickOptionComputation:
			s.options[b.GetTickType()] = b
		}
	}
}

// shows compares a screen with the market at a time.
func (s *screen) shows(t *testing.T, i market.Instrument, types tickTypes, at time.Time) {
	t.Helper()
	m := market.Market{Seed: 7}
	q, day := m.Quote(i, at), m.Session(i, at)
	got := fmt.Sprint(s.prices[types.bid], s.prices[types.ask], s.prices[types.last],
		s.sizes[types.bidSize], s.sizes[types.askSize], s.sizes[types.lastSize],
		s.prices[types.high], s.prices[types.low], s.prices[types.open], s.prices[types.close],
		s.sizes[types.volume], s.texts[types.at])
	text := func(f float64) string { return fmt.Sprint(f) }
	want := fmt.Sprint(text(client.PriceOf(q.Bid)), text(client.PriceOf(q.Ask)), text(client.PriceOf(q.Last)),
		client.Whole(q.BidSize), client.Whole(q.AskSize), client.Whole(q.LastSize),
		text(client.PriceOf(day.High)), text(client.PriceOf(day.Low)), text(client.PriceOf(day.Open)),
		text(client.PriceOf(day.PreviousClose)), client.Whole(day.Volume), client.Whole(q.LastAt.Unix()))
	if got != want {
		t.Fatalf("at %s the screen shows\n%s, the market is\n%s", at, got, want)
	}
}

func quoteRequest(id int, c *protobuf.Contract, generic string) *protobuf.MarketDataRequest {
	return &protobuf.MarketDataRequest{ReqId: num(id), Contract: c, GenericTickList: new(generic)}
}

// What a client has heard is always the market, and only what has changed is said.
func TestScreenShowsTheMarket(t *testing.T) {
	apple := listed(t, market.Query{Symbol: "AAPL", SecType: "STK"})
	for name, delayed := range map[string]bool{"live": false, "delayed": true} {
		t.Run(name, func(t *testing.T) {
			eachVersion(t, func(t *testing.T, v wire.Version) {
				l := login(t, testLogin(t, Semantics{LiveMarketData: !delayed}), v, 1)
				types, age := liveTicks, time.Duration(0)
				if delayed {
					types, age = delayedTicks, delay
				}
				l.ask(wire.ReqMarketDataType, &protobuf.MarketDataTypeRequest{MarketDataType: num(delayedData)})
				s := newScreen()
				s.apply(l.ask(wire.ReqMktData, quoteRequest(6, stock("AAPL"), "")))
				for range 80 {
					s.shows(t, apple, types, l.now.Add(-age))
					l.steps(market.Step)
					got := l.take()
					seen := make(map[string]bool)
					for _, m := range got {
						key := fmt.Sprint(m.Kind, tickers([]wire.Message{m}))
						if seen[key] {
							t.Fatalf("%s twice in a step", key)
						}
						seen[key] = true
					}
					s.apply(got)
				}
			})
		})
	}
}

// Every client sees the same prices, whatever its version and its seat.
func TestEveryClientSeesTheSamePrices(t *testing.T) {
	shared := testLogin(t, Semantics{LiveMarketData: true})
	var lines []*line
	var screens []*screen
	for n, v := range versions {
		l := login(t, shared, v, n+1)
		s := newScreen()
		s.apply(l.ask(wire.ReqMktData, quoteRequest(6, stock("NVDA"), "233,293")))
		lines, screens = append(lines, l), append(screens, s)
	}
	for range 50 {
		lines[0].steps(market.Step)
		for n, l := range lines {
			l.now = lines[0].now
			screens[n].apply(l.take())
		}
		for n := range screens[1:] {
			if got, want := fmt.Sprint(*screens[n+1]), fmt.Sprint(*screens[0]); got != want {
				t.Fatalf("version %d shows\n%s, version %d\n%s", versions[n+1], got, versions[0], want)
			}
		}
	}
}

func TestFrozenData(t *testing.T) {
	apple := listed(t, market.Query{Symbol: "AAPL", SecType: "STK"})
	hours := market.Market{Seed: 7, Hours: market.Hours{SessionsOnly: true}}
	for name, tc := range map[string]struct {
		ask, closed, open int
		bid               string
	}{
		"live":   {liveData, liveData, 0, "-1"},
		"frozen": {frozenData, frozenData, liveData, fmt.Sprint(client.PriceOf(hours.Quote(apple, sunday).Bid))},
	} {
		t.Run(name, func(t *testing.T) {
			l := login(t, testLogin(t, Semantics{LiveMarketData: true, SessionsOnly: true}), 225, 1)
			l.ask(wire.ReqMarketDataType, &protobuf.MarketDataTypeRequest{MarketDataType: num(tc.ask)})
			s := newScreen()
			s.apply(l.ask(wire.ReqMktData, quoteRequest(6, stock("AAPL"), "")))
			if s.prices[liveTicks.bid] != tc.bid {
				t.Errorf("the bid of a closed market is %s, want %s", s.prices[liveTicks.bid], tc.bid)
			}
			l.steps(17*time.Hour + 31*time.Minute) // into Monday's trading
			s.apply(l.take())
			want := []int32{int32(tc.closed)}
			if tc.open != 0 {
				want = append(want, int32(tc.open))
			}
			if fmt.Sprint(s.dataTypes) != fmt.Sprint(want) {
				t.Errorf("types of data %v, want %v", s.dataTypes, want)
			}
			if q := hours.Quote(apple, l.now); s.prices[liveTicks.bid] != fmt.Sprint(client.PriceOf(q.Bid)) {
				t.Errorf("the bid is %s, want %s", s.prices[liveTicks.bid], q.Bid)
			}
		})
	}
}

func TestMarketDataRefusals(t *testing.T) {
	for name, tc := range map[string]struct {
		m    *protobuf.MarketDataRequest
		want string
	}{
		"unknown":        {quoteRequest(6, stock("ZZZ"), ""), "errMsg:6 200"},
		"not subscribed": {quoteRequest(6, stock("AAPL"), ""), "tickReqParams, errMsg:6 10089"},
		"generic ticks":  {quoteRequest(6, stock("AAPL"), "233,9999"), "errMsg:6 321"},
		"of an index":    {quoteRequest(6, stock("AAPL"), "162"), "errMsg:6 321"},
		"not a number":   {quoteRequest(6, stock("AAPL"), "RTVolume"), "errMsg:6 321"},
		"no legs": {quoteRequest(6, &protobuf.Contract{
			SecType: new("BAG"), Symbol: new("AAPL"), Exchange: new("SMART"),
		}, ""), "errMsg:6 314"},
		"contract for difference": {quoteRequest(6,
			at(listed(t, market.Query{Symbol: "AAPL", SecType: "CFD"}), "SMART"), ""), "rerouteMktDataReq"},
		"snapshot of generic ticks": {&protobuf.MarketDataRequest{
			ReqId: num(6), Contract: stock("AAPL"), GenericTickList: new("233"), Snapshot: proto.Bool(true),
		}, "errMsg:6 321"},
		"regulatory snapshot": {&protobuf.MarketDataRequest{
			ReqId: num(6), Contract: stock("AAPL"), RegulatorySnapshot: proto.Bool(true),
		}, "errMsg:6 354"},
	} {
		t.Run(name, func(t *testing.T) {
			eachVersion(t, func(t *testing.T, v wire.Version) {
				l := login(t, testLogin(t, Semantics{}), v, 1)
				wantFlow(t, l.ask(wire.ReqMktData, tc.m), tc.want)
				wantFlow(t, l.ask(wire.CancelMktData, &protobuf.CancelMarketData{ReqId: num(6)}),
					"errMsg:6 300")
			})
		})
	}
}

func TestMarketDataLinesAreThoseOfTheLogin(t *testing.T) {
	shared := testLogin(t, Semantics{LiveMarketData: true, MarketDataLines: 3})
	a, b := login(t, shared, 225, 1), login(t, shared, 200, 2)
	for id := range 2 {
		a.ask(wire.ReqMktData, quoteRequest(id, stock("AAPL"), ""))
	}
	b.ask(wire.ReqMktData, quoteRequest(7, stock("AAPL"), ""))
	wantFlow(t, b.ask(wire.ReqMktData, quoteRequest(8, stock("AAPL"), "")), "errMsg:8 101")
	wantFlow(t, a.ask(wire.CancelMktData, &protobuf.CancelMarketData{ReqId: num(1)}))
	snapshot := quoteRequest(8, stock("AAPL"), "")
	snapshot.Snapshot = proto.Bool(true)
	for range 5 {
		if got := b.ask(wire.ReqMktData, snapshot); got[len(got)-1].Kind != wire.TickSnapshotEnd {
			t.Fatalf("snapshot: %s", summary(got))
		}
	}
}

func TestOptionQuotesHaveGreeks(t *testing.T) {
	option := nearTheMoney(t)
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{LiveMarketData: true}), v, 1)
		s := newScreen()
		s.apply(l.ask(wire.ReqMktData, quoteRequest(6, at(option, "SMART"), "")))
		for range 20 {
			want, _ := market.Market{Seed: 7}.Greeks(option, l.now)
			model := s.options[liveTicks.model]
			if model.GetDelta() != want.Delta || model.GetUndPrice() != want.UnderPrice ||
				model.GetDelta() <= 0 || model.GetDelta() >= 1 || model.GetTheta() >= 0 {
				t.Fatalf("model %v, want %+v", model, want)
			}
			bid, ask := s.options[liveTicks.bidOption], s.options[liveTicks.askOption]
			if bid.GetImpliedVol() >= ask.GetImpliedVol() || fmt.Sprint(bid.GetOptPrice()) != s.prices[liveTicks.bid] {
				t.Fatalf("bid %v, ask %v", bid, ask)
			}
			l.steps(5 * time.Second)
			s.apply(l.take())
		}
	})
}

func TestCombinationIsTheSumOfItsLegs(t *testing.T) {
	apple := listed(t, market.Query{Symbol: "AAPL", SecType: "STK"})
	nvidia := listed(t, market.Query{Symbol: "NVDA", SecType: "STK"})
	leg := func(i market.Instrument, action string, ratio int) *protobuf.ComboLeg {
		return &protobuf.ComboLeg{
			ConId: num(i.ConID), Action: new(action), Ratio: num(ratio), Exchange: new("SMART"),
		}
	}
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{LiveMarketData: true}), v, 1)
		s := newScreen()
		s.apply(l.ask(wire.ReqMktData, quoteRequest(6, &protobuf.Contract{
			Symbol: new("AAPL,NVDA"), SecType: new("BAG"), Exchange: new("SMART"), Currency: new("USD"),
			ComboLegs: []*protobuf.ComboLeg{leg(apple, "BUY", 2), leg(nvidia, "SELL", 3)},
		}, "")))
		for range 20 {
			m := market.Market{Seed: 7}
			a, n := m.Quote(apple, l.now), m.Quote(nvidia, l.now)
			bid := client.Must(client.Must(a.Bid.Add(a.Bid)).Sub(client.Must(n.Ask.Add(client.Must(n.Ask.Add(n.Ask))))))
			if got := s.prices[liveTicks.bid]; got != fmt.Sprint(client.PriceOf(bid)) {
				t.Fatalf("bid %s, its legs make %s", got, bid)
			}
			l.steps(market.Step)
			s.apply(l.take())
		}
	})
}

func TestGenericTicks(t *testing.T) {
	const list = "100,101,104,105,106,165,221,225,232,233,236,293,294,295,318,375,411,456,595,619"
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{LiveMarketData: true}), v, 1)
		s := newScreen()
		s.apply(l.ask(wire.ReqMktData, quoteRequest(6, stock("AAPL"), list)))
		l.steps(5 * time.Second)
		s.apply(l.take())
		for _, tick := range []int32{
			callVolumeTick, putVolumeTick, callOpenInterestTick, putOpenInterestTick, averageOptionVolumeTick,
			averageVolumeTick, auctionVolumeTick, shortableSharesTick, volume3MinutesTick,
		} {
			if s.sizes[tick] == "" {
				t.Errorf("no size of tick %d", tick)
			}
		}
		for _, tick := range []int32{
			low13WeeksTick, low13WeeksTick + 1, low26WeeksTick, low52WeeksTick, low52WeeksTick + 1,
			markPriceTick, lastRegularTradeTick, slowMarkPriceTick,
		} {
			if s.prices[tick] == "" {
				t.Errorf("no price of tick %d", tick)
			}
		}
		for _, tick := range []int32{
			historicalVolatilityTick, impliedVolatilityTick, shortableTick, tradeCountTick,
			tradeRateTick, volumeRateTick, realTimeVolatilityTick,
		} {
			if s.generic[tick] == "" || s.generic[tick] == "0" {
				t.Errorf("tick %d is %q", tick, s.generic[tick])
			}
		}
		var price float64
		var size, ms, volume int64
		if _, err := fmt.Sscanf(s.texts[tradeVolumeTick], "%f;%d;%d;%d;", &price, &size, &ms, &volume); err != nil ||
			fmt.Sprint(price) != s.prices[liveTicks.last] || client.Whole(size) != s.sizes[liveTicks.lastSize] ||
			client.Whole(ms/1000) != s.texts[liveTicks.at] || client.Whole(volume) != s.sizes[liveTicks.volume] {
			t.Errorf("RTVolume %q, %v; prices %v", s.texts[tradeVolumeTick], err, s.prices)
		}
	})
}

func TestTicksThatNeedNoSubscriptionComeAnyway(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	got := l.ask(wire.ReqMktData, quoteRequest(6, stock("AAPL"), "236,233,258,292"))
	wantFlow(t, got, "tickReqParams", "errMsg:6 10091", "tickGeneric", "tickSize",
		"errMsg:6 10358", "errMsg:6 10276")
	l.steps(time.Minute)
	wantFlow(t, l.take())
	wantFlow(t, l.ask(wire.CancelMktData, &protobuf.CancelMarketData{ReqId: num(6)}))
}

func TestDenials(t *testing.T) {
	delayed := func(l *line) {
		l.ask(wire.ReqMarketDataType, &protobuf.MarketDataTypeRequest{MarketDataType: num(delayedData)})
	}
	for name, tc := range map[marketdata.Denial]struct{ all, part, delayed string }{
		marketdata.DeniedToAPI:        {"errMsg:6 10089", "errMsg:7 10091", "errMsg:8 10167"},
		marketdata.DeniedUntilDelayed: {"errMsg:6 10168", "errMsg:7 10090", "errMsg:8 10167"},
		marketdata.DeniedAltogether:   {"errMsg:6 354", "errMsg:7 10090", "errMsg:8 354"},
	} {
		t.Run(string(name), func(t *testing.T) {
			eachVersion(t, func(t *testing.T, v wire.Version) {
				l := login(t, testLogin(t, Semantics{MarketDataDenial: name}), v, 1)
				hears := func(id int, generic, want string) {
					t.Helper()
					got := l.ask(wire.ReqMktData, quoteRequest(id, stock("AAPL"), generic))
					if !strings.Contains(summary(got), want) {
						t.Errorf("%s, want %s", summary(got), want)
					}
				}
				hears(6, "", tc.all)
				hears(7, "236", tc.part)
				delayed(l)
				hears(8, "", tc.delayed)
			})
		})
	}
}

// An index has no quotes, and a currency no trades.
func TestKindsWithoutQuotesOrTrades(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{LiveMarketData: true}), v, 1)
		index := listed(t, market.Query{Symbol: "SPX", SecType: "IND"})
		for _, tc := range []struct {
			c    *protobuf.Contract
			want string
		}{
			{at(index, index.Exchange), "[4 45 6 7 9 14]"},
			{at(euro(t), "IDEALPRO"), "[1 2 6 7 9 14]"},
		} {
			if got := l.ask(wire.ReqMktData, quoteRequest(6, tc.c, "")); tickers(got) != tc.want {
				t.Errorf("ticks %s, want %s: %s", tickers(got), tc.want, summary(got))
			}
			l.ask(wire.CancelMktData, &protobuf.CancelMarketData{ReqId: num(6)})
		}
	})
}
