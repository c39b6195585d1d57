package exchange

import "testing"

// A Gateway that is logged in to another account shows that one alone, while the orders of the first
// go on at IBKR: catalogue F11e is a Gateway that only says another name.
func TestLogInToAnotherAccount(t *testing.T) {
	d := open(t, Config{Seed: 1})
	d.place(d.request(Buy, 10, MarketOrder, ""))
	stays := d.place(d.request(Buy, 5, LimitOrder, "10"))
	d.LogIn(d.now, []string{"DU2"})
	d.events = nil
	d.View(d.now, func(v *View) {
		if n := len(v.OpenOrders()) + len(v.Executions()) + len(v.CompletedOrders()); n != 0 {
			t.Errorf("%d orders and executions of the first account are shown", n)
		}
		if got := v.Accounts(); len(got) != 1 || got[0] != "DU2" {
			t.Errorf("accounts %v", got)
		}
	})
	if err := d.ManualCancel(d.now, stays.PermID); err != nil {
		t.Fatal(err)
	}
	d.wantFlow("")
	r := d.request(Buy, 3, MarketOrder, "")
	r.Account = "DU2"
	if o := d.place(r); o.Status != Filled {
		t.Errorf("in the other account: %s", o.Status)
	}
	b := d.Books()
	if b.Holding(DefaultAccount, "AAPL") != 10 || b.Holding("DU2", "AAPL") != 3 {
		t.Errorf("positions %+v", b.Positions)
	}
	d.LogIn(d.now, []string{DefaultAccount})
	d.View(d.now, func(v *View) {
		if len(v.Executions()) != 1 || len(v.CompletedOrders()) != 2 {
			t.Error("the first account is not as it was")
		}
	})
	r = d.request(Buy, 3, MarketOrder, "")
	r.Account = "DU2"
	d.refused(r, 321)
	d.check()
}
