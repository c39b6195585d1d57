package exchange

import (
	"testing"
	"time"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

func newYork(day, hour, minute int) time.Time {
	return time.Date(2026, 11, day, hour, minute, 0, 0, market.Eastern)
}

// sessionDesk is at 10:00 on a Monday, in a market that keeps its hours.
func sessionDesk(t *testing.T, cfg Config) *desk {
	t.Helper()
	cfg.Seed, cfg.Hours.SessionsOnly = 1, true
	return open(t, cfg)
}

func TestAuctionOrdersTradeAtTheirAuction(t *testing.T) {
	for _, tc := range []struct {
		name      string
		kind      OrderType
		tif       TIF
		limit     string
		at, price time.Time // the price is of this instant
		fills     bool
	}{
		{"market on close", MarketOnClose, DAY, "", newYork(23, 16, 0), newYork(23, 16, 0).Add(-1), true},
		{"limit on close", LimitOnClose, DAY, "900", newYork(23, 16, 0), newYork(23, 16, 0).Add(-1), true},
		{"limit on close, too low", LimitOnClose, DAY, "10", newYork(23, 16, 0), time.Time{}, false},
		{"market on open", MarketOrder, OPG, "", newYork(24, 9, 30), newYork(24, 9, 30), true},
		{"limit on open", LimitOrder, OPG, "900", newYork(24, 9, 30), newYork(24, 9, 30), true},
		{"limit on open, too low", LimitOrder, OPG, "10", newYork(24, 9, 30), time.Time{}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := sessionDesk(t, Config{})
			r := d.request(Buy, 10, tc.kind, tc.limit)
			r.TIF = tc.tif
			o := d.place(r)
			d.wantFlow("order PreSubmitted")
			d.now = tc.at.Add(-1)
			d.Advance(d.now)
			d.wantFlow("")
			d.now = tc.at.Add(time.Hour)
			d.Advance(d.now)
			if !tc.fills {
				d.wantFlow("order Submitted, status Cancelled, notice 202")
				return
			}
			d.wantFlow("order Submitted, execution 10, order Filled, commission, booked")
			e := d.Books().Executions[0]
			if want := d.Market().Quote(aapl, tc.price).Last; !e.At.Equal(tc.at) || !e.Price.Equal(want) {
				t.Errorf("filled at %v for %s, want %v for %s", e.At, e.Price, tc.at, want)
			}
			if o.Type != tc.kind {
				t.Errorf("type %s", o.Type)
			}
			d.check()
		})
	}
}

func TestTimesThatOrdersWaitForAndEndAt(t *testing.T) {
	d := open(t, Config{Seed: 1})
	later := d.request(Buy, 1, MarketOrder, "")
	later.GoodAfter = d.now.Add(time.Hour)
	d.place(later)
	d.wantFlow("order PreSubmitted")
	d.pass(time.Hour - 1)
	d.wantFlow("")
	d.pass(1)
	d.wantFlow("order Submitted, execution 1, order Filled, commission, booked")

	till := d.request(Buy, 1, LimitOrder, "10")
	till.TIF, till.GoodTill = GTD, d.now.Add(30*time.Hour)
	d.place(till)
	d.wantFlow("order PreSubmitted, order Submitted")
	d.pass(30*time.Hour - 1)
	d.wantFlow("")
	d.pass(1)
	d.wantFlow("status Cancelled, notice 202")
	d.check()
}

// Captured: IBKR gives an order of April 2026 up on 30 September, when New York closes.
func TestOrdersAreNotGoodForEver(t *testing.T) {
	for placed, want := range map[string]string{
		"2026-04-11": "2026-09-30", "2026-06-30": "2026-09-30", "2026-07-01": "2026-12-31",
		"2026-11-23": "2027-03-31", "2026-01-02": "2026-06-30",
	} {
		at, err := time.ParseInLocation(time.DateOnly, placed, market.Eastern)
		if err != nil {
			t.Fatal(err)
		}
		if got := autoCancel(at).Format("2006-01-02 15:04"); got != want+" 16:00" {
			t.Errorf("placed on %s: until %s, want %s at the close", placed, got, want)
		}
	}
	d := open(t, Config{Seed: 1})
	r := d.request(Buy, 1, LimitOrder, "10")
	r.TIF = GTC
	o := d.place(r)
	d.now = o.AutoCancel
	d.Advance(d.now)
	d.wantFlow("order PreSubmitted, order Submitted, status Cancelled, notice 202")
}

func TestWholeSizesOnly(t *testing.T) {
	d := open(t, Config{Seed: 1, MaxFillShares: 40})
	whole := d.request(Buy, 100, MarketOrder, "")
	whole.AllOrNone = true
	least := d.request(Buy, 100, MarketOrder, "")
	least.MinQuantity = 41
	some := d.request(Buy, 60, MarketOrder, "")
	some.MinQuantity = 40
	d.place(whole)
	d.place(least)
	d.wantFlow("order Submitted, order Submitted")
	d.place(some)
	d.pass(time.Minute)
	d.wantFlow("order Submitted, execution 40, order Submitted, commission, booked, " +
		"execution 20, order Filled, commission, booked")
	d.check()
}

func TestMarketToLimitRestsAtItsFirstPrice(t *testing.T) {
	d := open(t, Config{Seed: 1, MaxFillShares: 40})
	q := d.quote()
	o := d.place(d.request(Buy, 100, MarketToLimit, ""))
	if !o.LimitPrice.Equal(q.Ask) || o.Filled != 40 {
		t.Fatalf("filled %d, limit %s; the ask is %s", o.Filled, o.LimitPrice, q.Ask)
	}
	d.pass(8 * time.Hour)
	for _, e := range d.Books().Executions {
		if q.Ask.Less(e.Price) {
			t.Errorf("filled for %s, the first fill was for %s", e.Price, q.Ask)
		}
	}
	d.check()
}

func TestTrailOfABracketBeginsWithItsParent(t *testing.T) {
	d := open(t, Config{Seed: 1})
	last := ticksOf(aapl, d.quote().Last)
	parent := d.request(Buy, 10, LimitOrder, aapl.Price(last-40).String())
	trailing := d.request(Sell, 10, TrailOrder, "")
	parent.Staged, trailing.ParentID = true, parent.OrderID
	parent.TIF, trailing.TIF = GTC, GTC
	trailing.LimitPrice, trailing.TrailAmount = decimal.Decimal{}, decimal.MustParse("0.50")
	d.place(parent)
	child := d.place(trailing)
	if child.WhyHeld != "child,trigger" || !child.StopPrice.IsZero() {
		t.Errorf("held for %q with a stop at %s", child.WhyHeld, child.StopPrice)
	}
	d.pass(10 * 24 * time.Hour)
	b := d.Books()
	if len(b.Executions) != 2 {
		t.Fatalf("%d executions, want two", len(b.Executions))
	}
	best, ended := decimal.Decimal{}, b.Executions[1].At
	for at := b.Executions[0].At; !at.After(ended); at = at.Add(market.Step) {
		last := d.Market().Quote(aapl, at).Last
		best = best.Max(last)
		if stop := sub(best, trailing.TrailAmount); !stop.Less(last) != at.Equal(ended) {
			t.Fatalf("at %v the last price is %s, the stop %s; it ended at %v", at, last, stop, ended)
		}
	}
	d.check()
}

func TestTrailIsShownWhereItIs(t *testing.T) {
	d := open(t, Config{Seed: 1})
	d.place(d.request(Buy, 10, MarketOrder, ""))
	r := d.request(Sell, 10, TrailLimitOrder, "")
	r.TIF, r.LimitPrice = GTC, decimal.Decimal{}
	r.TrailAmount, r.LimitOffset = decimal.MustParse("30"), decimal.MustParse("0.10")
	placed := d.place(r)
	best := d.quote().Last
	for range 9_000 {
		d.pass(market.Step)
		best = best.Max(d.quote().Last)
	}
	o := d.order(placed.PermID)
	if want := sub(best, r.TrailAmount); !o.StopPrice.Equal(want) || !o.LimitPrice.Equal(sub(want, r.LimitOffset)) {
		t.Errorf("stop %s, limit %s; the best price was %s", o.StopPrice, o.LimitPrice, best)
	}
	if placed.StopPrice.Equal(o.StopPrice) {
		t.Error("the market never took the trail along")
	}
}

func TestOutsideRegularHours(t *testing.T) {
	d := sessionDesk(t, Config{})
	d.now = newYork(23, 17, 0)
	limit := d.request(Buy, 1, LimitOrder, "900")
	limit.OutsideRTH = true
	d.place(limit)
	d.wantFlow("order PreSubmitted, order Submitted, execution 1, order Filled, commission, booked")
	ignored := d.request(Buy, 1, MarketOrder, "")
	ignored.OutsideRTH = true
	d.place(ignored)
	d.wantFlow("notice 2109, order PreSubmitted, notice 399, order PreSubmitted")
}

func TestHaltsHoldOrdersBack(t *testing.T) {
	halt := market.Halt{Symbol: "AAPL", From: monday.Add(-time.Minute), To: monday.Add(time.Hour)}
	d := open(t, Config{Seed: 1, Halts: []market.Halt{halt}})
	d.place(d.request(Buy, 1, MarketOrder, ""))
	d.flow()
	d.pass(time.Hour - 1)
	if n := len(d.Books().Executions); n != 0 {
		t.Fatalf("%d executions in a halt", n)
	}
	d.pass(1)
	if n := len(d.Books().Executions); n != 1 {
		t.Fatalf("%d executions after a halt", n)
	}
}

func TestRefusedTerms(t *testing.T) {
	d := open(t, Config{Seed: 1})
	for _, tc := range []struct {
		name string
		code int
		kind OrderType
		f    func(*OrderRequest)
	}{
		{"no trail", 321, TrailOrder, func(*OrderRequest) {}},
		{"two trails", 321, TrailOrder, func(r *OrderRequest) {
			r.TrailAmount, r.TrailPercent = shares(1), shares(1)
		}},
		{"all of a percent", 321, TrailOrder, func(r *OrderRequest) { r.TrailPercent = shares(100) }},
		{"no trigger", 321, MarketIfTouched, func(*OrderRequest) {}},
		{"close for days", 113, MarketOnClose, func(r *OrderRequest) { r.TIF = GTC }},
		{"opening stop", 111, StopOrder, func(r *OrderRequest) {
			r.TIF, r.StopPrice = OPG, shares(10)
		}},
		{"immediate stop", 10052, StopOrder, func(r *OrderRequest) {
			r.TIF, r.StopPrice = IOC, shares(10)
		}},
		{"no end", 334, LimitOrder, func(r *OrderRequest) { r.TIF, r.LimitPrice = GTD, shares(10) }},
		{"crossing", 10052, LimitOrder, func(r *OrderRequest) { r.TIF, r.LimitPrice = "GTX", shares(10) }},
		{"minimum", 321, MarketOrder, func(r *OrderRequest) { r.MinQuantity = 2 }},
		{"after the market", 337, MarketOrder, func(r *OrderRequest) {
			r.GoodAfter = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
		}},
		{"condition after the market", 337, MarketOrder, func(r *OrderRequest) {
			r.Conditions = []Condition{{
				Kind: TimeCondition, More: true, Time: time.Date(2500, 1, 1, 0, 0, 0, 0, time.UTC),
			}}
		}},
		{"conditions without end", 321, MarketOrder, func(r *OrderRequest) {
			r.Conditions = make([]Condition, maxConditions+1)
		}},
		{"exercise", 321, ExerciseOrder, func(*OrderRequest) {}},
		{"index", 412, MarketOrder, func(r *OrderRequest) {
			r.Instrument = listed(market.Index, "SPX", "USD")
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d.t = t
			r := d.request(Buy, 1, tc.kind, "")
			tc.f(&r)
			d.refused(r, tc.code)
		})
	}
}
