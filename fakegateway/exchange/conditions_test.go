package exchange

import (
	"testing"
	"time"

	"ibsoak/fakegateway/market"

	"pgregory.net/rapid"
)

// holdsAt is a condition at one instant, read from the market itself.
func holdsAt(m market.Market, c Condition, t time.Time) bool {
	switch c.Kind {
	case TimeCondition:
		return c.More && !t.Before(c.Time) || !c.More && !t.After(c.Time)
	case VolumeCondition:
		n := m.Session(c.Instrument, t).Volume
		return c.More && n >= c.Volume || !c.More && n <= c.Volume
	case PercentCondition:
		before := m.Session(c.Instrument, t).PreviousClose
		change := mul(quo(sub(m.Quote(c.Instrument, t).Last, before), before), shares(100))
		return c.More && !change.Less(c.Percent) || !c.More && !c.Percent.Less(change)
	default:
		last := m.Quote(c.Instrument, t).Last
		return c.More && !last.Less(c.Price) || !c.More && !c.Price.Less(last)
	}
}

// expression is IBKR's: and binds closer than or.
func expression(m market.Market, list []Condition, t time.Time) bool {
	group := true
	for n, c := range list {
		group = group && holdsAt(m, c, t)
		if c.Or || n == len(list)-1 {
			if group {
				return true
			}
			group = true
		}
	}
	return false
}

// Orders are released at the first step of the market at which their conditions hold, however
// rarely the exchange is called.
func TestConditionsReleaseOrdersWhenTheyHold(t *testing.T) {
	released := 0
	rapid.Check(t, func(t *rapid.T) {
		d := open(t, Config{Seed: rapid.Uint64Range(0, 1000).Draw(t, "seed")})
		var list []Condition
		for range rapid.IntRange(1, 4).Draw(t, "conditions") {
			list = append(list, drawCondition(t, d))
		}
		r := d.request(Buy, 1, MarketOrder, "")
		r.TIF, r.Conditions = GTC, list
		r.CancelOnConditions = rapid.Bool().Draw(t, "cancels")
		if r.CancelOnConditions {
			r.Type, r.LimitPrice = LimitOrder, shares(1)
		}
		d.place(r)
		at, found := d.now, false
		for ; at.Before(d.now.Add(oracleTime)); at = at.Add(market.Step) {
			if found = expression(d.Market(), list, at); found {
				break
			}
		}
		d.pass(oracleTime - 1)
		o := d.Books().Orders[0]
		switch {
		case o.Status.Done() != found:
			t.Fatalf("the conditions hold: %v, at %v; the order is %s", found, at, o.Status)
		case found && !o.DoneAt.Equal(at):
			t.Fatalf("%s at %v, the conditions hold at %v", o.Status, o.DoneAt, at)
		case found && (o.Status == Cancelled) != r.CancelOnConditions:
			t.Fatalf("the conditions made the order %s", o.Status)
		case found && at.After(d.now.Add(-oracleTime)):
			released++
		}
	})
	if released == 0 {
		t.Error("no order was ever held back and released")
	}
}

func drawCondition(t *rapid.T, d *desk) Condition {
	last := ticksOf(aapl, d.quote().Last)
	session := d.Market().Session(aapl, d.now)
	change := quo(sub(d.quote().Last, session.PreviousClose), session.PreviousClose)
	return Condition{
		Kind: rapid.SampledFrom([]ConditionKind{
			PriceCondition, PriceCondition, TimeCondition, VolumeCondition, PercentCondition,
		}).Draw(t, "kind"),
		More: rapid.Bool().Draw(t, "more"), Or: rapid.Bool().Draw(t, "or"), Instrument: aapl,
		Price:  aapl.Price(last + rapid.Int64Range(-30, 30).Draw(t, "price")),
		Time:   monday.Add(time.Duration(rapid.Int64Range(0, 2400).Draw(t, "steps")) * market.Step),
		Volume: session.Volume + rapid.Int64Range(-100, 200_000).Draw(t, "volume"),
		Percent: add(mul(change, shares(100)),
			quo(shares(rapid.Int64Range(-20, 20).Draw(t, "percent")), shares(100))).Round(3),
	}
}

func TestExecutionsReleaseOrders(t *testing.T) {
	d := open(t, Config{Seed: 1})
	r := d.request(Buy, 1, MarketOrder, "")
	r.Conditions = []Condition{{Kind: ExecutionCondition, Symbol: "F", SecType: "STK", Exchange: "SMART"}}
	held := d.place(r)
	d.wantFlow("order PreSubmitted")
	d.place(d.request(Buy, 1, MarketOrder, "")) // of another symbol
	d.flow()
	other := d.request(Buy, 1, MarketOrder, "")
	other.Instrument = ford
	d.place(other)
	d.wantFlow("order Submitted, execution 1, order Filled, commission, booked, " +
		"order Submitted, execution 1, order Filled, commission, booked")
	if o := d.order(held.PermID); o.Status != Filled || !o.DoneAt.Equal(d.now) {
		t.Errorf("%s at %v", o.Status, o.DoneAt)
	}
}

func TestMarginReleasesOrders(t *testing.T) {
	d := open(t, Config{Seed: 1, AllowShort: true, StartCash: shares(100_000)})
	r := d.request(Sell, 1, MarketOrder, "")
	r.Conditions = []Condition{{Kind: MarginCondition, Percent: shares(60)}} // at most
	held := d.place(r)
	d.pass(3 * time.Minute)
	if o := d.order(held.PermID); o.Status != PreSubmitted {
		t.Fatalf("%s with all funds free", o.Status)
	}
	d.fillAt(Buy, aapl, 700, d.quote().Last.String()) // more than 1.5 times the equity
	d.pass(0)
	if o := d.order(held.PermID); o.Status != Filled {
		t.Errorf("%s with a cushion of %s", o.Status, d.standing(DefaultAccount).cushion())
	}
}

func TestConditionsWaitForRegularHours(t *testing.T) {
	for _, ignore := range []bool{false, true} {
		d := sessionDesk(t, Config{})
		d.now = newYork(23, 17, 0)
		r := d.request(Buy, 1, LimitOrder, "900")
		r.TIF, r.OutsideRTH, r.IgnoreRTH = GTC, true, ignore
		r.Conditions = []Condition{{
			Kind: PriceCondition, More: true, Instrument: aapl, Price: shares(1),
		}}
		d.place(r)
		d.Advance(newYork(24, 12, 0))
		want := newYork(24, 9, 30)
		if ignore {
			want = newYork(23, 17, 0)
		}
		if o := d.Books().Orders[0]; o.Status != Filled || !o.DoneAt.Equal(want) {
			t.Errorf("ignoring hours %v: %s at %v, want %v", ignore, o.Status, o.DoneAt, want)
		}
	}
}
