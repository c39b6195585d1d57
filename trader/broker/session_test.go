package broker_test

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway"
	"ibsoak/trader/broker"
	"ibsoak/trader/link"
)

// tradingDay is a Monday, mid-morning in New York: the fake's market is open whatever day it is.
var tradingDay = time.Date(2026, time.April, 13, 14, 30, 0, 0, time.UTC)

var apple = broker.Contract{Symbol: "AAPL", SecType: "STK", Exchange: "SMART", Currency: "USD"}

// versions are those at which the shape of frames changes.
var versions = []int{176, 178, 187, 193, 200, 201, 206, 213, 225}

func startGateway(t testing.TB, cfg fakegateway.Config) *fakegateway.Server {
	t.Helper()
	if cfg.Clock.Start.IsZero() {
		cfg.Clock.Start = tradingDay
	}
	g, err := fakegateway.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

func connect(t testing.TB, cfg broker.Config) *broker.Session {
	t.Helper()
	if cfg.Link.ClientID == 0 {
		cfg.Link.ClientID = 7
	}
	s, err := broker.Connect(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeSession(t, s) })
	return s
}

// closeSession closes and gives the events that nobody has consumed. The test's own context is over
// in a cleanup.
func closeSession(t testing.TB, s *broker.Session) (events []broker.Event) {
	t.Helper()
	if err := s.Close(ctxWithin(t, 10*time.Second)); err != nil {
		t.Error(err)
	}
	for e := range s.Events() {
		events = append(events, e)
	}
	return events
}

func TestEveryRequestAtEveryWireForm(t *testing.T) {
	for _, v := range versions {
		t.Run(fmt.Sprint(v), func(t *testing.T) {
			t.Parallel()
			g := startGateway(t, fakegateway.Config{MaxServerVersion: v})
			s := connect(t, broker.Config{Link: link.Config{
				Addr: g.Addr(), Log: slog.New(slog.DiscardHandler),
			}})
			if s.ServerVersion() != v || s.Account() != "DU9000001" {
				t.Errorf("version %d, account %s", s.ServerVersion(), s.Account())
			}
			askEverything(t, s)
			buyAndFollow(t, s)
			if d := s.Stats(); d != (broker.Stats{}) {
				t.Errorf("dropped %+v", d)
			}
		})
	}
}

func askEverything(t *testing.T, s *broker.Session) {
	t.Helper()
	ctx := ctxWithin(t, 20*time.Second)
	now, err := s.CurrentTime(ctx)
	if err != nil || now.Sub(tradingDay).Abs() > time.Minute {
		t.Errorf("current time %v: %v", now, err)
	}
	details, err := s.ContractDetails(ctx, apple)
	if err != nil || len(details) != 1 {
		t.Fatalf("contract details %v: %v", details, err)
	}
	d := details[0]
	if d.Contract.ConID == 0 || d.TimeZone != "US/Eastern" || d.Location.String() != "US/Eastern" ||
		d.MinTick.IsZero() || len(d.ValidExchanges) == 0 || d.TradingHours == "" {
		t.Errorf("details %+v", d)
	}
	askBars(t, s, d)
	if _, err := s.ContractDetails(ctx, broker.Contract{
		Symbol: "NOSUCH", SecType: "STK", Exchange: "SMART", Currency: "XXX",
	}); codeOf(err) != 200 {
		t.Errorf("unknown contract: %v, want code 200", err)
	}
	for _, empty := range []func() (int, error){
		func() (int, error) { x, err := s.Positions(ctx); return len(x), err },
		func() (int, error) { x, err := s.OpenOrders(ctx); return len(x), err },
		func() (int, error) { x, err := s.Executions(ctx); return len(x), err },
		func() (int, error) { x, err := s.CompletedOrders(ctx); return len(x), err },
	} {
		if n, err := empty(); n != 0 || err != nil {
			t.Errorf("untouched account: %d items, %v", n, err)
		}
	}
	for range 2 { // each a whole answer
		r, err := s.AccountValues(ctx)
		if err != nil || len(r.Portfolio) != 0 || amountOf(r, "CashBalance", "USD") == "" || amountOf(r, "NetLiquidation", "USD") == "" {
			t.Errorf("account values %+v, %v", r, err)
		}
	}
}

// amountOf is one of an account's values, "" when it is not there.
func amountOf(r broker.AccountReport, key, currency string) string {
	for _, v := range r.Values {
		if v.Key == key && v.Currency == currency && v.Account == "DU9000001" {
			return v.Amount.String()
		}
	}
	return ""
}

func askBars(t *testing.T, s *broker.Session, d broker.ContractDetails) {
	t.Helper()
	bars, err := s.Bars(ctxWithin(t, 20*time.Second), broker.BarsRequest{
		Contract: d.Contract, Duration: "1800 S", BarSize: "1 min", UseRTH: true,
	})
	if err != nil || len(bars) < 10 {
		t.Fatalf("%d bars: %v", len(bars), err)
	}
	last := bars[len(bars)-1]
	if last.Time.Location().String() != "US/Eastern" || last.Time.After(tradingDay.Add(time.Minute)) ||
		last.Time.Before(tradingDay.Add(-3*time.Minute)) {
		t.Errorf("last bar at %v, market time %v", last.Time, tradingDay)
	}
	if last.High.Less(last.Low) || !last.Close.IsPos() {
		t.Errorf("last bar %+v", last)
	}
}

// buyAndFollow buys one share at market and joins what the session says of it.
func buyAndFollow(t *testing.T, s *broker.Session) {
	t.Helper()
	ctx := ctxWithin(t, 20*time.Second)
	id := s.NextOrderID()
	order := broker.Order{
		ID: id, IntentID: "intent-1", Contract: apple, Action: broker.Buy,
		Quantity: decimal.MustNew(1, 0), Type: broker.Market,
	}
	if err := s.PlaceOrder(ctx, order); err != nil {
		t.Fatal(err)
	}
	fill := awaitEvent(t, s, "the fill", func(x broker.Execution) bool { return x.OrderID == id })
	if fill.OrderRef != "intent-1" || fill.Side != "BOT" || fill.Symbol != "AAPL" || fill.Time.IsZero() {
		t.Errorf("fill %+v", fill)
	}
	awaitEvent(t, s, "its commission", func(c broker.Commission) bool { return c.ExecID == fill.ExecID })
	fills, err := s.Executions(ctx)
	if err != nil || len(fills) != 1 {
		t.Fatalf("executions %v: %v", fills, err)
	}
	if fills[0].ExecID != fill.ExecID || fills[0].Commission == nil || fills[0].RealizedPnL != nil {
		t.Errorf("asked for, the fill is %+v", fills[0])
	}
	if next := s.NextOrderID(); next <= id {
		t.Errorf("order id %d after %d", next, id)
	}
	positions, err := s.Positions(ctx)
	if err != nil || len(positions) != 1 || positions[0].Quantity.Cmp(decimal.MustNew(1, 0)) != 0 {
		t.Errorf("positions %+v: %v", positions, err)
	}
	r, err := s.AccountValues(ctx)
	if err != nil || len(r.Portfolio) != 1 || r.Portfolio[0].Contract.ConID != positions[0].Contract.ConID ||
		r.Portfolio[0].Quantity.Cmp(decimal.One) != 0 || r.Portfolio[0].Price == nil || !r.Portfolio[0].Price.IsPos() {
		t.Errorf("portfolio %+v: %v", r.Portfolio, err)
	}
	restAndCancel(t, s)
}

func restAndCancel(t *testing.T, s *broker.Session) {
	t.Helper()
	ctx := ctxWithin(t, 20*time.Second)
	id := s.NextOrderID()
	order := broker.Order{
		ID: id, IntentID: "intent-2", Contract: apple, Action: broker.Buy,
		Quantity: decimal.MustNew(2, 0), Type: broker.Limit, LimitPrice: decimal.MustNew(101, 2),
	}
	if err := s.PlaceOrder(ctx, order); err != nil {
		t.Fatal(err)
	}
	awaitEvent(t, s, "the resting order", func(o broker.OpenOrder) bool { return o.OrderID == id })
	open, err := s.OpenOrders(ctx)
	if err != nil || len(open) != 1 {
		t.Fatalf("open orders %+v: %v", open, err)
	}
	o := open[0]
	if o.IntentID != "intent-2" || o.PermID == 0 || o.LimitPrice == nil ||
		o.LimitPrice.Cmp(decimal.MustNew(101, 2)) != 0 || o.Remaining == nil {
		t.Errorf("open order %+v", o)
	}
	if err := s.CancelOrder(ctx, id); err != nil {
		t.Fatal(err)
	}
	awaitEvent(t, s, "its cancellation", func(st broker.OrderStatus) bool {
		return st.OrderID == id && st.Status == "Cancelled"
	})
	if open, err := s.OpenOrders(ctx); err != nil || len(open) != 0 {
		t.Errorf("after the cancel: %+v: %v", open, err)
	}
}

func codeOf(err error) int {
	if e := (*broker.Error)(nil); errors.As(err, &e) {
		return e.Code
	}
	return 0
}
