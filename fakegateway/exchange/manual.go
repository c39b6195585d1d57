package exchange

import (
	"time"

	"github.com/govalues/decimal"
)

// ManualOrder places an order as a person does in TWS: no client has placed it and it has no
// order id, until client 0 binds it. ClientID, OrderID, ParentID and Staged of r are ignored.
func (x *Exchange) ManualOrder(now time.Time, r OrderRequest) (Order, error) {
	defer x.begin(now, NoClient)()
	o, err := x.byHand(r)
	if err != nil {
		return Order{}, err
	}
	if x.autoBind {
		x.bind(o)
	}
	return x.transmit(o)
}

// byHand enters an order that no client has placed.
func (x *Exchange) byHand(r OrderRequest) (*order, error) {
	r.ClientID, r.OrderID, r.ParentID, r.Staged = 0, 1, 0, false
	if err := x.validate(r); err != nil {
		return nil, err
	}
	r.OrderID = 0
	o := x.enter(r)
	o.Manual = true
	return o, nil
}

// ManualFill books a trade that was made outside the API: an order that a person has placed and
// that has filled at this price, whatever the market's price is.
func (x *Exchange) ManualFill(now time.Time, r OrderRequest, price decimal.Decimal,
) (Execution, error) {
	defer x.begin(now, NoClient)()
	r.Type, r.TIF = MarketOrder, DAY
	if err := validatePrice(r.Instrument, price); err != nil {
		return Execution{}, err
	}
	o, err := x.byHand(r)
	if err != nil {
		return Execution{}, err
	}
	if x.autoBind {
		x.bind(o)
	}
	o.Status = Submitted
	return *x.fill(o, o.Quantity, price), nil
}

// ManualCancel cancels a working order of any client by its permanent id.
func (x *Exchange) ManualCancel(now time.Time, permID int64) error {
	defer x.begin(now, NoClient)()
	for _, o := range x.live {
		if o.PermID == permID && !o.Status.Done() {
			return x.cancelable(o)
		}
	}
	return notFound(int(permID))
}

// AutoBind says whether orders placed by hand from now on get an order id of client 0.
func (x *Exchange) AutoBind(now time.Time, on bool) {
	defer x.begin(now, 0)()
	x.autoBind = on
}

// BindManual gives the working orders that were placed by hand an order id of client 0.
func (x *Exchange) BindManual(now time.Time) {
	defer x.begin(now, 0)()
	for _, o := range x.live {
		if o.Manual && o.OrderID == 0 && !o.Status.Done() {
			x.bind(o)
		}
	}
}

// bind gives an order an id below 0, where no client's own are.
func (x *Exchange) bind(o *order) {
	x.boundIDs++
	o.OrderID = -x.boundIDs
	x.byID[o.key()] = o
	x.emit(Bound, o)
}
