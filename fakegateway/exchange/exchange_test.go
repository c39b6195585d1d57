package exchange

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

var monday = time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC) // 10:00 in New York

var aapl, _ = market.LookupSymbol("AAPL")

// desk is one client of an exchange under test, and a record of its events.
type desk struct {
	*Exchange
	t      failer
	now    time.Time
	events []Event
	nextID int
}

type failer interface {
	Helper()
	Fatalf(string, ...any)
	Errorf(string, ...any)
}

func open(t failer, cfg Config) *desk {
	d := &desk{Exchange: New(cfg), t: t, now: monday, nextID: 1}
	d.Subscribe(func(_ *View, e Event) { d.events = append(d.events, e) })
	return d
}

// request is for AAPL unless changed.
func (d *desk) request(a Action, n int64, typ OrderType, price string) OrderRequest {
	i, _ := market.LookupSymbol("AAPL")
	r := OrderRequest{
		ClientID: 1, OrderID: d.nextID, Account: DefaultAccount, Instrument: i,
		Action: a, Type: typ, TIF: DAY, Quantity: n, OrderRef: fmt.Sprintf("ref-%d", d.nextID),
	}
	d.nextID++
	if price != "" {
		p := decimal.MustParse(price)
		if typ == StopOrder {
			r.StopPrice = p
		} else {
			r.LimitPrice = p
		}
	}
	return r
}

// place must succeed.
func (d *desk) place(r OrderRequest) Order {
	d.t.Helper()
	o, err := d.Place(d.now, r)
	if err != nil {
		d.t.Fatalf("place %s %d %s: %v", r.Action, r.Quantity, r.Type, err)
	}
	return d.order(o.PermID)
}

func (d *desk) refused(r OrderRequest, code int) {
	d.t.Helper()
	_, err := d.Place(d.now, r)
	d.wantReject(err, code)
}

func (d *desk) wantReject(err error, code int) {
	d.t.Helper()
	var rej *Reject
	if !errors.As(err, &rej) || rej.Code != code {
		d.t.Errorf("rejected with %v, want code %d", err, code)
	}
}

func (d *desk) order(permID int64) Order {
	d.t.Helper()
	for _, o := range d.Books().Orders {
		if o.PermID == permID {
			return o
		}
	}
	d.t.Fatalf("no order %d", permID)
	panic("unreachable")
}

func (d *desk) quote() market.Quote {
	i, _ := market.LookupSymbol("AAPL")
	return d.Market().Quote(i, d.now)
}

func (d *desk) pass(t time.Duration) {
	d.now = d.now.Add(t)
	d.Advance(d.now)
}

// flow is what was heard since the last call.
func (d *desk) flow() string {
	var parts []string
	for _, e := range d.events {
		part := string(e.Kind)
		switch e.Kind {
		case OrderChanged, StatusChanged:
			part += " " + string(e.Order.Status)
		case OrderNotice:
			part += fmt.Sprintf(" %d", e.Code)
		case Executed:
			part += fmt.Sprintf(" %d", e.Execution.Shares)
		default:
		}
		parts = append(parts, part)
	}
	d.events = nil
	return strings.Join(parts, ", ")
}

func (d *desk) wantFlow(want string) {
	d.t.Helper()
	if got := d.flow(); got != want {
		d.t.Errorf("events\n got %s\nwant %s", got, want)
	}
}

func (d *desk) check() {
	d.t.Helper()
	if err := d.Books().Check(); err != nil {
		d.t.Errorf("books: %v", err)
	}
}

const filledFlow = "order Submitted, execution %d, order Filled, commission, booked"

func TestMarketOrdersFillAtTheQuote(t *testing.T) {
	d := open(t, Config{Seed: 1})
	q := d.quote()
	buy := d.place(d.request(Buy, 100, MarketOrder, ""))
	d.wantFlow(fmt.Sprintf(filledFlow, 100))
	if buy.Status != Filled || !buy.AvgFillPrice.Equal(q.Ask) || !buy.Commission.Equal(shares(1)) {
		t.Errorf("bought: %s at %s for %s, ask %s", buy.Status, buy.AvgFillPrice, buy.Commission, q.Ask)
	}
	d.pass(time.Hour)
	q2 := d.quote()
	sell := d.place(d.request(Sell, 100, MarketOrder, ""))
	if !sell.AvgFillPrice.Equal(q2.Bid) {
		t.Errorf("sold at %s, bid %s", sell.AvgFillPrice, q2.Bid)
	}
	b := d.Books()
	gain := sub(mul(sub(q2.Bid, q.Ask), shares(100)), shares(2))
	if last := b.Executions[1]; !last.RealizedPnL.Equal(gain) || last.Closed != 100 {
		t.Errorf("realized %s over %d shares, want %s", last.RealizedPnL, last.Closed, gain)
	}
	if want := add(shares(defaultStartDollars), gain); !b.Cash().Equal(want) || b.Holding(DefaultAccount, "AAPL") != 0 {
		t.Errorf("cash %s and %d shares, want %s and none", b.Cash(), b.Holding(DefaultAccount, "AAPL"), want)
	}
	d.check()
}

func TestLimitsRestUntilTheMarketComes(t *testing.T) {
	d := open(t, Config{Seed: 1})
	ask, _ := aapl.Ticks(d.quote().Ask)
	limit := aapl.Price(ask - 40)
	o := d.place(d.request(Buy, 10, LimitOrder, limit.String()))
	d.wantFlow("order PreSubmitted, order Submitted")
	at, ok := d.NextEvent()
	if !ok || !at.After(d.now) {
		t.Fatalf("next event at %v, %v", at, ok)
	}
	i, _ := market.LookupSymbol("AAPL")
	if q := d.Market().Quote(i, at); limit.Less(q.Ask) {
		t.Fatalf("next event at an ask of %s, limit %s", q.Ask, limit)
	}
	d.now = at.Add(-market.Step)
	d.Advance(d.now)
	if got := d.order(o.PermID); got.Status != Submitted {
		t.Fatalf("%s a step before the market came", got.Status)
	}
	d.now = at.Add(time.Hour) // late calls change nothing
	d.Advance(d.now)
	d.wantFlow("execution 10, order Filled, commission, booked")
	e := d.Books().Executions[0]
	if !e.At.Equal(at) || !e.Price.Equal(limit) || !e.Maker {
		t.Errorf("filled at %v for %s, want %v for %s", e.At, e.Price, at, limit)
	}
	d.check()
}

func TestMarketableLimitsFillAtTheQuote(t *testing.T) {
	d := open(t, Config{Seed: 1})
	o := d.place(d.request(Buy, 10, LimitOrder, add(d.quote().Ask, shares(1)).String()))
	if !o.AvgFillPrice.Equal(d.quote().Ask) {
		t.Errorf("filled at %s, ask %s", o.AvgFillPrice, d.quote().Ask)
	}
}

func TestStopsTriggerOnTheLastPrice(t *testing.T) {
	d := open(t, Config{Seed: 1})
	d.place(d.request(Buy, 10, MarketOrder, ""))
	d.flow()
	last, _ := aapl.Ticks(d.quote().Last)
	stop := aapl.Price(last - 40)
	o := d.place(d.request(Sell, 10, StopOrder, stop.String()))
	d.wantFlow("order PreSubmitted, order PreSubmitted")
	if o.WhyHeld != "trigger" {
		t.Errorf("held because of %q", o.WhyHeld)
	}
	at, _ := d.NextEvent()
	d.now = at
	d.Advance(at)
	if at := d.order(o.PermID); at.Status == Cancelled { // the day may end first
		t.Skip("the market did not fall to the stop under this seed")
	}
	d.wantFlow("order Submitted, execution 10, order Filled, commission, booked")
	if q := d.quote(); stop.Less(q.Last) {
		t.Errorf("triggered at %s, stop %s", q.Last, stop)
	}
	d.check()
}

func TestTimesInForce(t *testing.T) {
	d := open(t, Config{Seed: 1})
	far := "10"
	for _, tc := range []struct {
		tif  TIF
		flow string
	}{
		{IOC, "order PendingCancel, status Cancelled"},
		{FOK, "order Inactive"},
		{GTC, "order PreSubmitted, order Submitted"},
		{DAY, "order PreSubmitted, order Submitted"},
	} {
		r := d.request(Buy, 1, LimitOrder, far)
		r.TIF = tc.tif
		d.place(r)
		d.wantFlow(tc.flow)
	}
	d.pass(24 * time.Hour)
	d.wantFlow("status Cancelled, notice 202") // the DAY order, at midnight
	if n := len(d.Books().Orders); n != 4 {
		t.Errorf("%d orders", n)
	}
	r := d.request(Buy, 1, LimitOrder, add(d.quote().Ask, shares(1)).String())
	r.TIF = IOC
	d.place(r)
	d.wantFlow("order PreSubmitted, " + fmt.Sprintf(filledFlow, 1))
	d.check()
}

func TestSessionsHoldOrdersBack(t *testing.T) {
	d := open(t, Config{Hours: market.Hours{SessionsOnly: true}})
	d.now = time.Date(2026, 11, 22, 12, 0, 0, 0, market.Eastern) // a Sunday
	d.place(d.request(Buy, 1, MarketOrder, ""))
	d.wantFlow("order PreSubmitted, notice 399, order PreSubmitted")
	at, ok := d.NextEvent()
	if want := time.Date(2026, 11, 23, 9, 30, 0, 0, market.Eastern); !ok || !at.Equal(want) {
		t.Fatalf("next event %v, want the opening %v", at, want)
	}
	d.Advance(at)
	d.wantFlow(fmt.Sprintf(filledFlow, 1))
	day := d.request(Buy, 1, LimitOrder, "10")
	gtc := d.request(Buy, 1, LimitOrder, "10")
	gtc.TIF = GTC
	d.now = at
	d.place(day)
	d.place(gtc)
	d.flow()
	d.Advance(time.Date(2026, 11, 23, 16, 0, 0, 0, market.Eastern))
	d.wantFlow("status Cancelled, notice 202")
	d.check()
}

func TestCancel(t *testing.T) {
	d := open(t, Config{})
	o := d.place(d.request(Buy, 1, LimitOrder, "10"))
	d.flow()
	if err := d.Cancel(d.now, 1, o.OrderID, false); err != nil {
		t.Fatal(err)
	}
	d.wantFlow("status PendingCancel, status Cancelled, notice 202")
	d.wantReject(d.Cancel(d.now, 1, o.OrderID, true), 10148)
	d.wantReject(d.Cancel(d.now, 1, 999, true), 10147)

	o = d.place(d.request(Buy, 1, LimitOrder, "10"))
	d.wantReject(d.Cancel(d.now, 2, o.OrderID, false), 10147)
	if err := d.Cancel(d.now, 2, o.OrderID, true); err != nil {
		t.Fatalf("cancel by another client: %v", err)
	}
	if last := d.events[len(d.events)-1]; last.By != 2 || last.Order.ClientID != 1 {
		t.Errorf("event of client %d by %d, want 1 by 2", last.Order.ClientID, last.By)
	}
	d.check()
}

// With a latency, a cancelled order may still fill: the fill crosses the cancel.
func TestFillsCrossCancels(t *testing.T) {
	d := open(t, Config{Seed: 1, CancelLatency: 2 * time.Hour})
	ask, _ := aapl.Ticks(d.quote().Ask)
	o := d.place(d.request(Buy, 10, LimitOrder, aapl.Price(ask-20).String()))
	d.flow()
	if err := d.Cancel(d.now, 1, o.OrderID, false); err != nil {
		t.Fatal(err)
	}
	d.wantReject(d.Cancel(d.now, 1, o.OrderID, false), 161)
	d.wantFlow("status PendingCancel")
	d.pass(3 * time.Hour)
	if got := d.order(o.PermID); got.Status != Filled {
		t.Fatalf("%s, want Filled: the market came within the latency", got.Status)
	}
	never := d.place(d.request(Buy, 10, LimitOrder, "10"))
	if err := d.Cancel(d.now, 1, never.OrderID, false); err != nil {
		t.Fatal(err)
	}
	d.flow()
	d.pass(3 * time.Hour)
	d.wantFlow("status Cancelled, notice 202")
	d.check()
}

func TestFillLatencyAndParts(t *testing.T) {
	d := open(t, Config{FillLatency: time.Minute, MaxFillShares: 40})
	o := d.place(d.request(Buy, 100, MarketOrder, ""))
	d.wantFlow("order Submitted")
	d.pass(59 * time.Second)
	d.wantFlow("")
	d.pass(time.Second)
	d.wantFlow("execution 40, order Submitted, commission, booked")
	d.pass(2 * market.Step)
	d.wantFlow("execution 40, order Submitted, commission, booked, " +
		"execution 20, order Filled, commission, booked")
	var fees decimal.Decimal
	for _, e := range d.Books().Executions {
		fees = add(fees, e.Commission)
	}
	if got := d.order(o.PermID); !fees.Equal(shares(1)) || !got.Commission.Equal(fees) {
		t.Errorf("parts cost %s, the order %s, want the minimum once", fees, got.Commission)
	}
	d.check()
}

func TestWakeAt(t *testing.T) {
	d := open(t, Config{})
	d.WakeAt(monday.Add(time.Minute))
	d.WakeAt(monday.Add(time.Hour))
	if at, ok := d.NextEvent(); !ok || !at.Equal(monday.Add(time.Minute)) {
		t.Errorf("next event %v", at)
	}
	d.pass(time.Minute)
	d.wantFlow("woken")
	d.pass(time.Second)
	d.wantFlow("")
	select {
	case <-d.Changed():
	default:
		t.Error("no cue after a change")
	}
}
