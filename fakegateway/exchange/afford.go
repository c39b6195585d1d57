package exchange

import (
	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// paidInFull reports an order of a cash account that moves cash by its whole value.
func (x *Exchange) paidInFull(o *order) bool { return !x.cfg.AllowShort && !margined(o.SecType) }

// afford checks an order against what the account has, less what other orders may still take.
func (x *Exchange) afford(o *order) *Reject {
	if o.combo() {
		return x.affordLegs(o)
	}
	need, currency := x.need(o)
	if x.paidInFull(o) {
		if o.Action == Sell && o.SecType != market.Cash {
			return x.coverable(o)
		}
		b := x.account(o.Account).in(currency)
		free := add(sub(b.Cash, b.reserved), o.reservedFrom(currency))
		if currency == baseCurrency {
			free = sub(free, x.tiedUp(o.Account))
		}
		return enough(free, need, currency)
	}
	if need.IsZero() {
		return nil
	}
	free := x.standing(o.Account).available()
	free = add(free, mul(o.reserved, x.dollars(o.reservedIn)))
	return enough(free, need, currency)
}

func (o *order) reservedFrom(currency string) decimal.Decimal {
	if currency == o.reservedIn {
		return o.reserved
	}
	return decimal.Decimal{}
}

func enough(free, need decimal.Decimal, currency string) *Reject {
	if !free.Less(need) {
		return nil
	}
	return refused("We are unable to accept your order. Your Available Funds are insufficient to "+
		"cover it: [%s %s] are available, [%s %s] are needed.",
		cents(free), currency, cents(need), currency)
}

// tiedUp is what a cash account's futures and CFDs need beyond their gains.
func (x *Exchange) tiedUp(account string) decimal.Decimal {
	var total decimal.Decimal
	for _, p := range x.positions {
		if p.Account == account && p.Quantity != 0 && margined(p.SecType) {
			price, rate := x.quote(p.Instrument).Last, x.dollars(p.Currency)
			m := x.margin(p.Instrument, price, p.Quantity)
			total = add(total, mul(sub(m.initial, p.equity(price)), rate))
		}
	}
	return total
}

// coverable refuses a cash account's sale of what it does not have.
func (x *Exchange) coverable(o *order) *Reject {
	free := x.sellable(o)
	if o.Remaining <= free {
		return nil
	}
	return refused("Short stock positions can only be held in a margin account. "+
		"%d %s can be sold, the order sells %d.", max(free, 0), o.Symbol, o.Remaining)
}

// sellable is how many units an order may sell: those held, or that its parent will buy, less
// what other working sell orders outside its one-cancels-all group may take.
func (x *Exchange) sellable(o *order) int64 {
	free := x.after(o)
	p := x.held[holdingKey{o.Account, o.ConID}]
	if p == nil {
		return free
	}
	if o.OCAGroup != "" {
		return free - p.selling + p.groups[o.OCAGroup]
	}
	return free - p.selling + o.selling
}

// after is the position that an order will find: what is held, and what its parent will trade.
func (x *Exchange) after(o *order) int64 {
	n := x.quantity(o.Account, o.ConID)
	if parent := x.parent(o); parent != nil && parent.ConID == o.ConID && !parent.Status.Done() {
		n += parent.Action.sign() * parent.Remaining
	}
	return n
}

// need is what the rest of an order may take, commission included, and of which balance.
func (x *Exchange) need(o *order) (decimal.Decimal, string) {
	if o.combo() {
		return x.needOfLegs(o)
	}
	price := x.expected(o)
	value := o.Instrument.Value(price, o.Remaining)
	if x.paidInFull(o) {
		switch {
		case o.Action == Sell && o.SecType == market.Cash:
			return shares(o.Remaining), o.Symbol
		case o.Action == Sell:
			return decimal.Decimal{}, o.Instrument.Currency
		case o.SecType == market.Cash: // the commission is charged in dollars
			return value, o.Instrument.Currency
		}
		return add(value, Commission(priced(o.Instrument), o.Remaining, value)), o.Instrument.Currency
	}
	held := o.Action.sign() * x.after(o)
	opens := o.Remaining
	if held < 0 {
		opens = max(0, o.Remaining+held)
	}
	if opens == 0 {
		return decimal.Decimal{}, baseCurrency
	}
	m := x.margin(o.Instrument, price, o.Action.sign()*opens)
	if o.Action == Sell && o.SecType.IsOption() { // its value comes in as cash
		m.initial = sub(m.initial, o.Instrument.Value(price, opens))
	}
	rate := x.dollars(o.Instrument.Currency)
	fee := Commission(priced(o.Instrument), o.Remaining, mul(value, rate))
	return add(mul(m.initial, rate), fee).Round(basisScale), baseCurrency
}

// expected is the price that an order is expected to trade at or better.
func (x *Exchange) expected(o *order) decimal.Decimal {
	if limit, ok := o.limit(); ok {
		return limit
	}
	if o.Type.stopped() && !o.StopPrice.IsZero() {
		return o.StopPrice
	}
	return x.atMarket(o)
}

// reserve sets aside what the rest of an order may take. It is called whenever that changes, so
// that the sums over all orders are always at hand.
func (x *Exchange) reserve(o *order) {
	x.unreserve(o)
	if o.Status.Done() || o.staged() || o.Remaining == 0 || x.waitsForParent(o) {
		return
	}
	if !o.combo() && x.paidInFull(o) && o.Action == Sell && o.SecType != market.Cash {
		o.selling = o.Remaining
		p := x.position(o.Account, o.Instrument)
		p.selling += o.selling
		if o.OCAGroup != "" {
			p.groups[o.OCAGroup] += o.selling
		}
		return
	}
	o.reserved, o.reservedIn = x.need(o)
	b := x.account(o.Account).in(o.reservedIn)
	b.reserved = add(b.reserved, o.reserved)
}

func (x *Exchange) unreserve(o *order) {
	if o.selling != 0 {
		p := x.position(o.Account, o.Instrument)
		p.selling -= o.selling
		if o.OCAGroup != "" {
			if p.groups[o.OCAGroup] -= o.selling; p.groups[o.OCAGroup] == 0 {
				delete(p.groups, o.OCAGroup)
			}
		}
		o.selling = 0
	}
	if !o.reserved.IsZero() {
		b := x.account(o.Account).in(o.reservedIn)
		b.reserved = sub(b.reserved, o.reserved)
		o.reserved = decimal.Decimal{}
	}
}

// settleable is the last gate of a cash account: what was affordable when the order came in may
// no longer be.
func (x *Exchange) settleable(o *order, price decimal.Decimal, n int64) *Reject {
	if o.combo() {
		return x.settleableLegs(o, n)
	}
	if !x.paidInFull(o) {
		return nil
	}
	pays, currency := o.Instrument.Value(price, n), o.Instrument.Currency
	switch {
	case o.Action == Sell && o.SecType == market.Cash:
		pays, currency = shares(n), o.Symbol
	case o.Action == Sell:
		if held := x.quantity(o.Account, o.ConID); held < n {
			return refused("Short stock positions can only be held in a margin account. "+
				"%d %s are held, the order sells %d.", held, o.Symbol, n)
		}
		return nil
	case o.SecType != market.Cash:
		pays = add(pays, Commission(priced(o.Instrument), n, pays))
	}
	if cash := x.account(o.Account).in(currency).Cash; cash.Less(pays) {
		return refused("Your Available Funds are insufficient: [%s %s].", cents(cash), currency)
	}
	return nil
}
