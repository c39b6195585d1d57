package session

import (
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

func singleRequest(id, conID int) *protobuf.PnLSingleRequest {
	return &protobuf.PnLSingleRequest{ReqId: num(id), Account: new("DU9000001"), ConId: num(conID)}
}

// What there is no profit of has none: not even zero.
func TestProfitsThatAreNot(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		ask := func(id int) *protobuf.PnLSingle {
			defer l.ask(wire.CancelPnLSingle, &protobuf.CancelPnLSingle{ReqId: num(id)})
			return body[*protobuf.PnLSingle](t, l.ask(wire.ReqPnLSingle, singleRequest(id, 265598)),
				wire.PnLSingle)
		}
		p := ask(1)
		if p.DailyPnL != nil || p.UnrealizedPnL != nil || p.RealizedPnL != nil ||
			p.GetPosition() != "0" || p.GetValue() != 0 {
			t.Errorf("before the first trade: %v", p)
		}
		l.ask(wire.PlaceOrder, order(1, "BUY", 100, "MKT", 0))
		p = ask(2)
		if p.DailyPnL == nil || p.UnrealizedPnL == nil || p.RealizedPnL != nil ||
			p.GetDailyPnL() != p.GetUnrealizedPnL() || p.GetDailyPnL() >= 0 || p.GetValue() <= 0 {
			t.Errorf("after a purchase: %v", p)
		}
		l.ask(wire.PlaceOrder, order(2, "SELL", 100, "MKT", 0))
		p = ask(3)
		if p.UnrealizedPnL != nil || p.GetRealizedPnL() >= 0 || p.GetDailyPnL() != p.GetRealizedPnL() {
			t.Errorf("after the sale: %v", p)
		}
		l.pass(dayStart(l.now).Add(24 * time.Hour).Sub(l.now)) // a new day
		p = ask(4)
		if p.DailyPnL != nil || p.UnrealizedPnL != nil || p.RealizedPnL != nil {
			t.Errorf("the day after: %v", p)
		}
	})
}

// The day's profit begins again at midnight in New York; what is not realized goes on.
func TestTheDayBeginsAtMidnight(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	l.ask(wire.PlaceOrder, order(1, "BUY", 100, "MKT", 0))
	first := body[*protobuf.PnL](t, l.ask(wire.ReqPnL, &protobuf.PnLRequest{ReqId: num(1)}), wire.PnL)
	l.pass(dayStart(l.now).Add(24 * time.Hour).Sub(l.now))
	l.take()
	l.ask(wire.CancelPnL, &protobuf.CancelPnL{ReqId: num(1)})
	next := body[*protobuf.PnL](t, l.ask(wire.ReqPnL, &protobuf.PnLRequest{ReqId: num(1)}), wire.PnL)
	if first.GetDailyPnL() != first.GetUnrealizedPnL() || next.GetDailyPnL() != 0 ||
		next.GetUnrealizedPnL() == 0 {
		t.Errorf("before midnight %v, at midnight %v", first, next)
	}
}

func TestProfitsAreSentOnceASecondWhileTheyChange(t *testing.T) {
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	l.ask(wire.PlaceOrder, order(1, "BUY", 100, "MKT", 0))
	l.ask(wire.ReqPnL, &protobuf.PnLRequest{ReqId: num(1)})
	l.ask(wire.ReqPnLSingle, singleRequest(2, 265598))
	wantFlow(t, l.ask(wire.ReqPnL, &protobuf.PnLRequest{ReqId: num(1)}), "errMsg:1 322")
	l.pass(pnlEvery - time.Millisecond)
	wantFlow(t, l.take())
	const seconds = 60
	for range seconds {
		l.pass(time.Second)
	}
	accounts := all[*protobuf.PnL](l.sent, wire.PnL)
	singles := all[*protobuf.PnLSingle](l.take(), wire.PnLSingle)
	if n := len(accounts); n < seconds/4 || n > seconds || len(singles) != n {
		t.Errorf("%d profits and %d of the position in %d seconds", n, len(singles), seconds)
	}
	for i, p := range accounts[1:] {
		if p.GetDailyPnL() == accounts[i].GetDailyPnL() {
			t.Errorf("profit %v twice in a row", p)
		}
	}
	l.ask(wire.CancelPnL, &protobuf.CancelPnL{ReqId: num(1)})
	l.ask(wire.CancelPnLSingle, &protobuf.CancelPnLSingle{ReqId: num(2)})
	l.pass(time.Minute)
	wantFlow(t, l.take())
}

// A position's profit is in its own currency, the account's in the base currency.
func TestProfitsInAnotherCurrency(t *testing.T) {
	l := login(t, testLogin(t, Semantics{AllowShort: true}), 225, 1)
	o := order(1, "BUY", 50_000, "MKT", 0)
	o.Contract = &protobuf.Contract{
		Symbol: new("USD"), SecType: new("CASH"), Currency: new("JPY"), Exchange: new("IDEALPRO"),
	}
	l.ask(wire.PlaceOrder, o)
	l.pass(time.Hour)
	l.take()
	books := l.session.login.exchange.Books()
	single := body[*protobuf.PnLSingle](t,
		l.ask(wire.ReqPnLSingle, singleRequest(2, books.Positions[0].ConID)), wire.PnLSingle)
	yen := toFloat(l.session.login.exchange.Market().Quote(books.Positions[0].Instrument, l.now).Last)
	if got, want := single.GetValue(), 50_000*yen; got < want-1 || got > want+1 || yen < 50 {
		t.Errorf("value %v, want %v yen", got, want)
	}
	whole := body[*protobuf.PnL](t, l.ask(wire.ReqPnL, &protobuf.PnLRequest{ReqId: num(1)}), wire.PnL)
	for name, p := range map[string][2]float64{
		"daily":      {single.GetDailyPnL() / yen, whole.GetDailyPnL()},
		"unrealized": {single.GetUnrealizedPnL() / yen, whole.GetUnrealizedPnL()},
	} {
		if diff := p[0] - p[1]; diff > 0.01 || diff < -0.01 || p[1] == 0 {
			t.Errorf("%s profit: %v of the position in dollars, %v of the account", name, p[0], p[1])
		}
	}
}
