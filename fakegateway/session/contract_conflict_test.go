package session

import (
	"slices"
	"strings"
	"testing"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

// A client sends a contract back as the details gave it, with the time and the zone of its last
// trade, as pyfutures does (lastTradeDateOrContractMonth "20240515 12:00:00 GB" in its orders).
func TestContractsOfDetailsAreAccepted(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{LiveMarketData: true, AllowShort: true}), v, 1)
		for n, q := range []market.Query{
			{LocalSymbol: "ESZ6", SecType: "FUT"},
			{LocalSymbol: "ESH7 C6600", SecType: "FOP", Symbol: "ES"},
			{LocalSymbol: "AAPL  261218C00260000", SecType: "OPT"},
			{LocalSymbol: "FGBL DEC 26", SecType: "FUT"},
			{Symbol: "BRK B", SecType: "STK"},
			{Symbol: "GAW", SecType: "STK", Currency: "GBP"},
			{Symbol: "XAUUSD", SecType: "CMDTY"},
			{Symbol: "IBUS500", SecType: "CFD"},
			{Symbol: "VINIX", SecType: "FUND"},
			{Symbol: "1", SecType: "STK", Currency: "HKD"},
			{Symbol: "NOKIA", SecType: "STK", Currency: "EUR"},
			{Symbol: "USD", SecType: "CASH", Currency: "MXN"},
			{LocalSymbol: "FDXM DEC 26", SecType: "FUT"},
		} {
			i := listed(t, q)
			c := contracts(t, l, at(i, i.Exchange))[0].GetContract()
			for _, conID := range []*int32{c.ConId, nil} {
				c := proto.CloneOf(c)
				c.ConId = conID
				if rows := contracts(t, l, c); len(rows) != 1 || int(rows[0].GetContract().GetConId()) != i.ConID {
					t.Errorf("%s sent back is %d contracts", i.LocalSymbol, len(rows))
				}
				id := 100 + 10*n
				if conID == nil {
					id += 5
				}
				data := l.ask(wire.ReqMktData, &protobuf.MarketDataRequest{ReqId: num(id), Contract: c})
				wantNoError(t, i, data)
				l.ask(wire.CancelMktData, &protobuf.CancelMarketData{ReqId: num(id)})
				wantNoError(t, i, l.ask(wire.ReqHistoricalData, &protobuf.HistoricalDataRequest{
					ReqId: num(id + 1), Contract: c, Duration: new("1 D"), BarSizeSetting: new("1 hour"),
					WhatToShow: new("MIDPOINT"), FormatDate: num(1),
				}))
				o := order(id, "BUY", 1, "MKT", 0)
				o.Contract, o.Order.WhatIf = c, proto.Bool(true)
				wantNoError(t, i, l.ask(wire.PlaceOrder, o))
			}
		}
	})
}

func wantNoError(t *testing.T, i market.Instrument, got []wire.Message) {
	t.Helper()
	for _, e := range all[*protobuf.ErrorMessage](got, wire.ErrorMessage) {
		t.Errorf("%s: error %d %s", i.LocalSymbol, e.GetErrorCode(), e.GetErrorMsg())
	}
	if len(got) == 0 {
		t.Errorf("%s: no answer", i.LocalSymbol)
	}
}

// What an order says beside a contract id must be so: 478 with these words in
// https://github.com/erdewit/ib_insync/issues/693 (the expiry), and by other clients of the currency
// ("requested currency NZD, in contract USD;") and of a month ("requested expiry 202606, in contract
// 20260626;"). Details of the same contract are found: a contract id decides there (issue 693).
func TestOrdersThatContradictTheirContractID(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	option := listed(t, market.Query{LocalSymbol: "AAPL  261218C00260000", SecType: "OPT"})
	const form = "The expiry date/time format is invalid. The correct format is yyyyMM, " +
		"yyyyMMdd HH:mm:ss <time-zone> (operator or instrument time zone) or " +
		"yyyyMMdd-HH:mm:ss (UTC time zone)."
	const text = "Parameters in request conflicts with contract parameters received by contract id: "
	for _, tc := range []struct {
		change func(*protobuf.Contract)
		code   int32
		want   string
	}{
		{func(c *protobuf.Contract) { c.LastTradeDateOrContractMonth = new("20261219") }, 478, text + "requested expiry 20261219, in contract 20261218;"},
		{func(c *protobuf.Contract) { c.LastTradeDateOrContractMonth = new("202612") }, 478, text + "requested expiry 202612, in contract 20261218;"},
		{func(c *protobuf.Contract) { c.Currency = new("NZD") }, 478, text + "requested currency NZD, in contract USD;"},
		{func(c *protobuf.Contract) { c.Strike, c.Right = proto.Float64(265), new("PUT") }, 478, text + "requested strike 265, in contract 260; requested right P, in contract C;"},
		{func(c *protobuf.Contract) { c.Symbol = new("NVDA") }, 478, text + "requested symbol NVDA, in contract AAPL;"},
		// https://github.com/ib-api-reloaded/ib_async/issues/120
		{func(c *protobuf.Contract) { c.LastTradeDateOrContractMonth = new("20261218 16:00:00 Nowhere") }, 10330, form},
		{func(c *protobuf.Contract) { c.ConId, c.LastTradeDateOrContractMonth = nil, new("Dec 26") }, 10330, form},
	} {
		m := order(9, "BUY", 1, "MKT", 0)
		m.Contract = at(option, "SMART")
		tc.change(m.Contract)
		e := body[*protobuf.ErrorMessage](t, l.ask(wire.PlaceOrder, m), wire.ErrorMessage)
		if e.GetErrorCode() != tc.code || e.GetErrorMsg() != tc.want {
			t.Errorf("error %d %s, want %d %s", e.GetErrorCode(), e.GetErrorMsg(), tc.code, tc.want)
		}
	}
	c := at(option, "SMART")
	c.LastTradeDateOrContractMonth = new("20261219")
	if rows := contracts(t, l, c); len(rows) != 1 || rows[0].GetContract().GetLocalSymbol() != option.LocalSymbol {
		t.Errorf("details of a contract id with another day: %v", rows)
	}
}

// The details of a stock in pence, and its position in pounds:
// https://github.com/bankroll-py/bankroll/issues/31. The tick is in pounds, as that of other prices
// with a magnifier (0.0025 for a quarter cent of ZC).
func TestStocksInPence(t *testing.T) {
	l := login(t, testLogin(t, Semantics{AllowShort: true}), 225, 1)
	games := listed(t, market.Query{Symbol: "GAW", SecType: "STK", Currency: "GBP"})
	d := contracts(t, l, at(games, "SMART"))[0].GetContractDetails()
	if d.GetPriceMagnifier() != 100 || d.GetMinTick() != "0.01" || d.GetTimeZoneId() != "GB-Eire" {
		t.Errorf("details %v", d)
	}
	l.ask(wire.ReqAccountUpdates, &protobuf.AccountDataRequest{Subscribe: proto.Bool(true)})
	m := order(1, "BUY", 10, "MKT", 0)
	m.Contract = at(games, "SMART")
	got := l.ask(wire.PlaceOrder, m)
	exec := body[*protobuf.ExecutionDetails](t, got, wire.ExecutionDetails).GetExecution()
	held := body[*protobuf.PortfolioValue](t, got, wire.PortfolioValue)
	if exec.GetPrice() < 9000 || held.GetMarketPrice() > 210 || held.GetAverageCost() > 210 ||
		held.GetMarketValue() != held.GetMarketPrice()*10 {
		t.Errorf("filled at %g, held %v", exec.GetPrice(), held)
	}
}

// A CFD on a currency sends a client to the currency pair, one on an index has data of its own (TWS
// API documentation, "Re-routing CFDs").
func TestWhichCFDsAreRerouted(t *testing.T) {
	l := login(t, testLogin(t, Semantics{LiveMarketData: true}), 225, 1)
	ask := func(id, conID int) string {
		return summary(l.ask(wire.ReqMktData, &protobuf.MarketDataRequest{
			ReqId: num(id), Contract: &protobuf.Contract{ConId: num(conID), Exchange: new("SMART")},
		}))
	}
	if got := ask(1, 143916318); got != "rerouteMktDataReq" {
		t.Errorf("EUR.USD: %s", got)
	}
	if got := ask(2, 111767871); !strings.Contains(got, "tickPrice") {
		t.Errorf("IBUS500: %s", got)
	}
}

// The options on a contract of a product (TWS API documentation, "Option Chains": futFopExchange is
// for options on futures).
func TestChainsOfFutures(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	future := listed(t, market.Query{LocalSymbol: "ESZ6", SecType: "FUT"})
	got := l.ask(wire.ReqSecDefOptParams, &protobuf.SecDefOptParamsRequest{
		ReqId: num(3), UnderlyingSymbol: new("ES"), FutFopExchange: new("CME"),
		UnderlyingSecType: new("FUT"), UnderlyingConId: num(future.ConID),
	})
	var classes []string
	for _, r := range all[*protobuf.SecDefOptParameter](got, wire.SecurityDefinitionOptionParameter) {
		classes = append(classes, r.GetTradingClass())
		if r.GetMultiplier() != "50" || int(r.GetUnderlyingConId()) != future.ConID {
			t.Errorf("row %v", r)
		}
	}
	if slices.Sort(classes); !slices.Contains(classes, "ES") || !slices.Contains(classes, "EW2") {
		t.Errorf("classes %v", classes)
	}
}

// A settings file's contracts are found, quoted and traded like any.
func TestContractsOfASettingsFile(t *testing.T) {
	l := login(t, testLogin(t, Semantics{LiveMarketData: true, Universe: []market.Listing{{
		Symbol: "B881G", SecType: "IOPT", Exchange: "SBF", Currency: "EUR", Hours: "frankfurt",
		Price: decimal.MustParse("4"), Expiry: "20281218",
	}}}), 225, 1)
	c := &protobuf.Contract{
		LocalSymbol: new("B881G"), SecType: new("IOPT"), Exchange: new("SBF"), Currency: new("EUR"),
	}
	row := contracts(t, l, c)[0]
	if row.GetContract().GetConId() != 1250000000 || row.GetContractDetails().GetTimeZoneId() != "MET" {
		t.Errorf("details %v", row)
	}
	m := order(1, "SELL", 10, "MKT", 0)
	m.Contract = c
	wantFlow(t, l.ask(wire.PlaceOrder, m), "errMsg:1 201", "orderStatus:Inactive 0/10") // nothing is held
	data := l.ask(wire.ReqMktData, &protobuf.MarketDataRequest{ReqId: num(2), Contract: c})
	if !strings.Contains(summary(data), "tickPrice") {
		t.Errorf("data %s", summary(data))
	}
}
