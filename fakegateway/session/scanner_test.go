package session

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

func scanFor(id int, code string, rows int) *protobuf.ScannerSubscriptionRequest {
	return &protobuf.ScannerSubscriptionRequest{
		ReqId: num(id), ScannerSubscription: &protobuf.ScannerSubscription{
			NumberOfRows: num(rows), Instrument: new("STK"), LocationCode: new("STK.US.MAJOR"),
			ScanCode: new(code),
		},
	}
}

// The document offers exactly what is served, in the form of a Gateway's.
func TestScannerParameters(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		text := body[*protobuf.ScannerParameters](t,
			l.ask(wire.ReqScannerParameters, &protobuf.ScannerParametersRequest{}), wire.ScannerParameters).GetXml()
		var document struct {
			Codes     []string `xml:"ScanTypeList>ScanType>scanCode"`
			Locations []string `xml:"LocationTree>Location>LocationTree>Location>locationCode"`
		}
		if err := xml.NewDecoder(strings.NewReader(text)).Decode(&document); err != nil {
			t.Fatal(err)
		}
		if len(document.Codes) < 9 || len(document.Locations) < 4 {
			t.Errorf("document %+v", document)
		}
		if v != versions[len(versions)-1] {
			return // what is offered is the same
		}
		for _, code := range document.Codes {
			got := l.ask(wire.ReqScannerSubscription, scanFor(1, code, 5))
			if !strings.HasPrefix(summary(got), "scannerData") && summary(got) != "errMsg:1 165, scannerData" {
				t.Errorf("%s is offered, but answered with %s", code, summary(got))
			}
			l.ask(wire.CancelScannerSubscription, &protobuf.CancelScannerSubscription{ReqId: num(1)})
		}
	})
}

func TestScanRanksTheMarket(t *testing.T) {
	m := market.Market{Seed: 7}
	change := func(conID int32, at time.Time) float64 {
		i, _ := m.Lookup(int(conID))
		return client.PriceOf(m.Quote(i, at).Last)/client.PriceOf(m.Session(i, at).PreviousClose) - 1
	}
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		got := l.ask(wire.ReqScannerSubscription, scanFor(8, "TOP_PERC_GAIN", 10))
		wantFlow(t, got, "scannerData")
		rows := body[*protobuf.ScannerData](t, got, wire.ScannerData).GetScannerDataElement()
		if len(rows) != 10 {
			t.Fatalf("%d rows", len(rows))
		}
		for rank, r := range rows {
			now := change(r.GetContract().GetConId(), l.now)
			if int(r.GetRank()) != rank || now <= 0 ||
				rank > 0 && now > change(rows[rank-1].GetContract().GetConId(), l.now) {
				t.Fatalf("rank %d: %v, %f", rank, r, now)
			}
		}
		l.steps(5 * time.Minute)
		later := all[*protobuf.ScannerData](l.take(), wire.ScannerData)
		if len(later) == 0 || len(later) > 10 {
			t.Errorf("%d scans in five minutes", len(later))
		}
		got = l.ask(wire.CancelScannerSubscription, &protobuf.CancelScannerSubscription{ReqId: num(8)})
		wantFlow(t, got, "errMsg:8 162")
		wantFlow(t, l.ask(wire.CancelScannerSubscription, &protobuf.CancelScannerSubscription{ReqId: num(8)}),
			"errMsg:8 365")
		l.steps(time.Hour)
		wantFlow(t, l.take())
	})
}

func TestScannerFiltersAndRefusals(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	filtered := scanFor(8, "MOST_ACTIVE", 50)
	filtered.ScannerSubscription.AbovePrice, filtered.ScannerSubscription.StockTypeFilter = new(200.0), new("ETF")
	rows := body[*protobuf.ScannerData](t, l.ask(wire.ReqScannerSubscription, filtered),
		wire.ScannerData).GetScannerDataElement()
	symbols := make([]string, len(rows))
	for n, r := range rows {
		symbols[n] = r.GetContract().GetSymbol()
	}
	if len(rows) == 0 || slices.Contains(symbols, "AAPL") || !slices.Contains(symbols, "SPY") {
		t.Errorf("funds above 200: %v", symbols)
	}
	wantFlow(t, l.ask(wire.ReqScannerSubscription, filtered), "errMsg:8 322")
	wantFlow(t, l.ask(wire.ReqScannerSubscription, scanFor(9, "HALTED", 5)), "errMsg:9 165", "scannerData")
	wantFlow(t, l.ask(wire.ReqScannerSubscription, scanFor(10, "MOST_LOVED", 5)), "errMsg:10 162")
	abroad := scanFor(10, "MOST_ACTIVE", 5)
	abroad.ScannerSubscription.LocationCode = new("STK.EU")
	wantFlow(t, l.ask(wire.ReqScannerSubscription, abroad), "errMsg:10 162")
	for n := range maxScanners - 2 {
		l.ask(wire.ReqScannerSubscription, scanFor(20+n, "MOST_ACTIVE", 1))
	}
	wantFlow(t, l.ask(wire.ReqScannerSubscription, scanFor(99, "MOST_ACTIVE", 1)), "errMsg:99 322")
}

// The way of the TWS API's "Minimum Price Increment" and "Smart Components" pages: the letters of the
// bboExchange that market data names, the increments of a rule that details name. 321 for what is neither.
func TestSmartComponentsAndMarketRules(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{LiveMarketData: true}), v, 1)
		parameters := body[*protobuf.TickReqParams](t,
			l.ask(wire.ReqMktData, quoteRequest(6, stock("AAPL"), "")), wire.TickReqParams)
		got := l.ask(wire.ReqSmartComponents, &protobuf.SmartComponentsRequest{
			ReqId: num(3), BboExchange: parameters.BboExchange,
		})
		letters := make(map[string]bool)
		for _, c := range body[*protobuf.SmartComponents](t, got, wire.SmartComponents).GetSmartComponents() {
			letters[c.GetExchangeLetter()] = true
		}
		if !letters["Q"] || !letters["N"] || !letters["P"] {
			t.Errorf("letters %v", letters)
		}
		wantFlow(t, l.ask(wire.ReqSmartComponents, &protobuf.SmartComponentsRequest{
			ReqId: num(3), BboExchange: new("zz"),
		}), "errMsg:3 321")
		rule := body[*protobuf.MarketRule](t,
			l.ask(wire.ReqMarketRule, &protobuf.MarketRuleRequest{MarketRuleId: num(26)}), wire.MarketRule)
		if rule.GetMarketRuleId() != 26 || fmt.Sprint(rule.GetPriceIncrements()[0].GetIncrement()) !=
			parameters.GetMinTick() {
			t.Errorf("rule %v", rule)
		}
		wantFlow(t, l.ask(wire.ReqMarketRule, &protobuf.MarketRuleRequest{MarketRuleId: num(999)}), "errMsg:-1 321")
	})
}
