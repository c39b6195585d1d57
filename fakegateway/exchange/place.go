package exchange

import (
	"fmt"
	"time"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// IBKR's texts of rejected orders.
const (
	textDuplicateID = "Duplicate order id"
	textFilled      = "Cannot modify a filled order."
	textMismatch    = "Order being modified does not match original order."
	textTypeChange  = "Order modify failed. Cannot change to the new order type."
	textTick        = "The price does not conform to the minimum price variation for this contract."
	textCanceled    = "Order Canceled - reason:"
	validating      = "Error validating request.-'bF' : cause - "
	rejected        = "Order rejected - reason:"

	codeMinTick   = 110
	codeInvalid   = 321
	codeRejected  = 201
	codeCanceled  = 202
	codeHeldUntil = 399
)

func invalid(cause string) *Reject { return &Reject{Code: codeInvalid, Text: validating + cause} }

// Place takes an order, or a change of the order with the same id. A *Reject says why not; one
// that was refused by validation leaves no trace, one that was refused for lack of cash or shares
// is in the books as Inactive.
func (x *Exchange) Place(now time.Time, r OrderRequest) (Order, error) {
	defer x.begin(now, r.ClientID)()
	if old := x.byID[orderKey{r.ClientID, r.OrderID}]; old != nil {
		return x.change(old, r)
	}
	if r.OrderID <= x.lastID[r.ClientID] {
		return Order{}, &Reject{Code: 103, Text: textDuplicateID}
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

// validate checks what needs no books but the parent's.
func (x *Exchange) validate(r OrderRequest) error {
	switch {
	case x.account(r.Account) == nil:
		return invalid(fmt.Sprintf("Invalid account code '%s'", r.Account))
	case r.Action != Buy && r.Action != Sell:
		return invalid("Invalid side")
	case r.Quantity <= 0:
		return invalid("The size value cannot be zero.")
	case r.Quantity > MaxQuantity:
		return invalid(fmt.Sprintf("The size value is above %d.", MaxQuantity))
	case r.OrderID <= 0:
		return invalid(fmt.Sprintf("Invalid order id %d", r.OrderID))
	}
	switch r.Type {
	case MarketOrder, LimitOrder, StopOrder, StopLimitOrder:
	default:
		return invalid("Invalid order type was entered")
	}
	switch r.TIF {
	case DAY, GTC, IOC, FOK:
	default:
		return &Reject{Code: 10052, Text: "Invalid time in force"}
	}
	if r.Type.stopped() && (r.TIF == IOC || r.TIF == FOK) {
		return &Reject{Code: 10052, Text: "Invalid time in force"}
	}
	if r.Type.limited() {
		if err := validatePrice(r.Instrument, r.LimitPrice); err != nil {
			return err
		}
	}
	if r.Type.stopped() {
		if err := validatePrice(r.Instrument, r.StopPrice); err != nil {
			return err
		}
	}
	return x.validateParent(r)
}

func (x *Exchange) validateParent(r OrderRequest) error {
	if r.ParentID == 0 {
		return nil
	}
	parent := x.byID[orderKey{r.ClientID, r.ParentID}]
	switch {
	case parent == nil || parent.OrderID == r.OrderID:
		return &Reject{Code: 135, Text: fmt.Sprintf("Can't find order with ID =%d", r.ParentID)}
	case parent.Status.Done() && parent.Status != Filled:
		return &Reject{Code: codeRejected, Text: rejected + "Parent order is being cancelled."}
	}
	return nil
}

func validatePrice(i market.Instrument, p decimal.Decimal) error {
	if !p.IsPos() || MaxPrice.Less(p) {
		return invalid("Invalid price " + p.String())
	}
	if _, ok := i.Ticks(p); !ok {
		return &Reject{Code: codeMinTick, Text: textTick}
	}
	return nil
}

// enter puts a new order into the books; from here on its id is used up.
func (x *Exchange) enter(r OrderRequest) *order {
	x.lastID[r.ClientID] = r.OrderID
	o := &order{Order: Order{
		PermID:   x.firstPermID() + int64(len(x.orders)),
		ClientID: r.ClientID, OrderID: r.OrderID, PlacedAt: x.now, Status: APIPending,
	}}
	x.set(o, r)
	x.orders = append(x.orders, o)
	x.live = append(x.live, o)
	x.byID[orderKey{r.ClientID, r.OrderID}] = o
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
	o.UpdatedAt = x.now
	o.Account, o.Instrument, o.ConID = r.Account, r.Instrument, r.Instrument.ConID
	o.Symbol, o.Action, o.Type, o.TIF = r.Instrument.Symbol, r.Action, r.Type, r.TIF
	o.Quantity, o.Remaining = r.Quantity, r.Quantity-o.Filled
	o.LimitPrice, o.StopPrice = decimal.Decimal{}, decimal.Decimal{}
	if r.Type.limited() {
		o.LimitPrice = r.LimitPrice
	}
	if r.Type.stopped() {
		o.StopPrice = r.StopPrice
	}
	o.OutsideRTH, o.OrderRef, o.Echo = r.OutsideRTH, r.OrderRef, r.Echo
	o.ParentID, o.OCAGroup, o.OCAType = r.ParentID, r.OCAGroup, r.OCAType
	if parent := x.parent(o); parent != nil {
		o.ParentPermID = parent.PermID
		if o.OCAGroup == "" { // IBKR joins the children of a bracket by the parent's permanent id
			o.OCAGroup, o.OCAType = fmt.Sprint(parent.PermID), 3
		}
	}
}

func (x *Exchange) parent(o *order) *order {
	if o.ParentID == 0 {
		return nil
	}
	return x.byID[orderKey{o.ClientID, o.ParentID}]
}

// transmit sends an order to the market: its staged parent and that one's other staged children
// first, which is how a bracket goes out as a whole.
func (x *Exchange) transmit(o *order) (Order, error) {
	tree := []*order{o}
	if parent := x.parent(o); parent != nil && parent.staged() {
		tree = []*order{parent}
		for _, child := range x.live {
			if child.childOf(parent) && (child.staged() || child == o) {
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
	o.due = x.now.Add(x.cfg.FillLatency)
	parent := x.parent(o)
	child := parent != nil && parent.Status != Filled
	switch {
	case child && o.Type.stopped():
		o.WhyHeld = "child,trigger"
	case child:
		o.WhyHeld = "child"
	case o.Type.stopped():
		o.WhyHeld = "trigger"
	}
	x.announce(o, child)
	return nil
}

// announce tells the client of a new order in the sequence of a Gateway, and lets it trade.
func (x *Exchange) announce(o *order, child bool) {
	open := x.market.Open(o.Instrument, x.now, o.extended())
	switch {
	case child:
		x.emit(OrderChanged, o)
	case !open:
		x.emit(OrderChanged, o)
		x.notice(o, codeHeldUntil, x.heldUntil(o))
		x.emit(OrderChanged, o)
	case o.Type.stopped(): // a Gateway says so twice, before and after its own simulation starts
		x.emit(OrderChanged, o)
		x.emit(OrderChanged, o)
	case x.atOnce(o) && x.cfg.FillLatency == 0:
		// The outcome is the first thing that the client hears.
	case o.Type == LimitOrder:
		x.emit(OrderChanged, o)
		o.Status = Submitted
		x.emit(OrderChanged, o)
	default:
		o.Status = Submitted
		x.emit(OrderChanged, o)
	}
	x.plan(o)
	if !o.next.IsZero() && !o.next.After(x.now) {
		x.act(o)
	}
}

// atOnce reports an IOC or FOK order that the market does not take.
func (x *Exchange) atOnce(o *order) bool {
	if o.TIF != IOC && o.TIF != FOK {
		return false
	}
	_, marketable := x.price(o)
	return !marketable || o.TIF == FOK && x.clip(o) < o.Remaining
}

// extended reports whether an order trades outside regular hours.
func (o *order) extended() bool { return o.OutsideRTH && o.Type == LimitOrder }

func (x *Exchange) heldUntil(o *order) string {
	opens := x.market.Next(o.Instrument, x.now, o.extended()).Open
	return fmt.Sprintf("Order Message:\n%s %d %s %s\nWarning: Your order will not be placed "+
		"at the exchange until %s %s.", o.Action, o.Quantity, o.Symbol, o.Instrument.Venue(),
		opens.Format("2006-01-02 15:04:05"), market.ZoneName)
}

// refuse puts an order away as Inactive.
func (x *Exchange) refuse(o *order, why *Reject) {
	why.Recorded = true
	o.Code, o.Reason = why.Code, why.Text
	x.notice(o, why.Code, why.Text)
	x.finish(o, Inactive)
}

// afford checks an order against cash and shares, less what other orders may still take.
func (x *Exchange) afford(o *order) *Reject {
	if o.Action == Sell {
		if x.cfg.AllowShort {
			return nil
		}
		if free := x.sellable(o); o.Remaining > free {
			return &Reject{Code: codeRejected, Text: rejected + fmt.Sprintf(
				"Short stock positions can only be held in a margin account. "+
					"%d %s can be sold, the order sells %d.", max(free, 0), o.Symbol, o.Remaining)}
		}
		return nil
	}
	account := x.account(o.Account)
	free := sub(account.Cash, x.reserved(o))
	if need := x.cost(o); free.Less(need) {
		return &Reject{Code: codeRejected, Text: rejected + fmt.Sprintf(
			"We are unable to accept your order. Your Available Funds are insufficient to cover "+
				"it: [%s USD] are available, [%s USD] are needed.", cents(free), cents(need))}
	}
	return nil
}

// reserved is the cash that an account's other buy orders may take.
func (x *Exchange) reserved(but *order) decimal.Decimal {
	var total decimal.Decimal
	for _, o := range x.live {
		if o != but && o.Account == but.Account && o.Action == Buy && !o.staged() {
			total = add(total, x.cost(o))
		}
	}
	return total
}

// cost is what the rest of a buy order is expected to take, commission included.
func (x *Exchange) cost(o *order) decimal.Decimal {
	price := o.LimitPrice
	switch o.Type {
	case StopOrder:
		price = o.StopPrice
	case MarketOrder:
		price = x.market.Quote(o.Instrument, x.now).Ask
	case LimitOrder, StopLimitOrder:
	}
	value := mul(price, shares(o.Remaining))
	return add(value, Commission(o.Remaining, value))
}

// sellable is how many shares an order may sell: those held, or that its parent will buy, less
// what other working sell orders outside its one-cancels-all group may take.
func (x *Exchange) sellable(o *order) int64 {
	free := x.held(o.Account, o.ConID)
	if parent := x.parent(o); parent != nil && parent.Action == Buy && !parent.Status.Done() {
		free += parent.Remaining
	}
	for _, other := range x.live {
		if other != o && other.Account == o.Account && other.ConID == o.ConID &&
			other.Action == Sell && !other.staged() && !x.waitsForParent(other) &&
			(o.OCAGroup == "" || other.OCAGroup != o.OCAGroup) {
			free -= other.Remaining
		}
	}
	return free
}
