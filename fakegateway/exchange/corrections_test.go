package exchange

import (
	"strings"
	"testing"
	"time"
)

func TestCorrectionsReplaceExecutions(t *testing.T) {
	d := open(t, Config{Seed: 1})
	e := d.fillAt(Buy, aapl, 100, "200.00")
	d.fillAt(Sell, aapl, 40, "210.00")
	d.flow()
	got, err := d.Correct(d.now, e.ExecID, dec("201.00"), 90)
	if err != nil {
		t.Fatal(err)
	}
	d.wantFlow("execution 90, order Cancelled, commission, booked")
	if !strings.HasSuffix(got.ExecID, ".02") || got.ExecID[:len(got.ExecID)-2] != e.ExecID[:len(e.ExecID)-2] ||
		!got.At.Equal(e.At) || got.CumQuantity != 90 {
		t.Errorf("%s became %s: %+v", e.ExecID, got.ExecID, got)
	}
	b := d.Books()
	if n := b.Holding(DefaultAccount, "AAPL"); n != 50 {
		t.Errorf("%d shares", n)
	}
	if len(b.Executions) != 2 || len(b.Superseded) != 1 || b.Superseded[0].ReplacedBy != got.ExecID {
		t.Errorf("executions %v, superseded %v", b.Executions, b.Superseded)
	}
	// Of 90 shares for 18090 and 1.00, 40 were sold for 8400 less 1.00.
	if want := dec("358.55555556"); !b.Executions[1].RealizedPnL.Equal(want) {
		t.Errorf("realized %s, want %s", b.Executions[1].RealizedPnL, want)
	}
	d.check()
	again, err := d.Correct(d.now, got.ExecID, dec("200.00"), 100)
	if err != nil || !strings.HasSuffix(again.ExecID, ".03") {
		t.Errorf("corrected to %s, %v", again.ExecID, err)
	}
	d.wantFlow("execution 100, order Filled, commission, booked")
	d.check()
	if _, err := d.Correct(d.now, e.ExecID, dec("1"), 1); err == nil {
		t.Error("a superseded execution was corrected")
	}
	if _, err := d.Correct(d.now, again.ExecID, dec("200"), 101); err == nil {
		t.Error("filled beyond the order")
	}
}

func TestBustsTakeExecutionsBack(t *testing.T) {
	d := open(t, Config{Seed: 1, MaxFillShares: 40})
	o := d.place(d.request(Buy, 100, MarketOrder, ""))
	d.flow()
	first := d.Books().Executions[0]
	busted, err := d.Bust(d.now, first.ExecID)
	if err != nil || busted.Shares != 0 || !strings.HasSuffix(busted.ExecID, ".02") {
		t.Fatalf("busted %+v, %v", busted, err)
	}
	d.wantFlow("execution 0, order Submitted, booked")
	d.wantCash("USD", "1000000")
	d.pass(time.Minute) // the working order goes on, with all of it
	if got := d.order(o.PermID); got.Status != Filled || got.Filled != 100 {
		t.Errorf("%s with %d", got.Status, got.Filled)
	}
	d.check()
	last := d.Books().Executions[2]
	d.flow()
	if _, err := d.Bust(d.now, last.ExecID); err != nil {
		t.Fatal(err)
	}
	d.wantFlow("execution 0, order Cancelled, booked")
	if got := d.order(o.PermID); got.Filled != 80 || got.Remaining != 20 {
		t.Errorf("filled %d, remaining %d", got.Filled, got.Remaining)
	}
	d.check()
}

func TestOrdersByHand(t *testing.T) {
	d := open(t, Config{Seed: 1})
	r := d.request(Buy, 5, LimitOrder, "10")
	r.TIF = GTC
	first, err := d.ManualOrder(d.now, r)
	if err != nil || first.OrderID != 0 || !first.Manual {
		t.Fatalf("%+v, %v", first, err)
	}
	d.wantFlow("order PreSubmitted, order Submitted")
	if err := d.Cancel(d.now, 0, 0, true); err == nil {
		t.Error("an order without an id was cancelled by id 0")
	}
	d.BindManual(d.now)
	d.wantFlow("bound")
	if o := d.order(first.PermID); o.OrderID != -1 || o.ClientID != 0 {
		t.Errorf("bound as %d of client %d", o.OrderID, o.ClientID)
	}
	d.AutoBind(d.now, true)
	second, err := d.ManualOrder(d.now, r)
	if err != nil || second.OrderID != -2 {
		t.Errorf("bound as %d, %v", second.OrderID, err)
	}
	d.wantFlow("bound, order PreSubmitted, order Submitted")
	if err := d.Cancel(d.now, 0, -1, false); err != nil {
		t.Errorf("cancel of a bound order: %v", err)
	}
	if err := d.ManualCancel(d.now, second.PermID); err != nil {
		t.Errorf("cancel by hand: %v", err)
	}
	d.wantReject(d.ManualCancel(d.now, 4711), 10147)
	d.View(d.now, func(v *View) {
		if id := v.NextOrderID(0); id != 1 {
			t.Errorf("next id of client 0: %d", id)
		}
	})
	d.check()
}

func TestExercise(t *testing.T) {
	d := open(t, Config{Seed: 1, Opening: []OpeningPosition{{DefaultAccount, aaplCall, 3, dec("8.00")}}})
	d.check()
	strike, last := aaplCall.Strike, d.quote().Last
	request := func(how Exercised, n int64) ExerciseRequest {
		d.nextID++
		return ExerciseRequest{
			ClientID: 1, OrderID: d.nextID, Account: DefaultAccount, Instrument: aaplCall,
			Action: how, Quantity: n,
		}
	}
	natural, costly := WasExercised, HasLapsed
	if last.Less(strike) {
		natural, costly = HasLapsed, WasExercised
	}
	_, err := d.Exercise(d.now, request(natural, 4))
	d.wantReject(err, 201)
	_, err = d.Exercise(d.now, request(costly, 1))
	d.wantReject(err, 201)
	stock := request(natural, 1)
	stock.Instrument = aapl
	_, err = d.Exercise(d.now, stock)
	d.wantReject(err, 321)
	for _, r := range []ExerciseRequest{request(WasExercised, 1), request(HasLapsed, 2)} {
		r.Override = true
		if _, err := d.Exercise(d.now, r); err != nil {
			t.Fatal(err)
		}
		d.check()
	}
	b := d.Books()
	if n := b.Holding(DefaultAccount, "AAPL"); n != 100 {
		t.Errorf("%d shares", n)
	}
	d.wantCash("USD", sub(shares(1_000_000), mul(strike, shares(100))).String())
	if len(b.Executions) != 3 || b.Executions[0].Exercise != WasExercised ||
		!b.Executions[1].Price.Equal(strike) || b.Executions[2].Exercise != HasLapsed {
		t.Errorf("executions %+v", b.Executions)
	}
	if _, err := d.Bust(d.now, b.Executions[0].ExecID); err == nil {
		t.Error("an exercise was busted")
	}
}

func TestGroups(t *testing.T) {
	for _, tc := range []struct {
		kind int
		left [2]int64 // of orders of 100 and 40 when 25 of 50 have filled
	}{{1, [2]int64{0, 0}}, {2, [2]int64{50, 20}}, {3, [2]int64{50, 20}}} {
		d := open(t, Config{Seed: 1, MaxFillShares: 25})
		var waiting [2]Order
		for n, size := range []int64{100, 40} {
			r := d.request(Buy, size, LimitOrder, "10")
			r.OCAGroup, r.OCAType = "g", tc.kind
			waiting[n] = d.place(r)
		}
		fills := d.request(Buy, 50, MarketOrder, "")
		fills.OCAGroup, fills.OCAType = "g", tc.kind
		d.place(fills)
		for n, o := range waiting {
			got := d.order(o.PermID)
			if want := tc.left[n]; want == 0 && got.Status != Cancelled || want != 0 && got.Remaining != want {
				t.Errorf("type %d: %s with %d of %d, want %d",
					tc.kind, got.Status, got.Remaining, o.Quantity, want)
			}
		}
		d.pass(time.Minute)
		for _, o := range waiting {
			if got := d.order(o.PermID); got.Status != Cancelled {
				t.Errorf("type %d: %s when the group has filled", tc.kind, got.Status)
			}
		}
		moved := d.request(Buy, 10, LimitOrder, "10")
		moved.OCAGroup = "h"
		d.place(moved)
		moved.OCAGroup = "i"
		d.refused(moved, 10326)
		d.check()
	}
}
