package session

import (
	"strings"
	"testing"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

func TestAccountsStartWithPositions(t *testing.T) {
	shared := testLogin(t, Semantics{Positions: []OpeningPosition{
		{Symbol: "AAPL", Quantity: 100, Price: decimal.MustParse("150")},
		{ConID: 756733, Quantity: 5, Price: decimal.MustParse("600")},
		{SecType: "CASH", Symbol: "EUR", Currency: "USD", Quantity: 1_000, Price: decimal.MustParse("1.1")},
	}})
	l := login(t, shared, 225, 1)
	var held []string
	for _, p := range all[*protobuf.Position](
		l.ask(wire.ReqPositions, &protobuf.PositionsRequest{}), wire.Position) {
		held = append(held, p.GetContract().GetSymbol()+" "+p.GetPosition())
	}
	if got := strings.Join(held, ", "); got != "AAPL 100, SPY 5, EUR 1000" {
		t.Errorf("positions %s", got)
	}
	got := l.ask(wire.PlaceOrder, order(1, "SELL", 100, "MKT", 0))
	if c := body[*protobuf.CommissionAndFeesReport](t, got, wire.CommissionReport); c.GetRealizedPNL() == 0 {
		t.Error("no realized profit of what was held before")
	}
}

func TestOpeningPositionsThatCannotBe(t *testing.T) {
	for want, p := range map[string]OpeningPosition{
		"want one of":       {Account: "U1", Symbol: "AAPL", Quantity: 1},
		"contracts match":   {Symbol: "ZZZ", Quantity: 1},
		"cannot be held":    {Symbol: "SPX", SecType: "IND", Quantity: 1},
		"quantity 0":        {Symbol: "AAPL"},
		"price -1: want 0.": {Symbol: "AAPL", Quantity: 1, Price: decimal.MustParse("-1")},
	} {
		_, err := NewLogin(Config{Semantics: Semantics{Positions: []OpeningPosition{p}}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", p, err, want)
		}
	}
}
