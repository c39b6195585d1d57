package exchange

import (
	"time"

	"github.com/govalues/decimal"
)

// View reads the books while the exchange is locked, so that what is read and what is sent from
// it keep the order of events. It must not outlive the call that it was handed to.
type View struct{ x *Exchange }

// View brings the books up to now and shows them. f must not call the exchange or block.
func (x *Exchange) View(now time.Time, f func(*View)) {
	defer x.begin(now, NoClient)()
	f(&View{x})
}

// Now is the time of the books.
func (v *View) Now() time.Time { return v.x.now }

// Accounts lists the accounts' ids.
func (v *View) Accounts() []string { return v.x.cfg.Accounts }

// NextOrderID is one more than the highest order id that a client has used; ids outlive sessions.
func (v *View) NextOrderID(client int) int { return v.x.lastID[client] + 1 }

// WakeAt plans a Woken event.
func (v *View) WakeAt(t time.Time) { v.x.wakeAt(t) }

// OpenOrders lists the transmitted orders that are not done, by permanent id.
func (v *View) OpenOrders() []Order {
	var open []Order
	for _, o := range v.x.live {
		if !o.staged() {
			open = append(open, o.Order)
		}
	}
	return open
}

// CompletedOrders lists the orders that are done, by permanent id.
func (v *View) CompletedOrders() []Order {
	var done []Order
	for _, o := range v.x.orders {
		if o.Status.Done() {
			done = append(done, o.Order)
		}
	}
	return done
}

// Executions lists every fill in order of time.
func (v *View) Executions() []Execution { return v.x.executions }

// Positions lists what an account holds, without what it has sold.
func (v *View) Positions(account string) []Position {
	var held []Position
	for _, p := range v.x.positions {
		if p.Account == account && p.Quantity != 0 {
			held = append(held, *p)
		}
	}
	return held
}

// Mark is a position at the market.
type Mark struct {
	Price, Value  decimal.Decimal // of the last trade; value in whole cents
	UnrealizedPnL decimal.Decimal // in whole cents
}

// Mark values a position.
func (v *View) Mark(p Position) Mark {
	price := v.x.market.Quote(p.Instrument, v.x.now).Last
	value := mul(price, shares(p.Quantity))
	return Mark{Price: price, Value: cents(value), UnrealizedPnL: cents(sub(value, p.CostBasis))}
}

// Balances are an account's values in whole cents, such that
// NetLiquidation = Cash + GrossPositionValue for an account that is not short.
type Balances struct {
	Cash               decimal.Decimal
	PositionValue      decimal.Decimal // longs less shorts
	GrossPositionValue decimal.Decimal // longs and shorts
	NetLiquidation     decimal.Decimal
	AvailableFunds     decimal.Decimal // cash less what open buy orders may take, never below 0
	UnrealizedPnL      decimal.Decimal
	RealizedPnL        decimal.Decimal
}

// Balances values an account at the market.
func (v *View) Balances(account string) Balances {
	a := v.x.account(account)
	if a == nil {
		return Balances{}
	}
	b := Balances{Cash: cents(a.Cash), RealizedPnL: cents(a.RealizedPnL)}
	for _, p := range v.Positions(account) {
		m := v.Mark(p)
		b.PositionValue = add(b.PositionValue, m.Value)
		b.GrossPositionValue = add(b.GrossPositionValue, m.Value.Abs())
		b.UnrealizedPnL = add(b.UnrealizedPnL, m.UnrealizedPnL)
	}
	b.NetLiquidation = cents(add(b.Cash, b.PositionValue))
	b.PositionValue, b.GrossPositionValue = cents(b.PositionValue), cents(b.GrossPositionValue)
	b.UnrealizedPnL = cents(b.UnrealizedPnL)
	free := sub(a.Cash, v.x.reserved(&order{Order: Order{Account: account}}))
	if free.IsNeg() {
		free = decimal.Decimal{}
	}
	b.AvailableFunds = cents(free)
	return b
}
