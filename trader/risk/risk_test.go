package risk

import (
	"errors"
	"testing"

	"github.com/govalues/decimal"
)

func d(s string) decimal.Decimal { return decimal.MustParse(s) }

func TestCheck(t *testing.T) {
	limits := Limits{MaxOrderNotional: d("1000"), MaxPositionNotional: d("1500"), MaxOrdersPerDay: 3}
	buy := Proposal{Symbol: "AAPL", Delta: d("10"), Held: d("0"), Price: d("100")}
	with := func(change func(*Proposal)) Proposal {
		p := buy
		change(&p)
		return p
	}
	for _, c := range []struct {
		name string
		p    Proposal
		want string
	}{
		{"exactly at the order limit", buy, ""},
		{"a cent over", with(func(p *Proposal) { p.Price = d("100.01") }), "max-order-notional"},
		{"position over", with(func(p *Proposal) { p.Held = d("6") }), "max-position-notional"},
		{"last order of the day", with(func(p *Proposal) { p.OrdersToday = 2 }), ""},
		{"one more", with(func(p *Proposal) { p.OrdersToday = 3 }), "max-orders-per-day"},
		{"no price", with(func(p *Proposal) { p.Price = d("0") }), "price"},
		{"overflow", with(func(p *Proposal) { p.Delta = d("9999999999999999999") }), "max-order-notional"},
		{"reduce over every limit", Proposal{
			Symbol: "AAPL", Delta: d("-500"), Held: d("500"), Account: d("500"), Price: d("100"), OrdersToday: 99,
		}, ""},
		{"cross zero", Proposal{Symbol: "AAPL", Delta: d("-6"), Held: d("5"), Account: d("9"), Price: d("1")}, "long-only"},
		{"sell what the account has not", Proposal{Symbol: "AAPL", Delta: d("-5"), Held: d("5"), Account: d("4")}, "long-only"},
		{"sell what others may sell", Proposal{
			Symbol: "AAPL", Delta: d("-5"), Held: d("5"), Account: d("9"), Pledged: d("5"),
		}, "long-only"},
		{"buy into another's short", with(func(p *Proposal) { p.Account = d("-3") }), "long-only"},
		{"buy a short of ours back", Proposal{
			Symbol: "AAPL", Delta: d("5"), Held: d("-5"), Account: d("-5"), OrdersToday: 99,
		}, ""},
		{"and more than that", Proposal{Symbol: "AAPL", Delta: d("6"), Held: d("-5"), Account: d("-5")}, "long-only"},
	} {
		err := limits.Check(c.p)
		refusal, refused := errors.AsType[*Refusal](err)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: refused: %v", c.name, err)
		case c.want != "" && (!refused || refusal.Limit != c.want):
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

func TestZeroIsTheDefaultAndNegativeIsOff(t *testing.T) {
	p := Proposal{Symbol: "X", Delta: d("1"), Price: d("25000.01"), OrdersToday: 10_000}
	if err := (Limits{MaxOrdersPerDay: -1}).Check(p); err == nil {
		t.Error("the default notional let 25,000.01 through")
	}
	if err := (Limits{}).Check(Proposal{Symbol: "X", Delta: d("1"), Price: d("1"), OrdersToday: 50}); err == nil {
		t.Error("the default count let a 51st order through")
	}
	off := Limits{MaxOrderNotional: d("-1"), MaxPositionNotional: d("-1"), MaxOrdersPerDay: -1}
	if err := off.Check(p); err != nil {
		t.Errorf("limits that are off refuse: %v", err)
	}
}
