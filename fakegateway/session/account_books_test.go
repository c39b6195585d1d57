package session

import (
	"strconv"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

// traded is one of each kind of contract that moves an account in its own way.
var traded = map[string]*protobuf.Contract{
	"stock":  stock("AAPL"),
	"stock2": stock("MSFT"),
	"future": {
		SecType: proto.String("FUT"), LocalSymbol: proto.String("ESZ6"), Exchange: proto.String("CME"),
	},
	"currency": {
		Symbol: proto.String("EUR"), SecType: proto.String("CASH"), Currency: proto.String("USD"),
		Exchange: proto.String("IDEALPRO"),
	},
	"option": {
		LocalSymbol: proto.String("AAPL  261218C00260000"), SecType: proto.String("OPT"),
		Exchange: proto.String("SMART"),
	},
}

// value is one account value as a client knows it.
type value struct{ account, key, currency string }

// holdings is what a client can know of an account by asking for it in every way.
type holdings struct {
	values    map[value]string // by key and currency
	positions map[int32]*protobuf.Position
	portfolio map[int32]*protobuf.PortfolioValue
	profit    *protobuf.PnL
	profits   map[int32]*protobuf.PnLSingle
}

// inquire asks in every way, and fails where two answers differ.
func (l *line) inquire(t *rapid.T) holdings {
	a := holdings{
		values: make(map[value]string), positions: make(map[int32]*protobuf.Position),
		portfolio: make(map[int32]*protobuf.PortfolioValue),
		profits:   make(map[int32]*protobuf.PnLSingle),
	}
	note := func(from, account, key, text, currency string) {
		k := value{account: account, key: key, currency: currency}
		if have, ok := a.values[k]; ok && have != text {
			t.Fatalf("%s says %s %s is %s, another answer %s", from, key, currency, text, have)
		}
		a.values[k] = text
	}
	name := proto.String("DU9000001")
	updates := l.askUpdates(name)
	for _, r := range all[*protobuf.AccountValue](updates, wire.AccountValue) {
		note("updates", r.GetAccountName(), r.GetKey(), r.GetValue(), r.GetCurrency())
	}
	for _, p := range all[*protobuf.PortfolioValue](updates, wire.PortfolioValue) {
		a.portfolio[p.GetContract().GetConId()] = p
	}
	multi := l.ask(wire.ReqAccountUpdatesMulti,
		&protobuf.AccountUpdatesMultiRequest{ReqId: num(901), Account: name})
	for _, r := range all[*protobuf.AccountUpdateMulti](multi, wire.AccountUpdateMulti) {
		note("updatesMulti", r.GetAccount(), r.GetKey(), r.GetValue(), r.GetCurrency())
	}
	l.ask(wire.CancelAccountUpdatesMulti, &protobuf.CancelAccountUpdatesMulti{ReqId: num(901)})
	const tags = "NetLiquidation,TotalCashValue,GrossPositionValue,AvailableFunds,BuyingPower," +
		"Cushion,$LEDGER:ALL"
	sums := l.ask(wire.ReqAccountSummary, summaryOf(902, tags))
	for _, r := range all[*protobuf.AccountSummary](sums, wire.AccountSummary) {
		note("summary", r.GetAccount(), r.GetTag(), r.GetValue(), r.GetCurrency())
	}
	l.ask(wire.CancelAccountSummary, &protobuf.CancelAccountSummary{ReqId: num(902)})
	for _, p := range all[*protobuf.Position](
		l.ask(wire.ReqPositions, &protobuf.PositionsRequest{}), wire.Position) {
		a.positions[p.GetContract().GetConId()] = p
	}
	l.ask(wire.CancelPositions, &protobuf.CancelPositions{})
	a.profit = body[*protobuf.PnL](l.t, l.ask(wire.ReqPnL, &protobuf.PnLRequest{
		ReqId: num(903), Account: name,
	}), wire.PnL)
	l.ask(wire.CancelPnL, &protobuf.CancelPnL{ReqId: num(903)})
	for _, p := range l.session.login.exchange.Books().Positions {
		a.profits[int32(p.ConID)] = body[*protobuf.PnLSingle](l.t,
			l.ask(wire.ReqPnLSingle, &protobuf.PnLSingleRequest{
				ReqId: num(904), Account: name, ConId: num(p.ConID),
			}), wire.PnLSingle)
		l.ask(wire.CancelPnLSingle, &protobuf.CancelPnLSingle{ReqId: num(904)})
	}
	return a
}

func (l *line) askUpdates(account *string) []wire.Message {
	defer l.ask(wire.ReqAccountUpdates, &protobuf.AccountDataRequest{Subscribe: proto.Bool(false)})
	return l.ask(wire.ReqAccountUpdates, &protobuf.AccountDataRequest{
		Subscribe: proto.Bool(true), AcctCode: account,
	})
}

func (a holdings) amount(t *rapid.T, key, currency string) decimal.Decimal {
	d, err := decimal.Parse(a.values[value{account: "DU9000001", key: key, currency: currency}])
	if err != nil {
		t.Fatalf("%s %s: %v", key, currency, err)
	}
	return d
}

// near wants two amounts to be the same but for the rounding of a few to cents.
func near(t *rapid.T, what string, got, want float64) {
	t.Helper()
	const cents = 0.03
	if diff := got - want; diff > cents || diff < -cents {
		t.Fatalf("%s is %.4f, want %.4f", what, got, want)
	}
}

func toFloat(d decimal.Decimal) float64 { return *client.Float(d) }

// check holds what a client heard against the books and against each other.
func (a holdings) check(t *rapid.T, b exchange.Books, m market.Market, dayBegan float64) {
	rate := map[string]float64{"USD": 1}
	if eur, ok := market.LookupConID(12087792); ok {
		rate["EUR"] = toFloat(m.Quote(eur, b.At).Last)
	}
	held, cash, worth, unrealized, realized, singles := 0, 0.0, 0.0, 0.0, 0.0, 0.0
	for _, balance := range append(b.Accounts[0].Foreign, b.Accounts[0].Balance) {
		near(t, "cash in "+balance.Currency,
			toFloat(a.amount(t, "CashBalance", balance.Currency)), toFloat(balance.Cash))
		cash += toFloat(balance.Cash) * rate[balance.Currency]
	}
	for _, p := range b.Positions {
		last := toFloat(m.Quote(p.Instrument, b.At).Last)
		value := last * float64(p.Quantity*p.Multiplier)
		single := a.profits[int32(p.ConID)]
		near(t, p.Symbol+"'s value", single.GetValue(), value)
		if single.GetPosition() != strconv.FormatInt(p.Quantity, 10) {
			t.Fatalf("%s: %v, books have %d", p.Symbol, single, p.Quantity)
		}
		singles += single.GetDailyPnL()
		if p.Quantity == 0 {
			if single.UnrealizedPnL != nil || a.positions[int32(p.ConID)] != nil {
				t.Fatalf("a closed position is told: %v, %v", single, a.positions[int32(p.ConID)])
			}
			continue
		}
		held++
		told, row := a.positions[int32(p.ConID)], a.portfolio[int32(p.ConID)]
		if told.GetPosition() != strconv.FormatInt(p.Quantity, 10) ||
			row.GetPosition() != told.GetPosition() ||
			told.GetAvgCost() != toFloat(p.AverageCost) || row.GetAverageCost() != told.GetAvgCost() {
			t.Fatalf("position %v, portfolio %v, books %+v", told, row, p)
		}
		near(t, p.Symbol+"'s market value", row.GetMarketValue(), value)
		near(t, p.Symbol+"'s unrealized profit", row.GetUnrealizedPNL(), value-toFloat(p.CostBasis))
		near(t, p.Symbol+"'s single profit", single.GetUnrealizedPnL(), row.GetUnrealizedPNL())
		unrealized += value - toFloat(p.CostBasis)
		if p.SecType != market.Cash { // that is cash already
			worth += value - toFloat(p.Unpaid)
		}
	}
	for _, e := range b.Executions {
		if !e.At.Before(dayStart(b.At)) {
			realized += toFloat(e.RealizedPnL)
		}
	}
	if len(a.positions) != held || len(a.portfolio) != held {
		t.Fatalf("told %d positions and %d of the portfolio, books have %d", len(a.positions),
			len(a.portfolio), held)
	}
	net := toFloat(a.amount(t, "NetLiquidation", "USD"))
	near(t, "NetLiquidation", net, cash+worth)
	near(t, "net liquidation by currency",
		toFloat(a.amount(t, "NetLiquidationByCurrency", "BASE")), net)
	near(t, "total cash", toFloat(a.amount(t, "TotalCashValue", "USD")), cash)
	near(t, "unrealized profit", a.profit.GetUnrealizedPnL(), unrealized)
	near(t, "unrealized by currency", toFloat(a.amount(t, "UnrealizedPnL", "BASE")), unrealized)
	near(t, "realized profit", a.profit.GetRealizedPnL(), realized)
	near(t, "realized by currency", toFloat(a.amount(t, "RealizedPnL", "BASE")), realized)
	near(t, "the day's profit", a.profit.GetDailyPnL(), net-dayBegan)
	near(t, "the sum of the positions' day", singles, a.profit.GetDailyPnL())
}

// Whatever an account trades, all that a client can ask of it agrees with the books to the cent,
// and the day's profit is by how much the account is worth more than when the day began.
func TestAnswersAgreeWithTheBooks(t *testing.T) {
	kinds := []string{"stock", "stock2", "future", "currency", "option"}
	byID := make(map[string]*protobuf.Contract)
	for kind, c := range traded {
		found := contracts(t, login(t, testLogin(t, Semantics{}), 225, 1), c)[0].GetContract()
		byID[kind] = &protobuf.Contract{ConId: found.ConId, Exchange: found.Exchange}
	}
	sizes := map[string]int64{
		"stock": 300, "stock2": 300, "future": 2, "currency": 50_000, "option": 5,
	}
	rapid.Check(t, func(r *rapid.T) {
		shared := testLogin(t, Semantics{AllowShort: true})
		l := login(t, shared, 225, 1)
		dayBegan := 1_000_000.0
		for id := range rapid.IntRange(1, 8).Draw(r, "orders") {
			kind := rapid.SampledFrom(kinds).Draw(r, "kind")
			o := order(id+1, rapid.SampledFrom([]string{"BUY", "SELL"}).Draw(r, "side"),
				rapid.Int64Range(1, sizes[kind]).Draw(r, "size"), "MKT", 0)
			o.Contract = byID[kind]
			l.ask(wire.PlaceOrder, o)
			wait := time.Duration(rapid.IntRange(0, 8*3600).Draw(r, "seconds")) * time.Second
			if midnight := dayStart(l.now).Add(24 * time.Hour); !l.now.Add(wait).Before(midnight) {
				l.pass(midnight.Sub(l.now))
				dayBegan = toFloat(l.inquire(r).amount(r, "NetLiquidation", "USD"))
			}
			l.pass(wait)
		}
		l.take()
		a := l.inquire(r)
		a.check(r, shared.exchange.Books(), shared.exchange.Market(), dayBegan)
	})
}
