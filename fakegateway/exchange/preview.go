package exchange

import (
	"time"

	"github.com/govalues/decimal"
)

// Preview is what an order would do to an account, in US dollars and whole cents but for the
// commission.
type Preview struct {
	Order              Order
	Commission         decimal.Decimal
	CommissionCurrency string
	Before, After      Margins
}

// Margins are an account's credit.
type Margins struct{ Initial, Maintenance, Equity decimal.Decimal }

// Preview computes IBKR's what-if: it validates an order and leaves the books untouched.
func (x *Exchange) Preview(now time.Time, r OrderRequest) (Preview, error) {
	defer x.begin(now, r.ClientID)()
	if err := x.validate(r); err != nil {
		return Preview{}, err
	}
	o := &order{slot: notQueued, Order: Order{
		ClientID: r.ClientID, OrderID: r.OrderID, PlacedAt: x.now, Status: PreSubmitted,
		Account: r.Account, Instrument: r.Instrument, ConID: r.Instrument.ConID,
		Symbol: r.Instrument.Symbol, SecType: r.Instrument.SecType, Action: r.Action, Type: r.Type,
		TIF: r.TIF, Quantity: r.Quantity, Remaining: r.Quantity, Terms: r.terms(),
		OutsideRTH: r.OutsideRTH, OrderRef: r.OrderRef, Echo: r.Echo,
		ParentID: r.ParentID, OCAGroup: r.OCAGroup, OCAType: r.OCAType,
	}}
	if o.trailing() {
		x.startTrail(o)
	}
	if err := x.afford(o); err != nil {
		return Preview{}, err
	}
	return x.preview(o), nil
}

// preview compares the account's margins with those after a fill at the expected price.
func (x *Exchange) preview(o *order) Preview {
	i, price := o.Instrument, x.expected(o)
	value := i.Value(price, o.Quantity)
	p := Preview{Order: o.Order, CommissionCurrency: i.Currency}
	rate := x.dollars(i.Currency)
	if inDollars(i.SecType) {
		value, p.CommissionCurrency = mul(value, rate), baseCurrency
	}
	p.Commission = Commission(priced(i), o.Quantity, value)
	p.Before = x.margins(o.Account)

	held := x.quantity(o.Account, o.ConID)
	last := x.quote(i).Last
	had := x.margin(i, last, held)
	has := x.margin(i, last, held+o.Action.sign()*o.Quantity)
	change := func(before, had, has decimal.Decimal) decimal.Decimal {
		return cents(add(before, mul(sub(has, had), rate)))
	}
	p.After = Margins{
		Initial:     change(p.Before.Initial, had.initial, has.initial),
		Maintenance: change(p.Before.Maintenance, had.maintenance, has.maintenance),
		Equity:      cents(sub(p.Before.Equity, mul(p.Commission, x.dollars(p.CommissionCurrency)))),
	}
	return p
}

// margins are an account's as Balances shows them.
func (x *Exchange) margins(account string) Margins {
	b := x.view.Balances(account)
	return Margins{b.InitialMargin, b.MaintenanceMargin, b.NetLiquidation}
}
