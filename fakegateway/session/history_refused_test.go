package session

import (
	"fmt"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

// ofContract asks for something else than Apple.
func ofContract(symbol, kind, exchange string) func(*protobuf.HistoricalDataRequest) {
	return func(m *protobuf.HistoricalDataRequest) {
		m.Contract = &protobuf.Contract{
			Symbol: new(symbol), SecType: new(kind), Exchange: new(exchange), Currency: new("USD"),
		}
	}
}

func showing(what string) func(*protobuf.HistoricalDataRequest) {
	return func(m *protobuf.HistoricalDataRequest) { m.WhatToShow = new(what) }
}

func ending(at string) func(*protobuf.HistoricalDataRequest) {
	return func(m *protobuf.HistoricalDataRequest) { m.EndDateTime = new(at) }
}

func TestHistoryThatMustBeRefused(t *testing.T) {
	const service = "Historical Market Data Service error message:"
	euro, spx := ofContract("EUR", "CASH", "IDEALPRO"), ofContract("SPX", "IND", "CBOE")
	continuous := ofContract("ES", "CONTFUT", "CME")
	for name, tc := range map[string]struct {
		m    *protobuf.HistoricalDataRequest
		code int32
		text string
	}{
		// ezibpy #24.
		"trades of a currency": {
			bars(1, "1 Y", "1 day", euro), 162,
			service + "No historical market data for EUR/CASH@FXSUBPIP Last 1d",
		},
		// ib_insync #316.
		"of five minutes": {
			bars(1, "1 D", "5 mins", euro), 162,
			service + "No historical market data for EUR/CASH@FXSUBPIP Last 300",
		},
		// Nobody trades metals at an exchange here, and no ticks of trades come either.
		"trades of a metal": {
			bars(1, "1 D", "1 hour", ofContract("XAUUSD", "CMDTY", "SMART")), 162,
			service + "No historical market data for XAUUSD/CMDTY@SMART Last 3600",
		},
		// TWS API, "Available Data per Product": indices have TRADES and volatilities. The text is what
		// clients have recorded of SPX: "... for SPX/IND@CBOE MidPoint 60".
		"quotes of an index": {
			bars(1, "1 D", "1 min", spx, showing("MIDPOINT")), 162,
			service + "No historical market data for SPX/IND@CBOE MidPoint 60",
		},
		// nautilus_trader #2570 and #2616.
		"the end of a continuous future": {
			bars(1, "1 D", "1 hour", continuous, ending("20261120-17:00:00")), 10339,
			"Setting end date/time for continuous future security type is not allowed.",
		},
		// QuantConnect/Lean #4344: a period before the listing has no data.
		"before the head": {
			bars(1, "1 M", "1 day", ending("19900102-17:00:00")), 162,
			service + "HMDS query returned no data: AAPL@SMART Trades",
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachVersion(t, func(t *testing.T, v wire.Version) {
				l := login(t, testLogin(t, Semantics{}), v, 1)
				got := l.ask(wire.ReqHistoricalData, tc.m)
				e := body[*protobuf.ErrorMessage](t, got, wire.ErrorMessage)
				if len(got) != 1 || e.GetErrorCode() != tc.code || e.GetErrorMsg() != tc.text {
					t.Errorf("got %s: %d %q", summary(got), e.GetErrorCode(), e.GetErrorMsg())
				}
			})
		})
	}
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	for name, m := range map[string]*protobuf.HistoricalDataRequest{
		"the middle of a currency": bars(1, "1 D", "1 hour", euro, showing("MIDPOINT")),
		"a continuous future":      bars(1, "1 D", "1 hour", continuous),
		"an index":                 bars(1, "1 D", "1 hour", spx),
	} {
		t.Run(name, func(t *testing.T) {
			wantFlow(t, l.ask(wire.ReqHistoricalData, m), "historicalData", "historicalDataEnd")
		})
	}
}

// An index is computed: its bars have prices and no volume. The other ways of asking for what a
// currency does not have are refused with the same words; clients have recorded those of the head
// timestamp ("... Last 0").
func TestWhatIndicesAndCurrenciesDoNotHave(t *testing.T) {
	l := login(t, testLogin(t, Semantics{LiveMarketData: true}), 225, 1)
	got := l.ask(wire.ReqHistoricalData, bars(1, "1 D", "1 hour", ofContract("SPX", "IND", "CBOE")))
	for _, b := range body[*protobuf.HistoricalData](t, got, wire.HistoricalData).GetHistoricalDataBars() {
		if b.GetVolume() != "0" || b.GetWAP() != "0" || b.GetHigh() <= 0 {
			t.Fatalf("bar of an index: %v", b)
		}
	}
	request := bars(2, "", "", ofContract("EUR", "CASH", "IDEALPRO"))
	got = l.ask(wire.ReqHeadTimestamp, &protobuf.HeadTimestampRequest{
		ReqId: num(2), Contract: request.Contract, WhatToShow: new("TRADES"), FormatDate: num(1),
	})
	if text := body[*protobuf.ErrorMessage](t, got, wire.ErrorMessage).GetErrorMsg(); text !=
		"Historical Market Data Service error message:No historical market data for EUR/CASH@FXSUBPIP Last 0" {
		t.Errorf("head timestamp: %q", text)
	}
	wantFlow(t, l.ask(wire.ReqRealTimeBars, &protobuf.RealTimeBarsRequest{
		ReqId: num(3), Contract: request.Contract, BarSize: num(5), WhatToShow: new("TRADES"),
	}), "errMsg:3 420")
	ticks := ticksRequest("TRADES", 5)
	ticks.Contract = request.Contract
	wantFlow(t, l.ask(wire.ReqHistoricalTicks, ticks), "errMsg:4 10187")
	ticks.WhatToShow = proto.String("BID_ASK")
	wantFlow(t, l.ask(wire.ReqHistoricalTicks, ticks), "historicalTicksBidAsk")
}

// Rules 26 and 32 are cents at every price (nautilus_trader's IB adapter).
func TestMarketRuleOfCents(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	for _, id := range []int{26, 32} {
		rule := body[*protobuf.MarketRule](t,
			l.ask(wire.ReqMarketRule, &protobuf.MarketRuleRequest{MarketRuleId: num(id)}), wire.MarketRule)
		if steps := rule.GetPriceIncrements(); len(steps) != 1 || steps[0].GetLowEdge() != 0 || steps[0].GetIncrement() != 0.01 {
			t.Errorf("rule %d: %v", id, steps)
		}
	}
}

// Kept up to date from one day and one week to the next, bars of weeks are those of a new request, each
// under the last day that it has.
func TestKeptWeeksMoveWithTheirLastDay(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), 200, 1)
	request := bars(5, "1 M", "1w", func(m *protobuf.HistoricalDataRequest) { m.KeepUpToDate = proto.Bool(true) })
	known := make(map[string]string)
	learn := func(b *protobuf.HistoricalDataBar) { known[b.GetDate()] = fmt.Sprint(b) }
	for _, b := range body[*protobuf.HistoricalData](t,
		l.ask(wire.ReqHistoricalData, request), wire.HistoricalData).GetHistoricalDataBars() {
		learn(b)
	}
	for range 3 {
		l.pass(24 * time.Hour)
		for _, u := range all[*protobuf.HistoricalDataUpdate](l.take(), wire.HistoricalDataUpdate) {
			learn(u.GetHistoricalDataBar())
		}
		rows := body[*protobuf.HistoricalData](t,
			l.ask(wire.ReqHistoricalData, bars(6, "1 M", "1w")), wire.HistoricalData).GetHistoricalDataBars()
		today := l.now.In(market.Eastern).Format("20060102")
		if last := rows[len(rows)-1].GetDate(); last != today {
			t.Errorf("the forming week is of %s, today is %s", last, today)
		}
		for n, b := range rows {
			if n > 0 && known[b.GetDate()] != fmt.Sprint(b) { // the first may be cut
				t.Fatalf("bar %d of %d\n%v\nis known as\n%s", n, len(rows), b, known[b.GetDate()])
			}
		}
	}
}
