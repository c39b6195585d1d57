package journal

import (
	"testing"
	"time"

	"github.com/govalues/decimal"
)

func stop(id string, orderID int64, group string) Intent {
	in := intent(id, orderID)
	in.Action, in.Type, in.Role, in.Group, in.StopPrice = Sell, "STP", StopRole, group, d("98")
	return in
}

// TestProtectiveIntentsAreBesideTheBarsOnes: they are none of a bar's decisions, nor of a day's orders.
func TestProtectiveIntentsAreBesideTheBarsOnes(t *testing.T) {
	j := open(t, t.TempDir())
	entry := intent("a", 1)
	prepare(t, j, entry)
	for i, id := range []string{"s", "t"} {
		in := stop(id, int64(i+2), "g")
		in.BarEnd = entry.BarEnd
		prepare(t, j, in)
	}
	u, err := j.Usage(t.Context(), account, entry.ConID, entry.Day, time.Time{}, "")
	if err != nil || u.SymbolOrders != 1 || u.MinuteOrders != 1 {
		t.Errorf("%d orders of the day, %d at all, %v", u.SymbolOrders, u.MinuteOrders, err)
	}
	j = reopen(t, j)
	in, ok, err := j.Intent(t.Context(), "s")
	if err != nil || !ok || in.Role != StopRole || in.Group != "g" || in.StopPrice.Cmp(d("98")) != 0 {
		t.Errorf("after a restart %+v, %v", in, err)
	}
}

// TestToldResizes: the broker's word on the size counts, and settles what has executed as much.
func TestToldResizes(t *testing.T) {
	j := open(t, t.TempDir())
	prepare(t, j, intent("a", 1))
	prepare(t, j, stop("s", 2, "g"))
	told := func(quantity, at string) Intent {
		t.Helper()
		if err := j.Told(t.Context(), "s", d(quantity), d(at)); err != nil {
			t.Fatal(err)
		}
		in, _, err := j.Intent(t.Context(), "s")
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	if in := told("6", "0"); in.Quantity.Cmp(d("6")) != 0 || in.StopPrice.Cmp(d("98")) != 0 {
		t.Errorf("told 6: %+v", in)
	}
	if in := told("0", "99"); in.Quantity.Cmp(d("6")) != 0 { // a completed order without a size
		t.Errorf("told nothing: %+v", in)
	}
	book(t, j, fill("e1.01", "s", Sold, "4", "97"), true)
	wantState(t, j, "s", Working)
	if in := told("4", "99"); in.State != Filled || in.StopPrice.Cmp(d("99")) != 0 {
		t.Errorf("told 4: %+v", in)
	}
	if in := told("9", "0"); in.Quantity.Cmp(d("4")) != 0 {
		t.Errorf("a closed one was resized: %+v", in)
	}
	if err := j.Told(t.Context(), "a", d("1"), decimal.Zero); err != nil {
		t.Fatal(err)
	}
	if in, _, err := j.Intent(t.Context(), "a"); err != nil || in.Quantity.Cmp(d("10")) != 0 {
		t.Errorf("an entry was resized: %+v, %v", in, err)
	}
	if done, err := j.Executed(t.Context(), "g"); err != nil || len(done) != 1 || done[0].ID != "s" {
		t.Errorf("executed %+v, %v", done, err)
	}
}

func TestProtectionsSurvive(t *testing.T) {
	j := open(t, t.TempDir())
	want := Protection{account, apple, "g", d("98"), d("104"), "2026-01-05", "why"}
	for _, group := range []string{"f", "g"} {
		row := want
		row.Group = group
		if err := j.SetProtection(t.Context(), row); err != nil {
			t.Fatal(err)
		}
	}
	j = reopen(t, j)
	got, err := j.Protection(t.Context(), account, apple)
	all, allErr := j.Protections(t.Context(), account)
	if err != nil || allErr != nil || got != want || len(all) != 1 || all[apple] != want {
		t.Errorf("%+v and %+v, %v, %v, want %+v", got, all, err, allErr, want)
	}
	if none, err := j.Protection(t.Context(), account, 1); err != nil || none.Group != "" || none.Account != account {
		t.Errorf("%+v, %v", none, err)
	}
	book(t, j, fill("e1.01", "", Bought, "4", "97"), true) // somebody else's
	if p, err := j.LastPrice(t.Context(), account, apple, Bought); err != nil || !p.IsZero() {
		t.Errorf("last price %s, %v", p, err)
	}
}
