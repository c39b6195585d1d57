package broker

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi"
)

// quantityDecimals is what the API client's own decimal type keeps.
const quantityDecimals = 7

// quantity converts the API client's decimal by its text. An unset one is an error: the caller
// names what must be set.
func quantity(d ibapi.Decimal) (decimal.Decimal, error) {
	if d == ibapi.UNSET_DECIMAL {
		return decimal.Decimal{}, fmt.Errorf("number is unset")
	}
	return decimal.Parse(ibapi.DecimalToString(d))
}

// optionalQuantity is nil for an unset decimal.
func optionalQuantity(d ibapi.Decimal) *decimal.Decimal {
	v, err := quantity(d)
	if err != nil {
		return nil
	}
	return &v
}

// price converts a float by its shortest text, which is what the Gateway had before encoding it.
func price(f float64) (decimal.Decimal, error) {
	if isUnset(f) {
		return decimal.Decimal{}, fmt.Errorf("number is unset")
	}
	return decimal.NewFromFloat64(f)
}

// optionalPrice is nil for an unset float, and for one beyond a decimal's range.
func optionalPrice(f float64) *decimal.Decimal {
	v, err := price(f)
	if err != nil {
		return nil
	}
	return &v
}

// isUnset knows IBKR's mark for a double that is not there.
func isUnset(f float64) bool {
	return f == ibapi.UNSET_FLOAT || math.IsNaN(f) || math.IsInf(f, 0)
}

// numbers collects the first error of several conversions.
type numbers struct{ err error }

func (n *numbers) quantity(what string, d ibapi.Decimal) decimal.Decimal {
	v, err := quantity(d)
	n.note(what, err)
	return v
}

func (n *numbers) price(what string, f float64) decimal.Decimal {
	v, err := price(f)
	n.note(what, err)
	return v
}

func (n *numbers) note(what string, err error) {
	if err != nil && n.err == nil {
		n.err = fmt.Errorf("%s: %w", what, err)
	}
}

func contractOf(c *ibapi.Contract) Contract {
	if c == nil {
		return Contract{}
	}
	return Contract{
		ConID: c.ConID, Symbol: c.Symbol, SecType: c.SecType, Exchange: c.Exchange,
		PrimaryExchange: c.PrimaryExchange, Currency: c.Currency, LocalSymbol: c.LocalSymbol,
		TradingClass: c.TradingClass,
	}
}

func (c Contract) toAPI() *ibapi.Contract {
	out := ibapi.NewContract()
	out.ConID, out.Symbol, out.SecType, out.Exchange = c.ConID, c.Symbol, c.SecType, c.Exchange
	out.PrimaryExchange, out.Currency = c.PrimaryExchange, c.Currency
	out.LocalSymbol, out.TradingClass = c.LocalSymbol, c.TradingClass
	return out
}

// toAPI checks an order and converts it.
func (o Order) toAPI() (*ibapi.Order, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	total, err := ibapi.StringToDecimalErr(o.Quantity.String())
	if err != nil {
		return nil, fmt.Errorf("quantity %s: %w", o.Quantity, err)
	}
	out := ibapi.NewOrder()
	out.OrderID, out.Action, out.TotalQuantity, out.OrderType = o.ID, o.Action, total, o.Type
	switch o.Type {
	case Limit:
		out.LmtPrice, _ = o.LimitPrice.Float64()
	case Stop:
		out.AuxPrice, _ = o.StopPrice.Float64()
	case Trail:
		o.trailToAPI(out)
	}
	if o.OCAGroup != "" {
		out.OCAType = reduceWithBlock
	}
	out.TIF = o.TIF
	if out.TIF == "" {
		out.TIF = "DAY"
	}
	out.OrderRef, out.Account, out.ParentID = o.IntentID, o.Account, o.ParentID
	out.OCAGroup, out.OutsideRTH, out.Transmit = o.OCAGroup, o.OutsideRTH, !o.Hold
	return out, nil
}

// reduceWithBlock is IBKR's OCA type 2: a fill reduces the other orders of the group in proportion, and
// only one of them is routed at a time, so that two cannot fill at once (TWS API documentation, One
// Cancels All).
const reduceWithBlock = 2

func (o Order) trailToAPI(out *ibapi.Order) {
	if o.TrailPercent.IsPos() {
		out.TrailingPercent, _ = o.TrailPercent.Float64()
	} else {
		out.AuxPrice, _ = o.TrailAmount.Float64()
	}
	if o.StopPrice.IsPos() {
		out.TrailStopPrice, _ = o.StopPrice.Float64()
	}
}

// check finds what would break a message apart: text messages end their fields with NUL.
func (c Contract) check() error {
	return printable(c.Symbol, c.SecType, c.Exchange, c.PrimaryExchange, c.Currency, c.LocalSymbol,
		c.TradingClass)
}

func printable(fields ...string) error {
	for _, f := range fields {
		for _, r := range f {
			if r < ' ' || r > '~' {
				return fmt.Errorf("%q: want printable ASCII", f)
			}
		}
	}
	return nil
}

// check finds what no Gateway would accept, before anything is sent.
func (o Order) check() error {
	if err := printable(o.IntentID, o.TIF, o.Account, o.OCAGroup); err != nil {
		return err
	}
	if err := o.Contract.check(); err != nil {
		return err
	}
	switch {
	case o.ID <= 0 || o.ID > maxOrderID:
		return fmt.Errorf("order id %d: want 1..%d", o.ID, maxOrderID)
	case o.Action != Buy && o.Action != Sell:
		return fmt.Errorf("action %q: want %s or %s", o.Action, Buy, Sell)
	case !o.Quantity.IsPos():
		return fmt.Errorf("quantity %s: want more than zero", o.Quantity)
	case o.Quantity.MinScale() > quantityDecimals:
		return fmt.Errorf("quantity %s: want at most %d decimals", o.Quantity, quantityDecimals)
	}
	switch o.Type {
	case Market:
	case Limit:
		if o.LimitPrice.IsZero() {
			return fmt.Errorf("limit order without a limit price")
		}
	case Stop:
		if !o.StopPrice.IsPos() {
			return fmt.Errorf("stop order with stop price %s: want more than zero", o.StopPrice)
		}
	case Trail:
		if o.TrailPercent.IsPos() == o.TrailAmount.IsPos() || o.StopPrice.IsNeg() {
			return fmt.Errorf("trailing stop by %s %% or by %s from %s: want one of the two above zero",
				o.TrailPercent, o.TrailAmount, o.StopPrice)
		}
	default:
		return fmt.Errorf("order type %q: want %s, %s, %s or %s", o.Type, Market, Limit, Stop, Trail)
	}
	return nil
}

func detailsOf(d *ibapi.ContractDetails) ContractDetails {
	out := ContractDetails{
		Contract: contractOf(&d.Contract), LongName: d.LongName,
		MinSize: optionalQuantity(d.MinSize), SizeIncrement: optionalQuantity(d.SizeIncrement),
		OrderTypes: list(d.OrderTypes), ValidExchanges: list(d.ValidExchanges),
		TimeZone: d.TimeZoneID, Location: location(d.TimeZoneID),
		TradingHours: d.TradingHours, LiquidHours: d.LiquidHours,
		PriceMagnifier: d.PriceMagnifier, StockType: d.StockType,
		RealExpirationDt: d.RealExpirationDate,
	}
	if tick := optionalPrice(d.MinTick); tick != nil {
		out.MinTick = *tick
	}
	return out
}

func list(commaSeparated string) []string {
	if commaSeparated == "" {
		return nil
	}
	return strings.Split(commaSeparated, ",")
}

// openOrderOf reads an order. What it leaves unset stays zero: orders of others have no quantity when
// they are by cash, and being listed counts more than any number.
func openOrderOf(id int64, c *ibapi.Contract, o *ibapi.Order, state *ibapi.OrderState) OpenOrder {
	out := OpenOrder{
		OrderID: id, PermID: o.PermID, ClientID: o.ClientID, ParentID: o.ParentID,
		IntentID: o.OrderRef, Contract: contractOf(c), Action: o.Action, Type: o.OrderType,
		TIF: o.TIF, Account: o.Account, OCAGroup: o.OCAGroup,
	}
	if q := optionalQuantity(o.TotalQuantity); q != nil {
		out.Quantity = *q
	}
	if o.OrderType != Market {
		out.LimitPrice, out.StopPrice = optionalPrice(o.LmtPrice), optionalPrice(o.AuxPrice)
	}
	if o.OrderType == Trail {
		out.TrailStop = optionalPrice(o.TrailStopPrice)
	}
	if state != nil {
		out.Status, out.Warning = state.Status, state.WarningText
	}
	return out
}

func executionOf(c *ibapi.Contract, e *ibapi.Execution) (Execution, error) {
	var n numbers
	out := Execution{
		ExecID: e.ExecID, OrderID: e.OrderID, PermID: e.PermID, ClientID: e.ClientID,
		OrderRef: e.OrderRef, Side: e.Side, Shares: n.quantity("shares", e.Shares),
		Price: n.price("price", e.Price), Account: e.AcctNumber, Exchange: e.Exchange,
	}
	if c != nil {
		out.ConID, out.Symbol = c.ConID, c.Symbol
	}
	if cum := optionalQuantity(e.CumQty); cum != nil {
		out.CumQuantity = *cum
	}
	if avg := optionalPrice(e.AvgPrice); avg != nil {
		out.AveragePrice = *avg
	}
	// A fill whose zone this machine does not know is still a fill: its time stays zero.
	out.Time, _ = parseTime(e.Time, nil)
	if out.ExecID == "" {
		n.note("execution id", fmt.Errorf("missing"))
	}
	return out, n.err
}

// commissionNotTold is what some Gateways send before they know it.
const commissionNotTold = -1

func commissionOf(r ibapi.CommissionAndFeesReport) (Commission, error) {
	var n numbers
	out := Commission{
		ExecID: r.ExecID, Amount: n.price("commission", r.CommissionAndFees), Currency: r.Currency,
	}
	if r.CommissionAndFees == commissionNotTold {
		n.note("commission", fmt.Errorf("not told yet"))
	}
	// The API client turns an absent realized profit, which opening trades have, into zero.
	if r.RealizedPNL != 0 {
		out.RealizedPnL = optionalPrice(r.RealizedPNL)
	}
	return out, n.err
}

func barOf(b *ibapi.Bar, loc *time.Location) (Bar, error) {
	var n numbers
	out := Bar{
		Open: n.price("open", b.Open), High: n.price("high", b.High), Low: n.price("low", b.Low),
		Close: n.price("close", b.Close), Count: b.BarCount,
	}
	var err error
	if out.Time, err = parseTime(b.Date, loc); err != nil {
		n.note("bar time", err)
	}
	if v := optionalQuantity(b.Volume); v != nil {
		out.Volume = *v
	}
	if v := optionalQuantity(b.Wap); v != nil {
		out.WAP = *v
	}
	return out, n.err
}
