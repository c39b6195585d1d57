package fakegateway

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/exchange"
	"ibsoak/internal/wire"
)

const (
	codeReadOnly    = codeValidating
	codeFractional  = 10243
	textFractional  = "Fractional-sized order cannot be placed via API. Please use desktop version instead."
	codeUnsupported = 387
	textUnsupported = "Unsupported order type for this exchange and security type."
	codeEmptyTIF    = 10052
	textEmptyTIF    = "Invalid time in force"
)

// emptyTIFVersion is the first version whose Gateways are known to refuse an empty time in force;
// text clients, some of which leave it out by default, are below it.
const emptyTIFVersion wire.Version = 203

// otherOrderTypes are IBKR's names of order types that this exchange does not trade.
var otherOrderTypes = []string{
	"MIT", "LIT", "TRAIL", "TRAIL LIMIT", "TRAIL MIT", "TRAIL LIT", "MOC", "LOC", "MTL", "MIDPRICE",
	"REL", "PEG MKT", "PEG MID", "PEG BEST", "PEG STK", "PEG PRIM", "PEG BENCH", "VOL", "BOX TOP",
	"PASSV REL", "STP PRT", "MKT PRT", "SNAP MKT", "SNAP MID", "SNAP PRIM", "IBALGO", "FUNARI",
}

// placeOrder places an order, changes the working order with the same id, or, with whatIf,
// computes what it would do.
func (s *session) placeOrder(m *protobuf.PlaceOrderRequest) {
	id := int(m.GetOrderId())
	if s.srv.cfg.ReadOnlyAPI {
		s.fail(id, codeReadOnly, textReadOnly)
		return
	}
	r, bad := s.orderRequest(m)
	if bad != nil {
		s.fail(id, bad.code, bad.text)
		return
	}
	if m.GetOrder().GetWhatIf() {
		s.whatIf(m, r)
		return
	}
	_, err := s.srv.exchange.Place(s.conn.Now(), r)
	s.reject(id, err)
}

// reject sends a *exchange.Reject, unless its order is in the books: then its events have said so.
func (s *session) reject(id int, err error) {
	var r *exchange.Reject
	if errors.As(err, &r) && !r.Recorded {
		s.fail(id, r.Code, r.Text)
	}
}

// orderRequest translates an order. The exchange validates the rest.
func (s *session) orderRequest(m *protobuf.PlaceOrderRequest) (exchange.OrderRequest, *refusal) {
	o := m.GetOrder()
	if o == nil {
		o = &protobuf.Order{}
	}
	r := exchange.OrderRequest{
		ClientID: s.clientID, OrderID: int(m.GetOrderId()),
		Action:     exchange.Action(strings.ToUpper(o.GetAction())),
		Type:       exchange.OrderType(strings.ToUpper(o.GetOrderType())),
		TIF:        exchange.TIF(strings.ToUpper(o.GetTif())),
		OutsideRTH: o.GetOutsideRth(), OrderRef: o.GetOrderRef(),
		ParentID: int(o.GetParentId()), OCAGroup: o.GetOcaGroup(), OCAType: int(o.GetOcaType()),
		Staged: !o.GetTransmit(), // clients leave a false out

		Echo: m,
	}
	if m.GetContract().GetExchange() == "" {
		return r, refuse("Missing order exchange")
	}
	var ok bool
	if r.Instrument, ok = s.lookup(m.GetContract()); !ok {
		return r, &refusal{codeNoSecurity, textNoSecurity}
	}
	if slices.Contains(otherOrderTypes, string(r.Type)) {
		return r, &refusal{codeUnsupported, textUnsupported}
	}
	if r.TIF == "" && (s.version < emptyTIFVersion || s.srv.cfg.AcceptEmptyTIF) {
		r.TIF = exchange.DAY
	}
	if r.TIF == "" {
		return r, &refusal{codeEmptyTIF, textEmptyTIF}
	}
	r.Account = o.GetAccount()
	if accounts := s.srv.cfg.Accounts; r.Account == "" && len(accounts) == 1 {
		r.Account = accounts[0]
	} else if r.Account == "" {
		return r, &refusal{435, "You must specify an account."}
	}
	var bad *refusal
	if r.Quantity, bad = wholeShares(o.GetTotalQuantity()); bad != nil {
		return r, bad
	}
	if r.LimitPrice, bad = price(o.LmtPrice); bad != nil {
		return r, bad
	}
	r.StopPrice, bad = price(o.AuxPrice)
	return r, bad
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

// price reads a double; unset is 0, as the types without that price leave it.
func price(f *float64) (decimal.Decimal, *refusal) {
	if f == nil {
		return decimal.Decimal{}, nil
	}
	d, err := decimal.NewFromFloat64(*f)
	if err != nil {
		return d, refuse(fmt.Sprintf("Invalid price %v", *f))
	}
	return d, nil
}

// whatIf answers with one openOrder that carries the margin and the commission, and no status.
func (s *session) whatIf(m *protobuf.PlaceOrderRequest, r exchange.OrderRequest) {
	p, err := s.srv.exchange.Preview(s.conn.Now(), r)
	if err != nil {
		s.reject(r.OrderID, err)
		return
	}
	open := s.openOrder(p.Order)
	open.Order.WhatIf = new(true)
	open.Order.PermId = nil
	st := open.OrderState
	st.InitMarginBefore, st.MaintMarginBefore = float(p.MarginBefore), float(p.MarginBefore)
	st.InitMarginAfter, st.MaintMarginAfter = float(p.MarginAfter), float(p.MarginAfter)
	change := float(must(p.MarginAfter.Sub(p.MarginBefore)))
	st.InitMarginChange, st.MaintMarginChange = change, change
	st.EquityWithLoanBefore, st.EquityWithLoanAfter = float(p.EquityBefore), float(p.EquityAfter)
	st.EquityWithLoanChange = float(must(p.EquityAfter.Sub(p.EquityBefore)))
	st.CommissionAndFees = float(p.Commission)
	st.CommissionAndFeesCurrency, st.MarginCurrency = new(currencyUSD), new(currencyUSD)
	open.OrderId = m.OrderId
	s.send(wire.OpenOrder, open)
}

// cancelOrder cancels an order of this client or, as captured from a Gateway at 200, of any.
func (s *session) cancelOrder(m *protobuf.CancelOrderRequest) {
	id := int(m.GetOrderId())
	if s.srv.cfg.ReadOnlyAPI {
		s.fail(id, codeReadOnly, textReadOnly)
		return
	}
	err := s.srv.exchange.Cancel(s.conn.Now(), s.clientID, id, !s.srv.cfg.OwnCancelsOnly)
	s.reject(id, err)
}

// reqGlobalCancel cancels every working order of every client.
func (s *session) reqGlobalCancel(*protobuf.GlobalCancelRequest) {
	if s.srv.cfg.ReadOnlyAPI {
		s.fail(noRequest, codeReadOnly, textReadOnly)
		return
	}
	s.srv.exchange.CancelAll(s.conn.Now(), s.clientID)
}
