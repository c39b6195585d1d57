package exchange

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// Check must see every single entry that is wrong.
func TestCheckSeesEveryCorruption(t *testing.T) {
	d := open(t, Config{Seed: 1, MaxFillShares: 30})
	d.place(d.request(Buy, 50, MarketOrder, ""))
	d.pass(market.Step)
	d.place(d.request(Buy, 5, LimitOrder, "10"))
	d.place(d.request(Sell, 10, MarketOrder, ""))
	one := decimal.MustParse("0.01")
	for name, corrupt := range map[string]func(*Books){
		"cash":                func(b *Books) { b.Accounts[0].Cash = add(b.Accounts[0].Cash, one) },
		"commissions":         func(b *Books) { b.Accounts[0].Commissions = one },
		"realized":            func(b *Books) { b.Accounts[0].RealizedPnL = one },
		"lost execution":      func(b *Books) { b.Executions = b.Executions[1:] },
		"execution twice":     func(b *Books) { b.Executions = append(b.Executions, b.Executions[0]) },
		"execution price":     func(b *Books) { b.Executions[0].Price = add(b.Executions[0].Price, one) },
		"execution size":      func(b *Books) { b.Executions[0].Shares++ },
		"execution's order":   func(b *Books) { b.Executions[0].PermID = 4711 },
		"execution side":      func(b *Books) { b.Executions[0].Action = Sell },
		"commission":          func(b *Books) { b.Executions[0].Commission = one },
		"filled":              func(b *Books) { b.Orders[0].Filled-- },
		"remaining":           func(b *Books) { b.Orders[1].Remaining-- },
		"average price":       func(b *Books) { b.Orders[0].AvgFillPrice = one },
		"state":               func(b *Books) { b.Orders[1].Status = Filled },
		"done without a time": func(b *Books) { b.Orders[0].DoneAt = b.Orders[1].DoneAt },
		"order id twice":      func(b *Books) { b.Orders[1].OrderID = b.Orders[0].OrderID },
		"permanent id twice":  func(b *Books) { b.Orders[1].PermID = b.Orders[0].PermID },
		"position":            func(b *Books) { b.Positions[0].Quantity++ },
		"cost of a position":  func(b *Books) { b.Positions[0].CostBasis = one },
		"lost position":       func(b *Books) { b.Positions = nil },
		"lost account":        func(b *Books) { b.Accounts = nil },
		"passed limit": func(b *Books) {
			b.Orders[0].Type, b.Orders[0].LimitPrice = LimitOrder, one
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := d.Books()
			if err := b.Check(); err != nil {
				t.Fatalf("before: %v", err)
			}
			corrupt(&b)
			if err := b.Check(); err == nil {
				t.Error("not seen")
			}
		})
	}
	b := d.Books()
	b.Accounts[0].Cash = add(b.Accounts[0].Cash, one)
	b.Positions[0].Quantity++
	if msg := b.Check().Error(); !strings.Contains(msg, "cash") || !strings.Contains(msg, "position") {
		t.Errorf("two wrong entries, told of: %s", msg)
	}
}

// Books are saved with a run and judged later: what is read back must still add up.
func TestBooksSurviveJSON(t *testing.T) {
	d := open(t, Config{Seed: 1})
	d.place(d.request(Buy, 50, MarketOrder, ""))
	d.place(d.request(Sell, 20, MarketOrder, ""))
	d.place(d.request(Buy, 5, LimitOrder, "10"))
	data, err := json.Marshal(d.Books())
	if err != nil {
		t.Fatal(err)
	}
	var back Books
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if err := back.Check(); err != nil {
		t.Errorf("read back: %v", err)
	}
	if again, _ := json.Marshal(back); !bytes.Equal(again, data) {
		t.Errorf("read back and written again:\n%s\n%s", again, data)
	}
}
