package exchange

import (
	"testing"
	"time"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"
)

// oracleTime is how long the market is walked step by step.
const oracleTime = time.Hour

// oracle finds what an order does by looking at every step of the market.
type oracle struct {
	m         market.Market
	r         OrderRequest
	start     time.Time
	triggered bool
	rested    bool
	best      int64
	stop      int64
}

func (o *oracle) ahead() int64 { return -o.r.Action.sign() }

func (o *oracle) stopBehind(best int64) int64 {
	if o.r.TrailPercent.IsZero() {
		distance := ticksOf(o.r.Instrument, o.r.TrailAmount)
		return best - o.ahead()*distance
	}
	hundredths, _, _ := mul(o.r.TrailPercent, shares(100)).Int64(0)
	keep := best * (10_000 - o.ahead()*hundredths)
	if o.r.Action == Sell {
		return keep / 10_000
	}
	return (keep + 9_999) / 10_000
}

// turned follows the trail to t.
func (o *oracle) turned(last int64) bool {
	if o.best == 0 {
		o.best = last
		o.stop = o.stopBehind(last)
		if !o.r.StopPrice.IsZero() {
			o.stop = ticksOf(o.r.Instrument, o.r.StopPrice)
		}
	}
	if (last-o.best)*o.ahead() > 0 {
		o.best = last
	}
	if behind := o.stopBehind(o.best); (behind-o.stop)*o.ahead() > 0 {
		o.stop = behind
	}
	return (last-o.stop)*o.ahead() <= 0
}

// fills looks at one step.
func (o *oracle) fills(t time.Time) (decimal.Decimal, bool) {
	q, i := o.m.Quote(o.r.Instrument, t), o.r.Instrument
	buys := o.r.Action == Buy
	if !o.triggered {
		switch o.r.Type.manner().trigger {
		case onTrail:
			o.triggered = o.turned(ticksOf(i, q.Last))
		case onStop:
			o.triggered = !less(q.Last, o.r.StopPrice, buys)
		case onTouch:
			o.triggered = !less(q.Last, o.r.StopPrice, !buys)
		case untriggered:
			o.triggered = true
		}
		if !o.triggered {
			return decimal.Decimal{}, false
		}
	}
	price, limit := q.Ask, o.r.LimitPrice
	if !buys {
		price = q.Bid
	}
	switch o.r.Type {
	case TrailLimitOrder:
		limit = i.Price(o.stop - o.ahead()*ticksOf(i, o.r.LimitOffset))
	case LimitOrder, StopLimitOrder, LimitIfTouched:
	case MidpriceOrder:
		price = i.Price(ticksOf(i, q.Mid()))
		if !buys {
			price = i.Price(ticksUp(i, q.Mid()))
		}
	case RelativeOrder:
		before := o.m.Quote(i, t.Add(-market.Step))
		price = add(before.Bid, o.r.Offset)
		if !buys {
			price = sub(before.Ask, o.r.Offset)
		}
		return price, t.After(o.start) && !less(price, q.Last, buys)
	default:
		return price, true
	}
	if o.r.Type == MidpriceOrder && !t.After(o.start) {
		return price, false
	}
	if limit.IsZero() {
		return price, true
	}
	if less(limit, price, buys) {
		o.rested = true
		return price, false
	}
	if o.rested && o.r.Type != MidpriceOrder {
		price = limit
	}
	return price, true
}

// less is a < b for a buyer, and the other way around for a seller.
func less(a, b decimal.Decimal, buys bool) bool {
	if buys {
		return a.Less(b)
	}
	return b.Less(a)
}

// Orders of every type do what a look at every step of the market says, however rarely the
// exchange is called.
func TestOrdersDoWhatTheMarketSays(t *testing.T) {
	for _, kind := range oracleTypes {
		t.Run(string(kind), func(t *testing.T) { ordersDoWhatTheMarketSays(t, kind) })
	}
}

func ordersDoWhatTheMarketSays(t *testing.T, kind OrderType) {
	filled := 0
	rapid.Check(t, func(t *rapid.T) {
		d := open(t, Config{
			Seed: rapid.Uint64Range(0, 1000).Draw(t, "seed"), AllowShort: true,
		})
		i := rapid.SampledFrom([]market.Instrument{aapl, ford, emini, euro}).Draw(t, "instrument")
		r := d.request(rapid.SampledFrom([]Action{Buy, Sell}).Draw(t, "action"), 10, kind, "")
		r.Instrument, r.TIF = i, GTC
		if r.Type == MidpriceOrder {
			r.TIF = DAY
		}
		last := ticksOf(i, d.Market().Quote(i, d.now).Last)
		near := func(name string) decimal.Decimal {
			return i.Price(last + rapid.Int64Range(-30, 30).Draw(t, name))
		}
		r.LimitPrice, r.StopPrice = near("limit"), near("stop")
		drawTrail(t, &r)
		if r.Type == RelativeOrder {
			r.LimitPrice = decimal.Decimal{}
			r.Offset = i.Price(rapid.Int64Range(0, 4).Draw(t, "offset"))
		}
		if _, err := d.Place(d.now, r); err != nil {
			return // a price that the instrument's rule does not allow
		}
		o := &oracle{m: d.Market(), r: r, start: d.now}
		var at time.Time
		var price decimal.Decimal
		found := false
		for at = d.now; at.Before(d.now.Add(oracleTime)) && !found; at = at.Add(market.Step) {
			price, found = o.fills(at)
		}
		d.pass(oracleTime - 1)
		executions := d.Books().Executions
		switch {
		case !found && len(executions) > 0:
			t.Fatalf("filled at %v for %s; the market never said so",
				executions[0].At, executions[0].Price)
		case !found:
			return
		case len(executions) == 0:
			t.Fatalf("not filled; the market says at %v for %s", at.Add(-market.Step), price)
		}
		filled++
		if e := executions[0]; !e.At.Equal(at.Add(-market.Step)) || !e.Price.Equal(price) {
			t.Fatalf("filled at %v for %s, the market says at %v for %s",
				e.At, e.Price, at.Add(-market.Step), price)
		}
	})
	if filled == 0 {
		t.Errorf("no %s order was ever filled", kind)
	}
}

var oracleTypes = []OrderType{
	MarketOrder, LimitOrder, StopOrder, StopLimitOrder, TrailOrder, TrailLimitOrder,
	MarketIfTouched, LimitIfTouched, RelativeOrder, MidpriceOrder, MarketToLimit,
}

func drawTrail(t *rapid.T, r *OrderRequest) {
	if r.Type == MarketToLimit || r.Type == MidpriceOrder && rapid.Bool().Draw(t, "uncapped") {
		r.LimitPrice = decimal.Decimal{}
	}
	if r.Type.manner().trigger != onTrail {
		return
	}
	r.LimitPrice = decimal.Decimal{}
	if rapid.Bool().Draw(t, "from the market") {
		r.StopPrice = decimal.Decimal{}
	}
	if rapid.Bool().Draw(t, "percent") {
		r.TrailPercent = must(decimal.New(rapid.Int64Range(1, 40).Draw(t, "hundredths"), 2))
	} else {
		r.TrailAmount = r.Instrument.Price(rapid.Int64Range(1, 40).Draw(t, "trail"))
	}
	r.LimitOffset = r.Instrument.Price(rapid.Int64Range(0, 6).Draw(t, "limit offset"))
}
