package session

import (
	"slices"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

func summaryOf(id int, tags string) *protobuf.AccountSummaryRequest {
	return &protobuf.AccountSummaryRequest{ReqId: num(id), Group: new("All"), Tags: new(tags)}
}

// pass lets the scenario's time go on.
func (l *line) pass(d time.Duration) {
	l.now = l.now.Add(d)
	l.session.login.exchange.Advance(l.now)
}

func TestAccountSummary(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		const tags = "TotalCashValue,NetLiquidation,GrossPositionValue,NoSuchTag"
		got := l.ask(wire.ReqAccountSummary, summaryOf(9, tags))
		wantFlow(t, got, "accountSummary", "accountSummary", "accountSummary", "accountSummaryEnd")
		values := make(map[string]string)
		for _, row := range all[*protobuf.AccountSummary](got, wire.AccountSummary) {
			values[row.GetTag()] = row.GetValue()
			if row.GetReqId() != 9 || row.GetAccount() != "DU9000001" || row.GetCurrency() != "USD" {
				t.Errorf("row %v", row)
			}
		}
		if values["NetLiquidation"] != "1000000.00" || values["TotalCashValue"] != "1000000.00" ||
			values["GrossPositionValue"] != "0.00" {
			t.Errorf("values %v", values)
		}

		l.ask(wire.PlaceOrder, order(1, "BUY", 100, "MKT", 0))
		l.take()
		l.pass(accountEvery - time.Second)
		wantFlow(t, l.take())
		l.pass(time.Second)
		rows := all[*protobuf.AccountSummary](l.take(), wire.AccountSummary)
		sum := decimal.Decimal{}
		for _, row := range rows {
			d := decimal.MustParse(row.GetValue())
			if row.GetTag() == "NetLiquidation" {
				d = d.Neg()
			}
			sum = client.Must(sum.Add(d))
		}
		if len(rows) != 3 || !sum.IsZero() {
			t.Errorf("changed values %v: cash and positions are off by %s", rows, sum)
		}
		l.ask(wire.CancelAccountSummary, &protobuf.CancelAccountSummary{ReqId: num(9)})
		l.pass(time.Hour)
		wantFlow(t, l.take())
	})
}

func TestAccountSummaryLimit(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	for id := 1; id <= 2; id++ {
		wantFlow(t, l.ask(wire.ReqAccountSummary, summaryOf(id, "NetLiquidation")),
			"accountSummary", "accountSummaryEnd")
	}
	wantFlow(t, l.ask(wire.ReqAccountSummary, summaryOf(3, "NetLiquidation")), "errMsg:3 322")
	wantFlow(t, l.ask(wire.ReqAccountSummary, summaryOf(2, "NetLiquidation")), "errMsg:2 322")
	l.ask(wire.CancelAccountSummary, &protobuf.CancelAccountSummary{ReqId: num(1)})
	wantFlow(t, l.ask(wire.ReqAccountSummary, summaryOf(3, "NetLiquidation")),
		"accountSummary", "accountSummaryEnd")
	other := login(t, l.session.login, 225, 2) // the limit is the client's
	wantFlow(t, other.ask(wire.ReqAccountSummary, summaryOf(3, "SettledCash")),
		"accountSummary", "accountSummaryEnd")
	bad := summaryOf(4, "NetLiquidation")
	bad.Group = new("DU1")
	wantFlow(t, other.ask(wire.ReqAccountSummary, bad), "errMsg:4 321")
}

func TestLedgerTags(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	rows := all[*protobuf.AccountSummary](
		l.ask(wire.ReqAccountSummary, summaryOf(1, "$LEDGER:USD")), wire.AccountSummary)
	if !slices.ContainsFunc(rows, func(r *protobuf.AccountSummary) bool {
		return r.GetTag() == "CashBalance" && r.GetValue() == "1000000.00" && r.GetCurrency() == "USD"
	}) {
		t.Errorf("no cash balance in %v", rows)
	}
}

func TestAccountUpdates(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		l.ask(wire.PlaceOrder, order(1, "BUY", 100, "MKT", 0))
		subscribe := &protobuf.AccountDataRequest{
			Subscribe: proto.Bool(true), AcctCode: new("DU9000001"),
		}
		got := l.ask(wire.ReqAccountUpdates, subscribe)
		wantFlow(t, got, "acctValue", "portfolioValue", "acctUpdateTime", "acctUpdateTime",
			"acctDownloadEnd")
		p := body[*protobuf.PortfolioValue](t, got, wire.PortfolioValue)
		if p.GetPosition() != "100" || p.GetAccountName() != "DU9000001" ||
			p.GetMarketValue() != p.GetMarketPrice()*100 || p.GetUnrealizedPNL() >= 0 {
			t.Errorf("portfolio %v", p)
		}
		got = l.ask(wire.PlaceOrder, order(2, "SELL", 100, "MKT", 0))
		tail := got[len(got)-3:]
		wantFlow(t, tail, "acctValue", "portfolioValue", "acctUpdateTime")
		if p := body[*protobuf.PortfolioValue](t, tail, wire.PortfolioValue); p.GetPosition() != "0" ||
			p.GetRealizedPNL() >= 0 {
			t.Errorf("closed position %v", p)
		}
		wantFlow(t, l.ask(wire.ReqAccountUpdates, unfollow()), "errMsg:-1 2100")
		wantFlow(t, l.ask(wire.ReqAccountUpdates, unfollow()))
		got = l.ask(wire.PlaceOrder, order(3, "BUY", 1, "MKT", 0))
		if n := len(all[*protobuf.AccountValue](got, wire.AccountValue)); n != 0 {
			t.Errorf("%d account values after the end of the subscription", n)
		}
		bad := &protobuf.AccountDataRequest{Subscribe: proto.Bool(true), AcctCode: new("U1")}
		wantFlow(t, l.ask(wire.ReqAccountUpdates, bad), "errMsg:-1 321")
	})
}

func TestAccountUpdatesMulti(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		got := l.ask(wire.ReqAccountUpdatesMulti, &protobuf.AccountUpdatesMultiRequest{
			ReqId: num(5), Account: new("DU9000001"), LedgerAndNLV: proto.Bool(true),
		})
		if got[len(got)-1].Kind != wire.AccountUpdateMultiEnd {
			t.Errorf("ends with %s", got[len(got)-1].Kind)
		}
		rows := all[*protobuf.AccountUpdateMulti](got, wire.AccountUpdateMulti)
		if rows[0].GetKey() != "NetLiquidation" || rows[0].GetReqId() != 5 || len(rows) < 5 {
			t.Errorf("rows %v", rows)
		}
		l.ask(wire.CancelAccountUpdatesMulti, &protobuf.CancelAccountUpdatesMulti{ReqId: num(5)})
		l.ask(wire.PlaceOrder, order(1, "BUY", 1, "MKT", 0))
		l.take()
		l.pass(time.Hour)
		wantFlow(t, l.take())
	})
}

func TestPositionsFollowFills(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		wantFlow(t, l.ask(wire.ReqPositions, &protobuf.PositionsRequest{}), "positionEnd")
		wantFlow(t, l.ask(wire.ReqPositionsMulti, &protobuf.PositionsMultiRequest{
			ReqId: num(3), Account: new("DU9000001"),
		}), "positionMultiEnd")
		got := l.ask(wire.PlaceOrder, order(1, "BUY", 10, "MKT", 0))
		wantFlow(t, got[len(got)-2:], "position", "positionMulti")
		p := body[*protobuf.Position](t, got, wire.Position)
		price := body[*protobuf.ExecutionDetails](t, got, wire.ExecutionDetails).GetExecution().GetPrice()
		if c := p.GetContract(); p.GetPosition() != "10" || p.GetAvgCost() <= price ||
			c.GetConId() != 265598 || c.GetExchange() != "NASDAQ" || c.GetTradingClass() != "NMS" {
			t.Errorf("position %v after a fill at %v", p, price)
		}
		l.ask(wire.CancelPositions, &protobuf.CancelPositions{})
		l.ask(wire.CancelPositionsMulti, &protobuf.CancelPositionsMulti{ReqId: num(3)})
		got = l.ask(wire.PlaceOrder, order(2, "SELL", 4, "MKT", 0))
		wantFlow(t, got[len(got)-1:], "commissionReport")
		wantFlow(t, l.ask(wire.ReqPositions, &protobuf.PositionsRequest{}), "position", "positionEnd")
		if p := body[*protobuf.Position](t, l.ask(wire.ReqPositions, &protobuf.PositionsRequest{}),
			wire.Position); p.GetPosition() != "6" {
			t.Errorf("position %v", p)
		}
	})
}
