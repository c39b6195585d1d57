package exchange

import (
	"slices"
	"strconv"
	"time"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// Combo is the security type of a combination of several instruments.
const Combo market.SecType = "BAG"

// ComboConID is the contract id that IBKR gives to every combination (Contract.isHashable of
// ib_insync says so).
const ComboConID = 28812380

// maxLegs bounds a combination; IBKR's own tools stop at six.
const maxLegs = 6

// Leg is one instrument of a combination.
type Leg struct {
	ConID int `json:"conId"`
	// Ratio is how many units belong to one combination; below 0 they are sold when it is bought.
	Ratio int64 `json:"ratio"`

	Instrument market.Instrument `json:"-"`
}

// ComboOf is the instrument of a combination, as far as it has properties of its own. legs must not
// be empty. Nothing is ever held of it: a fill is booked leg by leg. On SMART its price varies by a
// cent, whatever its legs vary by.
func ComboOf(symbol string, legs []Leg) market.Instrument {
	first := legs[0].Instrument
	i := market.Instrument{
		ConID: ComboConID, Symbol: symbol, SecType: Combo, Currency: first.Currency,
		LocalSymbol: strconv.Itoa(ComboConID), Exchange: "SMART", TradingClass: "COMB",
		Multiplier: 1, ZoneID: first.ZoneID,
	}
	i.MinTick = i.Tick()
	return i
}

func (o *order) combo() bool { return len(o.legs) > 0 }

// parts are what an order trades: itself, or the legs of its combination as orders of their own,
// which are not in the books.
func (o *order) parts() []*order {
	if o.combo() {
		return o.legs
	}
	return []*order{o}
}

// setLegs makes or changes the legs of an order for a combination.
func (o *order) setLegs(legs []Leg) {
	o.Legs = legs
	for n, leg := range legs {
		if n == len(o.legs) {
			o.legs = append(o.legs, &order{slot: notQueued})
		}
		part, side := o.legs[n], o.Action
		if leg.Ratio < 0 {
			side = opposite(side)
		}
		filled, average := part.Filled, part.AvgFillPrice
		fees := part.Commission
		part.Order = Order{
			PermID: o.PermID, ClientID: o.ClientID, OrderID: o.OrderID, OrderRef: o.OrderRef,
			Account: o.Account, Instrument: leg.Instrument, ConID: leg.ConID,
			Symbol: leg.Instrument.Symbol, SecType: leg.Instrument.SecType, Action: side,
			Type: MarketOrder, TIF: o.TIF, Status: o.Status,
			Quantity: abs(leg.Ratio) * o.Quantity, Filled: filled,
			Remaining: abs(leg.Ratio)*o.Quantity - filled, AvgFillPrice: average, Commission: fees,
		}
	}
}

func opposite(a Action) Action {
	if a == Buy {
		return Sell
	}
	return Buy
}

// net is the price of a combination at t: what its legs cost and bring, at the quotes that an order
// of this side meets.
func (x *Exchange) net(o *order, t time.Time) decimal.Decimal {
	var sum decimal.Decimal
	for n, part := range o.legs {
		sum = add(sum, mul(x.legPrice(part, t), shares(o.Legs[n].Ratio)))
	}
	return sum
}

func (x *Exchange) legPrice(part *order, t time.Time) decimal.Decimal {
	q := x.market.Quote(part.Instrument, t)
	if part.Action == Sell {
		return q.Bid
	}
	return q.Ask
}

// netMeets is the first step of the market at which a combination can be had within its limit.
func (x *Exchange) netMeets(o *order, from, until time.Time) time.Time {
	limit, limited := o.limit()
	if !limited || o.TIF.atOnce() {
		return from
	}
	for range followSteps {
		if !from.Before(until) {
			return until
		}
		if !o.worse(x.net(o, from), limit) {
			return from
		}
		from = from.Truncate(market.Step).Add(market.Step)
	}
	return from
}

// maxWindows bounds the search for an instant at which all legs of a combination trade.
const maxWindows = 64

// window is when an order can trade: from when to when, at t or after it.
func (x *Exchange) window(o *order, t time.Time, extended bool) market.Window {
	if !o.combo() {
		return x.market.Next(o.Instrument, t, extended)
	}
	var w market.Window
	for range maxWindows {
		w = market.Window{Open: t}
		for _, part := range o.legs {
			one := x.market.Next(part.Instrument, t, extended)
			w.Open, w.Close = later(w.Open, one.Open), earlier(w.Close, one.Close)
		}
		if w.Open.Before(w.Close) {
			break
		}
		t = w.Open
	}
	return w
}

// trading reports whether an order can trade now: all of its legs, if it has any.
func (x *Exchange) trading(o *order) bool {
	if !o.combo() {
		return x.market.Open(o.Instrument, x.now, o.extended())
	}
	return !slices.ContainsFunc(o.legs, func(part *order) bool {
		return !x.market.Open(part.Instrument, x.now, o.extended())
	})
}

// lastTrade is when what an order trades ends; zero is never.
func (o *order) lastTrade() (first time.Time) {
	first, _ = o.Instrument.LastTrade()
	for _, part := range o.legs {
		last, _ := part.Instrument.LastTrade()
		first = earlier(first, last)
	}
	return first
}

// validateLegs wants a combination that can be priced and booked.
func (x *Exchange) validateLegs(r OrderRequest) *Reject {
	if (r.Instrument.SecType == Combo) != (len(r.Legs) > 0) || len(r.Legs) > maxLegs {
		return invalid("Security type 'BAG' requires combo leg details.")
	}
	if len(r.Legs) > 0 && r.Type != MarketOrder && r.Type != LimitOrder {
		return &Reject{Code: codeUnsupported, Text: textUnsupported}
	}
	for _, leg := range r.Legs {
		i := leg.Instrument
		switch {
		case leg.Ratio == 0 || abs(leg.Ratio) > MaxQuantity/max(r.Quantity, 1),
			i.Currency != r.Instrument.Currency, i.SecType == market.Cash,
			i.PriceMagnifier != r.Legs[0].Instrument.PriceMagnifier:
			return invalid("The combo details are invalid.")
		case !i.Tradable():
			return &Reject{Code: codeNotTraded, Text: textNotTraded}
		case x.expired(i):
			return &Reject{Code: codeExpired, Text: textExpired}
		}
	}
	return nil
}

// validateNet checks the price of a combination, which may be 0 or below it: then it brings money.
func validateNet(price decimal.Decimal) *Reject {
	if MaxPrice.Less(price.Abs()) {
		return invalid("Invalid price " + price.String())
	}
	if !price.Equal(price.Trunc(centScale)) {
		return &Reject{Code: codeMinTick, Text: textTick}
	}
	return nil
}
