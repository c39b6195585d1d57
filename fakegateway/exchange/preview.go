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
	LeastCommission    decimal.Decimal // when a single unit fills, and no more
	CommissionCurrency string
	Before, After      Margins
}

// Margins are an account's margin requirements and its equity with loan value.
type Margins struct{ Initial, Maintenance, Equity decimal.Decimal }

// Preview computes IBKR's what-if: it validates an order and leaves the books untouched.
func (x *Exchange) Preview(now time.Time, r OrderRequest) (Preview, error) {
	defer x.begin(now, r.ClientID)()
	r, bad := x.sized(r)
	if bad != nil {
		return Preview{}, bad
	}
	if err := x.validate(r); err != nil {
		return Preview{}, err
	}
	o := &order{slot: notQueued, Order: Order{
		ClientID: r.ClientID, OrderID: r.OrderID, PlacedAt: x.now, Status: PreSubmitted,
		Account: r.Account, Instrument: r.Instrument, ConID: r.Instrument.ConID,
		Symbol: r.Instrument.Symbol, SecType: r.Instrument.SecType, Action: r.Action, Type: r.Type,
		TIF: r.TIF, Quantity: r.Quantity, Remaining: r.Quantity,
		CashQuantity: r.CashQuantity, Terms: r.terms(),
		OutsideRTH: r.OutsideRTH, OrderRef: r.OrderRef, Echo: r.Echo,
		ParentID: r.ParentID, OCAGroup: r.OCAGroup, OCAType: r.OCAType,
	}}
	o.setLegs(r.Legs)
	if o.trailing() {
		x.startTrail(o)
	}
	if err := x.afford(o); err != nil {
		return Preview{}, err
	}
	return x.preview(o), nil
}

// preview compares the account's margins with those after a fill at the expected price: of a
// combination with those that its legs need by themselves.
func (x *Exchange) preview(o *order) Preview {
	p := Preview{Order: o.Order, CommissionCurrency: o.Instrument.Currency}
	p.Before = x.margins(o.Account)
	p.After = p.Before
	for _, part := range o.parts() {
		x.previewPart(part, &p)
	}
	p.After.Equity = cents(sub(p.Before.Equity, mul(p.Commission, x.dollars(p.CommissionCurrency))))
	return p
}

// previewPart adds what a fill of an order, or of a leg, costs and ties up.
func (x *Exchange) previewPart(o *order, p *Preview) {
	i := o.Instrument
	value := i.Value(x.expected(o), o.Quantity)
	rate := x.dollars(i.Currency)
	if inDollars(i.SecType) {
		value, p.CommissionCurrency = mul(value, rate), baseCurrency
	}
	p.Commission = add(p.Commission, Commission(priced(i), o.Quantity, value))
	p.LeastCommission = add(p.LeastCommission, Commission(priced(i), 1, quo(value, shares(o.Quantity))))

	held := x.quantity(o.Account, o.ConID)
	last := x.quote(i).Last
	had := x.margin(i, last, held)
	has := x.margin(i, last, held+o.Action.sign()*o.Quantity)
	change := func(before, had, has decimal.Decimal) decimal.Decimal {
		return cents(add(before, mul(sub(has, had), rate)))
	}
	p.After.Initial = change(p.After.Initial, had.initial, has.initial)
	p.After.Maintenance = change(p.After.Maintenance, had.maintenance, has.maintenance)
}

// margins are an account's as Balances shows them.
func (x *Exchange) margins(account string) Margins {
	b := x.view.Balances(account)
	return Margins{b.InitialMargin, b.MaintenanceMargin, b.NetLiquidation}
}
