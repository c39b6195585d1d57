package exchange

import (
	"fmt"
	"slices"
	"time"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// Transfer is something that an account was given or has given away without a trade: units of an
// instrument with what they have cost, or cash.
type Transfer struct {
	At      time.Time `json:"at"`
	Account string    `json:"account"`
	ConID   int       `json:"conId,omitempty"` // 0: cash
	Symbol  string    `json:"symbol,omitempty"`
	// Quantity of units, below 0 when they leave, and the Price at which each is in the books of
	// the account that gets them. What leaves goes at its average cost.
	Quantity int64           `json:"quantity,omitempty"`
	Price    decimal.Decimal `json:"price,omitzero"`
	// Cash in Currency, below 0 when it leaves.
	Cash     decimal.Decimal `json:"cash,omitzero"`
	Currency string          `json:"currency"`
	// After is how many of Books.Executions came before.
	After int `json:"after"`

	Instrument market.Instrument `json:"-"`
}

// Transfer moves units of an instrument into an account, or out of it when t.Quantity is below 0,
// or cash. Nothing is earned by it, and no order or execution tells of it: clients hear of the new
// position alone. What was traded before it can no longer be corrected or busted: how much of that
// has left is not told apart.
func (x *Exchange) Transfer(now time.Time, t Transfer) (Transfer, error) {
	defer x.begin(now, NoClient)()
	if err := x.transferable(t); err != nil {
		return Transfer{}, err
	}
	t.At, t.After = x.now, len(x.executions)
	if t.Quantity != 0 {
		t.ConID, t.Symbol = t.Instrument.ConID, t.Instrument.Symbol
		t.Currency = t.Instrument.Currency
	}
	x.transfers = append(x.transfers, &t)
	x.move(t)
	if t.Quantity == 0 {
		x.emit(Woken, nil) // accounts show their new cash when they are due
		return t, nil
	}
	p := *x.position(t.Account, t.Instrument)
	x.tell(nil, Event{Kind: Booked, Position: &p})
	return t, nil
}

func (x *Exchange) transferable(t Transfer) error {
	a := x.account(t.Account)
	if a == nil {
		return fmt.Errorf("transfer: no account %q", t.Account)
	}
	if t.Quantity == 0 {
		if t.Cash.IsZero() || MaxPrice.Less(t.Cash.Abs()) || !t.Cash.Equal(cents(t.Cash)) {
			return fmt.Errorf("transfer cash %s: want 0.01..%s, or below 0", t.Cash, MaxPrice)
		}
		if left := add(a.in(t.Currency).Cash, t.Cash); left.IsNeg() {
			return fmt.Errorf("transfer cash %s: %s %s would be left", t.Cash, left, t.Currency)
		}
		return nil
	}
	held := x.quantity(t.Account, t.Instrument.ConID)
	switch {
	case !t.Cash.IsZero():
		return fmt.Errorf("transfer: either cash or %s", t.Instrument.Symbol)
	case t.Instrument.SecType == market.Cash || !t.Instrument.Tradable():
		return fmt.Errorf("transfer %s: a %s is not held", t.Instrument.Symbol, t.Instrument.SecType)
	case abs(t.Quantity) > MaxQuantity:
		return fmt.Errorf("transfer %d: want at most %d", t.Quantity, MaxQuantity)
	case t.Price.IsNeg() || MaxPrice.Less(t.Price):
		return fmt.Errorf("transfer at %s: want 0..%s", t.Price, MaxPrice)
	case t.Quantity < 0 && held+t.Quantity < 0, t.Quantity > 0 && held < 0:
		return fmt.Errorf("transfer %d %s: %d are held", t.Quantity, t.Instrument.Symbol, held)
	}
	return nil
}

// move lets a transfer act on its account.
func (x *Exchange) move(t Transfer) {
	if t.Quantity == 0 {
		b := x.account(t.Account).in(t.Currency)
		b.Cash = add(b.Cash, t.Cash)
		return
	}
	x.position(t.Account, t.Instrument).move(t)
}

// move takes units in at their price, or lets them go at their average cost.
func (p *Position) move(t Transfer) (basis, unpaid decimal.Decimal) {
	if t.Quantity > 0 {
		basis = p.value(t.Price, t.Quantity)
		if margined(p.SecType) {
			unpaid = basis
		}
	} else {
		basis = share(p.CostBasis, -t.Quantity, p.Quantity).Neg()
		unpaid = share(p.Unpaid, -t.Quantity, p.Quantity).Neg()
	}
	p.CostBasis, p.Unpaid = add(p.CostBasis, basis), add(p.Unpaid, unpaid)
	p.settle(p.Quantity + t.Quantity)
	return basis, unpaid
}

// movedSince reports a transfer of what the n-th execution has traded that came after it.
func (x *Exchange) movedSince(e *Execution, n int) bool {
	return slices.ContainsFunc(x.transfers, func(t *Transfer) bool {
		return t.After > n && t.Account == e.Account && t.ConID == e.ConID
	})
}

// forgetExecution keeps the places of transfers among the executions, of which the n-th is gone.
func (x *Exchange) forgetExecution(n int) {
	for _, t := range x.transfers {
		if t.After > n {
			t.After--
		}
	}
}
