package exchange

import (
	"fmt"
	"slices"
	"time"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// validate checks what needs no books but the parent's.
func (x *Exchange) validate(r OrderRequest) error {
	switch {
	case x.account(r.Account) == nil || !x.sees(r.Account):
		return invalid(fmt.Sprintf("Invalid account code '%s'", r.Account))
	case !r.Instrument.Tradable():
		return &Reject{Code: codeNotTraded, Text: textNotTraded}
	case x.expired(r.Instrument):
		return &Reject{Code: codeExpired, Text: textExpired}
	case r.Action != Buy && r.Action != Sell:
		return invalid("Invalid side")
	case r.Quantity <= 0:
		return invalid("The size value cannot be zero.")
	case r.Quantity > MaxQuantity:
		return invalid(fmt.Sprintf("The size value is above %d.", MaxQuantity))
	case r.MinQuantity < 0 || r.MinQuantity > r.Quantity:
		return invalid("The minimum quantity is not within the order's size.")
	case r.OrderID <= 0:
		return invalid(fmt.Sprintf("Invalid order id %d", r.OrderID))
	case !r.Type.placeable():
		return invalid("Invalid order type was entered")
	}
	for _, check := range []func(OrderRequest) *Reject{
		x.validateLegs, x.validateTimes, x.validateTIF, validatePrices, validateTrail, x.validateParent,
	} {
		if err := check(r); err != nil {
			return err
		}
	}
	return nil
}

const (
	maxConditions = 64
	farthestYears = 100 // how far ahead a time may lie: the market is not computed beyond
)

func (x *Exchange) validateTimes(r OrderRequest) *Reject {
	if len(r.Conditions) > maxConditions {
		return invalid(fmt.Sprintf("More than %d conditions.", maxConditions))
	}
	times := []time.Time{r.GoodAfter, r.GoodTill, r.AutoCancel}
	for _, c := range r.Conditions {
		times = append(times, c.Time)
		for _, bound := range []decimal.Decimal{c.Price, c.Percent} {
			if MaxPrice.Less(bound.Abs()) {
				return invalid("Invalid bound of a condition " + bound.String())
			}
		}
	}
	farthest := x.now.AddDate(farthestYears, 0, 0)
	if slices.ContainsFunc(times, farthest.Before) {
		return &Reject{Code: codeTime, Text: textTime}
	}
	return nil
}

func (x *Exchange) expired(i market.Instrument) bool {
	last, ends := i.LastTrade()
	return ends && !x.now.Before(last)
}

func (x *Exchange) validateTIF(r OrderRequest) *Reject {
	m := r.Type.manner()
	incompatible := &Reject{Code: codeIncompatible, Text: textIncompatible}
	switch r.TIF {
	case DAY, GTC:
	case IOC, FOK:
		if m.trigger != untriggered || m.follows {
			return &Reject{Code: codeTIF, Text: textTIF}
		}
	case GTD:
		if !r.GoodTill.After(x.now) {
			return &Reject{Code: codeGoodTill, Text: textGoodTill}
		}
	case OPG:
		if r.Type != MarketOrder && r.Type != LimitOrder || len(r.Legs) > 0 {
			return incompatible
		}
	default:
		return &Reject{Code: codeTIF, Text: textTIF}
	}
	switch {
	case m.atClose && r.TIF != DAY:
		return &Reject{Code: codeCloseTIF, Text: textCloseTIF}
	case r.Type == MidpriceOrder && r.TIF != DAY:
		return incompatible
	}
	return nil
}

// validatePrices wants the prices that the type has to have, and ticks of all there are.
func validatePrices(r OrderRequest) *Reject {
	m, t := r.Type.manner(), r.terms()
	if len(r.Legs) > 0 {
		return validateNet(t.LimitPrice)
	}
	for _, p := range []struct {
		price    decimal.Decimal
		required bool
	}{
		{t.LimitPrice, m.limited},
		{t.StopPrice, m.trigger == onStop || m.trigger == onTouch},
	} {
		if p.price.IsZero() && !p.required {
			continue
		}
		if err := validatePrice(r.Instrument, p.price); err != nil {
			return err
		}
	}
	if t.Offset.IsNeg() || MaxPrice.Less(t.Offset) {
		return invalid("Invalid offset " + t.Offset.String())
	}
	return nil
}

func validatePrice(i market.Instrument, p decimal.Decimal) *Reject {
	if !p.IsPos() || MaxPrice.Less(p) {
		return invalid("Invalid price " + p.String())
	}
	if _, ok := i.Ticks(p); !ok {
		return &Reject{Code: codeMinTick, Text: textTick}
	}
	return nil
}

func validateTrail(r OrderRequest) *Reject {
	t := r.terms()
	switch {
	case r.Type.manner().trigger != onTrail:
		return nil
	case t.TrailAmount.IsPos() == t.TrailPercent.IsPos():
		return invalid("You must specify an offset amount or a percent offset value.")
	case t.TrailAmount.IsNeg() || MaxPrice.Less(t.TrailAmount):
		return invalid("Invalid trailing amount " + t.TrailAmount.String())
	case t.TrailPercent.IsNeg() || !t.TrailPercent.Less(shares(100)):
		return invalid("The percent offset value must be between 0% and 100%.")
	case t.LimitOffset.IsNeg() || MaxPrice.Less(t.LimitOffset):
		return invalid("Invalid limit price offset " + t.LimitOffset.String())
	}
	if _, ok := r.Instrument.Ticks(t.LimitOffset); !ok {
		return &Reject{Code: codeMinTick, Text: textTick}
	}
	return nil
}

func (x *Exchange) validateParent(r OrderRequest) *Reject {
	if r.ParentID == 0 {
		return nil
	}
	parent := x.byID[orderKey{r.ClientID, r.ParentID}]
	switch {
	case parent == nil || parent.OrderID == r.OrderID:
		return &Reject{Code: codeNoParent, Text: fmt.Sprintf("Can't find order with ID =%d", r.ParentID)}
	case parent.Status.Done() && parent.Status != Filled:
		return refused("Parent order is being cancelled.")
	}
	return nil
}
