package exchange

import (
	"fmt"
	"time"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// Place places an order, or changes the order with the same id. It returns a *Reject when it
// refuses. An order that is not valid leaves no trace; one that the account cannot pay for or cover
// is in the books as Inactive.
func (x *Exchange) Place(now time.Time, r OrderRequest) (Order, error) {
	defer x.begin(now, r.ClientID)()
	r, bad := x.sized(r)
	if bad != nil {
		return Order{}, bad
	}
	if old := x.byID[orderKey{r.ClientID, r.OrderID}]; old != nil {
		return x.change(old, r)
	}
	if r.OrderID <= x.lastID[r.ClientID] {
		return Order{}, &Reject{Code: codeDuplicateID, Text: textDuplicateID}
	}
	if err := x.validate(r); err != nil {
		return Order{}, err
	}
	o := x.enter(r)
	if o.staged() {
		return o.Order, nil
	}
	return x.transmit(o)
}

// enter puts a new order into the books; from here on its id is used up.
func (x *Exchange) enter(r OrderRequest) *order {
	o := &order{slot: notQueued, Order: Order{
		PermID:   x.firstPermID() + int64(len(x.orders)),
		ClientID: r.ClientID, OrderID: r.OrderID, PlacedAt: x.now, Status: APIPending,
	}}
	if o.OrderID != 0 {
		x.lastID[r.ClientID] = max(x.lastID[r.ClientID], r.OrderID)
		x.byID[o.key()] = o
	}
	x.orders = append(x.orders, o)
	x.live = append(x.live, o)
	x.set(o, r)
	if !r.Staged {
		o.Status = PreSubmitted
	}
	return o
}

// firstPermID differs between seeds, as it does between real sessions.
func (x *Exchange) firstPermID() int64 {
	const base, spread = 1_000_000_001, 800_000_000
	return base + int64(x.ids(orderStream)%spread)
}

// set takes over what a client may say about an order, first or later.
func (x *Exchange) set(o *order, r OrderRequest) {
	x.unlink(o)
	x.unwatch(o)
	x.unreserve(o)
	o.UpdatedAt = x.now
	o.Account, o.Instrument, o.ConID = r.Account, r.Instrument, r.Instrument.ConID
	o.Symbol, o.SecType = r.Instrument.Symbol, r.Instrument.SecType
	o.Action, o.Type, o.TIF = r.Action, r.Type, r.TIF
	o.Quantity, o.Remaining = r.Quantity, r.Quantity-o.Filled
	o.CashQuantity = r.CashQuantity
	o.Terms = r.terms()
	if o.TIF == GTC && o.AutoCancel.IsZero() {
		o.AutoCancel = autoCancel(o.PlacedAt)
	}
	o.OutsideRTH, o.OrderRef, o.Echo = r.OutsideRTH, r.OrderRef, r.Echo
	if o.setLegs(r.Legs); !o.combo() {
		o.Market = x.quote(o.Instrument).Last
	}
	o.ParentID, o.OCAGroup, o.OCAType = r.ParentID, r.OCAGroup, r.OCAType
	o.conditions, o.cancels, o.ignoreRTH = r.Conditions, r.CancelOnConditions, r.IgnoreRTH
	o.happened, o.released = make([]bool, len(r.Conditions)), false
	if parent := x.parent(o); parent != nil {
		o.ParentPermID = parent.PermID
		if o.OCAGroup == "" { // IBKR joins the children of a bracket by the parent's permanent id
			o.OCAGroup, o.OCAType = fmt.Sprint(parent.PermID), 3
		}
	}
	x.link(o)
	x.watch(o)
}

// terms are those that the type of the order has.
func (r OrderRequest) terms() Terms {
	t, m := r.Terms, r.Type.manner()
	none := decimal.Decimal{}
	if !m.limited && !m.capped {
		t.LimitPrice = none
	}
	if m.trigger == untriggered {
		t.StopPrice = none
	}
	if m.trigger != onTrail {
		t.TrailAmount, t.TrailPercent = none, none
	}
	switch {
	case r.Type != TrailLimitOrder:
		t.LimitOffset = none
	case t.LimitOffset.IsZero() && !t.LimitPrice.IsZero() && !t.StopPrice.IsZero():
		t.LimitOffset = sub(t.StopPrice, t.LimitPrice).Abs()
	}
	if r.Type != RelativeOrder {
		t.Offset = none
	}
	if r.TIF != GTD {
		t.GoodTill = time.Time{}
	}
	if r.TIF != GTC {
		t.AutoCancel = time.Time{}
	}
	return t
}

// autoCancel is the end of the quarter after the one that holds t, at the close of New York: IBKR
// cancels GTC orders then.
func autoCancel(t time.Time) time.Time {
	t = t.In(market.Eastern)
	const quarter, closing = 3, 16
	first := (t.Month()-1)/quarter*quarter + 1 // of this quarter
	return time.Date(t.Year(), first+2*quarter, 0, closing, 0, 0, 0, market.Eastern)
}

func (x *Exchange) parent(o *order) *order {
	if o.ParentID == 0 {
		return nil
	}
	return x.byID[o.parentKey()]
}

// transmit sends an order to the market: its staged parent and that one's other staged children
// first, which is how a bracket goes out as a whole.
func (x *Exchange) transmit(o *order) (Order, error) {
	tree := []*order{o}
	if parent := x.parent(o); parent != nil && parent.staged() {
		tree = []*order{parent}
		for _, child := range x.childrenOf(parent) {
			if child.staged() || child == o {
				tree = append(tree, child)
			}
		}
	}
	var refused error
	for _, member := range tree {
		if member.Status.Done() { // with its parent
			continue
		}
		if err := x.activate(member); err != nil && member == o {
			refused = err
		}
	}
	return o.Order, refused
}

// activate checks an order against the account and starts it.
func (x *Exchange) activate(o *order) error {
	o.Status = PreSubmitted
	if err := x.afford(o); err != nil {
		x.refuse(o, err)
		return err
	}
	x.reserve(o)
	child := x.waitsForParent(o)
	o.WhyHeld = o.heldFor(child)
	if !child {
		x.start(o)
	}
	if x.holding {
		o.hold()
	}
	x.announce(o, child)
	return nil
}

// start sets the instants from which an order that waits for no other may trade.
func (x *Exchange) start(o *order) {
	o.due = x.now.Add(x.cfg.FillLatency)
	if o.Type.manner().follows {
		o.due = o.due.Add(market.Step)
	}
	x.setAuction(o)
	if o.trailing() && !x.onHold(o) {
		x.startTrail(o)
	}
}

// announce tells the client of a new order in the sequence of a Gateway, and lets it trade.
func (x *Exchange) announce(o *order, child bool) {
	if o.OutsideRTH && !o.extended() {
		x.notice(o, codeIgnoredRTH, textIgnoredRTH)
	}
	switch {
	case child || o.Held:
		x.emit(OrderChanged, o)
	case !x.trading(o):
		x.emit(OrderChanged, o)
		x.notice(o, codeHeldUntil, x.heldUntil(o))
		x.emit(OrderChanged, o)
	case o.Type.stopped(): // a Gateway says so twice, before and after its own simulation starts
		x.emit(OrderChanged, o)
		x.emit(OrderChanged, o)
	case x.onHold(o) || !o.auction.IsZero():
		x.emit(OrderChanged, o)
	case x.atOnce(o) && x.cfg.FillLatency == 0:
		// The outcome is the first thing that the client hears.
	case o.Type.manner().rests:
		x.emit(OrderChanged, o)
		o.Status = Submitted
		x.emit(OrderChanged, o)
	default:
		o.Status = Submitted
		x.emit(OrderChanged, o)
	}
	x.proceed(o)
}

// extended reports whether an order trades outside regular hours: one with a limit, of a stock.
// Other kinds of instruments take any type of order there.
func (o *order) extended() bool {
	_, limited := o.limit()
	return o.OutsideRTH && o.auction.IsZero() && !o.Type.manner().atClose &&
		(limited || o.Type == TrailLimitOrder || o.SecType != market.Stock)
}

func (x *Exchange) heldUntil(o *order) string {
	opens := x.window(o, x.now, o.extended()).Open
	return fmt.Sprintf("Order Message:\n%s %d %s %s\nWarning: Your order will not be placed "+
		"at the exchange until %s %s.", o.Action, o.Quantity, o.Symbol, o.Instrument.Venue(),
		opens.In(o.Instrument.Zone()).Format("2006-01-02 15:04:05"), o.Instrument.ZoneID)
}

// refuse puts an order away as Inactive.
func (x *Exchange) refuse(o *order, why *Reject) {
	why.Recorded = true
	o.Code, o.Reason = why.Code, why.Text
	x.notice(o, why.Code, why.Text)
	x.finish(o, Inactive)
}
