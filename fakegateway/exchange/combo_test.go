package exchange

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// straddle is a stock combined with a call, one for a hundred; calendar two months of a future.
var (
	covered  = []Leg{{aapl.ConID, 100, aapl}, {aaplCall.ConID, -1, aaplCall}}
	married  = []Leg{{aapl.ConID, 100, aapl}, {aaplCall.ConID, 1, aaplCall}}
	calendar = eminiCalendar()
)

func eminiCalendar() []Leg {
	found := market.Market{}.Find(monday, market.Query{SecType: "FUT", Symbol: "ES", Currency: "USD"})
	near, far := found[0], found[1]
	return []Leg{{near.ConID, -1, near}, {far.ConID, 1, far}}
}

func (d *desk) combination(a Action, n int64, legs []Leg, typ OrderType, limit string) OrderRequest {
	r := d.request(a, n, typ, "")
	r.Instrument, r.Legs = ComboOf(legs[0].Instrument.Symbol, legs), legs
	if limit != "" {
		r.LimitPrice = dec(limit)
	}
	return r
}

// What a client of a combination hears and what is booked: an execution of the BAG at its net price
// and one of each leg under the order's ids, told apart by the part of the id before the revision
// (nautilus_trader #3712 has "….02.01" for a leg), commissions of the legs only, positions by leg.
func TestCombinationsFillByLeg(t *testing.T) {
	d := open(t, Config{Seed: 1, AllowShort: true})
	q, c := d.quote(), d.Market().Quote(aaplCall, d.now)
	o := d.place(d.combination(Buy, 2, covered, MarketOrder, ""))
	d.wantFlow("order Submitted, execution 2, execution 200, execution 2, order Filled, " +
		"commission, commission, booked, booked")
	net := sub(mul(q.Ask, shares(100)), c.Bid)
	if o.Status != Filled || !o.AvgFillPrice.Equal(net) {
		t.Errorf("%s at %s, want %s", o.Status, o.AvgFillPrice, net)
	}
	b := d.Books()
	var parts []string
	fees := decimal.Decimal{}
	for _, e := range b.Executions {
		parts = append(parts, e.ExecID[len(e.ExecID)-6:]+" "+string(e.Action)+" "+string(e.Instrument.SecType))
		fees = add(fees, e.Commission)
		if e.PermID != o.PermID || e.ExecID[:17] != b.Executions[0].ExecID[:17] {
			t.Errorf("execution %s of order %d", e.ExecID, e.PermID)
		}
	}
	want := ".01.01 BUY BAG, .02.01 BUY STK, .03.01 SELL OPT"
	if got := strings.Join(parts, ", "); got != want {
		t.Errorf("executions %s, want %s", got, want)
	}
	if wanted := add(Commission(market.Stock, 200, mul(q.Ask, shares(200))),
		Commission(market.Option, 2, aaplCall.Value(c.Bid, 2))); !o.Commission.Equal(wanted) || !fees.Equal(wanted) {
		t.Errorf("commission %s of the order, %s of its executions, want %s", o.Commission, fees, wanted)
	}
	// Cash adds up to the cent: 200 shares paid, 200 times the premium received.
	paid := sub(mul(q.Ask, shares(200)), mul(c.Bid, shares(200)))
	d.wantCash("USD", sub(sub(dec("1000000"), paid), fees).String())
	if len(b.Positions) != 2 || b.Holding(DefaultAccount, "AAPL") != 200 || b.Positions[1].Quantity != -2 {
		t.Errorf("positions %+v", b.Positions)
	}
	d.check()
}

// The price of a combination may be negative, and a limit is kept to the cent: IBKR's combos page
// lets a spread be bought for a credit.
func TestCombinationsWaitForTheirLimit(t *testing.T) {
	d := open(t, Config{Seed: 1, AllowShort: true})
	net := decimal.Decimal{}
	d.View(d.now, func(v *View) {
		o := &order{Order: Order{Action: Buy, Quantity: 1}}
		o.setLegs(calendar)
		net = v.x.net(o, d.now)
	})
	below := sub(net, dec("0.3"))
	o := d.place(d.combination(Buy, 3, calendar, LimitOrder, below.String()))
	if o.Status != Submitted {
		t.Fatalf("limit %s below the market %s: %s", below, net, o.Status)
	}
	for range 400 {
		d.pass(time.Hour)
		if o = d.order(o.PermID); o.Status.Done() {
			break
		}
	}
	if o.Status != Filled && o.Status != Cancelled {
		t.Errorf("after its session: %s", o.Status)
	}
	sell := d.place(d.combination(Sell, 1, calendar, LimitOrder, "-5000"))
	if sell.Status != Filled || !dec("-5000").Less(sell.AvgFillPrice) {
		t.Errorf("sold for at worst -5000: %s at %s", sell.Status, sell.AvgFillPrice)
	}
	d.check()
}

func TestCombinationsFillInParts(t *testing.T) {
	d := open(t, Config{Seed: 1, AllowShort: true, MaxFillShares: 2})
	o := d.place(d.combination(Sell, 5, calendar, MarketOrder, ""))
	d.pass(time.Minute)
	if o = d.order(o.PermID); o.Status != Filled || len(d.Books().Executions) != 9 {
		t.Errorf("%s with %d executions", o.Status, len(d.Books().Executions))
	}
	if slices.ContainsFunc(d.Books().Positions, func(p Position) bool { return p.SecType == Combo }) {
		t.Error("a combination is held")
	}
	if _, err := d.Bust(d.now, d.Books().Executions[0].ExecID); err == nil {
		t.Error("the execution of a combination was taken back")
	}
	d.check()
}

func TestRefusedCombinations(t *testing.T) {
	d := open(t, Config{Seed: 1})
	bare := d.combination(Buy, 1, married, MarketOrder, "")
	bare.Legs = nil
	d.refused(bare, 321) // rust_ib_api #2 has the text
	d.refused(d.combination(Buy, 1, married, StopOrder, ""), 387)
	d.refused(d.combination(Buy, 1, married, LimitOrder, "1.005"), 110)
	d.refused(d.combination(Buy, 0, married, MarketOrder, ""), 321)
	none := slices.Clone(married)
	none[1].Ratio = 0
	d.refused(d.combination(Buy, 1, none, MarketOrder, ""), 321)
	d.refused(d.combination(Buy, 1_000_000, married, MarketOrder, ""), 321)
	short := d.combination(Buy, 1, covered, MarketOrder, "")
	d.refused(short, 201) // a cash account sells no call that it does not hold
	if o := d.place(d.combination(Buy, 1, married, MarketOrder, "")); o.Status != Filled {
		t.Errorf("both bought: %s", o.Status)
	}
	r := d.combination(Buy, 1, married, LimitOrder, "10")
	d.place(r)
	r.Instrument, r.Legs = ComboOf("AAPL", covered), covered
	d.refused(r, 105)
	d.check()
}

func TestPreviewOfACombination(t *testing.T) {
	d := open(t, Config{Seed: 1, AllowShort: true})
	r := d.combination(Buy, 2, covered, MarketOrder, "")
	p, err := d.Preview(d.now, r)
	if err != nil {
		t.Fatal(err)
	}
	o := d.place(r)
	if !p.Commission.Equal(o.Commission) || !p.Before.Initial.Less(p.After.Initial) {
		t.Errorf("preview %+v, commission was %s", p, o.Commission)
	}
}

// Check must see a leg that is wrong.
func TestCheckSeesEveryCorruptionOfALeg(t *testing.T) {
	d := open(t, Config{Seed: 1, AllowShort: true})
	d.place(d.combination(Buy, 2, covered, MarketOrder, ""))
	for name, corrupt := range map[string]func(*Books){
		"lost leg":     func(b *Books) { b.Executions = b.Executions[:2] },
		"lost summary": func(b *Books) { b.Executions = b.Executions[1:] },
		"size":         func(b *Books) { b.Executions[1].Shares++ },
		"price":        func(b *Books) { b.Executions[1].Price = add(b.Executions[1].Price, dec("0.01")) },
		"net price":    func(b *Books) { b.Executions[0].Price = add(b.Executions[0].Price, dec("0.01")) },
		"side":         func(b *Books) { b.Executions[2].Action = Buy },
		"leg":          func(b *Books) { b.Executions[2].Leg = 1 },
		"no such leg":  func(b *Books) { b.Executions[2].Leg = 3 },
		"ratio":        func(b *Books) { b.Orders[0].Legs[0].Ratio++ },
	} {
		t.Run(name, func(t *testing.T) {
			b := d.Books()
			b.Orders[0].Legs = slices.Clone(b.Orders[0].Legs)
			if err := b.Check(); err != nil {
				t.Fatalf("before: %v", err)
			}
			corrupt(&b)
			if b.Check() == nil {
				t.Error("not seen")
			}
		})
	}
}

// The price of a combination varies by a cent, also where orders compute prices by its tick; parts
// that are quoted in pence and in pounds have no price together.
func TestPricesOfCombinations(t *testing.T) {
	for _, legs := range [][]Leg{calendar, covered, {{pence.ConID, 1, pence}}} {
		if i := ComboOf("X", legs); !i.Tick().Equal(dec("0.01")) || !i.MinTick.Equal(i.Tick()) {
			t.Errorf("%s: a tick of %s, in details %s", legs[0].Instrument.Symbol, i.Tick(), i.MinTick)
		}
	}
	d := open(t, Config{Seed: 1, AllowShort: true})
	pounds := pence
	pounds.PriceMagnifier = 1
	d.refused(d.combination(Buy, 1, []Leg{{pence.ConID, 1, pence}, {pounds.ConID, -1, pounds}}, MarketOrder, ""), 321)
}

// What-if names the commission that a fill then has, of single instruments and of combinations, and
// legs in pence are paid in pounds.
func TestPreviewsCostWhatFillsCost(t *testing.T) {
	index := listed(market.CFD, "IBUS500", "USD")
	for _, tc := range []struct {
		legs  []Leg
		least string
	}{
		{[]Leg{{pence.ConID, 1, pence}}, "1"},
		{[]Leg{{euroCFD.ConID, 20_000, euroCFD}, {index.ConID, -1, index}}, "3"},
	} {
		d := open(t, Config{Seed: 1, AllowShort: true})
		r := d.combination(Buy, 10, tc.legs, MarketOrder, "")
		if len(tc.legs) == 1 {
			r.Instrument, r.Legs = tc.legs[0].Instrument, nil
		}
		p, err := d.Preview(d.now, r)
		if err != nil {
			t.Fatal(err)
		}
		o := d.place(r)
		if o.Status != Filled || !p.Commission.Equal(o.Commission) || !p.LeastCommission.Equal(dec(tc.least)) {
			t.Errorf("%s: %s, commission %s, least %s; filled for %s", r.Instrument.Symbol, o.Status,
				p.Commission, p.LeastCommission, o.Commission)
		}
		d.check()
	}
	d := open(t, Config{Seed: 1, AllowShort: true})
	bid := d.Market().Quote(pence, d.now).Ask
	d.place(d.combination(Buy, 1, []Leg{{pence.ConID, 10, pence}}, MarketOrder, ""))
	d.wantCash("GBP", add(pence.Value(bid, 10), dec("1")).Neg().String())
}
