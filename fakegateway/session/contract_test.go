package session

import (
	"strings"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

func contractRequest(id int, c *protobuf.Contract) *protobuf.ContractDataRequest {
	return &protobuf.ContractDataRequest{ReqId: num(id), Contract: c}
}

func TestContractDetails(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{SessionsOnly: true}), v, 1)
		got := l.ask(wire.ReqContractDetails, contractRequest(7, stock("AAPL")))
		wantFlow(t, got, "contractData", "contractDataEnd")
		data := body[*protobuf.ContractData](t, got, wire.ContractData)
		c, d := data.GetContract(), data.GetContractDetails()
		if data.GetReqId() != 7 || c.GetConId() != 265598 || c.GetExchange() != "SMART" ||
			c.GetPrimaryExch() != "NASDAQ" || c.GetTradingClass() != "NMS" {
			t.Errorf("contract %v", c)
		}
		if d.GetLongName() != "APPLE INC" || d.GetMinTick() != "0.01" ||
			d.GetTimeZoneId() != "US/Eastern" || d.GetMarketName() != "NMS" ||
			!strings.HasPrefix(d.GetLiquidHours(), "20261122:CLOSED;20261123:0930-20261123:1600;") ||
			!strings.Contains(d.GetTradingHours(), "20261123:0400-20261123:2000") ||
			!strings.HasPrefix(d.GetValidExchanges(), "SMART,") ||
			!strings.Contains(d.GetOrderTypes(), ",MKT,") || d.GetStockType() != "COMMON" {
			t.Errorf("details %v", d)
		}
		byID := l.ask(wire.ReqContractDetails, contractRequest(8, &protobuf.Contract{ConId: num(756733)}))
		if s := body[*protobuf.ContractData](t, byID, wire.ContractData).GetContract(); s.GetSymbol() != "SPY" {
			t.Errorf("by id: %v", s)
		}
	})
}

func TestUnknownContractsGetAnErrorAndNoEnd(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		change := func(f func(*protobuf.Contract)) *protobuf.Contract {
			c := stock("AAPL")
			f(c)
			return c
		}
		for name, c := range map[string]*protobuf.Contract{
			"symbol":       stock("ZZZQ"),
			"malformed":    stock("not a symbol"),
			"type":         change(func(c *protobuf.Contract) { c.SecType = new("WAR") }),
			"currency":     change(func(c *protobuf.Contract) { c.Currency = new("EUR") }),
			"exchange":     change(func(c *protobuf.Contract) { c.Exchange = new("MOON") }),
			"other id":     change(func(c *protobuf.Contract) { c.ConId = num(1) }),
			"other class":  change(func(c *protobuf.Contract) { c.TradingClass = new("X") }),
			"other market": change(func(c *protobuf.Contract) { c.PrimaryExch = new("NYSE") }),
		} {
			t.Run(name, func(t *testing.T) {
				l.t = t
				wantFlow(t, l.ask(wire.ReqContractDetails, contractRequest(4, c)), "errMsg:4 200")
			})
		}
	})
}

// A contract that names nothing is refused as such.
func TestContractsThatNameNothing(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		for name, c := range map[string]*protobuf.Contract{
			"no type":      {Symbol: new("AAPL")},
			"unknown type": {Symbol: new("AAPL"), SecType: new("SHARE")},
			"no symbol":    {SecType: new("STK"), Exchange: new("SMART")},
			"nothing":      nil,
		} {
			t.Run(name, func(t *testing.T) {
				l.t = t
				wantFlow(t, l.ask(wire.ReqContractDetails, contractRequest(4, c)), "errMsg:4 321")
			})
		}
	})
}

// Hours that a trader reads from the contract must agree with when the market trades.
func TestHoursOfAMarketThatNeverCloses(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	data := body[*protobuf.ContractData](t,
		l.ask(wire.ReqContractDetails, contractRequest(1, stock("AAPL"))), wire.ContractData)
	first, _, _ := strings.Cut(data.GetContractDetails().GetLiquidHours(), ";")
	from, to, _ := strings.Cut(first, "-")
	opens, err1 := time.Parse("20060102:1504", from)
	closes, err2 := time.Parse("20060102:1504", to)
	if err1 != nil || err2 != nil || closes.Sub(opens) != 24*time.Hour || opens.Day() != 22 {
		t.Errorf("liquid hours %s", first)
	}
}
