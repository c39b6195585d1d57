package exchange

import (
	"time"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// Exercised says whether an execution is a trade or an exercise, assignment or expiry of an option.
// The numbers are IBKR's, except NotExercised, which is -1 on the wire.
type Exercised int

// What can happen to an option.
const (
	NotExercised Exercised = 0
	WasExercised Exercised = 1
	HasLapsed    Exercised = 2

	// At the end of its last day, without an instruction:
	WasAssigned   Exercised = 100 // a short one
	AutoExercised Exercised = 101
	HasExpired    Exercised = 102 // also a future, and what is settled in cash
)

// ExerciseRequest is an instruction about a long option.
type ExerciseRequest struct {
	ClientID   int
	OrderID    int
	Account    string
	Instrument market.Instrument
	Action     Exercised
	Quantity   int64
	// Override allows an instruction that loses money: to exercise out of the money, or to let
	// lapse in the money.
	Override bool
	OrderRef string
	Echo     any
}

// Exercise converts a long option into its underlying at the strike, or lets it lapse. A clearing
// house does so overnight; here it is done at once.
func (x *Exchange) Exercise(now time.Time, r ExerciseRequest) (Order, error) {
	defer x.begin(now, r.ClientID)()
	if x.byID[orderKey{r.ClientID, r.OrderID}] != nil || r.OrderID <= x.lastID[r.ClientID] {
		return Order{}, &Reject{Code: codeDuplicateID, Text: textDuplicateID}
	}
	under, err := x.exercisable(r)
	if err != nil {
		return Order{}, err
	}
	kind := ExerciseOrder
	if r.Action == HasLapsed {
		kind = LapseOrder
	}
	o := x.enter(OrderRequest{
		ClientID: r.ClientID, OrderID: r.OrderID, Account: r.Account, Instrument: r.Instrument,
		Action: Sell, Type: kind, TIF: DAY, Quantity: r.Quantity, OrderRef: r.OrderRef, Echo: r.Echo,
	})
	x.emit(OrderChanged, o)
	o.Status = Submitted
	x.settleOption(o, r.Action)
	if r.Action == WasExercised {
		x.deliver(o.Account, o.Instrument, under, o.Filled, WasExercised)
	}
	return o.Order, nil
}

func (x *Exchange) exercisable(r ExerciseRequest) (under market.Instrument, err error) {
	switch i := r.Instrument; {
	case x.account(r.Account) == nil || !x.sees(r.Account):
		return under, invalid("Invalid account code '" + r.Account + "'")
	case !i.SecType.IsOption():
		return under, invalid("Only options can be exercised.")
	case r.Action != WasExercised && r.Action != HasLapsed:
		return under, invalid("Invalid exercise action.")
	case r.Quantity <= 0:
		return under, invalid("The size value cannot be zero.")
	case r.OrderID <= 0:
		return under, invalid("Invalid order id")
	}
	if held := x.quantity(r.Account, r.Instrument.ConID); held < r.Quantity {
		return under, refused("Exercise or lapse of %d %s, of which %d are held.",
			r.Quantity, r.Instrument.LocalSymbol, max(held, 0))
	}
	under, delivers := x.underlying(r.Instrument)
	if !delivers {
		return under, refused("%s is settled in cash and cannot be exercised.", r.Instrument.LocalSymbol)
	}
	in := intrinsic(r.Instrument, x.quote(under).Last).IsPos()
	if !r.Override && in != (r.Action == WasExercised) {
		return under, refused("The action does not suit the option's value; set override to do it.")
	}
	return under, nil
}

// underlying is what an option is exercised into; delivers is false for one that is settled in
// cash, as one on a future that ends with it.
func (x *Exchange) underlying(i market.Instrument) (under market.Instrument, delivers bool) {
	under, known := x.market.Lookup(i.UnderConID)
	last, ends := under.LastTrade()
	return under, known && under.Tradable() && (!ends || last.After(x.now))
}

// intrinsic is what exercising an option is worth at a price of its underlying; 0 out of the money.
func intrinsic(i market.Instrument, last decimal.Decimal) decimal.Decimal {
	value := sub(last, i.Strike)
	if i.Right == market.Put {
		value = value.Neg()
	}
	return atLeastZero(value)
}

// settleOption takes options out of a position at no price.
func (x *Exchange) settleOption(o *order, how Exercised) {
	e := x.execute(o, o.Remaining, decimal.Decimal{})
	x.free(o, e)
	e.Exercise = how
	x.finishFill(o, e)
}

// free takes the commission off an execution; clearing charges none.
func (x *Exchange) free(o *order, e *Execution) {
	o.Commission = sub(o.Commission, e.Commission)
	e.Commission = decimal.Decimal{}
}

// deliver trades the underlying of options at their strike. signed is how many were long.
func (x *Exchange) deliver(account string, option, under market.Instrument, signed int64,
	how Exercised,
) {
	n := signed
	if under.SecType != market.Future { // one of which is what an option is on
		n *= option.Multiplier
	}
	if option.Right == market.Put {
		n = -n
	}
	x.clear(account, under, n, option.Strike, how)
}

// clear is a trade that the clearing house makes in an account, by an order of its own and without
// a commission.
func (x *Exchange) clear(account string, i market.Instrument, signed int64,
	price decimal.Decimal, how Exercised,
) {
	side := Buy
	if signed < 0 {
		side = Sell
	}
	o := x.enter(OrderRequest{
		Account: account, Instrument: i, Action: side, Type: ExerciseOrder, TIF: DAY,
		Quantity: abs(signed),
	})
	o.Manual, o.Status = true, Submitted
	e := x.execute(o, o.Quantity, price)
	x.free(o, e)
	e.Exercise = how
	x.finishFill(o, e)
}

// finishFill books an execution that no other order can be touched by.
func (x *Exchange) finishFill(o *order, e *Execution) {
	p := x.book(e)
	x.executions = append(x.executions, e)
	x.reportFill(o, e, *p)
	x.heardOf(e)
}
