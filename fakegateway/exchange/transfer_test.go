package exchange

import (
	"encoding/json"
	"testing"
	"time"

	"ibsoak/fakegateway/market"
)

func (d *desk) transfer(i market.Instrument, n int64, price string) {
	d.t.Helper()
	t := Transfer{Account: DefaultAccount, Instrument: i, Quantity: n, Price: dec(price)}
	if _, err := d.Transfer(d.now, t); err != nil {
		d.t.Fatalf("transfer %d %s: %v", n, i.Symbol, err)
	}
}

// What is transferred (IBKR's client portal, Transfer Positions) brings its own cost, moves no cash,
// and is no trade: there is a new position, and no execution of it.
func TestTransfersMoveUnitsWithoutCash(t *testing.T) {
	d := open(t, Config{Seed: 1})
	d.fillAt(Buy, aapl, 10, "100")
	d.fillAt(Sell, aapl, 10, "110")
	d.events = nil
	before := d.Books().Cash()
	d.transfer(aapl, 5, "90")
	d.wantFlow("booked")
	d.transfer(emini, 1, "6000")
	if b := d.Books(); !b.Cash().Equal(before) || b.Holding(DefaultAccount, "AAPL") != 5 ||
		!b.Positions[0].AverageCost.Equal(dec("90")) {
		t.Errorf("cash %s, before %s; positions %+v", b.Cash(), before, b.Positions)
	}
	e := d.fillAt(Sell, aapl, 2, "100") // what came is sold at a profit over what it brought
	if want := sub(dec("20"), e.Commission); !e.RealizedPnL.Equal(want) {
		t.Errorf("realized %s, want %s", e.RealizedPnL, want)
	}
	if _, err := d.Bust(d.now, e.ExecID); err != nil {
		t.Fatal(err)
	}
	d.check()
	e = d.fillAt(Buy, aapl, 1, "100")
	d.transfer(aapl, -3, "0")
	if b := d.Books(); b.Holding(DefaultAccount, "AAPL") != 3 {
		t.Errorf("after the bust, a purchase and a transfer: %+v", b.Positions[0])
	}
	if _, err := d.Bust(d.now, e.ExecID); err == nil {
		t.Error("what has left was taken back")
	}
	d.check()
}

// An account that has never had a currency is worth what it is given of it: by a transfer, and at the
// start.
func TestUnitsInOtherCurrenciesCount(t *testing.T) {
	start := open(t, Config{Seed: 1, Opening: []OpeningPosition{{DefaultAccount, pence, 10, dec("12000")}}})
	given := open(t, Config{Seed: 1})
	given.transfer(pence, 10, "12000")
	for _, d := range []*desk{start, given} {
		d.View(d.now, func(v *View) {
			worth := cents(mul(pence.Value(d.Market().Quote(pence, d.now).Last, 10), v.x.dollars("GBP")))
			if b := v.Balances(DefaultAccount); !b.PositionValue.Equal(worth) ||
				!b.NetLiquidation.Equal(add(dec("1000000"), worth)) {
				d.t.Errorf("ten shares for %s dollars are shown as %+v", worth, b)
			}
		})
		d.check()
	}
}

func TestTransfersOfCash(t *testing.T) {
	d := open(t, Config{Seed: 1})
	for _, cash := range []Transfer{
		{Account: DefaultAccount, Cash: dec("2500.25"), Currency: "USD"},
		{Account: DefaultAccount, Cash: dec("700"), Currency: "CHF"},
		{Account: DefaultAccount, Cash: dec("-500"), Currency: "USD"},
	} {
		if _, err := d.Transfer(d.now, cash); err != nil {
			t.Fatal(err)
		}
	}
	d.wantCash("USD", "1002000.25")
	d.wantCash("CHF", "700")
	d.fillAt(Buy, aapl, 10, "100")
	d.check()
	text, _ := json.Marshal(d.Books())
	var back Books
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if err := back.Check(); err != nil {
		t.Errorf("read back: %v", err)
	}
}

func TestRefusedTransfers(t *testing.T) {
	d := open(t, Config{Seed: 1})
	for name, r := range map[string]Transfer{
		"account":           {Account: "U1", Cash: dec("1"), Currency: "USD"},
		"nothing":           {Account: DefaultAccount, Currency: "USD"},
		"half a cent":       {Account: DefaultAccount, Cash: dec("0.005"), Currency: "USD"},
		"more than there":   {Account: DefaultAccount, Cash: dec("-1"), Currency: "EUR"},
		"cash and shares":   {Account: DefaultAccount, Instrument: aapl, Quantity: 1, Cash: dec("1")},
		"what is not held":  {Account: DefaultAccount, Instrument: aapl, Quantity: -1},
		"a currency":        {Account: DefaultAccount, Instrument: euro, Quantity: 1},
		"too many":          {Account: DefaultAccount, Instrument: aapl, Quantity: MaxQuantity + 1},
		"a price below 0":   {Account: DefaultAccount, Instrument: aapl, Quantity: 1, Price: dec("-1")},
		"a price above all": {Account: DefaultAccount, Instrument: aapl, Quantity: 1, Price: dec("1000001")},
	} {
		if _, err := d.Transfer(d.now, r); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	d.check()
}

// IBKR liquidates by itself: working orders go, and executions come under no order of the client
// with Execution.liquidation set.
func TestLiquidation(t *testing.T) {
	d := open(t, Config{Seed: 1, AllowShort: true})
	d.place(d.request(Buy, 10, MarketOrder, ""))
	working := d.place(d.request(Sell, 10, LimitOrder, "900"))
	d.fillAt(Sell, emini, 1, "6000")
	d.fillAt(Buy, ford, 5, "10")
	done, err := d.Liquidate(d.now, DefaultAccount, ford.ConID)
	if err != nil || len(done) != 1 || !done[0].Liquidation || done[0].OrderID != 0 {
		t.Fatalf("one position: %+v, %v", done, err)
	}
	if o := d.order(working.PermID); o.Status != Cancelled || o.CanceledByClient {
		t.Errorf("the working order: %+v", o)
	}
	if done, err = d.Liquidate(d.now, DefaultAccount, 0); err != nil || len(done) != 2 {
		t.Fatalf("the rest: %+v, %v", done, err)
	}
	for _, p := range d.Books().Positions {
		if p.Quantity != 0 {
			t.Errorf("%d %s are left", p.Quantity, p.Symbol)
		}
	}
	if _, err := d.Liquidate(d.now, DefaultAccount, 0); err == nil {
		t.Error("nothing was liquidated")
	}
	d.pass(time.Hour)
	d.check()
}

// Check must see a transfer that is wrong.
func TestCheckSeesEveryCorruptionOfATransfer(t *testing.T) {
	d := open(t, Config{Seed: 1})
	d.fillAt(Buy, aapl, 10, "100")
	d.transfer(aapl, 5, "90")
	d.fillAt(Sell, aapl, 12, "100")
	if _, err := d.Transfer(d.now, Transfer{
		Account: DefaultAccount, Cash: dec("5"), Currency: "USD",
	}); err != nil {
		t.Fatal(err)
	}
	for name, corrupt := range map[string]func(*Books){
		"lost":     func(b *Books) { b.Transfers = b.Transfers[1:] },
		"size":     func(b *Books) { b.Transfers[0].Quantity++ },
		"price":    func(b *Books) { b.Transfers[0].Price = dec("91") },
		"place":    func(b *Books) { b.Transfers[0].After = 2 },
		"cash":     func(b *Books) { b.Transfers[1].Cash = dec("6") },
		"currency": func(b *Books) { b.Transfers[1].Currency = "EUR" },
	} {
		t.Run(name, func(t *testing.T) {
			b := d.Books()
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
