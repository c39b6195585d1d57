package session

import (
	"strconv"
	"testing"

	"github.com/scmhub/ibapi"
	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// sampleOf writes a contract of the client as it goes over the wire.
func sampleOf(c *ibapi.Contract) *protobuf.Contract {
	p := &protobuf.Contract{}
	for _, f := range []struct {
		field **string
		text  string
	}{
		{&p.Symbol, c.Symbol},
		{&p.SecType, c.SecType},
		{&p.Exchange, c.Exchange},
		{&p.PrimaryExch, c.PrimaryExchange},
		{&p.Currency, c.Currency},
		{&p.LocalSymbol, c.LocalSymbol},
		{&p.TradingClass, c.TradingClass},
		{&p.LastTradeDateOrContractMonth, c.LastTradeDateOrContractMonth},
		{&p.Right, c.Right},
		{&p.SecIdType, c.SecIDType},
		{&p.SecId, c.SecID},
		{&p.IssuerId, c.IssuerID},
	} {
		if f.text != "" {
			*f.field = &f.text
		}
	}
	if c.ConID != 0 {
		p.ConId = num(int(c.ConID))
	}
	if c.Strike != 0 && c.Strike != ibapi.UNSET_FLOAT {
		p.Strike = &c.Strike
	}
	if m, err := strconv.ParseFloat(c.Multiplier, 64); err == nil {
		p.Multiplier = &m
	}
	return p
}

// IBKR's ContractSamples of the TWS API, as the client's contract_samples.go has them. Those of what
// has expired or is not listed at IBKR any more have error 200 at IBKR too. Combinations have legs and
// no details, and news have no contracts here: they are left out.
func TestContractSamples(t *testing.T) {
	const many = -1
	l := login(t, testLogin(t, Semantics{}), 200, 1)
	for name, tc := range map[string]struct {
		sample *ibapi.Contract
		conID  int // of the only contract; many: several; 0: error 200
	}{
		"IBMBond": {ibapi.IBMBond(), 1240000004}, "IBKRStk": {ibapi.IBKRStk(), 43645865},
		"HKStk": {ibapi.HKStk(), 1244000020}, "EurGbpFx": {ibapi.EurGbpFx(), 12087807},
		"Index": {ibapi.Index(), 1243000012}, "USStockCFD": {ibapi.USStockCFD(), 1244000038},
		"EuropeanStockCFD": {ibapi.EuropeanStockCFD(), 1244000039},
		"CashCFD":          {ibapi.CashCFD(), 143916318}, "EuropeanStock": {ibapi.EuropeanStock(), 1244000019},
		"USStock": {ibapi.USStock(), 756733}, "ETF": {ibapi.ETF(), 320227571},
		"USStockAtSmart": {ibapi.USStockAtSmart(), 8314}, "IBMUSStockAtSmart": {ibapi.IBMUSStockAtSmart(), 8314},
		"USStockWithPrimaryExch": {ibapi.USStockWithPrimaryExch(), 756733},
		"MutualFund":             {ibapi.MutualFund(), 1244000040}, "Commodity": {ibapi.Commodity(), 69067924},
		"ByISIN": {ibapi.ByISIN(), 43645865}, "ByConId": {ibapi.ByConId(), 12087792},
		"ByFIGI": {ibapi.ByFIGI(), 265598}, "ContFut": {ibapi.ContFut(), 1230150323},
		"ContAndExpiringFut": {ibapi.ContAndExpiringFut(), many}, "OptionForQuery": {ibapi.OptionForQuery(), many},
		"JefferiesContract": {ibapi.JefferiesContract(), 265598}, "CSFBContract": {ibapi.CSFBContract(), 43645865},
		"IBKRATSContract": {ibapi.IBKRATSContract(), 756733}, "CryptoContract": {ibapi.CryptoContract(), 479624278},
		"Fund": {ibapi.Fund(), 1244000041}, "StockWithIPOPrice": {ibapi.StockWithIPOPrice(), many}, // by its symbol

		"WrongContract": {ibapi.WrongContract(), 0}, // "Note the space in the symbol!"
		// Renamed to IBDE40 when the DAX had 40 members.
		"CFD": {ibapi.CFD(), 0},
		// Expired.
		"OptionAtIse": {ibapi.OptionAtIse(), 0}, "USOptionContract": {ibapi.USOptionContract(), 0},
		"OptionAtBox": {ibapi.OptionAtBox(), 0}, "OptionWithTradingClass": {ibapi.OptionWithTradingClass(), 0},
		"OptionWithLocalSymbol": {ibapi.OptionWithLocalSymbol(), 0}, "SimpleFuture": {ibapi.SimpleFuture(), 0},
		"FutureWithLocalSymbol": {ibapi.FutureWithLocalSymbol(), 0},
		"FutureWithMultiplier":  {ibapi.FutureWithMultiplier(), 0},
		"FuturesOnOptions":      {ibapi.FuturesOnOptions(), 0}, "Warrants": {ibapi.Warrants(), 0},
		// Not listed here, unless a settings file does.
		"BondWithCusip": {ibapi.BondWithCusip(), 0}, "Bond": {ibapi.Bond(), 0},
		"DutchWarrant": {ibapi.DutchWarrant(), 0}, "ByIssuerId": {ibapi.ByIssuerId(), 0},
		"OptForecastx": {ibapi.OptForecastx(), 0}, "OptForecastxZeroStrike": {ibapi.OptForecastxZeroStrike(), 0},
	} {
		got := l.ask(wire.ReqContractDetails, contractRequest(7, sampleOf(tc.sample)))
		rows := append(all[*protobuf.ContractData](got, wire.ContractData),
			all[*protobuf.ContractData](got, wire.BondContractData)...)
		switch {
		case tc.conID == 0:
			if summary(got) != "errMsg:7 200" {
				t.Errorf("%s: %s, want error 200", name, summary(got))
			}
		case len(rows) == 0 || tc.conID != many && len(rows) != 1:
			t.Errorf("%s: %d contracts, %s", name, len(rows), summary(got)[:min(80, len(summary(got)))])
		case tc.conID != many && int(rows[0].GetContract().GetConId()) != tc.conID:
			t.Errorf("%s: contract id %d, want %d", name, rows[0].GetContract().GetConId(), tc.conID)
		}
	}
	// The legs of StockComboContract that exist: "IBKR's STK", "McDonald's STK".
	for _, leg := range ibapi.StockComboContract().ComboLegs {
		if rows := contracts(t, l, &protobuf.Contract{ConId: num(int(leg.ConID))}); len(rows) != 1 {
			t.Errorf("leg %d is %d contracts", leg.ConID, len(rows))
		}
	}
}
