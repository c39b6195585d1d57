package session

import (
	"strings"
	"testing"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// contracts asks for a description and wants nothing but contracts and their end.
func contracts(t *testing.T, l *line, c *protobuf.Contract) []*protobuf.ContractData {
	t.Helper()
	got := l.ask(wire.ReqContractDetails, contractRequest(7, c))
	rows := all[*protobuf.ContractData](got, wire.ContractData)
	rows = append(rows, all[*protobuf.ContractData](got, wire.BondContractData)...)
	if len(rows) != len(got)-1 || len(rows) == 0 || got[len(got)-1].Kind != wire.ContractDataEnd {
		t.Fatalf("%v: %d answers of which %d contracts", c, len(got), len(rows))
	}
	for _, r := range rows {
		if r.GetReqId() != 7 || r.GetContract().GetConId() == 0 {
			t.Errorf("contract %v", r)
		}
	}
	return rows
}

func TestFutures(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{SessionsOnly: true}), v, 1)
		es := &protobuf.Contract{
			Symbol: proto.String("ES"), SecType: proto.String("FUT"), Exchange: proto.String("CME"),
		}
		months := make(map[string]bool)
		for _, r := range contracts(t, l, es) {
			months[r.GetContractDetails().GetContractMonth()] = true
		}
		if len(months) < 4 || !months["202612"] || !months["202703"] {
			t.Errorf("months %v", months)
		}
		es.LastTradeDateOrContractMonth = proto.String("202612")
		rows := contracts(t, l, es)
		c, d := rows[0].GetContract(), rows[0].GetContractDetails()
		if len(rows) != 1 || c.GetLocalSymbol() != "ESZ6" || c.GetMultiplier() != 50 ||
			c.GetLastTradeDateOrContractMonth() != "20261218 08:30:00 US/Central" ||
			c.GetExchange() != "CME" || c.GetPrimaryExch() != "" {
			t.Errorf("contract %v", c)
		}
		if d.GetMinTick() != "0.25" || d.GetUnderSymbol() != "ES" || d.GetUnderSecType() != "IND" ||
			d.GetUnderConId() == 0 || d.GetTimeZoneId() != "US/Central" ||
			d.GetRealExpirationDate() != "20261218" || d.GetMarketName() != "ES" {
			t.Errorf("details %v", d)
		}
		byID := contracts(t, l, &protobuf.Contract{ConId: c.ConId})
		byName := contracts(t, l, &protobuf.Contract{
			LocalSymbol: proto.String("ESZ6"), SecType: proto.String("FUT"),
		})
		if len(byID) != 1 || len(byName) != 1 || byID[0].GetContract().GetLocalSymbol() != "ESZ6" ||
			byName[0].GetContract().GetConId() != c.GetConId() {
			t.Errorf("by id %v, by local symbol %v", byID, byName)
		}
		es.SecType, es.LastTradeDateOrContractMonth = proto.String("CONTFUT"), nil
		if front := contracts(t, l, es); len(front) != 1 ||
			front[0].GetContract().GetSecType() != "CONTFUT" {
			t.Errorf("continuous future %v", front)
		}
	})
}

func TestOptionsByPartOfTheirTerms(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{SessionsOnly: true}), v, 1)
		c := &protobuf.Contract{
			Symbol: proto.String("AAPL"), SecType: proto.String("OPT"), Exchange: proto.String("SMART"),
			Currency: proto.String("USD"), LastTradeDateOrContractMonth: proto.String("20261218"),
		}
		chain := contracts(t, l, c)
		rights := make(map[string]int)
		for _, r := range chain {
			rights[r.GetContract().GetRight()]++
			if !strings.HasPrefix(r.GetContract().GetLastTradeDateOrContractMonth(), "20261218 16:00:00") {
				t.Fatalf("contract %v", r.GetContract())
			}
		}
		if rights["C"] != rights["P"] || rights["C"] < 50 || len(rights) != 2 {
			t.Errorf("%d options: %v", len(chain), rights)
		}
		c.Right, c.Strike = proto.String("CALL"), proto.Float64(260)
		one := contracts(t, l, c)
		if len(one) != 1 {
			t.Fatalf("%d contracts of one option", len(one))
		}
		got, d := one[0].GetContract(), one[0].GetContractDetails()
		if got.GetLocalSymbol() != "AAPL  261218C00260000" || got.GetMultiplier() != 100 ||
			got.GetStrike() != 260 || d.GetUnderConId() != 265598 || d.GetUnderSymbol() != "AAPL" {
			t.Errorf("option %v, %v", got, d)
		}
		// A request that needs one contract says that this is not one.
		c.Right, c.Strike = nil, nil
		answer := body[*protobuf.ErrorMessage](t, l.ask(wire.ReqMktData, &protobuf.MarketDataRequest{
			ReqId: num(3), Contract: c,
		}), wire.ErrorMessage)
		if answer.GetErrorCode() != 200 || !strings.Contains(answer.GetErrorMsg(), "ambiguous") {
			t.Errorf("data of an ambiguous contract: %v", answer)
		}
	})
}

func TestOtherKindsOfContracts(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{SessionsOnly: true}), v, 1)
		of := func(symbol, secType, exchange, currency string) *protobuf.Contract {
			return &protobuf.Contract{
				Symbol: proto.String(symbol), SecType: proto.String(secType),
				Exchange: proto.String(exchange), Currency: proto.String(currency),
			}
		}
		for name, tc := range map[string]struct {
			asked             *protobuf.Contract
			local, zone, tick string
		}{
			"currency": {of("EUR", "CASH", "IDEALPRO", "USD"), "EUR.USD", "US/Eastern", "0.00005"},
			"index":    {of("SPX", "IND", "CBOE", "USD"), "SPX", "", ""},
			"CFD":      {of("AAPL", "CFD", "SMART", "USD"), "", "US/Eastern", "0.01"},
		} {
			rows := contracts(t, l, tc.asked)
			c, d := rows[0].GetContract(), rows[0].GetContractDetails()
			if len(rows) != 1 || tc.local != "" && c.GetLocalSymbol() != tc.local ||
				tc.zone != "" && d.GetTimeZoneId() != tc.zone ||
				tc.tick != "" && d.GetMinTick() != tc.tick ||
				d.GetTradingHours() == "" || d.GetMarketRuleIds() == "" {
				t.Errorf("%s: %v, %v", name, c, d)
			}
			if c.GetPrimaryExch() != "" {
				t.Errorf("%s: primary exchange %s", name, c.GetPrimaryExch())
			}
		}
	})
}

func TestBonds(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{SessionsOnly: true}), v, 1)
		rows := contracts(t, l, &protobuf.Contract{
			Symbol: proto.String("AAPL"), SecType: proto.String("BOND"),
		})
		c, d := rows[0].GetContract(), rows[0].GetContractDetails()
		ids := d.GetSecIdList()
		if c.GetSymbol() != "" || c.GetTradingClass() != "AAPL" || c.GetSecType() != "BOND" ||
			!strings.HasPrefix(d.GetCusip(), "IBCID") || !strings.HasPrefix(d.GetDescAppend(), "AAPL ") ||
			ids["CUSIP"] == "" {
			t.Errorf("bond %v, %v", c, d)
		}
	})
}

// A stock without an exchange is there once for each, by id or exchange once.
func TestStocksAtTheirExchanges(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		msft := stock("MSFT")
		msft.Exchange = nil
		rows := contracts(t, l, msft)
		at := make(map[string]bool)
		for _, r := range rows {
			at[r.GetContract().GetExchange()] = true
		}
		valid := strings.Split(rows[0].GetContractDetails().GetValidExchanges(), ",")
		if len(rows) != len(valid) || len(at) != len(valid) || !at["SMART"] || !at["NASDAQ"] {
			t.Errorf("%d contracts at %v, valid exchanges %v", len(rows), at, valid)
		}
		for name, c := range map[string]*protobuf.Contract{
			"id": {ConId: num(272093)},
			"ISIN": {
				SecIdType: new("ISIN"), SecId: new("US5949181045"), SecType: new("STK"),
				Exchange: new("SMART"),
			},
			"venue": {Symbol: new("MSFT"), SecType: new("STK"), Exchange: new("ISLAND")},
		} {
			if rows := contracts(t, l, c); len(rows) != 1 || rows[0].GetContract().GetConId() != 272093 {
				t.Errorf("by %s: %v", name, rows)
			}
		}
	})
}

func TestMatchingSymbols(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		ask := func(pattern string) *protobuf.SymbolSamples {
			return body[*protobuf.SymbolSamples](t, l.ask(wire.ReqMatchingSymbols,
				&protobuf.MatchingSymbolsRequest{ReqId: num(4), Pattern: proto.String(pattern)}),
				wire.SymbolSamples)
		}
		found := ask("AAPL").GetContractDescriptions()
		if len(found) == 0 {
			t.Fatal("no symbol matches AAPL")
		}
		c := found[0].GetContract()
		if c.GetConId() != 265598 || c.GetPrimaryExch() != "NASDAQ" || c.GetCurrency() != "USD" ||
			len(found[0].GetDerivativeSecTypes()) == 0 {
			t.Errorf("match %v", found[0])
		}
		if none := ask("ZZZQQ"); none.GetReqId() != 4 || len(none.GetContractDescriptions()) != 0 {
			t.Errorf("matches of nothing: %v", none)
		}
	})
}
