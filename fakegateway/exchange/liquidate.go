package exchange

import (
	"fmt"
	"slices"
	"time"

	"ibsoak/fakegateway/market"
)

// Liquidate does to an account what IBKR does to one that has too little margin: it cancels its
// working orders and closes what it holds at the market, whatever the hours, by orders of its own.
// conID 0 is all that is held but currencies. Clients hear of executions with the mark of a
// liquidation (Execution.liquidation in IBKR's reference) under no order id.
func (x *Exchange) Liquidate(now time.Time, account string, conID int) ([]Execution, error) {
	defer x.begin(now, NoClient)()
	if x.account(account) == nil {
		return nil, fmt.Errorf("liquidate: no account %q", account)
	}
	var held []*Position
	for _, p := range x.positions {
		if p.Account == account && p.Quantity != 0 && p.SecType != market.Cash &&
			(conID == 0 || p.ConID == conID) {
			held = append(held, p)
		}
	}
	if len(held) == 0 {
		return nil, fmt.Errorf("liquidate: account %s holds nothing of it", account)
	}
	for _, o := range slices.Clone(x.live) {
		if o.Account == account && !o.Status.Done() {
			x.canceled(o, codeCanceled, textCanceled)
		}
	}
	var done []Execution
	for _, p := range held {
		done = append(done, *x.liquidate(p))
	}
	return done, nil
}

// liquidate closes a position with one execution.
func (x *Exchange) liquidate(p *Position) *Execution {
	side, q := Sell, x.quote(p.Instrument)
	price := q.Bid
	if p.Quantity < 0 {
		side, price = Buy, q.Ask
	}
	o := x.enter(OrderRequest{
		Account: p.Account, Instrument: p.Instrument, Action: side, Type: MarketOrder, TIF: DAY,
		Quantity: abs(p.Quantity),
	})
	o.Manual, o.Status = true, Submitted
	e := x.execute(o, o.Quantity, price)
	e.Liquidation = true
	x.finishFill(o, e)
	return e
}
