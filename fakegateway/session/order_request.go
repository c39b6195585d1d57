package session

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/exchange"
	"ibsoak/internal/wire"
)

const (
	codeFractional = 10243
	textFractional = "Fractional-sized order cannot be placed via API. " +
		"Please use desktop version instead."
	codeUnsupported = 387
	textUnsupported = "Unsupported order type for this exchange and security type."
	codeEmptyTIF    = 10052
	textEmptyTIF    = "Invalid time in force"
	codeOrderTime   = 337
	textOrderTime   = "The date, time, or time-zone entered is invalid. The correct format is " +
		"yyyymmdd hh:mm:ss xxx where yyyymmdd and xxx are optional."
	codeNoAccount = 435
	textNoAccount = "You must specify an account."
)

// emptyTIFVersion is the first version whose Gateways are known to refuse an empty time in force;
// text clients, some of which leave it out by default, are below it.
const emptyTIFVersion wire.Version = 203

// otherOrderTypes are IBKR's names of order types that this exchange does not trade.
var otherOrderTypes = []string{
	"TRAIL MIT", "TRAIL LIT", "PEG MKT", "PEG MID", "PEG BEST", "PEG STK", "PEG PRIM", "PEG BENCH",
	"VOL", "BOX TOP", "PASSV REL", "STP PRT", "MKT PRT", "SNAP MKT", "SNAP MID", "SNAP PRIM",
	"IBALGO", "FUNARI", "REL + LMT", "REL + MKT", "LMT + MKT", "EXERC", "LAPSE",
}

// orderTypeNames are other names that clients use.
var orderTypeNames = map[string]exchange.OrderType{
	"STPLMT": exchange.StopLimitOrder, "TRAILLMT": exchange.TrailLimitOrder,
	"TRAIL LMT": exchange.TrailLimitOrder, "MARKET": exchange.MarketOrder,
	"LIMIT": exchange.LimitOrder, "STOP": exchange.StopOrder, "RELATIVE": exchange.RelativeOrder,
}

// orderRequest translates an order. The exchange validates the rest.
func (s *Session) orderRequest(m *protobuf.PlaceOrderRequest) (exchange.OrderRequest, *refusal) {
	o := m.GetOrder()
	if o == nil {
		o = &protobuf.Order{}
	}
	r := exchange.OrderRequest{
		ClientID: s.clientID, OrderID: int(m.GetOrderId()),
		Action:     exchange.Action(strings.ToUpper(o.GetAction())),
		Type:       orderType(o.GetOrderType()),
		TIF:        exchange.TIF(strings.ToUpper(o.GetTif())),
		OutsideRTH: o.GetOutsideRth(), OrderRef: o.GetOrderRef(),
		ParentID: int(o.GetParentId()), OCAGroup: o.GetOcaGroup(), OCAType: int(o.GetOcaType()),
		Staged: !o.GetTransmit(), // clients leave a false out

		CancelOnConditions: o.GetConditionsCancelOrder(), IgnoreRTH: o.GetConditionsIgnoreRth(),
		Echo: m,
	}
	if m.GetContract().GetExchange() == "" {
		return r, refuse("Missing order exchange")
	}
	var bad *refusal
	if r.Instrument, bad = s.ordered(m.GetContract()); bad != nil {
		return r, bad
	}
	if slices.Contains(otherOrderTypes, string(r.Type)) {
		return r, &refusal{codeUnsupported, textUnsupported}
	}
	if r.TIF == "" && (s.version < emptyTIFVersion || s.login.cfg.AcceptEmptyTIF) {
		r.TIF = exchange.DAY
	}
	if r.TIF == "" {
		return r, &refusal{codeEmptyTIF, textEmptyTIF}
	}
	if r.Account, bad = s.orderAccount(o); bad != nil {
		return r, bad
	}
	if r.Quantity, bad = wholeShares(o.GetTotalQuantity()); bad != nil {
		return r, bad
	}
	if r.Terms, bad = terms(r.Type, o); bad != nil {
		return r, bad
	}
	r.Conditions, bad = s.conditions(o.GetConditions())
	return r, bad
}

func orderType(name string) exchange.OrderType {
	name = strings.ToUpper(name)
	if t, ok := orderTypeNames[name]; ok {
		return t
	}
	return exchange.OrderType(name)
}

// orderAccount is the account that an order names, or the only one. An order for a group of an
// advisor's goes to the account in it; there is no allocation among several.
func (s *Session) orderAccount(o *protobuf.Order) (string, *refusal) {
	if group := o.GetFaGroup(); group != "" {
		accounts, known := s.login.group(group)
		switch {
		case !known:
			return "", refuse("Invalid FA group '" + group + "'")
		case len(accounts) == 1:
			return accounts[0], nil
		}
		return "", refuse("Orders are not allocated among the accounts of group '" + group + "'")
	}
	if account := o.GetAccount(); account != "" {
		return account, nil
	}
	if accounts := s.login.cfg.Accounts; len(accounts) == 1 {
		return accounts[0], nil
	}
	return "", &refusal{codeNoAccount, textNoAccount}
}

func wholeShares(text string) (int64, *refusal) {
	if text == "" {
		return 0, nil // the exchange refuses it
	}
	d, err := decimal.Parse(text)
	if err != nil {
		return 0, refuse("The size value is not a number: " + text)
	}
	if !d.IsInt() {
		return 0, &refusal{codeFractional, textFractional}
	}
	n, _, ok := d.Int64(0)
	if !ok {
		return 0, refuse("The size value is out of range: " + text)
	}
	return n, nil
}

// terms reads the prices, times and sizes that an order of a type has. auxPrice is a trigger, a
// trail or an offset.
func terms(t exchange.OrderType, o *protobuf.Order) (exchange.Terms, *refusal) {
	terms := exchange.Terms{AllOrNone: o.GetAllOrNone()}
	if n := o.GetMinQty(); n != math.MaxInt32 {
		terms.MinQuantity = int64(n)
	}
	aux := &terms.StopPrice
	switch t {
	case exchange.TrailOrder, exchange.TrailLimitOrder:
		aux = &terms.TrailAmount
	case exchange.RelativeOrder:
		aux = &terms.Offset
	default:
	}
	for _, p := range []struct {
		from *float64
		to   *decimal.Decimal
	}{{o.LmtPrice, &terms.LimitPrice}, {o.AuxPrice, aux}} {
		if bad := price(p.from, p.to); bad != nil {
			return terms, bad
		}
	}
	if aux == &terms.TrailAmount {
		if bad := trailTerms(o, &terms); bad != nil {
			return terms, bad
		}
	}
	for _, at := range []struct {
		from string
		to   *time.Time
	}{{o.GetGoodAfterTime(), &terms.GoodAfter}, {o.GetGoodTillDate(), &terms.GoodTill}} {
		var err error
		if *at.to, err = parseTime(at.from); err != nil {
			return terms, &refusal{codeOrderTime, textOrderTime}
		}
	}
	// A date that cannot be read is repeated only: clients hand back what they were once told.
	terms.AutoCancel, _ = parseTime(o.GetAutoCancelDate())
	if len(o.GetGoodTillDate()) == len(dayForm) { // through that day
		terms.GoodTill = terms.GoodTill.AddDate(0, 0, 1)
	}
	return terms, nil
}

func trailTerms(o *protobuf.Order, terms *exchange.Terms) *refusal {
	for _, p := range []struct {
		from *float64
		to   *decimal.Decimal
	}{
		{o.TrailStopPrice, &terms.StopPrice},
		{o.TrailingPercent, &terms.TrailPercent},
		{o.LmtPriceOffset, &terms.LimitOffset},
	} {
		if bad := price(p.from, p.to); bad != nil {
			return bad
		}
	}
	return nil
}

// price reads a double; unset is 0, as the types without that price leave it.
func price(f *float64, to *decimal.Decimal) *refusal {
	if f == nil || *f == math.MaxFloat64 {
		return nil
	}
	d, err := decimal.NewFromFloat64(*f)
	if err != nil {
		return refuse(fmt.Sprintf("Invalid price %v", *f))
	}
	*to = d
	return nil
}
