package exchange

import (
	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// sized gives an order that names an amount of cash its size: as many whole units as the amount
// comes to at the price at which the order is expected to trade. Which orders may name one:
//
//   - currencies, in units of the second one, and stocks, as IBKR's samples do
//     (OrderSamples.LimitOrderWithCashQty);
//   - purchases of cryptocurrencies, which must not name a size as well: 10293 (ib_async #111), and
//     at the market must name an amount: 10289 (ib_insync #407); a limit order was taken by its
//     size in August 2026 (Lean.Brokerages.InteractiveBrokers #260). Sales must not: 10244, as
//     everything else.
func (x *Exchange) sized(r OrderRequest) (OrderRequest, *Reject) {
	byCash, crypto := !r.CashQuantity.IsZero(), r.Instrument.SecType == market.Crypto
	switch {
	case crypto && r.Action == Buy && r.Type == MarketOrder && !byCash:
		return r, &Reject{Code: codeCashNeeded, Text: textCashNeeded}
	case !byCash:
		return r, nil
	case crypto && r.Action == Buy && r.Quantity != 0:
		return r, &Reject{Code: codeCashAndSize, Text: textCashAndSize}
	case crypto && r.Action != Buy, !crypto && r.Instrument.SecType != market.Cash &&
		r.Instrument.SecType != market.Stock:
		return r, &Reject{Code: codeNoCash, Text: textNoCash}
	case r.CashQuantity.IsNeg():
		return r, invalid("Invalid cash quantity " + r.CashQuantity.String())
	}
	price := x.expected(&order{Order: Order{
		Instrument: r.Instrument, Action: r.Action, Type: r.Type, Terms: r.terms(),
	}})
	if !price.IsPos() {
		return r, invalid("Invalid price " + price.String())
	}
	n, err := wholeUnits(r.CashQuantity, r.Instrument.Value(price, 1))
	if err != nil {
		return r, err
	}
	r.Quantity = n
	return r, nil
}

// wholeUnits is how many units an amount buys. Here no fractions are traded, not of a
// cryptocurrency either, as they are at IBKR.
func wholeUnits(amount, each decimal.Decimal) (int64, *Reject) {
	units, err := amount.Quo(each)
	if err != nil || shares(MaxQuantity).Less(units) {
		return 0, invalid("The cash quantity " + amount.String() + " is out of range.")
	}
	n, _, _ := units.Trunc(0).Int64(0)
	if n == 0 {
		return 0, invalid("The cash quantity " + amount.String() + " buys less than one unit.")
	}
	return n, nil
}
