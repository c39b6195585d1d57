package risk

import (
	"errors"
	"testing"

	"github.com/govalues/decimal"
)

func d(s string) decimal.Decimal { return decimal.MustParse(s) }

func TestCheck(t *testing.T) {
	limits := Limits{
		MaxOrderNotional: d("1000"), MaxPositionNotional: d("1500"), MaxOrdersPerDay: 3,
		MaxOrderShares: d("20"), MaxDayNotional: d("4000"), MaxPositions: 2, MaxOrdersPerMinute: 4,
	}
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
		{"exactly at the shares", with(func(p *Proposal) { p.Delta, p.Price = d("20"), d("1") }), ""},
		{"part of a share over", with(func(p *Proposal) { p.Delta, p.Price = d("20.0001"), d("1") }), "max-order-shares"},
		{"exactly at the day's", with(func(p *Proposal) { p.BoughtToday = d("3000") }), ""},
		{"a cent over the day's", with(func(p *Proposal) { p.BoughtToday = d("3000.01") }), "max-day-notional"},
		{"last order of the minute", with(func(p *Proposal) { p.OrdersThisMinute = 3 }), ""},
		{"one more in it", with(func(p *Proposal) { p.OrdersThisMinute = 4 }), "max-orders-per-minute"},
		{"last position", with(func(p *Proposal) { p.OtherPositions = 1 }), ""},
		{"one more position", with(func(p *Proposal) { p.OtherPositions = 2 }), "max-positions"},
		{"more of what is held", with(func(p *Proposal) { p.OtherPositions, p.Held = 2, d("1") }), ""},
		{"no price", with(func(p *Proposal) { p.Price = d("0") }), "price"},
		{"overflow", with(func(p *Proposal) { p.Delta = d("9999999999999999999") }), "max-order-notional"},
		{"reduce over every limit", Proposal{
			Symbol: "AAPL", Delta: d("-500"), Held: d("500"), Account: d("500"), Price: d("100"), OrdersToday: 99,
			OrdersThisMinute: 99, BoughtToday: d("99999"), OtherPositions: 99,
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
	off := Limits{
		MaxOrderNotional: d("-1"), MaxPositionNotional: d("-1"), MaxOrdersPerDay: -1, MaxOrderShares: d("-1"),
		MaxDayNotional: d("-1"), MaxPositions: -1, MaxOrdersPerMinute: -1, MaxDailyLoss: d("-1"), MaxDrawdown: d("-1"),
	}
	p.Delta, p.OrdersThisMinute, p.OtherPositions = d("100000"), 10_000, 10_000
	if err := off.Check(p); err != nil {
		t.Errorf("limits that are off refuse: %v", err)
	}
	if err := off.Loss(d("1000000"), d("1000000"), d("0")); err != nil {
		t.Errorf("limits that are off refuse: %v", err)
	}
}

func TestLoss(t *testing.T) {
	limits := Limits{MaxDailyLoss: d("100"), MaxDrawdown: d("250")}
	for _, c := range []struct{ start, peak, equity, want string }{
		{"0", "0", "-99.99", ""},
		{"0", "0", "-100", "max-daily-loss"},
		{"0", "0", "500", ""},
		{"-200", "0", "-249.99", ""},
		{"-200", "0", "-250", "max-drawdown"},
		{"1000", "1249.99", "1000", ""},
		{"1000", "1250", "1000", "max-drawdown"},
	} {
		err := limits.Loss(d(c.start), d(c.peak), d(c.equity))
		refusal, refused := errors.AsType[*Refusal](err)
		if (c.want == "") != (err == nil) || (refused && refusal.Limit != c.want) {
			t.Errorf("from %s, peak %s, to %s: %v, want %q", c.start, c.peak, c.equity, err, c.want)
		}
	}
	if err := (Limits{}).Loss(d("0"), d("0"), d("-1000")); err == nil {
		t.Error("the default let a loss of 1,000 through")
	}
}
