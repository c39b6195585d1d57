package exchange

import (
	"time"

	"github.com/govalues/decimal"
)

// Preview is what an order would do to an account, in whole cents but for the commission.
type Preview struct {
	Order                     Order
	Commission                decimal.Decimal
	MarginBefore, MarginAfter decimal.Decimal // net liquidation that is not available as cash
	EquityBefore, EquityAfter decimal.Decimal // net liquidation
}

// Preview computes IBKR's what-if: it validates an order and leaves the books untouched.
func (x *Exchange) Preview(now time.Time, r OrderRequest) (Preview, error) {
	defer x.begin(now, r.ClientID)()
	if err := x.validate(r); err != nil {
		return Preview{}, err
	}
	o := &order{Order: Order{
		ClientID: r.ClientID, OrderID: r.OrderID, PlacedAt: x.now, Status: PreSubmitted,
	}}
	x.set(o, r)
	if err := x.afford(o); err != nil {
		return Preview{}, err
	}
	price := o.LimitPrice
	if !o.Type.limited() {
		price = x.market.Quote(o.Instrument, x.now).Ask
	}
	value := mul(price, shares(o.Quantity))
	p := Preview{Order: o.Order, Commission: Commission(o.Quantity, value)}
	b := (&View{x}).Balances(o.Account)
	p.EquityBefore, p.MarginBefore = b.NetLiquidation, sub(b.NetLiquidation, b.AvailableFunds)
	p.EquityAfter = cents(sub(p.EquityBefore, p.Commission))
	p.MarginAfter = cents(add(p.MarginBefore, mul(value, shares(o.Action.sign()))))
	return p, nil
}
